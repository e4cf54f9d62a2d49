#pragma once
// Text for people and spreadsheets: nothing that an export holds can move a cursor, hide a character or start a
// formula.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imagewarden::cli {

// Control characters, escapes, line breaks, bidirectional and zero-width marks become visible `\u{…}`. Invalid UTF-8
// likewise.
[[nodiscard]] std::string printable(std::string_view text);
// Columns on a terminal: wide (East Asian) characters count two, combining ones none. Precondition: printable.
[[nodiscard]] std::size_t display_width(std::string_view text);
// One field of RFC 4180, quoted where needed; text that a spreadsheet would take for a formula gets a `'` in front.
[[nodiscard]] std::string csv_field(std::string_view text);
// `a,b` with each field as csv_field, ended by CRLF as RFC 4180 has it.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);
[[nodiscard]] bool is_valid_utf8(std::string_view text);
// `1 image`, `2 images`.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

enum class Tone : std::uint8_t { kPlain, kGood, kBad, kUnsure, kFaint };

// Rows of cells, aligned. Colour only where `colored`, and never as the only sign.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)}, tones_{Tone::kFaint} {}
  // `tone` colours the first cell.
  void add(std::vector<std::string> cells, Tone tone = Tone::kPlain);
  [[nodiscard]] std::string render(bool colored) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<Tone> tones_;
};

[[nodiscard]] std::string paint(std::string_view text, Tone tone, bool colored);

}  // namespace imagewarden::cli
