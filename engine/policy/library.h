#pragma once
// The libraries of this layer, for `--version`.

#include <vector>

#include "engine/base/library.h"

namespace imagewarden::policy {

// yaml-cpp.
[[nodiscard]] std::vector<Library> policy_libraries();

}  // namespace imagewarden::policy
