#include <catch2/catch.hpp>

#include "engine/base/printable.h"

using namespace imagewarden;

TEST_CASE("printable makes characters visible that act instead of showing", "[base][text]") {
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

TEST_CASE("display width counts columns, not bytes", "[base][text]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("é") == 1);
  CHECK(display_width("设计") == 4);
  CHECK(display_width("e\xcc\x81") == 1);  // combining acute accent
  CHECK(display_width("") == 0);
}
