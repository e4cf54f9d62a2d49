#pragma once
// Points in time, UTC, proleptic Gregorian calendar, no leap seconds. No clock here: time is an input of the engine.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagewarden {

// Microseconds since 1970-01-01T00:00:00Z.
struct Time {
  std::int64_t unix_us{};
  friend auto operator<=>(Time, Time) = default;
};

// RFC 3339 with `Z` or an offset: 2026-11-24T08:00:00Z, …08:00:00.123+08:00. Fractions beyond microseconds are cut.
// Years 0001 to 9999; nothing else than what was read may follow.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

// Every form that the cloud's answers use: RFC 3339, without seconds (`2020-11-06T08:28Z`), offset without a colon,
// and `2025-04-25 15:13:57` without a zone, which is China standard time (UTC+8, inferred).
[[nodiscard]] std::optional<Time> parse_cloud_time(std::string_view text);

// `2026-11-24T08:00:00Z`: to the second, fractions cut. The text without memory of its own, or as a string.
class Rfc3339 {
 public:
  explicit Rfc3339(Time time);
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 32> bytes_{};
  std::size_t size_{};
};
[[nodiscard]] std::string format_rfc3339(Time time);
// `2026-11-24T08:00:00.000123Z`.
[[nodiscard]] std::string format_rfc3339_us(Time time);
// Whether it is in the years that parse_rfc3339() reads: a leap second or an offset can lead out of them.
[[nodiscard]] bool is_writable(Time time);

}  // namespace imagewarden
