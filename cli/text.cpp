#include "cli/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace imagewarden::cli {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string paint(std::string_view text, Tone tone, bool colored) {
  if (!colored) return std::string(text);
  switch (tone) {
    case Tone::kGood:
      return fmt::format("\x1b[32m{}\x1b[0m", text);
    case Tone::kBad:
      return fmt::format("\x1b[31m{}\x1b[0m", text);
    case Tone::kUnsure:
      return fmt::format("\x1b[33m{}\x1b[0m", text);
    case Tone::kFaint:
      return fmt::format("\x1b[2m{}\x1b[0m", text);
    case Tone::kPlain:
      break;
  }
  return std::string(text);
}

void Table::add(std::vector<std::string> cells, Tone tone) {
  std::transform(cells.begin(), cells.end(), cells.begin(), [](const std::string& cell) { return printable(cell); });
  rows_.push_back(std::move(cells));
  tones_.push_back(tone);
}

std::string Table::render(bool colored) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto& row = rows_[r];
    std::size_t blanks = 0;  // owed to the next cell that shows: no line ends in blanks
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].empty()) {
        const bool whole_row = tones_[r] == Tone::kFaint;
        text.append(blanks, ' ');
        text += paint(row[i], i == 0 || whole_row ? tones_[r] : Tone::kPlain, colored);
        blanks = 0;
      }
      blanks += widths[i] - display_width(row[i]) + 2;
    }
    text += '\n';
  }
  return text;
}

}  // namespace imagewarden::cli
