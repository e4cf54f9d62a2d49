#include <catch2/catch.hpp>

#include "cli/text.h"

using namespace imagewarden::cli;

TEST_CASE("printable makes characters visible that act instead of showing", "[cli][text]") {
  struct Row {
    const char* why;
    std::string_view text;
    std::string_view want;
  };
  const auto row = GENERATE(values<Row>({
      {"plain text stays", "golden-image 2026", "golden-image 2026"},
      {"other scripts stay", "设计师桌面 é", "设计师桌面 é"},
      {"an escape cannot colour or move", "\x1b[31mred", "\\u{1b}[31mred"},
      {"a line break cannot forge a line", "a\nb\r", "a\\u{a}b\\u{d}"},
      {"NUL shows", std::string_view("a\0b", 3), "a\\u{0}b"},
      {"right-to-left override",
       "a\xe2\x80\xae"
       "b",
       "a\\u{202e}b"},
      {"zero width space",
       "a\xe2\x80\x8b"
       "b",
       "a\\u{200b}b"},
      {"C1 control", "\xc2\x9b", "\\u{9b}"},
      {"tags", "\xf3\xa0\x81\x81", "\\u{e0041}"},
      {"a byte that is no UTF-8", "a\xff", "a\\xff"},
      {"an overlong form", "\xc0\xaf", "\\xc0\\xaf"},
      {"a surrogate in UTF-8", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"a cut sequence", "\xe8\xae", "\\xe8\\xae"},
  }));
  CAPTURE(row.why);
  CHECK(printable(row.text) == row.want);
}

TEST_CASE("display width counts columns, not bytes", "[cli][text]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("é") == 1);
  CHECK(display_width("设计") == 4);
  CHECK(display_width("e\xcc\x81") == 1);  // combining acute accent
  CHECK(display_width("") == 0);
}

TEST_CASE("a CSV field cannot break out or become a formula", "[cli][text]") {
  struct Row {
    const char* why;
    std::string_view text;
    std::string_view want;
  };
  const auto row = GENERATE(values<Row>({
      {"plain", "abc", "abc"},
      {"comma", "a,b", "\"a,b\""},
      {"quote", "a\"b", "\"a\"\"b\""},
      {"line break", "a\nb", "\"a\nb\""},
      {"formula", "=1+2", "'=1+2"},
      {"formula that needs quotes too", "=a,b", "\"'=a,b\""},
      {"plus", "+1", "'+1"},
      {"minus", "-1", "'-1"},
      {"at", "@x", "'@x"},
      {"tab", "\tx", "'\tx"},
      {"carriage return", "\rx", "\"'\rx\""},
      {"empty", "", ""},
      {"other scripts", "设计", "设计"},
      {"in the middle it is harmless", "a=b", "a=b"},
  }));
  CAPTURE(row.why);
  CHECK(csv_field(row.text) == row.want);
  CHECK(csv_line({"a", "b,c"}) == "a,\"b,c\"\r\n");
}

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
