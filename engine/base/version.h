#pragma once
// Which build this is: what documents and records say of their maker.

#include <string>
#include <string_view>

namespace imagewarden {

// Both are in a source that each build makes anew (scripts/version.cmake), so that a commit compiles one file.
[[nodiscard]] std::string_view version();  // `0.1.0`; a zero byte follows
// The commit that was built, 12 digits; `-dirty` behind it where files of it were changed; `unknown` where neither git
// nor the archive tells.
[[nodiscard]] std::string_view commit();

[[nodiscard]] std::string engine_version();  // `imagewarden 0.1.0`

}  // namespace imagewarden
