#include "engine/ram/statement_index.h"

#include <algorithm>
#include <cstring>

#include "engine/base/release.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {

void StatementIndex::add(std::uint32_t statement, bool negated, std::span<const std::string> patterns) {
  if (std::any_of(patterns.begin(), patterns.end(), [](const std::string& p) { return takes_everything(p); })) {
    if (!negated) add_always(statement);
    return;
  }
  if (negated) add_always(statement);
  set_bit(varying_.data(), statement);
  for (const std::string& pattern : patterns) postings_.push_back({patterns_.add(pattern), statement, negated});
}

void StatementIndex::build() {
  patterns_.build();
  changes_.resize(patterns_.size());
  std::sort(postings_.begin(), postings_.end(), [](const Posting& a, const Posting& b) {
    if (a.pattern != b.pattern) return a.pattern < b.pattern;
    return a.negated != b.negated ? b.negated : a.statement < b.statement;
  });
  const std::size_t words = word_count();
  std::size_t i = 0;
  for (std::uint32_t pattern = 0; pattern < changes_.size(); ++pattern) {
    Change& change = changes_[pattern];
    change.begin = static_cast<std::uint32_t>(statements_.size());
    for (; i < postings_.size() && postings_[i].pattern == pattern && !postings_[i].negated; ++i) {
      statements_.push_back(postings_[i].statement);
    }
    change.add_end = static_cast<std::uint32_t>(statements_.size());
    for (; i < postings_.size() && postings_[i].pattern == pattern; ++i) statements_.push_back(postings_[i].statement);
    change.remove_end = static_cast<std::uint32_t>(statements_.size());
    // Masks where they are shorter than the list: at most as much memory again, and a bounded cost of each match.
    if (change.remove_end - change.begin <= words * 2) continue;
    change.masks = static_cast<std::uint32_t>(masks_.size());
    masks_.resize(masks_.size() + words * 2);
    std::uint64_t* const add = masks_.data() + change.masks;
    for (std::uint32_t at = change.begin; at < change.add_end; ++at) set_bit(add, statements_[at]);
    for (std::uint32_t at = change.add_end; at < change.remove_end; ++at) set_bit(add + words, statements_[at]);
    statements_.resize(change.begin);
  }
  release(postings_);
}

void StatementIndex::match(std::string_view text, std::uint64_t* words) const {
  const std::size_t count = word_count();
  if (count == 0) return;
  std::memcpy(words, base_.data(), count * sizeof(std::uint64_t));
  patterns_.match(text, [&](std::uint32_t pattern) {
    const Change& change = changes_[pattern];
    if (change.masks != kSparse) {
      const std::uint64_t* const add = masks_.data() + change.masks;
      for (std::size_t w = 0; w < count; ++w) words[w] = (words[w] | add[w]) & ~add[count + w];
      return;
    }
    for (std::uint32_t i = change.begin; i < change.add_end; ++i) set_bit(words, statements_[i]);
    for (std::uint32_t i = change.add_end; i < change.remove_end; ++i) clear_bit(words, statements_[i]);
  });
}

}  // namespace imagewarden::ram
