#pragma once
// What can be asked about.

#include <string_view>

#include "engine/base/error.h"

namespace imagewarden {

// kUsage: not UTF-8, or longer than any id that an export may hold. An empty id is a question like any other.
[[nodiscard]] Status check_image_id(std::string_view id);

}  // namespace imagewarden
