// Containment and disjointness of patterns against every short text; conditions against every value that tells them
// apart.

#include <catch2/catch.hpp>

#include "engine/base/glob.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_contradiction.h"

namespace imagewarden::ram {
namespace {

// Every string of up to `longest` of the letters.
std::vector<std::string> strings_over(std::string_view letters, std::size_t longest) {
  std::vector<std::string> out{""};
  for (std::size_t from = 0, length = 0; length < longest; ++length) {
    const std::size_t end = out.size();
    for (; from < end; ++from) {
      for (const char c : letters) out.push_back(out[from] + c);
    }
  }
  return out;
}

TEST_CASE("glob containment and disjointness agree with enumeration", "[ram][lint][containment]") {
  const auto patterns = strings_over("ab*?", 4);
  // A third letter stands for all that no pattern spells; seven letters tell patterns of four apart.
  const auto texts = strings_over("abc", 7);
  std::vector<std::vector<bool>> matches;
  for (const std::string& pattern : patterns) {
    auto& row = matches.emplace_back();
    for (const std::string& text : texts) row.push_back(glob_matches(pattern, text));
  }
  std::size_t wrong = 0;
  std::size_t within = 0;
  std::size_t apart = 0;
  // Every pattern against a third of the others, each time another third.
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    for (std::size_t j = i % 3; j < patterns.size(); j += 3) {
      bool contained = true;
      bool disjoint = true;
      for (std::size_t t = 0; t < texts.size() && (contained || disjoint); ++t) {
        if (matches[i][t] && !matches[j][t]) contained = false;
        if (matches[i][t] && matches[j][t]) disjoint = false;
      }
      if (glob_within(patterns[i], patterns[j]) != (contained ? Decided::kYes : Decided::kNo)) ++wrong;
      if (globs_disjoint(patterns[i], patterns[j]) != (disjoint ? Decided::kYes : Decided::kNo)) ++wrong;
      within += contained ? 1U : 0U;
      apart += disjoint ? 1U : 0U;
    }
  }
  CHECK(wrong == 0);
  CHECK(within > 1000);
  CHECK(apart > 1000);
}

TEST_CASE("one character is one code point", "[ram][lint][containment]") {
  CHECK(glob_within("é", "?") == Decided::kYes);
  CHECK(glob_within("??", "?*") == Decided::kYes);
  CHECK(glob_within("é*", "??*") == Decided::kNo);
  CHECK(globs_disjoint("é?", "?") == Decided::kYes);
  CHECK(globs_disjoint("é*", "e*") == Decided::kYes);
  CHECK(glob_within("ecs:Describe*", "ecs:*") == Decided::kYes);
  CHECK(glob_within("ecs:*", "ecs:Describe*") == Decided::kNo);
  CHECK(glob_within("*a*b*", "*a*") == Decided::kYes);
}

TEST_CASE("what is beyond the limit of steps is not decided", "[ram][lint][containment]") {
  std::string inner;
  std::string outer;
  for (int i = 0; i < 3000; ++i) {
    inner += "*a?";
    outer += "*a*?";
  }
  CHECK(glob_within(inner, outer) == Decided::kUnknown);
  CHECK(globs_disjoint(inner, outer) == Decided::kUnknown);
}

std::vector<Atom> atoms_of(std::string_view json) {
  const auto document = JsonDocument::parse(json);
  REQUIRE(document.has_value());
  const auto condition = compile_condition(document->root(), Readings{});
  REQUIRE(condition.has_value());
  return condition->atoms;
}

struct PairRow {
  const char* condition;  // two operators on key `k:k`
  bool excludes;          // for a key of one value
  bool excludes_several;  // for a key that can have several
  bool implies;           // the first implies the second
};

TEST_CASE("which conditions exclude or imply each other", "[ram][lint][table]") {
  const auto row = GENERATE(values<PairRow>({
      {R"({"StringEquals": {"k:k": "a"}, "StringNotEquals": {"k:k": "a"}})", true, true, false},
      {R"({"StringEquals": {"k:k": ["a", "b"]}, "StringNotEquals": {"k:k": "a"}})", false, false, false},
      {R"({"StringEquals": {"k:k": ["a", "b"]}, "StringNotLike": {"k:k": ["a*", "b"]}})", true, true, false},
      {R"({"StringEquals": {"k:k": "a"}, "StringLike": {"k:k": "b*"}})", true, false, false},
      {R"({"StringEquals": {"k:k": "ba"}, "StringLike": {"k:k": "b*"}})", false, false, true},
      {R"({"StringEquals": {"k:k": "a"}, "StringEqualsIgnoreCase": {"k:k": "A"}})", false, false, true},
      {R"({"StringEqualsIgnoreCase": {"k:k": "a"}, "StringNotEqualsIgnoreCase": {"k:k": "A"}})", true, true, false},
      {R"({"StringEqualsIgnoreCase": {"k:k": "a"}, "StringNotEquals": {"k:k": "a"}})", false, false, false},
      {R"({"StringLike": {"k:k": "a*"}, "StringNotLike": {"k:k": "*"}})", true, true, false},
      {R"({"StringLike": {"k:k": "a*"}, "StringNotLike": {"k:k": "ab*"}})", false, false, false},
      {R"({"StringNotLike": {"k:k": "a*"}, "StringNotEquals": {"k:k": "a"}})", false, false, false},
      {R"({"NumericLessThan": {"k:k": "1"}, "NumericGreaterThan": {"k:k": "2"}})", true, false, false},
      {R"({"NumericLessThan": {"k:k": "2"}, "NumericGreaterThan": {"k:k": "1"}})", false, false, false},
      {R"({"NumericLessThanEquals": {"k:k": "1"}, "NumericGreaterThanEquals": {"k:k": "1.0"}})", false, false, false},
      {R"({"NumericLessThan": {"k:k": "1"}, "NumericGreaterThanEquals": {"k:k": "1"}})", true, false, false},
      {R"({"NumericLessThan": {"k:k": ["1", "5"]}, "NumericGreaterThan": {"k:k": "2"}})", false, false, false},
      {R"({"NumericEquals": {"k:k": "3"}, "NumericGreaterThan": {"k:k": "2"}})", false, false, true},
      {R"({"NumericEquals": {"k:k": "1"}, "NumericNotEquals": {"k:k": "1.00"}})", true, true, false},
      {R"({"DateLessThan": {"k:k": "2026-01-01T00:00:00Z"}, "DateGreaterThan": {"k:k": "2026-01-02T00:00:00Z"}})", true,
       false, false},
      {R"({"DateLessThan": {"k:k": "2026-01-02T00:00:00Z"}, "DateGreaterThan": {"k:k": "2026-01-01T00:00:00Z"}})",
       false, false, false},
      {R"({"IpAddress": {"k:k": "10.0.0.0/8"}, "NotIpAddress": {"k:k": "0.0.0.0/0"}})", true, true, false},
      {R"({"IpAddress": {"k:k": "10.0.0.0/8"}, "NotIpAddress": {"k:k": "10.1.0.0/16"}})", false, false, false},
      {R"({"IpAddress": {"k:k": "10.0.0.0/8"}, "ForAnyValue:IpAddress": {"k:k": "11.0.0.0/8"}})", false, false, false},
      {R"({"IpAddress": {"k:k": "10.1.0.0/16"}, "StringEquals": {"k:k": "11.0.0.1"}})", true, false, false},
  }));
  CAPTURE(row.condition);
  const auto atoms = atoms_of(row.condition);
  REQUIRE(atoms.size() == 2);
  CHECK(lint::excludes(atoms[0], atoms[1], true) == row.excludes);
  CHECK(lint::excludes(atoms[1], atoms[0], true) == row.excludes);
  CHECK(lint::excludes(atoms[0], atoms[1], false) == row.excludes_several);
  CHECK(lint::implies(atoms[0], atoms[1]) == row.implies);
}

TEST_CASE("what is said of conditions holds for every value", "[ram][lint][property]") {
  const std::vector<std::string> conditions{R"({"StringEquals": {"k:k": "a"}})",
                                            R"({"StringEquals": {"k:k": ["a", "10.0.0.1"]}})",
                                            R"({"StringNotEquals": {"k:k": "a"}})",
                                            R"({"StringNotEquals": {"k:k": ["a", "1"]}})",
                                            R"({"StringEqualsIgnoreCase": {"k:k": "A"}})",
                                            R"({"StringNotEqualsIgnoreCase": {"k:k": ["A", "ab"]}})",
                                            R"({"StringLike": {"k:k": "a*"}})",
                                            R"({"StringLike": {"k:k": ["a?", "1*"]}})",
                                            R"({"StringNotLike": {"k:k": "*"}})",
                                            R"({"StringNotLike": {"k:k": "a*"}})",
                                            R"({"NumericEquals": {"k:k": "1.0"}})",
                                            R"({"NumericLessThan": {"k:k": "1"}})",
                                            R"({"NumericLessThanEquals": {"k:k": "1"}})",
                                            R"({"NumericGreaterThan": {"k:k": "1"}})",
                                            R"({"NumericNotEquals": {"k:k": "1"}})",
                                            R"({"Bool": {"k:k": "true"}})",
                                            R"({"Bool": {"k:k": "false"}})",
                                            R"({"IpAddress": {"k:k": "10.0.0.0/8"}})",
                                            R"({"IpAddress": {"k:k": "10.0.0.1"}})",
                                            R"({"NotIpAddress": {"k:k": "10.0.0.0/16"}})",
                                            R"({"DateEquals": {"k:k": "2026-01-01T00:00:00Z"}})",
                                            R"({"DateLessThan": {"k:k": "2026-01-01T00:00:00Z"}})",
                                            R"({"DateGreaterThanEquals": {"k:k": "2026-01-01T00:00:00Z"}})"};
  const std::vector<std::string> values{"",
                                        "a",
                                        "A",
                                        "ab",
                                        "abc",
                                        "1",
                                        "1.0",
                                        "2",
                                        "0",
                                        "true",
                                        "false",
                                        "10.0.0.1",
                                        "10.1.0.1",
                                        "11.0.0.1",
                                        "2026-01-01T08:00:00+08:00",
                                        "2025-12-31T23:59:59Z",
                                        "2026-01-01T00:00:01Z"};
  std::vector<Atom> atoms;
  for (const std::string& condition : conditions) atoms.push_back(atoms_of(condition).front());
  std::size_t excluded = 0;
  std::size_t implied = 0;
  for (const Atom& a : atoms) {
    for (const Atom& b : atoms) {
      const bool excludes = lint::excludes(a, b, true);
      const bool implies = lint::implies(a, b);
      excluded += excludes ? 1U : 0U;
      implied += implies ? 1U : 0U;
      const auto check = [&](const KeyFacts& facts) {
        const Tri left = a.evaluate(facts, Readings{});
        const Tri right = b.evaluate(facts, Readings{});
        if (excludes) CHECK_FALSE((left == Tri::kTrue && right == Tri::kTrue));
        if (implies) CHECK_FALSE((left == Tri::kTrue && right == Tri::kFalse));
      };
      check({KeyState::kAbsent, {}});
      for (const std::string& value : values) {
        const Value found = Value::of(value);
        check({KeyState::kKnown, std::span(&found, 1)});
      }
    }
  }
  CHECK(excluded > 40);
  CHECK(implied > atoms.size());
}

}  // namespace
}  // namespace imagewarden::ram
