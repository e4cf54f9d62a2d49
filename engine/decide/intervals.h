#pragma once
// The numbers that an atom accepts, as intervals: what a column of numbers is compared with.

#include <cstdint>
#include <vector>

#include "engine/base/time.h"
#include "engine/condition/condition.h"

namespace imagewarden {

// Both ends belong to it.
struct Interval {
  std::int64_t first{};
  std::int64_t last{};
  friend bool operator==(const Interval&, const Interval&) = default;
};
// Sorted, apart from each other.
using Intervals = std::vector<Interval>;

// The integers within ±kMaxInteger that meet a numeric atom.
inline constexpr std::int64_t kMaxInteger = 1'000'000'000'000;
[[nodiscard]] Intervals integers_that_meet(const Atom& atom);
// The times of creation, in microseconds, whose age in whole days at `now` is in one of the intervals.
[[nodiscard]] Intervals creations_of_age(const Intervals& days, Time now);
// The times, in microseconds, that meet a date atom: dates are compared to the second.
[[nodiscard]] Intervals times_that_meet(const Atom& atom);

}  // namespace imagewarden
