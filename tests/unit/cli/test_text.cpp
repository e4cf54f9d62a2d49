#include <catch2/catch.hpp>

#include "cli/text.h"

using namespace imagewarden;
using namespace imagewarden::cli;

TEST_CASE("a table aligns its columns and colours only when asked", "[cli][text]") {
  Table table({"A", "B"});
  table.add({"设", "x"}, Tone::kBad);
  table.add({"abc", "\x1b"}, Tone::kGood);
  CHECK(table.render(false) == "A    B\n设   x\nabc  \\u{1b}\n");
  CHECK(table.render(true).find("\x1b[31m设\x1b[0m") != std::string::npos);
}

TEST_CASE("columns line up whatever the script", "[cli][text]") {
  Table table({"NAME", "WHY"});
  for (const char* name :
       {"golden-image", "设计师桌面", "cafe\xcc\x81", "桌面 desktop", "デスクトップ", "한국어", "é", ""}) {
    table.add({name, "|"});
  }
  const std::string text = table.render(false);
  std::vector<std::size_t> columns;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t bar = line.find('|');
    if (bar != std::string::npos) columns.push_back(display_width(line.substr(0, bar)));
  }
  REQUIRE(columns.size() == 8);
  CHECK(columns == std::vector<std::size_t>(8, 14));  // `golden-image` and two blanks
}

TEST_CASE("colours do not shift columns, and the last column has no blanks behind it", "[cli][text]") {
  Table table({"OUTCOME", "WHY"});
  table.add({"deny", "x"}, Tone::kBad);
  table.add({"indeterminate", "y"}, Tone::kUnsure);
  CHECK(table.render(true) ==
        "\x1b[2mOUTCOME\x1b[0m        \x1b[2mWHY\x1b[0m\n"
        "\x1b[31mdeny\x1b[0m           x\n"
        "\x1b[33mindeterminate\x1b[0m  y\n");
}
