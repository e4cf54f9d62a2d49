#pragma once
// Wildcard patterns of RAM: `*` stands for any run of bytes, also an empty one, `?` for exactly one character (one
// UTF-8 code point). There is no escape. What stands between two stars is looked for once, from left to right, and
// never again: the cost is linear in pattern plus text, whatever repeats itself in them. Only a piece with `?` that
// almost matches over and over costs more, a 64th of its length for each byte of the text.

#include <string>
#include <string_view>

namespace imagewarden {

[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);
[[nodiscard]] bool has_wildcard(std::string_view pattern);
// ASCII letters only, as RAM's "without regard to case".
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignore_case(std::string_view a, std::string_view b);

}  // namespace imagewarden
