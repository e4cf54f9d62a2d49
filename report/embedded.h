#pragma once
// The templates report/*.html.

#include <span>

#include "engine/base/embedded_file.h"

namespace imagewarden::report {

[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

}  // namespace imagewarden::report
