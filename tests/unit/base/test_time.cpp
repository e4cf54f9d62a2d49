// Points in time: every form that is read, what is refused, and the calendar against the standard library's.

#include <chrono>
#include <random>

#include <catch2/catch.hpp>

#include "engine/base/time.h"

namespace imagewarden {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST_CASE("RFC 3339", "[base][time][table]") {
  struct Row {
    const char* text;
    std::int64_t unix_us;
  };
  const auto row = GENERATE(values<Row>({
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01T08:00:00+08:00", 0},
      {"1969-12-31T19:00:00-05:00", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2026-11-24T08:00:00Z", 1'795'507'200 * kSecond},
      {"2026-11-24T08:00:00.5Z", 1'795'507'200 * kSecond + 500'000},
      {"2026-11-24T08:00:00.1234569Z", 1'795'507'200 * kSecond + 123'456},  // cut, not rounded
      {"2000-02-29T00:00:00Z", 951'782'400 * kSecond},
      {"2016-12-31T23:59:60Z", 1'483'228'800 * kSecond},  // a leap second is the next one
      {"0001-01-01T00:00:00Z", -62'135'596'800 * kSecond},
      {"9999-12-31T23:59:59Z", 253'402'300'799 * kSecond},
  }));
  CAPTURE(row.text);
  const auto time = parse_rfc3339(row.text);
  REQUIRE(time.has_value());
  CHECK(time->unix_us == row.unix_us);
  CHECK(parse_cloud_time(row.text) == time);
}

TEST_CASE("the cloud's other forms", "[base][time][table]") {
  struct Row {
    const char* text;
    const char* same_as;
  };
  const auto row = GENERATE(values<Row>({
      {"2020-11-06T08:28Z", "2020-11-06T08:28:00Z"},
      {"2022-04-26T15:06:16.000+0000", "2022-04-26T15:06:16Z"},
      {"2023-03-07T20:29:19.000+0800", "2023-03-07T12:29:19Z"},
      {"2025-04-25 15:13:57", "2025-04-25T15:13:57+08:00"},
      {"2025-04-25 15:13:57.250", "2025-04-25T15:13:57.25+08:00"},
      {"2025-04-25 15:13", "2025-04-25T15:13:00+08:00"},
      {"2025-04-25 15:13:57Z", "2025-04-25T15:13:57Z"},
  }));
  CAPTURE(row.text);
  CHECK_FALSE(parse_rfc3339(row.text).has_value());
  REQUIRE(parse_cloud_time(row.text).has_value());
  CHECK(parse_cloud_time(row.text) == parse_rfc3339(row.same_as));
}

TEST_CASE("no times", "[base][time][table]") {
  const auto text = GENERATE(values<std::string>({
      "",
      "2026",
      "2026-11-24",
      "2026-11-24T08:00:00",
      "2026-11-24T08:00:00Zx",
      "2026-11-24T08:00:00Z ",
      " 2026-11-24T08:00:00Z",
      "2026-11-24T24:00:00Z",
      "2026-11-24T08:60:00Z",
      "2026-11-24T08:00:61Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2026-11-00T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "2026-11-24T08:00:00.Z",
      "2026-11-24T08:00:00+24:00",
      "2026-11-24T08:00:00+08:60",
      "2026-11-24T08:00:00+8:00",
      "2026-11-24T08:00:00+08",
      "2026-11-24X08:00:00Z",
      "26-11-24T08:00:00Z",
      "2026-1-24T08:00:00Z",
      "-2026-11-24T08:00:00Z",
      "2026-11-24T-8:00:00Z",
      "2026-11-24T08:00:00\xc2\xb1",
      "20261124T080000Z",
  }));
  CAPTURE(text);
  CHECK_FALSE(parse_rfc3339(text).has_value());
  CHECK_FALSE(parse_cloud_time(text).has_value());
}

TEST_CASE("times are written in UTC", "[base][time]") {
  CHECK(format_rfc3339(Time{}) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339_us(Time{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(format_rfc3339(Time{-1}) == "1969-12-31T23:59:59Z");
  CHECK(format_rfc3339_us(Time{-1}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_rfc3339(Time{1'795'507'200 * kSecond + 999'999}) == "2026-11-24T08:00:00Z");
  CHECK(format_rfc3339_us(Time{1'795'507'200 * kSecond + 123}) == "2026-11-24T08:00:00.000123Z");
}

TEST_CASE("every day of four centuries, against the calendar of the standard library", "[base][time][property]") {
  namespace c = std::chrono;
  for (c::sys_days day{c::year{1800} / 1 / 1}; day < c::sys_days{c::year{2200} / 1 / 1}; day += c::days{1}) {
    const c::year_month_day date{day};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT00:00:00Z", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    const Time want{c::duration_cast<c::microseconds>(day.time_since_epoch()).count()};
    if (parse_rfc3339(text) != want || format_rfc3339(want) != text) FAIL(text);
  }
  SUCCEED();
}

TEST_CASE("reading what was written gives the same time", "[base][time][property]") {
  INFO("seed " << Catch::rngSeed());
  std::mt19937_64 random(Catch::rngSeed());
  std::uniform_int_distribution<std::int64_t> any(-62'135'596'800 * kSecond, 253'402'300'800 * kSecond - 1);
  for (int round = 0; round < 10'000; ++round) {
    const Time time{any(random)};
    const std::string text = format_rfc3339_us(time);
    CAPTURE(text);
    CHECK(parse_rfc3339(text) == time);
    CHECK(text.size() == 27);
    // To the second, fractions are cut towards the past.
    const auto second = parse_rfc3339(format_rfc3339(time));
    REQUIRE(second.has_value());
    CHECK(*second <= time);
    CHECK(time.unix_us - second->unix_us < kSecond);
  }
}

}  // namespace
}  // namespace imagewarden
