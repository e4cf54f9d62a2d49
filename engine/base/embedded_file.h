#pragma once
// A file of the source tree that was built into the program, so that it runs from anywhere (scripts/embed.cmake).

#include <string_view>

namespace imagewarden {

struct EmbeddedFile {
  std::string_view name;  // without its folder
  std::string_view text;
};

}  // namespace imagewarden
