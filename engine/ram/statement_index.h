#pragma once
// The statements whose action (or resource) part fits a text, as one bit each.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ram/pattern_index.h"

namespace imagewarden::ram {

constexpr std::size_t kWordBits = 64;

constexpr std::size_t words_for(std::size_t bits) { return (bits + kWordBits - 1) / kWordBits; }
inline void set_bit(std::uint64_t* words, std::size_t bit) {
  words[bit / kWordBits] |= std::uint64_t{1} << (bit % kWordBits);
}
inline void clear_bit(std::uint64_t* words, std::size_t bit) {
  words[bit / kWordBits] &= ~(std::uint64_t{1} << (bit % kWordBits));
}

// Immutable after build(); match() is safe from any number of threads and does not allocate.
class StatementIndex {
 public:
  StatementIndex(std::size_t statement_count, PatternIndex::Matcher matcher)
      : patterns_(matcher), base_(words_for(statement_count)), varying_(words_for(statement_count)) {}

  // The statement fits every text.
  void add_always(std::uint32_t statement) { set_bit(base_.data(), statement); }
  // The statement fits what one of the patterns matches; negated: what none does. Each statement is added once.
  void add(std::uint32_t statement, bool negated, std::span<const std::string> patterns);
  void build();

  [[nodiscard]] std::size_t word_count() const { return base_.size(); }
  // Writes word_count() words.
  void match(std::string_view text, std::uint64_t* words) const;
  // The statements that fit every text whatever it is, and those for which it has to be looked at.
  [[nodiscard]] std::span<const std::uint64_t> base() const { return base_; }
  [[nodiscard]] std::span<const std::uint64_t> varying() const { return varying_; }

 private:
  static constexpr std::uint32_t kSparse = 0xffffffffU;

  struct Posting {
    std::uint32_t pattern{};
    std::uint32_t statement{};
    bool negated{};
  };
  // What a pattern that matches changes: as a list of statements, or as two masks where they are many.
  struct Change {
    std::uint32_t begin{};  // into statements_: those that it adds,
    std::uint32_t add_end{};
    std::uint32_t remove_end{};    // then those that it takes away
    std::uint32_t masks{kSparse};  // into masks_: word_count() words to add, as many to take away
  };

  PatternIndex patterns_;
  std::vector<std::uint64_t> base_;
  std::vector<std::uint64_t> varying_;
  std::vector<Posting> postings_;  // while building
  std::vector<Change> changes_;    // by pattern
  std::vector<std::uint32_t> statements_;
  std::vector<std::uint64_t> masks_;
};

}  // namespace imagewarden::ram
