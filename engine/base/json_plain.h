#pragma once
// How much of a text a JSON string holds as it is: for those that write strings and those that scan them.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace imagewarden {

// kAll: whatever needs no escape. kAscii: ASCII of that alone, for who looks at the rest byte by byte.
enum class PlainJson : std::uint8_t { kAll, kAscii };

// How many bytes from text[at] on stand for themselves in a JSON string; eight at a time, as almost all do.
template <PlainJson kPlain>
[[nodiscard]] inline std::size_t plain_json_length(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  const std::size_t begin = at;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    // The lowest byte that is found is exact also where a higher one is found by the borrow alone.
    const std::uint64_t found = (kPlain == PlainJson::kAscii ? word & kHigh : 0U) |
                                ((word - kOnes * 0x20U) & ~word & kHigh) | has_zero(word ^ (kOnes * 0x22U)) |
                                has_zero(word ^ (kOnes * 0x5cU));
    if (found == 0) continue;
    if constexpr (std::endian::native == std::endian::little)
      return at - begin + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    break;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\' || (kPlain == PlainJson::kAscii && byte >= 0x80)) break;
  }
  return at - begin;
}

}  // namespace imagewarden
