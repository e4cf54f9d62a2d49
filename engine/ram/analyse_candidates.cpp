#include "engine/ram/analyse_candidates.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace imagewarden::ram {
namespace {

// Digits beyond these do not fit a Decimal's text.
constexpr std::size_t kMaxDigits = 240;
// Powers of ten that are written out.
constexpr int kPlainExponent = 20;

// A decimal taken apart: digits d1 d2 … stand for d1.d2… times ten to the exponent. No digits: zero.
struct Number {
  bool negative{};
  std::string digits;
  int exponent{};
};

Number take_apart(std::string_view text) {
  Number out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  if (mark < text.size()) {
    std::string_view power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), out.exponent);
  }
  const std::string_view mantissa = text.substr(0, mark);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  out.digits = mantissa.substr(0, point);
  if (point < mantissa.size()) out.digits += mantissa.substr(point + 1);
  const std::size_t leading = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.exponent += static_cast<int>(point) - 1 - static_cast<int>(leading);
  out.digits.erase(0, leading);
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  return out.digits.empty() ? Number{} : out;
}

std::string spell(const Number& number) {
  if (number.digits.empty()) return "0";
  std::string out = number.negative ? "-" : "";
  const auto count = static_cast<int>(number.digits.size());
  if (number.exponent < -kPlainExponent || number.exponent > kPlainExponent) {
    out += number.digits.substr(0, 1);
    if (count > 1) out += '.' + number.digits.substr(1);
    return out + 'e' + std::to_string(number.exponent);
  }
  if (number.exponent < 0) {
    return out + "0." + std::string(static_cast<std::size_t>(-number.exponent - 1), '0') + number.digits;
  }
  const int whole = number.exponent + 1;
  if (count <= whole) return out + number.digits + std::string(static_cast<std::size_t>(whole - count), '0');
  const auto split = static_cast<std::size_t>(whole);
  return out + number.digits.substr(0, split) + '.' + number.digits.substr(split);
}

// The positive number cut to `count` digits, and one unit of the last one more: always above.
Number rounded_up(const Number& number, std::size_t count) {
  Number out = number;
  out.digits.resize(count, '0');
  for (std::size_t i = count; i > 0; --i) {
    if (out.digits[i - 1] != '9') {
      ++out.digits[i - 1];
      return out;
    }
    out.digits[i - 1] = '0';
  }
  out.digits.insert(out.digits.begin(), '1');
  ++out.exponent;
  return out;
}

std::string trimmed(Number number) {
  while (number.digits.size() > 1 && number.digits.back() == '0') number.digits.pop_back();
  return spell(number);
}

bool is_between(std::string_view a, std::string_view text, std::string_view b) {
  const auto low = Decimal::parse(a);
  const auto middle = Decimal::parse(text);
  const auto high = Decimal::parse(b);
  return low && middle && high && *low < *middle && *middle < *high;
}

std::string negated(std::string_view text) {
  Number number = take_apart(text);
  number.negative = !number.negative;
  return spell(number);
}

// A number beyond the outermost wanted one on its far side, zero where that is one.
std::string above(std::string_view text) {
  const Number number = take_apart(text);
  if (number.negative) return "0";
  if (number.digits.empty()) return "1";
  // One more, where the number has a place for it; else one more of its last digit.
  const auto digits = std::max<std::size_t>(
      number.digits.size(),
      number.exponent >= 0 && number.exponent < kPlainExponent ? static_cast<std::size_t>(number.exponent) + 1 : 1);
  return trimmed(rounded_up(number, digits));
}

std::int64_t whole_second(Time time) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  return time.unix_us / kSecondUs - (time.unix_us % kSecondUs < 0 ? 1 : 0);
}

using Bytes = std::array<std::uint8_t, 16>;

// The address after the last of the block; nothing where there is none of its version.
std::optional<Bytes> after_block(const IpBlock& block) {
  Bytes bytes = block.address;
  for (unsigned bit = block.prefix_bits; bit < 128; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80U >> (bit % 8));
  }
  const std::size_t first = block.is_v4 ? 12 : 0;
  for (std::size_t i = bytes.size(); i > first; --i) {
    if (++bytes[i - 1] != 0) return bytes;
  }
  return std::nullopt;
}

Bytes first_of_block(const IpBlock& block) {
  Bytes bytes = block.address;
  for (unsigned bit = block.prefix_bits; bit < 128; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  return bytes;
}

std::string address_text(const Bytes& bytes, bool is_v4) {
  std::string out;
  if (is_v4) {
    for (std::size_t i = 12; i < bytes.size(); ++i) {
      if (i > 12) out += '.';
      out += std::to_string(bytes[i]);
    }
    return out;
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<unsigned>(bytes[2 * i] << 8U | bytes[2 * i + 1]);
  // The longest run of zero groups becomes `::`.
  std::size_t gap = groups.size();
  std::size_t gap_length = 1;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i > gap_length) {
      gap = i;
      gap_length = end - i;
    }
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == gap) {
      out += "::";
      i += gap_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), groups[i], 16).ptr;
    out.append(hex.data(), end);
  }
  return out;
}

}  // namespace

std::optional<std::string> decimal_between(std::string_view a, std::string_view b) {
  const Number low = take_apart(a);
  const Number high = take_apart(b);
  if (low.negative && !high.negative && !high.digits.empty()) return "0";
  if (low.negative) {
    auto mirrored = decimal_between(negated(b), negated(a));
    if (mirrored) return negated(*mirrored);
    return std::nullopt;
  }
  if (low.digits.empty()) {
    for (const int exponent : {high.exponent, high.exponent - 1}) {
      std::string text = spell({false, "1", exponent});
      if (is_between(a, text, b)) return text;
    }
    return std::nullopt;
  }
  for (std::size_t count = 1; count <= kMaxDigits; ++count) {
    std::string text = trimmed(rounded_up(low, count));
    if (is_between(a, text, b)) return text;
  }
  return std::nullopt;
}

Candidates number_candidates(std::span<const std::string> wanted) {
  std::vector<std::string> sorted(wanted.begin(), wanted.end());
  const auto number = [](const std::string& text) { return Decimal::parse(text).value_or(Decimal{}); };
  std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) { return number(a) < number(b); });
  sorted.erase(
      std::unique(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) { return number(a) == number(b); }),
      sorted.end());
  Candidates out;
  if (sorted.empty()) {
    out.texts.emplace_back("0");
    return out;
  }
  out.texts = sorted;
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    auto between = decimal_between(sorted[i], sorted[i + 1]);
    if (between) {
      out.texts.push_back(std::move(*between));
    } else {
      out.is_complete = false;
    }
  }
  out.texts.push_back(above(sorted.back()));
  out.texts.push_back(negated(above(negated(sorted.front()))));
  for (const std::string& text : {out.texts.back(), out.texts[out.texts.size() - 2]}) {
    if (!Decimal::parse(text)) out.is_complete = false;
  }
  return out;
}

std::optional<std::string> date_text(Time time) {
  constexpr std::int64_t kOffsetUs = std::int64_t{23 * 60 + 59} * 60 * 1'000'000;
  const auto reads_back = [&](const std::string& text) {
    const auto parsed = parse_rfc3339(text);
    return parsed && whole_second(*parsed) == whole_second(time);
  };
  std::string text = format_rfc3339(time);
  if (reads_back(text)) return text;
  for (const int sign : {1, -1}) {
    text = format_rfc3339(Time{time.unix_us + sign * kOffsetUs});
    text.back() = sign > 0 ? '+' : '-';
    text += "23:59";
    if (reads_back(text)) return text;
  }
  return std::nullopt;
}

Candidates date_candidates(std::span<const Time> wanted) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  std::vector<std::int64_t> seconds;
  for (const Time time : wanted) {
    for (const std::int64_t step : {0, 1, -1}) seconds.push_back(whole_second(time) + step);
  }
  if (seconds.empty()) seconds.push_back(0);
  std::sort(seconds.begin(), seconds.end());
  seconds.erase(std::unique(seconds.begin(), seconds.end()), seconds.end());
  Candidates out;
  for (const std::int64_t second : seconds) {
    if (auto text = date_text(Time{second * kSecondUs})) out.texts.push_back(std::move(*text));
  }
  return out;
}

Candidates ip_candidates(std::span<const IpBlock> wanted) {
  Candidates out;
  // Addresses that are set aside for examples, where they do.
  out.texts = {"203.0.113.7", "192.0.2.1", "2001:db8::1"};
  const auto add = [&](const Bytes& bytes, bool is_v4) { out.texts.push_back(address_text(bytes, is_v4)); };
  for (const IpBlock& block : wanted) {
    const Bytes first = first_of_block(block);
    Bytes second = first;
    second.back() = static_cast<std::uint8_t>(second.back() | 1U);
    add(second, block.is_v4);  // reads more like a host than the first; whether it is in the block is checked later
    add(first, block.is_v4);
    if (const auto after = after_block(block)) add(*after, block.is_v4);
  }
  // Below all blocks, of both versions.
  out.texts.emplace_back("0.0.0.0");
  out.texts.emplace_back("::");
  return out;
}

}  // namespace imagewarden::ram
