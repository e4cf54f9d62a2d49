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

TEST_CASE("lines are broken at blanks, and within a word where there is none", "[cli][text][table]") {
  struct Row {
    const char* text;
    std::size_t width;
    std::vector<std::string_view> want;
  };
  const auto row = GENERATE(values<Row>({
      {"", 5, {""}},
      {"abc", 5, {"abc"}},
      {"abcde fgh", 5, {"abcde", "fgh"}},
      {"ab cd ef", 5, {"ab cd", "ef"}},
      {"abcdefgh", 3, {"abc", "def", "gh"}},
      {"设计师桌面", 4, {"设计", "师桌", "面"}},
      {"设计师 桌面", 7, {"设计师", "桌面"}},
      {"设", 1, {"设"}},
      {"cafe\xcc\x81 x", 4, {"cafe\xcc\x81", "x"}},
  }));
  CAPTURE(row.text, row.width);
  CHECK(wrap(row.text, row.width) == row.want);
}

TEST_CASE("a table that is too wide breaks what may be broken, and loses nothing", "[cli][text]") {
  Table table({"IMAGE", "NAME", "WHY"}, {"NAME", "WHY"});
  table.add({"imgc-45p3gon3ij1ip19ql", "a name", "the first reason and then a second one, longer"}, Tone::kBad);
  const std::string wide = table.render(Look{});
  CHECK(wide == table.render(Look{.colored = false, .columns = 200}));
  const std::string narrow = table.render(Look{.colored = false, .columns = 50});
  CHECK(narrow ==
        "IMAGE                   NAME    WHY\n"
        "imgc-45p3gon3ij1ip19ql  a name  the first reason\n"
        "                                and then a second\n"
        "                                one, longer\n");
  // What identifies stays whole, however narrow the terminal.
  CHECK(table.render(Look{.colored = false, .columns = 10}).find("imgc-45p3gon3ij1ip19ql") != std::string::npos);
}

TEST_CASE("a cell of a megabyte does not make the table slow to lay out", "[cli][text]") {
  Table table({"A", "B"}, {"A", "B"});
  table.add({std::string(1U << 16U, 'x'), std::string(1U << 20U, 'y')});
  const std::string text = table.render(Look{.colored = false, .columns = 80});
  CHECK(text.find('\n') <= 80);
  CHECK(text.size() > (1U << 20U));
}
