#pragma once
// The files of rules/, embedded in the program so that it runs from anywhere.

#include <span>
#include <string_view>

#include "engine/base/embedded_file.h"

namespace imagewarden::rules {

[[nodiscard]] std::span<const EmbeddedFile> embedded_files();
// Precondition: a file of that name is in rules/.
[[nodiscard]] std::string_view embedded_file(std::string_view name);

}  // namespace imagewarden::rules
