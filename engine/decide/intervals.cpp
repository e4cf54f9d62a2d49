#include "engine/decide/intervals.h"

#include <algorithm>

namespace imagewarden {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = std::int64_t{24} * 3600 * kSecondUs;
// Years 0001 to 9999, which is all that a date can be.
constexpr Interval kSeconds{-62'135'596'800, 253'402'300'799};

// How an operator compares, without the sign of a negated one.
enum class Comparison : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct Family {
  Operator greater;
  Operator greater_or_equal;
};
constexpr Family kNumbers{Operator::kNumericGreaterThan, Operator::kNumericGreaterThanEquals};
constexpr Family kDates{Operator::kDateGreaterThan, Operator::kDateGreaterThanEquals};

Comparison comparison_of(Operator op) {
  switch (op) {
    case Operator::kNumericLessThan:
    case Operator::kDateLessThan:
      return Comparison::kLess;
    case Operator::kNumericLessThanEquals:
    case Operator::kDateLessThanEquals:
      return Comparison::kLessOrEqual;
    case Operator::kNumericGreaterThan:
    case Operator::kDateGreaterThan:
      return Comparison::kGreater;
    case Operator::kNumericGreaterThanEquals:
    case Operator::kDateGreaterThanEquals:
      return Comparison::kGreaterOrEqual;
    case Operator::kNumericEquals:
    case Operator::kNumericNotEquals:
    case Operator::kDateEquals:
    case Operator::kDateNotEquals:
    case Operator::kStringEquals:
    case Operator::kStringNotEquals:
    case Operator::kStringEqualsIgnoreCase:
    case Operator::kStringNotEqualsIgnoreCase:
    case Operator::kStringLike:
    case Operator::kStringNotLike:
    case Operator::kBool:
    case Operator::kIpAddress:
    case Operator::kNotIpAddress:
    case Operator::kCount:
      break;
  }
  return Comparison::kEqual;
}

// The least number of `range` that meets `op wanted`, or one past its end. `op` asks for greater ones, so that what it
// accepts has no upper end.
template <class MakeValue>
std::int64_t least_that_meets(Operator op, const Value& wanted, Interval range, MakeValue&& make_value) {
  Atom atom;
  atom.op = op;
  atom.values = {wanted};
  std::int64_t low = range.first;
  std::int64_t high = range.last + 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (atom.meets(make_value(middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void join(Intervals& intervals) {
  std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) { return a.first < b.first; });
  Intervals joined;
  for (const Interval& interval : intervals) {
    if (!joined.empty() && interval.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, interval.last);
    } else {
      joined.push_back(interval);
    }
  }
  intervals = std::move(joined);
}

Intervals complement(const Intervals& intervals, Interval range) {
  Intervals out;
  std::int64_t at = range.first;
  for (const Interval& interval : intervals) {
    if (interval.first > at) out.push_back({at, interval.first - 1});
    at = interval.last + 1;
  }
  if (at <= range.last) out.push_back({at, range.last});
  return out;
}

template <class MakeValue>
Intervals numbers_that_meet(const Atom& atom, const Family& family, Interval range, MakeValue&& make_value) {
  Intervals out;
  const auto add = [&](std::int64_t first, std::int64_t last) {
    if (first <= last) out.push_back({first, last});
  };
  for (const Value& wanted : atom.values) {
    const std::int64_t equal = least_that_meets(family.greater_or_equal, wanted, range, make_value);
    const std::int64_t greater = least_that_meets(family.greater, wanted, range, make_value);
    switch (comparison_of(atom.op)) {
      case Comparison::kEqual:
        add(equal, greater - 1);
        break;
      case Comparison::kLess:
        add(range.first, equal - 1);
        break;
      case Comparison::kLessOrEqual:
        add(range.first, greater - 1);
        break;
      case Comparison::kGreater:
        add(greater, range.last);
        break;
      case Comparison::kGreaterOrEqual:
        add(equal, range.last);
        break;
    }
  }
  join(out);
  return is_negated(atom.op) ? complement(out, range) : out;
}

}  // namespace

Intervals integers_that_meet(const Atom& atom) {
  return numbers_that_meet(atom, kNumbers, {-kMaxInteger, kMaxInteger},
                           [](std::int64_t number) { return Value::of_integer(number); });
}

Intervals times_that_meet(const Atom& atom) {
  Intervals out = numbers_that_meet(atom, kDates, kSeconds,
                                    [](std::int64_t second) { return Value::of_time(Time{second * kSecondUs}); });
  for (Interval& interval : out) interval = {interval.first * kSecondUs, interval.last * kSecondUs + (kSecondUs - 1)};
  return out;
}

Intervals creations_of_age(const Intervals& days, Time now) {
  Intervals out;
  // An age beyond the calendar is no age: keeps the products below within 64 bits.
  constexpr std::int64_t kMaxDays = 4'000'000;
  for (const Interval& interval : days) {
    const std::int64_t first = std::max(interval.first, -kMaxDays);
    const std::int64_t last = std::min(interval.last, kMaxDays);
    if (first <= last) out.push_back({now.unix_us - (last + 1) * kDayUs + 1, now.unix_us - first * kDayUs});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace imagewarden
