#pragma once
// Text for people: tables, colours, plurals. Cells are printable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/printable.h"
#include "engine/base/time.h"

namespace imagewarden::cli {

// `1 image`, `2 images`.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// `5 h`, from 48 hours on `2 d`; rounded down.
[[nodiscard]] std::string age_in_words(Time then, Time now);

enum class Tone : std::uint8_t { kPlain, kGood, kBad, kUnsure, kFaint };

// How a result is shown.
struct Look {
  bool colored{};
  std::size_t columns{};  // the width that tables keep to; 0: as wide as their cells
};

// Rows of cells, aligned. Colour only where the look has it, and never as the only sign.
class Table {
 public:
  // `wrapped`: headers of the columns that are broken into lines where the table is wider than the terminal. Nothing
  // is left out, and what identifies a row stays in one piece.
  explicit Table(std::vector<std::string> header, std::vector<std::string_view> wrapped = {});
  // `tone` colours the first cell.
  void add(std::vector<std::string> cells, Tone tone = Tone::kPlain);
  [[nodiscard]] std::string render(const Look& look) const;
  [[nodiscard]] std::string render(bool colored) const { return render(Look{.colored = colored}); }

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t columns) const;

  std::vector<std::vector<std::string>> rows_;
  std::vector<Tone> tones_;
  std::vector<bool> wraps_;  // by column
};

// The text in lines of at most `width` columns, broken at blanks where there are any. Precondition: printable, width >
// 0.
[[nodiscard]] std::vector<std::string_view> wrap(std::string_view text, std::size_t width);

[[nodiscard]] std::string paint(std::string_view text, Tone tone, bool colored);

}  // namespace imagewarden::cli
