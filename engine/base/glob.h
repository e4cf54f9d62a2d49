#pragma once
// Wildcard patterns of RAM: `*` stands for any run of bytes, also an empty one, `?` for exactly one character (one
// UTF-8 code point). There is no escape. Matching is linear in pattern plus text for patterns without `?`, and never
// worse than text × longest literal: no backtracking over several stars.

#include <string>
#include <string_view>

namespace imagewarden {

[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);
[[nodiscard]] bool has_wildcard(std::string_view pattern);
// ASCII letters only, as RAM's "without regard to case".
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignore_case(std::string_view a, std::string_view b);

}  // namespace imagewarden
