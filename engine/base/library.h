#pragma once
// The libraries under the program, for `--version`: each layer names those that only it may use.

#include <string>
#include <string_view>
#include <vector>

namespace imagewarden {

struct Library {
  std::string_view name;
  std::string built_with;  // version of its headers
  std::string runs_with;   // version of the library that is loaded; empty where it does not tell
};

// fmt, OpenSSL, simdjson, tl::expected.
[[nodiscard]] std::vector<Library> base_libraries();

}  // namespace imagewarden
