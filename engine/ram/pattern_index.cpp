#include "engine/ram/pattern_index.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace imagewarden::ram {
namespace {

// Slots for open addressing that stay at most half full.
std::size_t slots_for(std::size_t count) { return std::bit_ceil(count * 2); }

// Calls visit(begin, size) for each run of literal bytes.
template <class Visit>
void for_each_literal(std::string_view pattern, Visit&& visit) {
  std::size_t begin = 0;
  while (begin < pattern.size()) {
    const std::size_t end = std::min(pattern.find_first_of("*?", begin), pattern.size());
    if (end > begin) visit(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace

std::uint32_t PatternIndex::add(std::string pattern) {
  const auto [at, is_new] = numbers_.try_emplace(pattern, static_cast<std::uint32_t>(patterns_.size()));
  if (is_new) patterns_.push_back(std::move(pattern));
  return at->second;
}

void PatternIndex::build() {
  std::vector<std::uint32_t> exact;
  std::vector<std::uint32_t> globs;
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) (has_wildcard(patterns_[i]) ? globs : exact).push_back(i);
  build_exact(exact);
  build_grams(globs);
  numbers_.clear();
}

void PatternIndex::build_exact(const std::vector<std::uint32_t>& exact) {
  if (exact.empty()) return;
  exact_.resize(slots_for(exact.size()));
  const std::size_t mask = exact_.size() - 1;
  for (const std::uint32_t pattern : exact) {
    const std::uint64_t hash = hash_bytes(patterns_[pattern]);
    std::size_t slot = hash & mask;
    while (exact_[slot].pattern != kFree) slot = (slot + 1) & mask;
    exact_[slot] = {hash, pattern};
  }
}

void PatternIndex::build_grams(const std::vector<std::uint32_t>& globs) {
  std::unordered_map<std::uint32_t, std::uint32_t> frequency;  // of each gram; looked up only
  const auto for_each_gram = [&](std::uint32_t pattern, auto&& visit) {
    const std::string& text = patterns_[pattern];
    for_each_literal(text, [&](std::size_t begin, std::size_t size) {
      for (std::size_t i = 0; i + kGramBytes <= size; ++i) visit(load_gram(text.data() + begin + i));
    });
  };
  for (const std::uint32_t pattern : globs) {
    for_each_gram(pattern, [&](std::uint32_t gram) { ++frequency[gram]; });
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> filed;  // gram, pattern
  for (const std::uint32_t pattern : globs) {
    std::optional<std::uint32_t> rarest;
    // Of equally rare ones the last: the start of a pattern, a service's name, is what requests share with it.
    for_each_gram(pattern, [&](std::uint32_t gram) {
      if (!rarest || frequency[gram] <= frequency[*rarest]) rarest = gram;
    });
    if (rarest) {
      filed.emplace_back(*rarest, pattern);
    } else {
      ShortPattern entry{pattern};
      const std::string& text = patterns_[pattern];
      const std::size_t head = std::min(text.find_first_of("*?"), kGramBytes - 1);
      const char all_ones[kGramBytes - 1] = {'\xff', '\xff', '\xff'};
      std::memcpy(&entry.head, text.data(), head);
      std::memcpy(&entry.mask, all_ones, head);
      short_.push_back(entry);
    }
  }
  if (filed.empty()) return;
  std::sort(filed.begin(), filed.end());
  grams_.resize(slots_for(filed.size()));
  // Sixteen bits a pattern keep false alarms rare.
  seen_.resize(std::max<std::size_t>(std::bit_ceil(filed.size() * 16) / 64, 1));
  for (std::size_t i = 0; i < filed.size(); ++i) {
    filed_.push_back(filed[i].second);
    if (i > 0 && filed[i].first == filed[i - 1].first) continue;
    const std::uint32_t mixed = mix(filed[i].first);
    std::size_t end = i + 1;
    while (end < filed.size() && filed[end].first == filed[i].first) ++end;
    std::size_t slot = mixed & (grams_.size() - 1);
    while (grams_[slot].begin != kFree) slot = (slot + 1) & (grams_.size() - 1);
    grams_[slot] = {filed[i].first, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end - i)};
    const std::size_t bit = mixed & (seen_.size() * 64 - 1);
    seen_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

}  // namespace imagewarden::ram
