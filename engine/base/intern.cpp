#include "engine/base/intern.h"

#include <bit>
#include <cstring>

namespace imagewarden {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::size_t kInitialSlots = 1024;

// The bytes in the order of a little-endian machine, so that the hash is the same on every one.
template <class Word>
std::uint64_t load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    Word swapped = 0;
    for (std::size_t i = 0; i < sizeof word; ++i) {
      swapped = static_cast<Word>((swapped << 8U) | (word >> (8 * i) & 0xffU));
    }
    word = swapped;
  }
  return word;
}

// Both operands are folded in again: a product alone forgets one where the other is zero.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return a ^ b ^ static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

// A multiply-fold hash (the wyhash construction): the ids that it spreads are short and alike but for their tails.
// Whatever the length, the last step sees it and two words that hold every byte since the last whole block.
std::uint64_t hash_bytes(std::string_view bytes) {
  constexpr std::uint64_t kA = 0xa0761d6478bd642fULL;
  constexpr std::uint64_t kB = 0xe7037ed1a0b428dbULL;
  constexpr std::size_t kBlock = 16;
  const std::size_t size = bytes.size();
  const char* const begin = bytes.data();
  std::uint64_t state = kA;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (size >= 8) {
    for (std::size_t at = 0; size - at > kBlock; at += kBlock) {
      state = mix(load<std::uint64_t>(begin + at) ^ kB, load<std::uint64_t>(begin + at + 8) ^ state);
    }
    // The two words may overlap each other, and the blocks.
    low = load<std::uint64_t>(size > kBlock ? begin + (size - kBlock) : begin);
    high = load<std::uint64_t>(begin + (size - 8));
  } else if (size >= 4) {
    low = load<std::uint32_t>(begin);
    high = load<std::uint32_t>(begin + (size - 4));
  } else if (size > 0) {
    const auto byte = [&](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(begin[at])}; };
    low = byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1);
  }
  return mix(mix(low ^ kB, high ^ state), kA ^ size);
}

Interner::Interner() : slots_(kInitialSlots) { entries_.push_back({"", 0}); }
Interner::Interner(Interner&&) noexcept = default;
Interner& Interner::operator=(Interner&&) noexcept = default;
Interner::~Interner() = default;

std::size_t Interner::slot_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.next == 0 || (slot.hash == hash && this->text({slot.next - 1}) == text)) return at;
  }
}

StringId Interner::intern(std::string_view text) {
  if (text.empty()) return {};
  const auto hash = static_cast<std::uint32_t>(hash_bytes(text));
  const std::size_t slot = slot_of(text, hash);
  if (slots_[slot].next != 0) return {slots_[slot].next - 1};
  if (block_size_ - block_used_ < text.size()) {
    block_size_ = text.size() > kBlockBytes ? text.size() : kBlockBytes;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_size_));
    block_used_ = 0;
  }
  char* stored = blocks_.back().get() + block_used_;
  std::memcpy(stored, text.data(), text.size());
  block_used_ += text.size();
  const auto id = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({stored, static_cast<std::uint32_t>(text.size())});
  slots_[slot] = {id + 1, hash};
  if (entries_.size() * 4 > slots_.size() * 3) grow();
  return {id};
}

void Interner::prefetch(std::string_view text) const {
  if (!text.empty()) __builtin_prefetch(&slots_[static_cast<std::uint32_t>(hash_bytes(text)) & (slots_.size() - 1)]);
}

StringId Interner::find(std::string_view text) const {
  if (text.empty()) return {};
  const Slot& slot = slots_[slot_of(text, static_cast<std::uint32_t>(hash_bytes(text)))];
  return slot.next == 0 ? kNone : StringId{slot.next - 1};
}

void Interner::grow() {
  std::vector<Slot> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (const Slot& old : slots_) {
    if (old.next == 0) continue;
    std::size_t slot = old.hash & mask;
    while (wider[slot].next != 0) slot = (slot + 1) & mask;
    wider[slot] = old;
  }
  slots_ = std::move(wider);
}

std::size_t Interner::memory_bytes() const {
  return entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(Slot) + blocks_.size() * kBlockBytes;
}

}  // namespace imagewarden
