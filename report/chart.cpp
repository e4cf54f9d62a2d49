#include "report/chart.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/printable.h"
#include "report/page.h"

namespace imagewarden::report {
namespace {

constexpr std::uint64_t kWidth = 560;
constexpr std::uint64_t kRow = 40;

std::uint64_t total_of(const Bar& bar) {
  std::uint64_t total = 0;
  for (const Segment& segment : bar.segments) total += segment.value;
  return total;
}

// `deny 46; allow 31`: the chart in words.
std::string in_words(const std::vector<Bar>& bars) {
  std::string text;
  for (const Bar& bar : bars) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", shown(bar.label), grouped(total_of(bar)));
    if (bar.segments.size() < 2) continue;
    std::string parts;
    for (const Segment& segment : bar.segments) {
      if (segment.value > 0)
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", shown(segment.name), grouped(segment.value));
    }
    if (!parts.empty()) text += fmt::format(" ({})", parts);
  }
  return text;
}

std::string numbers_table(std::string_view title, const std::vector<Bar>& bars) {
  const bool has_series = !bars.empty() && bars.front().segments.size() > 1;
  std::string text = fmt::format(
      "<details class=\"numbers\"><summary>Numbers: {}</summary><div class=\"scroll\"><table><thead><tr><th "
      "scope=\"col\">Class</th>",
      title);
  if (has_series) {
    for (const Segment& segment : bars.front().segments)
      text += fmt::format("<th scope=\"col\" class=\"n\">{}</th>", shown(segment.name));
  }
  text += "<th scope=\"col\" class=\"n\">Total</th></tr></thead><tbody>\n";
  for (const Bar& bar : bars) {
    text += fmt::format("<tr><th scope=\"row\">{}</th>", shown(bar.label));
    if (has_series) {
      for (const Segment& segment : bar.segments)
        text += fmt::format("<td class=\"n\">{}</td>", grouped(segment.value));
    }
    text += fmt::format("<td class=\"n\">{}</td></tr>\n", grouped(total_of(bar)));
  }
  return text + "</tbody></table></div></details>\n";
}

std::string legend(const std::vector<Bar>& bars) {
  if (bars.empty() || bars.front().segments.size() < 2) return {};
  std::string text = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < bars.front().segments.size(); ++i) {
    std::uint64_t total = 0;
    for (const Bar& bar : bars) total += bar.segments[i].value;
    const Segment& segment = bars.front().segments[i];
    text += fmt::format(
        "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" rx=\"2\" class=\"{}\"/>"
        "</svg>{} <b>{}</b></li>",
        segment.tone, shown(segment.name), grouped(total));
  }
  return text + "</ul>\n";
}

// The figure around a drawing.
std::string figure(std::string_view id, std::string_view title, const std::vector<Bar>& bars, std::uint64_t height,
                   std::string_view drawing) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption>\n{1}<svg class=\"chart\" viewBox=\"0 0 {2} {3}\" role=\"img\" "
      "aria-labelledby=\"{4}-title {4}-text\"><title id=\"{4}-title\">{0}</title><desc id=\"{4}-text\">{5}</desc>\n"
      "{6}</svg>\n{7}</figure>\n",
      title, legend(bars), kWidth, height, id, in_words(bars), drawing, numbers_table(title, bars));
}

std::uint64_t largest_of(const std::vector<Bar>& bars) {
  std::uint64_t largest = 1;
  for (const Bar& bar : bars) largest = std::max(largest, total_of(bar));
  return largest;
}

// `value` of `whole` in units of `length`, at least one where there is anything.
std::uint64_t scaled(std::uint64_t value, std::uint64_t whole, std::uint64_t length) {
  if (value == 0) return 0;
  return std::max<std::uint64_t>(1, value * length / whole);
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string shown(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    std::size_t end = max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return escape_html(printable(text.substr(0, end))) + "\xE2\x80\xA6";
  }
  return escape_html(printable(text));
}

std::string bar_chart(std::string_view id, std::string_view title, const std::vector<Bar>& bars) {
  const std::uint64_t largest = largest_of(bars);
  std::string drawing;
  std::uint64_t y = 0;
  for (const Bar& bar : bars) {
    drawing += fmt::format("<text x=\"0\" y=\"{}\">{}</text><text x=\"{}\" y=\"{}\" class=\"value\">{}</text>", y + 15,
                           shown(bar.label), kWidth, y + 15, grouped(total_of(bar)));
    drawing +=
        fmt::format("<rect x=\"0\" y=\"{}\" width=\"{}\" height=\"12\" rx=\"3\" class=\"track\"/>", y + 21, kWidth);
    std::uint64_t x = 0;
    for (const Segment& segment : bar.segments) {
      const std::uint64_t width = std::min(scaled(segment.value, largest, kWidth), kWidth - x);
      if (width == 0) continue;
      // A gap tells neighbours apart also without colours.
      const std::uint64_t drawn = bar.segments.size() > 1 && width > 3 ? width - 2 : width;
      drawing += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\" rx=\"{}\" class=\"{}\"><title>{}: {}</title></rect>", x,
          y + 21, drawn, drawn > 6 ? 3 : 0, segment.tone, shown(bar.segments.size() > 1 ? segment.name : bar.label),
          grouped(segment.value));
      x += width;
    }
    drawing += '\n';
    y += kRow;
  }
  return figure(id, title, bars, y, drawing);
}

std::string column_chart(std::string_view id, std::string_view title, const std::vector<Bar>& columns) {
  constexpr std::uint64_t kTop = 22;
  constexpr std::uint64_t kHeight = 150;
  const std::uint64_t largest = largest_of(columns);
  const std::uint64_t count = std::max<std::uint64_t>(1, columns.size());
  std::string drawing = fmt::format(
      "<text x=\"0\" y=\"14\" class=\"soft\">most: {}</text><line x1=\"0\" x2=\"{}\" y1=\"{}\" y2=\"{}\" "
      "class=\"axis\"/>\n",
      grouped(largest), kWidth, kTop + kHeight, kTop + kHeight);
  const std::uint64_t slot_milli = kWidth * 1000 / count;
  const std::uint64_t width_milli = std::min<std::uint64_t>(slot_milli * 8 / 10, 48'000);
  const auto units = [](std::uint64_t milli) { return fmt::format("{}.{:03}", milli / 1000, milli % 1000); };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::uint64_t total = total_of(columns[i]);
    const std::uint64_t height = scaled(total, largest, kHeight);
    const std::uint64_t x = slot_milli * i + (slot_milli - width_milli) / 2;
    const std::string_view tone = columns[i].segments.empty() ? "tone-1" : columns[i].segments.front().tone;
    drawing += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"><title>{}: {}</title></rect>\n", units(x),
        kTop + kHeight - height, units(width_milli), height, tone, shown(columns[i].label), grouped(total));
  }
  const auto label = [&](std::size_t i, std::string_view anchor, std::uint64_t x) {
    drawing += fmt::format("<text x=\"{}\" y=\"{}\" class=\"soft {}\">{}</text>", x, kTop + kHeight + 18, anchor,
                           shown(columns[i].label));
  };
  if (columns.size() == 1) {
    label(0, "middle", kWidth / 2);
  } else if (!columns.empty()) {
    label(0, "start", 0);
    label(columns.size() - 1, "end", kWidth);
  }
  return figure(id, title, columns, kTop + kHeight + 26, drawing);
}

}  // namespace imagewarden::report
