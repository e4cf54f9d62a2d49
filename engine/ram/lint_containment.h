#pragma once
// Which texts a wildcard pattern stands for, compared with another's: is one language within the other, do they share
// a text? Decided over automata, with `*` any run and `?` one character (code point), as engine/base/glob.h matches.

#include <cstdint>
#include <string_view>

namespace imagewarden::ram {

enum class Decided : std::uint8_t { kNo, kYes, kUnknown };  // kUnknown: beyond the limit of steps, the same everywhere

// Whether every text that `inner` matches is matched by `outer`. Patterns are compared as they are: case counts.
// Precondition of both functions: UTF-8.
[[nodiscard]] Decided glob_within(std::string_view inner, std::string_view outer);
// Whether no text matches both.
[[nodiscard]] Decided globs_disjoint(std::string_view a, std::string_view b);

}  // namespace imagewarden::ram
