// Decimal: exact numbers of conditions.

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/condition/condition.h"

namespace imagewarden {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits from `text` on, which must not be empty; the rest stays in `text`.
std::string_view take_digits(std::string_view& text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

// What follows `e`: a sign and digits, nothing else.
std::optional<std::int32_t> parse_exponent(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::int32_t value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
    if (value > limits::kMaxNumberExponent) return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  if (text.empty() || text.size() > limits::kMaxNumberBytes) return std::nullopt;
  Decimal out;
  if (text.front() == '-') {
    out.negative_ = true;
    text.remove_prefix(1);
  }
  const std::string_view whole = take_digits(text);
  if (whole.empty()) return std::nullopt;
  out.digits_ = whole;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::string_view fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
    out.digits_ += fraction;
  }
  std::int32_t exponent = 0;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    const auto parsed = parse_exponent(text.substr(1));
    if (!parsed) return std::nullopt;
    exponent = *parsed;
  }
  const std::size_t leading = std::min(out.digits_.find_first_not_of('0'), out.digits_.size());
  out.exponent_ = exponent + static_cast<std::int32_t>(whole.size()) - 1 - static_cast<std::int32_t>(leading);
  out.digits_.erase(0, leading);
  while (!out.digits_.empty() && out.digits_.back() == '0') out.digits_.pop_back();
  if (out.digits_.empty()) return Decimal{};  // one zero, without a sign
  return out;
}

bool Decimal::is_beyond_limits(std::string_view text) {
  if (text.empty() || !(is_digit(text.front()) || text.front() == '-') || parse(text)) return false;
  if (text.front() == '-') text.remove_prefix(1);
  if (take_digits(text).empty()) return false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (take_digits(text).empty()) return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !take_digits(text).empty() && text.empty();
}

Decimal Decimal::of(std::int64_t value) {
  // Every int64 in decimal is a well-formed Decimal.
  return parse(std::to_string(value)).value_or(Decimal{});
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  std::strong_ordering magnitude = std::strong_ordering::equal;
  if (a.digits_.empty() || b.digits_.empty()) {
    magnitude = !a.digits_.empty() <=> !b.digits_.empty();
  } else if (a.exponent_ != b.exponent_) {
    magnitude = a.exponent_ <=> b.exponent_;
  } else {
    // The first digits have the same weight and there are no trailing zeros, so the order of texts is that of numbers.
    magnitude = a.digits_.compare(b.digits_) <=> 0;
  }
  if (!a.negative_ || magnitude == 0) return magnitude;
  return magnitude < 0 ? std::strong_ordering::greater : std::strong_ordering::less;
}

}  // namespace imagewarden
