#pragma once
// The libraries of this layer, for `--version`.

#include <vector>

#include "engine/base/library.h"

namespace imagewarden {

// zlib, zstd.
[[nodiscard]] std::vector<Library> inventory_libraries();

}  // namespace imagewarden
