// Addresses and blocks against the C library's reader of addresses.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/condition/condition.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

// As IpBlock holds it; nothing for what inet_pton() does not take.
std::optional<std::array<std::uint8_t, 16>> by_library(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (text.find(':') != std::string::npos) {
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
  } else {
    bytes[10] = bytes[11] = 0xff;
    if (inet_pton(AF_INET, text.c_str(), bytes.data() + 12) != 1) return std::nullopt;
  }
  return bytes;
}

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned i) {
  return (unsigned{bytes[i / 8]} >> (7 - i % 8) & 1U) != 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string first(fuzz::take_line(text));
  const std::string second(text);
  const auto block = IpBlock::parse(first);
  const std::size_t slash = first.find('/');
  const std::string address = first.substr(0, slash);
  const auto reference = by_library(address);
  const bool is_v4 = address.find(':') == std::string::npos;
  unsigned prefix = is_v4 ? 32 : 128;
  bool has_prefix = slash == std::string::npos;
  if (!has_prefix) {
    for (unsigned bits = 0; bits <= (is_v4 ? 32U : 128U); ++bits) {
      if (first.substr(slash + 1) != std::to_string(bits)) continue;
      prefix = bits;
      has_prefix = true;
    }
  }
  fuzz::require(block.has_value() == (reference && has_prefix), "both readers agree on what a block is");
  if (!block) return 0;
  fuzz::require(block->address == *reference && block->is_v4 == is_v4, "both read the same address");
  fuzz::require(block->prefix_bits == prefix + (is_v4 ? 96 : 0), "the prefix is what stands there");
  const auto other = by_library(second);
  if (!other) return 0;
  const IpBlock one = *IpBlock::parse(second);
  bool inside = one.is_v4 == is_v4;
  for (unsigned i = 0; i < block->prefix_bits; ++i) inside = inside && bit(*reference, i) == bit(*other, i);
  fuzz::require(block->contains(one) == inside, "a block holds the addresses that begin as it does");
  return 0;
}
