// find_text() against the matchers that the evaluator uses, and the search against all assignments.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "engine/base/glob.h"
#include "engine/base/limits.h"
#include "engine/ram/analyse.h"
#include "engine/ram/analyse_search.h"
#include "engine/ram/analyse_text.h"
#include "engine/ram/matching.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using Texts = std::vector<std::string>;

// All texts of up to `length` letters.
Texts all_texts(const Texts& letters, std::size_t length) {
  Texts out = {""};
  std::size_t begin = 0;
  for (std::size_t n = 0; n < length; ++n) {
    const std::size_t end = out.size();
    for (std::size_t i = begin; i < end; ++i) {
      for (const std::string& letter : letters) out.push_back(out[i] + letter);
    }
    begin = end;
  }
  return out;
}

// For each pair of patterns: what find_text() finds matches one and not the other, and where it finds nothing no text
// does. Returns the number of pairs that were wrong.
template <class MakePattern, class Matches>
std::size_t wrong_pairs(const Texts& patterns, const Texts& texts, const MakePattern& make, const Matches& matches) {
  std::size_t wrong = 0;
  Budget budget(1'000'000'000);
  for (const std::string& wanted : patterns) {
    const std::vector<TextPattern> in = {make(wanted)};
    for (const std::string& unwanted : patterns) {
      const std::vector<TextPattern> out = {make(unwanted)};
      const std::vector<TextTest> tests = {{in, true}, {out, false}};
      const TextResult result = find_text(tests, budget);
      const auto passes = [&](const std::string& text) { return matches(wanted, text) && !matches(unwanted, text); };
      if (result.found == TextFound::kFound) {
        if (!passes(result.text)) ++wrong;
      } else if (result.found == TextFound::kOutOfSteps || std::any_of(texts.begin(), texts.end(), passes)) {
        ++wrong;
      }
    }
  }
  return wrong;
}

TEST_CASE("an automaton takes what glob_matches() takes", "[ram][analyse][exhaustive]") {
  // 341 patterns, 116,281 pairs; texts with a letter that no pattern spells, and one of two bytes.
  const Texts patterns = all_texts({"a", "\u00e9", "*", "?"}, 4);
  const Texts texts = all_texts({"a", "\u00e9", "z"}, 6);
  CHECK(wrong_pairs(
            patterns, texts, [](const std::string& text) { return TextPattern::glob(text, TextView::kExact); },
            [](const std::string& pattern, const std::string& text) { return glob_matches(pattern, text); }) == 0);
}

TEST_CASE("an automaton takes what a glob without regard to case takes", "[ram][analyse][exhaustive]") {
  const Texts patterns = all_texts({"a", "B", "*", "?"}, 3);
  const Texts texts = all_texts({"a", "A", "b", "z"}, 5);
  CHECK(wrong_pairs(
            patterns, texts, [](const std::string& text) { return TextPattern::glob(text, TextView::kLower); },
            [](const std::string& pattern, const std::string& text) {
              return glob_matches(to_lower(pattern), to_lower(text));
            }) == 0);
}

TEST_CASE("an automaton stops at separators as the reading wants", "[ram][analyse][exhaustive]") {
  Readings readings;
  readings.set(Reading::kWildcardCrossing, 1);
  const Texts patterns = all_texts({"a", ":", "*", "?"}, 4);
  const Texts texts = all_texts({"a", ":", "/", "z"}, 5);
  CHECK(wrong_pairs(
            patterns, texts,
            [](const std::string& text) {
              return takes_everything(text) ? TextPattern::glob(text, TextView::kExact)
                                            : TextPattern::segment_glob(text, TextView::kExact);
            },
            [&](const std::string& pattern, const std::string& text) {
              return resource_glob_matches(pattern, text, readings);
            }) == 0);
}

TEST_CASE("an automaton sees the normal form of a resource", "[ram][analyse][exhaustive]") {
  Texts patterns;
  for (const std::string& rest : all_texts({"s", "S", ":", "*"}, 3)) patterns.push_back("acs:" + rest);
  patterns.insert(patterns.end(), {"*", "*S", "?CS:s", "a*S:s"});
  Texts texts = all_texts({"s", "S", "a", ":"}, 4);
  for (const std::string& rest : all_texts({"s", "S", "z", ":"}, 5)) texts.push_back("acs:" + rest);
  CHECK(wrong_pairs(
            patterns, texts, [](const std::string& text) { return TextPattern::glob(text, TextView::kNormalResource); },
            [](const std::string& pattern, const std::string& text) {
              std::string normal = text;
              write_normal_resource(text, {}, normal.data());
              return resource_glob_matches(pattern, normal, {});
            }) == 0);
}

struct TextRow {
  const char* why;
  Texts wanted;  // each of them
  Texts unwanted;
  std::optional<std::string> text;
};

TEST_CASE("texts that pass several tests", "[ram][analyse][table]") {
  const auto row = GENERATE(values<TextRow>({
      {"nothing asked", {}, {}, ""},
      {"two prefixes, one of the other", {"a*", "ab*"}, {}, "ab"},
      {"prefixes that differ", {"ab*", "ac*"}, {}, std::nullopt},
      {"prefix and suffix may overlap", {"ab*", "*bc"}, {}, "abc"},
      {"a star is not needed", {"a*"}, {"a?*"}, "a"},
      {"one character, but not these", {"?"}, {"x", "y"}, "z"},
      {"the complement of everything", {}, {"*"}, std::nullopt},
      {"not empty", {}, {""}, "x"},
      {"all lengths but two", {}, {"", "?", "???*"}, "xx"},
      {"two bytes are one character", {"?"}, {"x*", "y*", "z*"}, "w"},
      {"three bytes", {"\u4e2d?", "*\u6587"}, {}, "\u4e2d\u6587"},
      {"four bytes", {"\U0001f600"}, {}, "\U0001f600"},
      {"four bytes are one character", {"\U0001f600*"}, {"?"}, "\U0001f600x"},
      {"an intersection of one text", {"a?c", "?b?", "*c"}, {}, "abc"},
      {"and that one excluded", {"a?c", "?b?", "*c"}, {"abc"}, std::nullopt},
      {"stars on all sides", {"*a*", "*b*", "*c*"}, {"*a*b*", "*c*a*"}, "bac"},
  }));
  CAPTURE(row.why);
  std::vector<std::vector<TextPattern>> patterns;
  for (const std::string& text : row.wanted) patterns.push_back({TextPattern::glob(text, TextView::kExact)});
  std::vector<TextPattern> unwanted;
  for (const std::string& text : row.unwanted) unwanted.push_back(TextPattern::glob(text, TextView::kExact));
  std::vector<TextTest> tests;
  for (const auto& pattern : patterns) tests.push_back({pattern, true});
  tests.push_back({unwanted, false});
  Budget budget(100'000);
  const TextResult result = find_text(tests, budget);
  REQUIRE((result.found == TextFound::kFound) == row.text.has_value());
  if (row.text) CHECK(result.text == *row.text);
}

TEST_CASE("a search for a text ends at the limit", "[ram][analyse]") {
  std::vector<std::vector<TextPattern>> patterns;
  for (const char* const text : {"*abcabd*", "*abdabc*", "*bacbad*", "*ccaabb*", "*aabbcc*"}) {
    patterns.push_back({TextPattern::glob(text, TextView::kExact)});
  }
  std::vector<TextTest> tests;
  for (const auto& pattern : patterns) tests.push_back({pattern, true});
  Budget little(100);
  CHECK(find_text(tests, little).found == TextFound::kOutOfSteps);
  CHECK(little.is_spent());
  Budget enough(10'000'000);
  CHECK(find_text(tests, enough).found == TextFound::kFound);
}

TEST_CASE("a budget holds what its limit says, and not one step more", "[ram][analyse][limits]") {
  CHECK(AnalysisLimits{}.steps == limits::kMaxSearchSteps);
  Budget budget(AnalysisLimits{}.steps);
  CHECK(budget.spend(limits::kMaxSearchSteps - 1));
  CHECK_FALSE(budget.is_spent());
  CHECK_FALSE(budget.spend(1));
  CHECK(budget.is_spent());
}

TEST_CASE("the texts of a finite language", "[ram][analyse]") {
  const std::vector<TextPattern> a = {TextPattern::glob("1?", TextView::kExact),
                                      TextPattern::glob("?", TextView::kExact)};
  const std::vector<TextPattern> b = {TextPattern::glob("?2", TextView::kExact),
                                      TextPattern::literal("x", TextView::kLower)};
  Budget budget(10'000);
  auto texts = list_texts(std::vector<TextTest>{{a, true}, {b, true}}, 1000, budget);
  REQUIRE(texts);
  std::sort(texts->begin(), texts->end());
  CHECK(*texts == Texts{"12", "X", "x"});
  CHECK_FALSE(list_texts(std::vector<TextTest>{{a, true}, {b, true}}, 2, budget));
}

// Says no to nothing and decides the first open variable.
class PlainHost : public Search::Host {
 public:
  PlainHost(const Search& search, std::uint32_t variables) : search_(search), variables_(variables) {}
  Move next_move(std::size_t /*unchanged*/) override {
    for (std::uint32_t v = 0; v < variables_; ++v) {
      if (search_.value(Literal::of(v)) == Truth::kOpen) return {Move::Kind::kDecide, Literal::of(v, v % 2 == 0), {}};
    }
    return {};
  }

 private:
  const Search& search_;
  std::uint32_t variables_;
};

TEST_CASE("the search finds an assignment exactly where there is one", "[ram][analyse][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  constexpr std::uint32_t kVariables = 9;
  std::size_t satisfiable = 0;
  for (int round = 0; round < 1000; ++round) {
    std::vector<Clause> clauses(std::uniform_int_distribution<std::size_t>(20, 50)(rng));
    for (Clause& clause : clauses) {
      for (int i = 0; i < 3; ++i) {
        clause.push_back(
            Literal::of(std::uniform_int_distribution<std::uint32_t>(0, kVariables - 1)(rng), test::chance(rng, 50)));
      }
    }
    const auto holds = [&](std::uint32_t assignment) {
      return std::all_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
        return std::any_of(clause.begin(), clause.end(), [&](Literal literal) {
          return (assignment >> literal.variable() & 1U) == (literal.positive() ? 1U : 0U);
        });
      });
    };
    bool expected = false;
    for (std::uint32_t assignment = 0; assignment < 1U << kVariables; ++assignment) {
      expected = expected || holds(assignment);
    }
    Search search;
    for (std::uint32_t v = 0; v < kVariables; ++v) search.add_variable();
    for (const Clause& clause : clauses) search.add_clause(clause);
    PlainHost host(search, kVariables);
    Budget budget(1'000'000);
    REQUIRE(search.run(host, budget) == (expected ? SearchEnd::kFound : SearchEnd::kNone));
    if (!expected) continue;
    ++satisfiable;
    std::uint32_t assignment = 0;
    for (std::uint32_t v = 0; v < kVariables; ++v) {
      if (search.value(Literal::of(v)) == Truth::kTrue) assignment |= 1U << v;
    }
    REQUIRE(holds(assignment));
  }
  CHECK(satisfiable > 100);
  CHECK(satisfiable < 900);
}

}  // namespace
}  // namespace imagewarden::ram
