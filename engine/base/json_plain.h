#pragma once
// How much of a text a JSON string holds as it is: for those that write strings and those that scan them.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace imagewarden {

// kAll: whatever needs no escape. kAscii: ASCII of that alone, for who looks at the rest byte by byte.
enum class PlainJson : std::uint8_t { kAll, kAscii };

// How many bytes from text[at] on stand for themselves in a JSON string; eight at a time, as almost all do. The last
// word overlaps the one before it, and one of four to seven bytes is made of two halves: most texts here are short.
template <PlainJson kPlain>
[[nodiscard]] inline std::size_t plain_json_length(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  // The lowest byte that is found is exact also where a higher one is found by the borrow alone.
  const auto special = [&](std::uint64_t word) {
    return (kPlain == PlainJson::kAscii ? word & kHigh : 0U) | ((word - kOnes * 0x20U) & ~word & kHigh) |
           has_zero(word ^ (kOnes * 0x22U)) | has_zero(word ^ (kOnes * 0x5cU));
  };
  const std::size_t begin = at;
  const std::size_t size = text.size();
  if constexpr (std::endian::native == std::endian::little) {
    const char* const bytes = text.data();
    while (size - at >= 8 || (size - at > 0 && size - begin >= 8)) {
      const std::size_t from = std::min(at, size - 8);
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + from, 8);
      // What overlaps stands for itself, so nothing is found there.
      if (const std::uint64_t found = special(word); found != 0)
        return from - begin + static_cast<std::size_t>(std::countr_zero(found)) / 8;
      at = from + 8;
    }
    if (const std::size_t rest = size - at; rest >= 4) {
      std::uint32_t low = 0;
      std::uint32_t high = 0;
      std::memcpy(&low, bytes + at, 4);
      std::memcpy(&high, bytes + size - 4, 4);
      const std::uint64_t filler = (kOnes * 0x20U) << (8 * rest);
      const std::uint64_t word = low | (std::uint64_t{high} << (8 * (rest - 4))) | filler;
      const std::uint64_t found = special(word);
      return found == 0 ? size - begin : static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  for (; at < size; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\' || (kPlain == PlainJson::kAscii && byte >= 0x80)) break;
  }
  return at - begin;
}

}  // namespace imagewarden
