#include "engine/base/time.h"

#include <chrono>

#include <fmt/format.h>

namespace imagewarden {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;
constexpr std::int64_t kDayUs = std::int64_t{24} * 60 * kMinuteUs;
constexpr int kChinaOffsetMinutes = 8 * 60;

// Reads text from the front; a failed read leaves `ok` false for good.
struct Scanner {
  std::string_view rest;
  bool ok{true};

  int digits(std::size_t count) {
    int value = 0;
    if (rest.size() < count) ok = false;
    for (std::size_t i = 0; ok && i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') {
        ok = false;
      } else {
        value = value * 10 + (rest[i] - '0');
      }
    }
    if (ok) rest.remove_prefix(count);
    return value;
  }
  bool take(char wanted) {
    if (rest.empty() || rest.front() != wanted) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char wanted) { ok = take(wanted) && ok; }
};

struct Forms {
  bool cloud;  // also the looser forms of the cloud's answers
};

std::optional<Time> parse(std::string_view text, Forms forms) {
  Scanner in{text};
  const int year = in.digits(4);
  in.expect('-');
  const int month = in.digits(2);
  in.expect('-');
  const int day = in.digits(2);
  bool zoneless = false;
  if (forms.cloud && in.take(' ')) {
    zoneless = true;
  } else if (!in.take('T') && !in.take('t')) {
    return std::nullopt;
  }
  const int hour = in.digits(2);
  in.expect(':');
  const int minute = in.digits(2);
  int second = 0;
  std::int64_t fraction_us = 0;
  if (in.take(':')) {
    second = in.digits(2);
    if (in.take('.')) {
      std::int64_t unit = kSecondUs / 10;
      if (in.rest.empty() || in.rest.front() < '0' || in.rest.front() > '9') return std::nullopt;
      while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
        fraction_us += unit * (in.rest.front() - '0');
        unit /= 10;
        in.rest.remove_prefix(1);
      }
    }
  } else if (!forms.cloud) {
    return std::nullopt;
  }
  int offset_minutes = 0;
  if (in.rest.empty() && zoneless) {
    offset_minutes = kChinaOffsetMinutes;
  } else if (!in.take('Z') && !in.take('z')) {
    const int sign = in.take('-') ? -1 : 1;
    if (sign > 0) in.expect('+');
    const int offset_hour = in.digits(2);
    if (!in.take(':') && !forms.cloud) return std::nullopt;
    const int offset_minute = in.digits(2);
    if (offset_hour > 23 || offset_minute > 59) return std::nullopt;
    offset_minutes = sign * (offset_hour * 60 + offset_minute);
  }
  if (!in.ok || !in.rest.empty() || hour > 23 || minute > 59 || second > 60 || year < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return Time{days * kDayUs + (hour * 60 + minute - offset_minutes) * kMinuteUs + second * kSecondUs + fraction_us};
}

struct Civil {
  int year;
  unsigned month;
  unsigned day;
  std::int64_t us_of_day;
};

Civil civil(Time time) {
  std::int64_t days = time.unix_us / kDayUs;
  std::int64_t rest = time.unix_us % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest};
}

// Writes `value` into `count` characters that end before `end`.
void put_digits(char* end, std::int64_t value, int count) {
  for (; count > 0; --count, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// Writes it without a zone, and returns where it ends. By hand: every record and every answer carries a few times.
// Years before 0 and after 9999 have no form in RFC 3339 and are written as they come: six digits and a sign at most.
char* put_seconds(const Civil& at, char* out) {
  const std::int64_t second = at.us_of_day / kSecondUs;
  if (at.year < 0 || at.year > 9999) {
    return fmt::format_to(out, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", at.year, at.month, at.day, second / 3600,
                          second / 60 % 60, second % 60);
  }
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  kForm.copy(out, kForm.size());
  put_digits(out + 4, at.year, 4);
  put_digits(out + 7, at.month, 2);
  put_digits(out + 10, at.day, 2);
  put_digits(out + 13, second / 3600, 2);
  put_digits(out + 16, second / 60 % 60, 2);
  put_digits(out + 19, second % 60, 2);
  return out + kForm.size();
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) { return parse(text, {.cloud = false}); }
std::optional<Time> parse_cloud_time(std::string_view text) { return parse(text, {.cloud = true}); }

Rfc3339::Rfc3339(Time time) {
  char* end = put_seconds(civil(time), bytes_.data());
  *end++ = 'Z';
  size_ = static_cast<std::size_t>(end - bytes_.data());
}

std::string format_rfc3339(Time time) { return std::string(Rfc3339(time).text()); }

std::string format_rfc3339_us(Time time) {
  constexpr std::string_view kFraction = ".000000Z";
  const Civil at = civil(time);
  std::array<char, 40> text{};
  char* const fraction = put_seconds(at, text.data());
  kFraction.copy(fraction, kFraction.size());
  put_digits(fraction + kFraction.size() - 1, at.us_of_day % kSecondUs, 6);
  return {text.data(), fraction + kFraction.size()};
}

bool is_writable(Time time) { return parse_rfc3339(format_rfc3339_us(time)) == time; }

}  // namespace imagewarden
