// IpBlock: addresses and CIDR blocks, IPv4 and IPv6 in one form.

#include <algorithm>

#include "engine/condition/condition.h"

namespace imagewarden {
namespace {

// A decimal number without sign or leading zero, at most `limit`. A leading zero is refused, as some readers take it
// for octal.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t limit) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > limit) return std::nullopt;
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto value = parse_number(text.substr(0, dot), 255);
    if (!value) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return bytes;
}

// One to four hexadecimal digits.
std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    value <<= 4U;
    if (c >= '0' && c <= '9') {
      value |= static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value |= static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value |= static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return static_cast<std::uint16_t>(value);
}

// The 16-bit groups of an IPv6 address before `::` is filled in.
struct Groups {
  std::array<std::uint16_t, 8> values{};
  std::size_t count{};
  std::optional<std::size_t> gap;  // groups before `::`

  bool add(std::uint16_t value) {
    if (count == values.size()) return false;
    values[count++] = value;
    return true;
  }
};

// One piece between colons: a group, or the IPv4 address that may end the text.
bool add_piece(Groups& groups, std::string_view piece, bool is_last) {
  if (piece.find('.') == std::string_view::npos) {
    const auto group = parse_group(piece);
    return group && groups.add(*group);
  }
  const auto v4 = is_last ? parse_v4(piece) : std::nullopt;
  if (!v4) return false;
  return groups.add(static_cast<std::uint16_t>((*v4)[0] << 8U | (*v4)[1])) &&
         groups.add(static_cast<std::uint16_t>((*v4)[2] << 8U | (*v4)[3]));
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  Groups groups;
  if (text.starts_with("::")) {
    groups.gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const bool is_last = colon == std::string_view::npos;
    if (!add_piece(groups, text.substr(0, colon), is_last)) return std::nullopt;
    if (is_last) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // one colon at the end
    if (text.front() != ':') continue;
    if (groups.gap) return std::nullopt;
    groups.gap = groups.count;
    text.remove_prefix(1);
  }
  // `::` stands for at least one group.
  if (groups.gap ? groups.count > 7 : groups.count != 8) return std::nullopt;
  const std::size_t head = groups.gap.value_or(groups.count);
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < groups.count; ++i) {
    const std::size_t at = i < head ? i : i + 8 - groups.count;
    bytes[at * 2] = static_cast<std::uint8_t>(groups.values[i] >> 8U);
    bytes[at * 2 + 1] = static_cast<std::uint8_t>(groups.values[i] & 0xffU);
  }
  return bytes;
}

}  // namespace

std::optional<IpBlock> IpBlock::parse(std::string_view text) {
  IpBlock block;
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  block.is_v4 = address.find(':') == std::string_view::npos;
  if (block.is_v4) {
    const auto bytes = parse_v4(address);
    if (!bytes) return std::nullopt;
    block.address[10] = 0xff;
    block.address[11] = 0xff;
    std::copy(bytes->begin(), bytes->end(), block.address.begin() + 12);
  } else {
    const auto bytes = parse_v6(address);
    if (!bytes) return std::nullopt;
    block.address = *bytes;
  }
  if (slash != std::string_view::npos) {
    const auto bits = parse_number(text.substr(slash + 1), block.is_v4 ? 32 : 128);
    if (!bits) return std::nullopt;
    block.prefix_bits = static_cast<std::uint8_t>(*bits + (block.is_v4 ? 96 : 0));
  }
  return block;
}

bool IpBlock::contains(const IpBlock& other) const {
  if (is_v4 != other.is_v4) return false;
  const std::size_t whole = prefix_bits / 8U;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), other.address.begin()))
    return false;
  const unsigned rest = prefix_bits % 8U;
  if (rest == 0) return true;
  const unsigned differing = static_cast<unsigned>(address[whole]) ^ static_cast<unsigned>(other.address[whole]);
  return differing >> (8U - rest) == 0;
}

}  // namespace imagewarden
