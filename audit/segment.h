#pragma once
// How the seqs of a list of the derived index lie in a row: the first one beside it, then for each the distance to the
// one before, as a varint (LEB128, lowest seven bits first).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace imagewarden::audit {

constexpr std::size_t kSegmentBytes = 8'192;  // a list is several rows, so that a part of it can be read
constexpr std::size_t kMaxVarintBytes = 8;
constexpr std::uint64_t kMaxSeq = std::uint64_t{1} << 53U;

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

// Calls `take(seq)` for the records of one row. False where it is damaged: too long, a distance of 0, no possible seq.
template <class Take>
[[nodiscard]] bool decode_segment(std::uint64_t first_seq, std::string_view seqs, Take&& take) {
  std::uint64_t seq = first_seq;
  if (seq >= kMaxSeq || seqs.size() > kSegmentBytes + kMaxVarintBytes) return false;
  take(seq);
  std::size_t at = 0;
  while (at < seqs.size()) {
    std::uint64_t distance = 0;
    unsigned shift = 0;
    while (true) {
      if (at == seqs.size() || shift > 49) return false;
      const auto byte = static_cast<unsigned char>(seqs[at++]);
      distance |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    if (distance == 0 || distance >= kMaxSeq - seq) return false;
    seq += distance;
    take(seq);
  }
  return true;
}

}  // namespace imagewarden::audit
