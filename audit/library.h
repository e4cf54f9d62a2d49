#pragma once
// The libraries of this layer, for `--version`.

#include <vector>

#include "engine/base/library.h"

namespace imagewarden::audit {

// SQLite, SQLiteCpp.
[[nodiscard]] std::vector<Library> audit_libraries();

}  // namespace imagewarden::audit
