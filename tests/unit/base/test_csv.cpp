#include <catch2/catch.hpp>

#include "engine/base/csv.h"

using namespace imagewarden;

TEST_CASE("a CSV field cannot break out or become a formula", "[base][csv]") {
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
