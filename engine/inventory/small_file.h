#pragma once
// Files that are read whole: rule files, policies, lists of ids.

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace imagewarden {

// The whole content of a small file or pipe; `what` names it in errors: `rule file`. kNotFound, kIo, kLimit (64 MiB).
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::string_view what);

}  // namespace imagewarden
