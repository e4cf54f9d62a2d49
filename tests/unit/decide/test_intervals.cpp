#include <catch2/catch.hpp>

#include <random>

#include "engine/decide/fact_reader.h"
#include "engine/decide/intervals.h"

using namespace imagewarden;

namespace {

Atom atom(Operator op, const std::vector<std::string>& wanted) {
  Atom out;
  out.op = op;
  for (const std::string& text : wanted) out.values.push_back(Value::of(text));
  return out;
}

bool contains(const Intervals& intervals, std::int64_t number) {
  for (const Interval& interval : intervals) {
    if (number >= interval.first && number <= interval.last) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a numeric atom accepts the integers of its intervals", "[decide][intervals]") {
  struct Row {
    const char* why;
    Operator op;
    std::vector<std::string> wanted;
    Intervals want;
  };
  constexpr std::int64_t kMax = kMaxInteger;
  const auto row = GENERATE(values<Row>({
      {"one number", Operator::kNumericEquals, {"30"}, {{30, 30}}},
      {"neighbours join", Operator::kNumericEquals, {"31", "30", "40"}, {{30, 31}, {40, 40}}},
      {"no integer equals a fraction", Operator::kNumericEquals, {"30.5"}, {}},
      {"the rest", Operator::kNumericNotEquals, {"30"}, {{-kMax, 29}, {31, kMax}}},
      {"none but integers are left out", Operator::kNumericNotEquals, {"30.5"}, {{-kMax, kMax}}},
      {"below", Operator::kNumericLessThan, {"30"}, {{-kMax, 29}}},
      {"below a fraction", Operator::kNumericLessThan, {"30.5"}, {{-kMax, 30}}},
      {"at most", Operator::kNumericLessThanEquals, {"30"}, {{-kMax, 30}}},
      {"above", Operator::kNumericGreaterThan, {"30"}, {{31, kMax}}},
      {"at least a fraction", Operator::kNumericGreaterThanEquals, {"30.5"}, {{31, kMax}}},
      {"the widest of several", Operator::kNumericLessThan, {"3", "30"}, {{-kMax, 29}}},
      {"out of reach", Operator::kNumericGreaterThan, {"1e30"}, {}},
      {"all", Operator::kNumericLessThan, {"1e30"}, {{-kMax, kMax}}},
  }));
  CAPTURE(row.why);
  CHECK(integers_that_meet(atom(row.op, row.wanted)) == row.want);
}

TEST_CASE("intervals of numbers agree with the operator on every number near them", "[decide][intervals]") {
  const auto op =
      GENERATE(Operator::kNumericEquals, Operator::kNumericNotEquals, Operator::kNumericLessThan,
               Operator::kNumericLessThanEquals, Operator::kNumericGreaterThan, Operator::kNumericGreaterThanEquals);
  for (const std::vector<std::string>& wanted :
       {std::vector<std::string>{"0"}, {"-2", "3"}, {"1.5"}, {"-0.5", "2", "2.0"}}) {
    const Atom one = atom(op, wanted);
    const Intervals intervals = integers_that_meet(one);
    for (std::int64_t number = -6; number <= 6; ++number) {
      CAPTURE(operator_name(op), wanted, number);
      CHECK(contains(intervals, number) == one.meets(Value::of_integer(number)));
    }
  }
}

TEST_CASE("intervals of times agree with the operator, to the second", "[decide][intervals]") {
  const auto op = GENERATE(Operator::kDateEquals, Operator::kDateNotEquals, Operator::kDateLessThan,
                           Operator::kDateLessThanEquals, Operator::kDateGreaterThan, Operator::kDateGreaterThanEquals);
  const Atom one = atom(op, {"2026-01-01T00:00:00+08:00", "1969-12-31T23:59:59Z"});
  const Intervals intervals = times_that_meet(one);
  for (const char* at : {"2026-01-01T00:00:00+08:00", "1969-12-31T23:59:59Z"}) {
    const std::int64_t wanted_us = parse_rfc3339(at)->unix_us;
    for (const std::int64_t offset_us : {-1'000'001, -1'000'000, -1, 0, 1, 999'999, 1'000'000, 1'500'000}) {
      CAPTURE(operator_name(op), at, offset_us);
      CHECK(contains(intervals, wanted_us + offset_us) == one.meets(Value::of_time(Time{wanted_us + offset_us})));
    }
  }
}

TEST_CASE("creations of an age agree with the age in days", "[decide][intervals]") {
  constexpr std::int64_t kDayUs = std::int64_t{24} * 3600 * 1'000'000;
  const Time now = *parse_rfc3339("2026-11-24T08:00:00.5Z");
  for (const Atom& one : {atom(Operator::kNumericLessThan, {"30"}), atom(Operator::kNumericEquals, {"0", "7"}),
                          atom(Operator::kNumericNotEquals, {"1"})}) {
    const Intervals intervals = creations_of_age(integers_that_meet(one), now);
    for (const std::int64_t days : {-2, -1, 0, 1, 2, 7, 8, 29, 30, 31}) {
      for (const std::int64_t offset_us : {-1, 0, 1}) {
        const std::int64_t created_us = now.unix_us - days * kDayUs + offset_us;
        CAPTURE(operator_name(one.op), days, offset_us);
        CHECK(contains(intervals, created_us) == one.meets(Value::of_integer(age_days(created_us, now))));
      }
    }
  }
}
