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

TEST_CASE("UTF-8 is valid or not, wherever a character stands", "[base][text]") {
  CHECK(is_valid_utf8({}));
  constexpr std::size_t kLongest = 130;
  for (std::size_t length = 0; length <= kLongest; ++length) {
    const std::string plain(length, 'a');
    CHECK(is_valid_utf8(plain));
    for (std::size_t at = 0; at <= length; ++at) {
      const auto with = [&](std::string_view bytes) { return std::string(plain).insert(at, bytes); };
      CAPTURE(length, at);
      for (const std::string_view good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\x7f"})
        REQUIRE(is_valid_utf8(with(good)));
      for (const std::string_view bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                         "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
        REQUIRE_FALSE(is_valid_utf8(with(bad)));
      }
    }
  }
}
