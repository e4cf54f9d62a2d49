#pragma once
// Which of many wildcard patterns match one text, at a cost that hardly depends on their number. Patterns without a
// wildcard are found by the hash of the whole text. Every other pattern is filed under one group of four bytes that
// each text which it matches must contain, the one that the fewest patterns share; a text is scanned once, and only the
// patterns filed under its own groups are compared. Patterns without four literal bytes in a row are compared each
// time.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/glob.h"
#include "engine/base/intern.h"

namespace imagewarden::ram {

// Immutable after build(); match() is safe from any number of threads and does not allocate.
class PatternIndex {
 public:
  using Matcher = bool (*)(std::string_view pattern, std::string_view text);
  explicit PatternIndex(Matcher matcher = glob_matches) : matcher_(matcher) {}

  // The number of the pattern; equal patterns have one number.
  std::uint32_t add(std::string pattern);
  void build();
  [[nodiscard]] std::size_t size() const { return patterns_.size(); }

  // Calls sink(number) for every pattern that matches; for some more than once.
  template <class Sink>
  void match(std::string_view text, Sink&& sink) const;

 private:
  static constexpr std::size_t kGramBytes = 4;
  static constexpr std::uint32_t kFree = 0xffffffffU;

  struct ExactSlot {
    std::uint64_t hash{};
    std::uint32_t pattern{kFree};
  };
  struct GramSlot {
    std::uint32_t gram{};
    std::uint32_t begin{kFree};
    std::uint32_t count{};
  };

  static std::uint32_t load_gram(const char* at) {
    std::uint32_t gram = 0;
    std::memcpy(&gram, at, kGramBytes);
    return gram;
  }
  static std::uint32_t mix(std::uint32_t gram) {
    const std::uint32_t product = gram * 0x9e3779b1U;
    return product ^ (product >> 15U);
  }

  struct ShortPattern {
    std::uint32_t pattern{};
    std::uint32_t head{};  // up to three literal bytes that the pattern starts with
    std::uint32_t mask{};
  };

  void build_exact(const std::vector<std::uint32_t>& exact);
  void build_grams(const std::vector<std::uint32_t>& globs);
  [[nodiscard]] const GramSlot* find_gram(std::uint32_t gram, std::uint32_t mixed) const;

  Matcher matcher_;
  std::vector<std::string> patterns_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // look-up only, while building
  std::vector<ExactSlot> exact_;                            // open addressing, power of two
  std::vector<std::uint64_t> seen_;  // one bit a hash of a gram: most groups of a text are dismissed here
  std::vector<GramSlot> grams_;      // open addressing, power of two
  std::vector<std::uint32_t> filed_;
  std::vector<ShortPattern> short_;  // without four literal bytes in a row
};

inline const PatternIndex::GramSlot* PatternIndex::find_gram(std::uint32_t gram, std::uint32_t mixed) const {
  const std::size_t mask = grams_.size() - 1;
  for (std::size_t slot = mixed & mask; grams_[slot].begin != kFree; slot = (slot + 1) & mask) {
    if (grams_[slot].gram == gram) return &grams_[slot];
  }
  return nullptr;
}

template <class Sink>
void PatternIndex::match(std::string_view text, Sink&& sink) const {
  if (!exact_.empty()) {
    const std::uint64_t hash = hash_bytes(text);
    const std::size_t mask = exact_.size() - 1;
    for (std::size_t slot = hash & mask; exact_[slot].pattern != kFree; slot = (slot + 1) & mask) {
      if (exact_[slot].hash == hash && patterns_[exact_[slot].pattern] == text) sink(exact_[slot].pattern);
    }
  }
  if (!grams_.empty() && text.size() >= kGramBytes) {
    const std::size_t mask = seen_.size() * 64 - 1;
    const char* const last = text.data() + (text.size() - kGramBytes);
    for (const char* at = text.data(); at <= last; ++at) {
      const std::uint32_t gram = load_gram(at);
      const std::uint32_t mixed = mix(gram);
      const std::size_t bit = mixed & mask;
      if ((seen_[bit / 64] >> (bit % 64) & 1U) == 0) continue;
      const GramSlot* found = find_gram(gram, mixed);
      if (found == nullptr) continue;
      for (std::uint32_t i = found->begin; i < found->begin + found->count; ++i) {
        if (matcher_(patterns_[filed_[i]], text)) sink(filed_[i]);
      }
    }
  }
  if (short_.empty()) return;
  std::uint32_t head = 0;
  std::memcpy(&head, text.data(), text.size() < kGramBytes ? text.size() : kGramBytes);
  for (const ShortPattern& entry : short_) {
    if ((head & entry.mask) == entry.head && matcher_(patterns_[entry.pattern], text)) sink(entry.pattern);
  }
}

}  // namespace imagewarden::ram
