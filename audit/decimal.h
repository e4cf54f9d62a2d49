#pragma once
// Numbers as the formats of C2SP write them.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace imagewarden::audit {

// Decimal digits of a number of 64 bits, without sign and leading zeroes; nothing for any other text.
[[nodiscard]] inline std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

}  // namespace imagewarden::audit
