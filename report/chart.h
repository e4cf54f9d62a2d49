#pragma once
// Charts as SVG, drawn here, with their numbers as text: a title, a description, and a table below that can be opened.
// Colours are classes of report/compliance.html.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imagewarden::report {

struct Segment {
  std::string name;       // of the series
  std::string_view tone;  // class: `tone-1`, …
  std::uint64_t value{};
};
struct Bar {
  std::string label;
  std::vector<Segment> segments;
};

// Horizontal bars, one below the other; a legend where a bar has several segments.
[[nodiscard]] std::string bar_chart(std::string_view id, std::string_view title, const std::vector<Bar>& bars);
// Columns beside each other, for many: only some are labelled.
[[nodiscard]] std::string column_chart(std::string_view id, std::string_view title, const std::vector<Bar>& columns);

// `12,345`.
[[nodiscard]] std::string grouped(std::uint64_t number);
// What an export or a record holds, safe to stand in the page: acting characters visible, cut where it is very long.
[[nodiscard]] std::string shown(std::string_view text, std::size_t max_bytes = 160);

}  // namespace imagewarden::report
