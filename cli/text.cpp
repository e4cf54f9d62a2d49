#include "cli/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace imagewarden::cli {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string age_in_words(Time then, Time now) {
  constexpr std::int64_t kHourUs = 3'600'000'000;
  const std::int64_t hours = (now.unix_us - then.unix_us) / kHourUs;
  return hours < 48 ? fmt::format("{} h", hours) : fmt::format("{} d", hours / 24);
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

Table::Table(std::vector<std::string> header, std::vector<std::string_view> wrapped)
    : rows_{std::move(header)}, tones_{Tone::kFaint} {
  for (const std::string& name : rows_.front()) {
    wraps_.push_back(std::find(wrapped.begin(), wrapped.end(), name) != wrapped.end());
  }
}

void Table::add(std::vector<std::string> cells, Tone tone) {
  std::transform(cells.begin(), cells.end(), cells.begin(), [](const std::string& cell) { return printable(cell); });
  rows_.push_back(std::move(cells));
  tones_.push_back(tone);
}

std::vector<std::size_t> Table::widths(std::size_t columns) const {
  constexpr std::size_t kGap = 2;
  constexpr std::size_t kLeast = 12;  // a narrower column is harder to read than a line that the terminal breaks
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  if (columns == 0 || widths.empty()) return widths;
  std::size_t total = (widths.size() - 1) * kGap;
  for (const std::size_t width : widths) total += width;
  for (; total > columns; --total) {  // the widest gives way
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < wraps_.size(); ++i) {
      if (wraps_[i] && widths[i] > kLeast && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr) break;
    // Far above the next one, a step of one would take long: a cell may be a megabyte.
    const std::size_t excess = total - columns;
    std::size_t next = kLeast;
    for (std::size_t i = 0; i < wraps_.size(); ++i) {
      if (wraps_[i] && &widths[i] != widest) next = std::max(next, std::min(widths[i], *widest));
    }
    const std::size_t step = std::max<std::size_t>(1, std::min(excess, *widest - std::min(next, *widest)));
    *widest -= step;
    total -= step - 1;
  }
  return widths;
}

std::string Table::render(const Look& look) const {
  const std::vector<std::size_t> widths = this->widths(look.columns);
  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto& row = rows_[r];
    std::vector<std::vector<std::string_view>> cells;
    std::size_t lines = 1;
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.push_back(i < wraps_.size() && wraps_[i] && widths[i] > 0 ? wrap(row[i], widths[i])
                                                                      : std::vector<std::string_view>{row[i]});
      lines = std::max(lines, cells.back().size());
    }
    for (std::size_t line = 0; line < lines; ++line) {
      std::size_t blanks = 0;  // owed to the next cell that shows: no line ends in blanks
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string_view cell = line < cells[i].size() ? cells[i][line] : std::string_view{};
        if (!cell.empty()) {
          const bool whole_row = tones_[r] == Tone::kFaint;
          text.append(blanks, ' ');
          text += paint(cell, i == 0 || whole_row ? tones_[r] : Tone::kPlain, look.colored);
          blanks = 0;
        }
        blanks += widths[i] - display_width(cell) + 2;
      }
      text += '\n';
    }
  }
  return text;
}

std::vector<std::string_view> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t end = 0;  // of what fits; the rest is not looked at here, as it may be a megabyte
    std::size_t used = 0;
    std::size_t blank = 0;  // the last one at which the line can end
    while (end < text.size()) {
      std::size_t next = end + 1;
      while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
      used += display_width(text.substr(end, next - end));
      if (used > width && !(used == width + 1 && text[end] == ' ')) break;
      if (text[end] == ' ' && end > 0) blank = end;
      if (used > width) break;
      end = next;
    }
    if (end >= text.size()) break;
    if (end == 0) end = text.size();  // a wide character in a line of one column
    if (blank == 0) {
      lines.push_back(text.substr(0, end));
      text.remove_prefix(end);
    } else {
      lines.push_back(text.substr(0, blank));
      text.remove_prefix(blank + 1);
    }
  }
  if (!text.empty() || lines.empty()) lines.push_back(text);
  return lines;
}

}  // namespace imagewarden::cli
