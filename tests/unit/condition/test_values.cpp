// Decimal, IpBlock and the typed views of a value.

#include <catch2/catch.hpp>

#include <string>

#include "engine/base/limits.h"
#include "engine/condition/condition.h"

using namespace imagewarden;

TEST_CASE("decimals that are read", "[condition][table]") {
  struct Row {
    const char* why;
    std::string text;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"integer", "12", true},
      {"negative", "-12", true},
      {"fraction", "0.50", true},
      {"exponent", "1e3", true},
      {"signed exponents", "1E+3", true},
      {"negative exponent", "1e-3", true},
      {"leading zeros", "007", true},
      {"largest exponent", "1e" + std::to_string(limits::kMaxNumberExponent), true},
      {"longest", std::string(limits::kMaxNumberBytes, '9'), true},
      {"too long", std::string(limits::kMaxNumberBytes + 1, '9'), false},
      {"exponent out of range", "1e" + std::to_string(limits::kMaxNumberExponent + 1), false},
      {"exponent far out of range", "1e99999999999999999999", false},
      {"empty", "", false},
      {"only a sign", "-", false},
      {"plus sign", "+1", false},
      {"no digit before the point", ".5", false},
      {"no digit after the point", "5.", false},
      {"two points", "1.2.3", false},
      {"no exponent digits", "1e", false},
      {"blank", " 1", false},
      {"text", "abc", false},
      {"hexadecimal", "0x10", false},
      {"not a number", "NaN", false},
  }));
  CAPTURE(row.why, row.text);
  CHECK(Decimal::parse(row.text).has_value() == row.want);
}

TEST_CASE("numbers beyond the limits are told from text", "[condition][limits]") {
  const std::string nines(limits::kMaxNumberBytes, '9');
  CHECK_FALSE(Decimal::is_beyond_limits(nines));
  CHECK(Decimal::is_beyond_limits(nines + "9"));
  CHECK(Decimal::is_beyond_limits("-" + nines));
  CHECK(Decimal::is_beyond_limits(nines + ".5"));
  CHECK_FALSE(Decimal::is_beyond_limits("1e10000"));
  for (const char* number : {"1e10001", "1E+10001", "-1.5e-10001", "0e99999999999999999999"}) {
    CAPTURE(number);
    CHECK(Decimal::is_beyond_limits(number));
  }
  for (const std::string& text : {std::string(), std::string("-"), nines + "9x", nines + "9.", nines + "9e",
                                  "x" + nines, nines + "9e1 ", std::string("1e10001x"), std::string("12")}) {
    CAPTURE(text);
    CHECK_FALSE(Decimal::is_beyond_limits(text));
  }
}

TEST_CASE("decimals are compared exactly", "[condition][table]") {
  struct Row {
    const char* why;
    const char* a;
    const char* b;
    int want;  // sign of a <=> b
  };
  const auto row = GENERATE(values<Row>({
      {"equal", "1", "1", 0},
      {"trailing zeros", "1.50", "1.5", 0},
      {"leading zeros", "01", "1", 0},
      {"exponent", "1e3", "1000", 0},
      {"negative exponent", "0.001", "1e-3", 0},
      {"minus zero", "-0", "0", 0},
      {"zero with an exponent", "0e5", "0.00", 0},
      {"no binary rounding", "0.1", "0.10000000000000000001", -1},
      {"beyond 2^53", "9007199254740993", "9007199254740992", 1},
      {"digits, not text", "9", "10", -1},
      {"negative below positive", "-5", "3", -1},
      {"negative numbers turn the order", "-10", "-9", -1},
      {"zero above negative", "0", "-0.0001", 1},
      {"zero below positive", "0", "1e-10000", -1},
      {"prefix of digits", "12", "123e-1", -1},
  }));
  CAPTURE(row.why, row.a, row.b);
  const auto a = Decimal::parse(row.a);
  const auto b = Decimal::parse(row.b);
  REQUIRE((a && b));
  CHECK(((*a <=> *b) < 0) == (row.want < 0));
  CHECK(((*a <=> *b) > 0) == (row.want > 0));
  CHECK((*a == *b) == (row.want == 0));
  CHECK(((*b <=> *a) > 0) == (row.want < 0));
}

TEST_CASE("every int64 is a decimal", "[condition]") {
  CHECK(Decimal::of(INT64_MIN) == *Decimal::parse("-9223372036854775808"));
  CHECK(Decimal::of(INT64_MAX) == *Decimal::parse("9223372036854775807"));
  CHECK(Decimal::of(0) == Decimal{});
}

TEST_CASE("addresses and blocks that are read", "[condition][table]") {
  struct Row {
    const char* text;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"203.0.113.7", true},
      {"203.0.113.0/24", true},
      {"203.0.113.7/24", true},  // host bits are ignored
      {"0.0.0.0/0", true},
      {"255.255.255.255/32", true},
      {"2001:db8::1", true},
      {"2001:DB8::/32", true},
      {"::", true},
      {"::/0", true},
      {"::1", true},
      {"1::", true},
      {"1:2:3:4:5:6:7:8", true},
      {"1:2:3:4:5:6:7::", true},
      {"::2:3:4:5:6:7:8", true},
      {"::ffff:203.0.113.7", true},
      {"1:2:3:4:5:6:203.0.113.7", true},
      {"", false},
      {"203.0.113", false},
      {"203.0.113.7.1", false},
      {"203.0.113.256", false},
      {"203.0.113.07", false},
      {"203.0.113.-1", false},
      {"203.0.113.", false},
      {" 203.0.113.7", false},
      {"203.0.113.7/33", false},
      {"203.0.113.7/", false},
      {"203.0.113.7/08", false},
      {"203.0.113.7/24/24", false},
      {"2001:db8::/129", false},
      {":", false},
      {":::", false},
      {"1::2::3", false},
      {"1:2:3:4:5:6:7", false},
      {"1:2:3:4:5:6:7:8:9", false},
      {"1:2:3:4:5:6:7:8::", false},
      {"1:", false},
      {":1", false},
      {"12345::", false},
      {"g::", false},
      {"fe80::1%eth0", false},
      {"1:2:3:4:5:6:7:203.0.113.7", false},
      {"203.0.113.7::", false},
      {"::203.0.113.7:1", false},
      {"localhost", false},
  }));
  CAPTURE(row.text);
  CHECK(IpBlock::parse(row.text).has_value() == row.want);
}

TEST_CASE("blocks hold addresses", "[condition][table]") {
  struct Row {
    const char* block;
    const char* address;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"203.0.113.0/24", "203.0.113.255", true},
      {"203.0.113.0/24", "203.0.114.0", false},
      {"203.0.113.99/24", "203.0.113.1", true},
      {"203.0.113.7", "203.0.113.7", true},
      {"203.0.113.7", "203.0.113.8", false},
      {"203.0.113.128/25", "203.0.113.127", false},
      {"203.0.113.128/25", "203.0.113.128", true},
      {"10.0.0.0/7", "11.255.0.1", true},
      {"10.0.0.0/7", "12.0.0.1", false},
      {"0.0.0.0/0", "1.2.3.4", true},
      {"::/0", "1.2.3.4", false},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "2001:db8::1", true},
      {"::ffff:0:0/96", "1.2.3.4", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"1:0:0:2::", "1::2:0:0:0:0", true},
      {"::1", "0:0:0:0:0:0:0.0.0.1", true},
  }));
  CAPTURE(row.block, row.address);
  const auto block = IpBlock::parse(row.block);
  const auto address = IpBlock::parse(row.address);
  REQUIRE((block && address));
  CHECK(block->contains(*address) == row.want);
}

TEST_CASE("a value has the views that its text allows", "[condition]") {
  CHECK(Value::of("12").number);
  CHECK_FALSE(Value::of("12").ip);
  CHECK(Value::of("2026-08-12T17:00:00+08:00").date == Time{1'786'525'200'000'000});
  CHECK_FALSE(Value::of("2026-08-12").date);
  CHECK(Value::of("203.0.113.7").ip);
  CHECK(Value::of("true").boolean == true);
  CHECK(Value::of("false").boolean == false);
  CHECK_FALSE(Value::of("True").boolean);
  CHECK_FALSE(Value::of_string("12").number);
  CHECK(Value::of_integer(-3).text == "-3");
  CHECK(Value::of_time(Time{0}).text == "1970-01-01T00:00:00Z");
  CHECK(Value::of_bool(true).text == "true");
}
