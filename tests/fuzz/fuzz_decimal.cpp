// Two numbers, a line each, against numbers written out in full.

#include <algorithm>
#include <optional>
#include <string>

#include "engine/base/limits.h"
#include "engine/condition/condition.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number as digits around a point that stands at a fixed place.
struct Long {
  bool negative{};
  std::string digits;
};
constexpr std::size_t kPlaces = limits::kMaxNumberExponent + limits::kMaxNumberBytes;

std::optional<Long> by_hand(std::string_view text) {
  if (text.size() > limits::kMaxNumberBytes) return std::nullopt;
  Long out;
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') out.negative = ++at != 0;
  std::string digits;
  const auto take_digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) digits += text[at++];
    return at - begin;
  };
  const std::size_t whole = take_digits();
  if (whole == 0) return std::nullopt;
  if (at < text.size() && text[at] == '.' && (++at, take_digits()) == 0) return std::nullopt;
  long exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const bool down = ++at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (at == text.size()) return std::nullopt;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      exponent = std::min<long>(exponent * 10 + (text[at] - '0'), limits::kMaxNumberExponent + 1);
    }
    if (exponent > limits::kMaxNumberExponent) return std::nullopt;
    if (down) exponent = -exponent;
  }
  if (at != text.size()) return std::nullopt;
  out.digits.assign(2 * kPlaces, '0');
  const std::size_t point = kPlaces;
  const auto begin = static_cast<std::size_t>(static_cast<long>(point - whole) - exponent);
  std::copy(digits.begin(), digits.end(), out.digits.begin() + static_cast<std::ptrdiff_t>(begin));
  if (digits.find_first_not_of('0') == std::string::npos) out.negative = false;
  return out;
}

int compare(const Long& a, const Long& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int magnitude = a.digits.compare(b.digits);
  return a.negative ? -magnitude : magnitude;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view first = fuzz::take_line(rest);
  const auto a = Decimal::parse(first);
  const auto b = Decimal::parse(rest);
  const auto long_a = by_hand(first);
  fuzz::require(a.has_value() == long_a.has_value(), "both readers agree on what a number is");
  if (!a || !b) return 0;
  const auto long_b = by_hand(rest);
  fuzz::require(long_b.has_value(), "both readers agree on what a number is");
  const int wanted = compare(*long_a, *long_b);
  fuzz::require((*a < *b) == (wanted < 0) && (*a == *b) == (wanted == 0), "numbers are in the order of their values");
  return 0;
}
