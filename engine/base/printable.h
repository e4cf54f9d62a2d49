#pragma once
// Text that is safe to show: nothing that an export or a record holds can move a cursor or hide a character.

#include <cstddef>
#include <string>
#include <string_view>

namespace imagewarden {

// Control characters, escapes, line breaks, bidirectional and zero-width marks become visible `\u{…}`. Invalid UTF-8
// likewise.
[[nodiscard]] std::string printable(std::string_view text);
// Columns on a terminal: wide (East Asian) characters count two, combining ones none. Precondition: printable.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace imagewarden
