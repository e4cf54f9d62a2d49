// The indexes against the plain comparison, on random patterns and texts.

#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/ram/pattern_index.h"
#include "engine/ram/statement_index.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::chance;
using test::pick;

constexpr int kRounds = 1000;

// Texts and patterns of few letters and words, so that they meet often.
std::string random_text(std::mt19937& rng) {
  static const std::vector<std::string> parts = {
      "a", "b", ":", "/", "ab", "image", "delete", "appstreaming:", "\xc3\xa9"};
  std::string text;
  const int count = std::uniform_int_distribution<int>(0, 5)(rng);
  for (int i = 0; i < count; ++i) text += pick(rng, parts);
  return text;
}

std::string random_pattern(std::mt19937& rng) {
  std::string pattern = random_text(rng);
  while (chance(rng, 45)) {
    // Only between characters: half of one is no pattern.
    std::size_t at = std::uniform_int_distribution<std::size_t>(0, pattern.size())(rng);
    while (at < pattern.size() && (static_cast<unsigned char>(pattern[at]) & 0xc0U) == 0x80U) ++at;
    pattern.insert(at, chance(rng, 70) ? "*" : "?");
  }
  return pattern.empty() ? "*" : pattern;
}

TEST_CASE("the pattern index finds what plain globs find", "[ram][index][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    PatternIndex index;
    std::vector<std::string> patterns;
    const int count = std::uniform_int_distribution<int>(0, 40)(rng);
    for (int i = 0; i < count; ++i) {
      const std::string pattern = random_pattern(rng);
      const std::uint32_t number = index.add(pattern);
      if (number == patterns.size()) patterns.push_back(pattern);
      REQUIRE(patterns.at(number) == pattern);
    }
    index.build();
    REQUIRE(index.size() == patterns.size());
    for (int i = 0; i < 10; ++i) {
      const std::string text = random_text(rng);
      std::vector<bool> want;
      std::vector<bool> got(patterns.size());
      for (const std::string& pattern : patterns) want.push_back(glob_matches(pattern, text));
      index.match(text, [&](std::uint32_t number) { got.at(number) = true; });
      CAPTURE(text, patterns);
      REQUIRE(got == want);
      found += static_cast<std::size_t>(std::count(got.begin(), got.end(), true));
    }
  }
  CHECK(found > 1000);
}

TEST_CASE("patterns without four literal bytes in a row", "[ram][index]") {
  PatternIndex index;
  for (const char* pattern : {"abc*", "a*", "*", "?", "ab?d*", "abcd*"}) (void)index.add(pattern);
  index.build();
  const auto numbers = [&](std::string_view text) {
    std::vector<std::uint32_t> out;
    index.match(text, [&](std::uint32_t number) { out.push_back(number); });
    std::sort(out.begin(), out.end());
    return out;
  };
  CHECK(numbers("") == std::vector<std::uint32_t>{2});
  CHECK(numbers("x") == std::vector<std::uint32_t>{2, 3});
  CHECK(numbers("ab") == std::vector<std::uint32_t>{1, 2});
  CHECK(numbers("abcd") == std::vector<std::uint32_t>{0, 1, 2, 4, 5});
}

struct PlainStatement {
  bool negated{};
  std::vector<std::string> patterns;  // none: fits every text
};

bool fits(const PlainStatement& statement, const std::string& text) {
  if (statement.patterns.empty()) return true;
  return std::any_of(statement.patterns.begin(), statement.patterns.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, text); }) != statement.negated;
}

TEST_CASE("the statement index finds what plain globs find", "[ram][index][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed() + 1);
  for (int round = 0; round < kRounds; ++round) {
    // Few distinct patterns and many statements: long lists of changes, kept as masks.
    std::vector<std::string> pool;
    const int pool_size = std::uniform_int_distribution<int>(1, 8)(rng);
    for (int i = 0; i < pool_size; ++i) pool.push_back(random_pattern(rng));
    std::vector<PlainStatement> statements(std::uniform_int_distribution<std::size_t>(0, 200)(rng));
    StatementIndex index(statements.size(), glob_matches);
    for (std::uint32_t i = 0; i < statements.size(); ++i) {
      if (chance(rng, 5)) {
        index.add_always(i);
        continue;
      }
      statements[i].negated = chance(rng, 30);
      do {
        statements[i].patterns.push_back(pick(rng, pool));
      } while (chance(rng, 40));
      index.add(i, statements[i].negated, statements[i].patterns);
    }
    index.build();
    REQUIRE(index.word_count() == words_for(statements.size()));
    for (int i = 0; i < 4; ++i) {
      const std::string text = random_text(rng);
      std::vector<std::uint64_t> words(index.word_count(), ~std::uint64_t{0});
      index.match(text, words.data());
      CAPTURE(text, pool);
      for (std::size_t s = 0; s < statements.size(); ++s) {
        const bool got = (words[s / kWordBits] >> (s % kWordBits) & 1U) != 0;
        const bool want = fits(statements[s], text);
        const bool varies = (index.varying()[s / kWordBits] >> (s % kWordBits) & 1U) != 0;
        const bool based = (index.base()[s / kWordBits] >> (s % kWordBits) & 1U) != 0;
        if (got != want) FAIL("statement " << s << " fits: " << got);
        if (!varies && based != want) FAIL("statement " << s << " varies unnoticed");
      }
    }
  }
}

}  // namespace
}  // namespace imagewarden::ram
