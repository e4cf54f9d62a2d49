// Values of one key: each family of operators by tables, and against all values of a list that leaves nothing out.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "engine/ram/analyse_candidates.h"
#include "engine/ram/analyse_parts.h"
#include "engine/ram/analyse_value.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using Texts = std::vector<std::string>;

// `{"NumericLessThan": {"k": "5"}}` → its atoms.
std::vector<Atom> atoms_of(const std::string& condition) {
  const auto document = test::parse(test::document_of(test::allow("*", R"(, "Condition": )" + condition)));
  const Statement& statement = document->statements.front();
  REQUIRE_FALSE(statement.not_evaluable);
  return statement.condition.atoms;
}

ValueResult value_for(const std::string& meets, const std::string& fails) {
  const std::vector<Atom> yes = atoms_of(meets);
  const std::vector<Atom> no = fails.empty() ? std::vector<Atom>{} : atoms_of(fails);
  std::vector<ValueTest> tests;
  for (const Atom& atom : yes) tests.push_back({&atom, true});
  for (const Atom& atom : no) tests.push_back({&atom, false});
  Budget budget(1'000'000);
  return find_value({tests, {}, false}, budget);
}

struct Row {
  const char* why;
  std::string meets;
  std::string fails;  // empty: nothing has to fail
  ValueFound found;
  std::string text;  // the value; of kFound
};

TEST_CASE("a value that meets and fails conditions", "[ram][analyse][table]") {
  const auto row = GENERATE(values<Row>({
      // Numbers.
      {"open interval of integers", R"({"NumericGreaterThan": {"k": "1"}, "NumericLessThan": {"k": "2"}})", "",
       ValueFound::kFound, "1.1"},
      {"open interval of nothing", R"({"NumericGreaterThan": {"k": "1"}, "NumericLessThan": {"k": "1.0"}})", "",
       ValueFound::kNone, ""},
      {"closed interval of one", R"({"NumericGreaterThanEquals": {"k": "1"}, "NumericLessThanEquals": {"k": "1.0"}})",
       "", ValueFound::kFound, "1"},
      {"and that one excluded",
       R"({"NumericGreaterThanEquals": {"k": "1"}, "NumericLessThanEquals": {"k": "1.0"},)"
       R"("NumericNotEquals": {"k": "1e0"}})",
       "", ValueFound::kNone, ""},
      {"between neighbours that differ late",
       R"({"NumericGreaterThan": {"k": "0.09"}, "NumericLessThan": {"k": "0.1"}})", "", ValueFound::kFound, "0.091"},
      {"below zero", R"({"NumericLessThan": {"k": "0"}, "NumericGreaterThan": {"k": "-0.001"}})", "",
       ValueFound::kFound, "-0.0001"},
      {"far away", R"({"NumericGreaterThan": {"k": "1e300"}})", "", ValueFound::kFound, "2e300"},
      {"no number fails every number test", R"({"NumericNotEquals": {"k": "1"}})",
       R"({"NumericLessThan": {"k": "1"}, "NumericGreaterThan": {"k": "1"}})", ValueFound::kFound, "x"},
      {"beyond what a decimal can be", R"({"NumericGreaterThan": {"k": "9e10000"}})", "", ValueFound::kUnsure, ""},
      // Dates, to the second.
      {"a second between two",
       R"({"DateGreaterThan": {"k": "2026-01-01T00:00:00Z"}, "DateLessThan": {"k": "2026-01-01T00:00:02Z"}})", "",
       ValueFound::kFound, "2026-01-01T00:00:01Z"},
      {"no second between neighbours",
       R"({"DateGreaterThan": {"k": "2026-01-01T00:00:00Z"}, "DateLessThan": {"k": "2026-01-01T00:00:01.9Z"}})", "",
       ValueFound::kNone, ""},
      {"one instant, two offsets",
       R"({"DateEquals": {"k": "2026-01-01T08:00:00+08:00"}, "DateLessThanEquals": {"k": "2026-01-01T00:00:00Z"}})", "",
       ValueFound::kFound, "2026-01-01T00:00:00Z"},
      {"before the first year only with an offset", R"({"DateLessThan": {"k": "0001-01-01T00:00:00Z"}})", "",
       ValueFound::kFound, "0001-01-01T23:58:59+23:59"},
      {"before the first instant", R"({"DateLessThan": {"k": "0001-01-01T00:00:00+23:59"}})", "", ValueFound::kNone,
       ""},
      // Addresses.
      {"in a block but not in one within", R"({"IpAddress": {"k": "10.0.0.0/8"}, "NotIpAddress": {"k": "10.0.0.0/9"}})",
       "", ValueFound::kFound, "10.128.0.0"},
      {"a block cut into halves",
       R"({"IpAddress": {"k": "10.0.0.0/8"}, "NotIpAddress": {"k": ["10.0.0.0/9", "10.128.0.0/9"]}})", "",
       ValueFound::kNone, ""},
      {"all of one version leaves the other",
       R"({"NotIpAddress": {"k": "0.0.0.0/0"}, "IpAddress": {"k": ["0.0.0.0/0", "::/0"]}})", "", ValueFound::kFound,
       "2001:db8::1"},
      {"a mapped address is IPv6", R"({"IpAddress": {"k": "::ffff:0:0/96"}, "NotIpAddress": {"k": "0.0.0.0/0"}})", "",
       ValueFound::kFound, "::ffff:0:1"},
      {"host bits do not count", R"({"IpAddress": {"k": "10.1.2.3/24"}})", "", ValueFound::kFound, "10.1.2.1"},
      {"one address", R"({"IpAddress": {"k": "10.1.2.3/32"}})", "", ValueFound::kFound, "10.1.2.3"},
      {"the last one", R"({"IpAddress": {"k": "255.255.255.254/31"}, "NotIpAddress": {"k": "255.255.255.255"}})", "",
       ValueFound::kFound, "255.255.255.254"},
      {"no address is in no block", R"({"NotIpAddress": {"k": ["0.0.0.0/0", "::/0"]}})", "", ValueFound::kFound, "x"},
      // Booleans.
      {"both at once", R"({"Bool": {"k": "true"}})", R"({"Bool": {"k": ["true", "false"]}})", ValueFound::kNone, ""},
      {"neither", R"({"StringNotEquals": {"k": "y"}})", R"({"Bool": {"k": ["true", "false"]}})", ValueFound::kFound,
       "x"},
      // Texts.
      {"equal but for case", R"({"StringEqualsIgnoreCase": {"k": "Ab"}, "StringNotEquals": {"k": "ab"}})", "",
       ValueFound::kFound, "aB"},
      {"a pattern less a value", R"({"StringLike": {"k": "a?"}})", R"({"StringEquals": {"k": "ax"}})",
       ValueFound::kFound, "ay"},
      {"a wildcard is a character to the others", R"({"StringEquals": {"k": "*"}, "StringNotLike": {"k": "?"}})", "",
       ValueFound::kNone, ""},
      {"empty", R"({"StringNotLike": {"k": "?*"}})", "", ValueFound::kFound, ""},
      // Several families at once.
      {"an equality decides", R"({"StringEquals": {"k": ["12", "5"]}, "NumericLessThan": {"k": "10"}})", "",
       ValueFound::kFound, "5"},
      {"and rules out", R"({"StringEquals": {"k": ["12", "x"]}, "NumericLessThan": {"k": "10"}})", "",
       ValueFound::kNone, ""},
      {"the same number, another text", R"({"NumericEquals": {"k": "5"}, "StringNotEquals": {"k": "5"}})", "",
       ValueFound::kFound, "5.0"},
      {"few texts", R"({"StringLike": {"k": "1?"}, "NumericLessThan": {"k": "10"}})",
       R"({"StringNotLike": {"k": "?2"}})", ValueFound::kNone, ""},
      {"true in capitals is no boolean", R"({"StringEqualsIgnoreCase": {"k": "true"}})", R"({"Bool": {"k": "true"}})",
       ValueFound::kFound, "truE"},
      {"a number by its pattern is not decided", R"({"StringLike": {"k": "1*7"}, "NumericLessThan": {"k": "1000"}})",
       "", ValueFound::kUnsure, ""},
  }));
  CAPTURE(row.why);
  const ValueResult result = value_for(row.meets, row.fails);
  CHECK(result.found == row.found);
  if (row.found == ValueFound::kUnsure) {
    CHECK(result.text.find("`k`") != std::string::npos);  // says which key
  } else {
    CHECK(result.text == row.text);
  }
}

TEST_CASE("decimals between two", "[ram][analyse][table]") {
  struct Between {
    const char* low;
    const char* high;
    const char* middle;
  };
  const auto row =
      GENERATE(values<Between>({{"1", "2", "1.1"},
                                {"10", "20", "11"},
                                {"0", "10", "1"},
                                {"0", "0.001", "0.0001"},
                                {"-5", "5", "0"},
                                {"-2", "-1", "-1.1"},
                                {"9.99", "10", "9.991"},
                                {"99", "100", "99.1"},
                                {"1e30", "1e31", "2e30"},
                                {"1e-30", "2e-30", "1.1e-30"},
                                {"0.5", "0.50000000000000000000000001", "0.500000000000000000000000001"}}));
  CAPTURE(row.low, row.high);
  const auto middle = decimal_between(row.low, row.high);
  REQUIRE(middle);
  CHECK(*middle == row.middle);
  CHECK(*Decimal::parse(row.low) < *Decimal::parse(*middle));
  CHECK(*Decimal::parse(*middle) < *Decimal::parse(row.high));
}

// Every subset of a family's tests, both ways, against all of many values.
std::size_t wrong_subsets(const Texts& conditions, const Texts& values) {
  std::vector<Atom> atoms;
  for (const std::string& condition : conditions) atoms.push_back(atoms_of(condition).front());
  std::size_t wrong = 0;
  std::size_t count = 1;
  for (std::size_t i = 0; i < atoms.size(); ++i) count *= 3;
  for (std::size_t code = 0; code < count; ++code) {
    std::vector<ValueTest> tests;
    std::size_t rest = code;
    for (const Atom& atom : atoms) {
      if (rest % 3 != 0) tests.push_back({&atom, rest % 3 == 1});
      rest /= 3;
    }
    const auto passes = [&](const std::string& text) {
      const Value value = Value::of(text);
      return std::all_of(tests.begin(), tests.end(),
                         [&](const ValueTest& test) { return test.atom->meets(value) == test.meets; });
    };
    Budget budget(1'000'000);
    const ValueResult result = find_value({tests, {}, false}, budget);
    const bool expected = std::any_of(values.begin(), values.end(), passes);
    const bool right =
        result.found == ValueFound::kFound ? passes(result.text) : result.found == ValueFound::kNone && !expected;
    if (!right) ++wrong;
  }
  return wrong;
}

TEST_CASE("every combination of tests of one family", "[ram][analyse][exhaustive]") {
  SECTION("numbers") {
    CHECK(wrong_subsets({R"({"NumericLessThan": {"k": "1"}})", R"({"NumericLessThanEquals": {"k": "2"}})",
                         R"({"NumericGreaterThan": {"k": ["2", "3"]}})", R"({"NumericEquals": {"k": ["1.0", "2.5"]}})",
                         R"({"NumericNotEquals": {"k": "-1"}})", R"({"NumericGreaterThanEquals": {"k": "-1"}})"},
                        {"-2", "-1", "0", "1", "1.5", "2", "2.2", "2.5", "2.7", "3", "4", "x"}) == 0);
  }
  SECTION("dates") {
    CHECK(wrong_subsets({R"({"DateLessThan": {"k": "2026-01-01T00:00:00Z"}})",
                         R"({"DateGreaterThanEquals": {"k": "2026-01-01T00:00:00+08:00"}})",
                         R"({"DateEquals": {"k": "2026-01-01T00:00:01Z"}})",
                         R"({"DateNotEquals": {"k": "2025-12-31T16:00:00Z"}})",
                         R"({"DateGreaterThan": {"k": "2030-01-01T00:00:00Z"}})"},
                        {"2025-12-31T15:59:59Z", "2025-12-31T16:00:00Z", "2025-12-31T16:00:01Z", "2026-01-01T00:00:00Z",
                         "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z",
                         "x"}) == 0);
  }
  SECTION("addresses") {
    CHECK(wrong_subsets({R"({"IpAddress": {"k": "10.0.0.0/8"}})", R"({"IpAddress": {"k": "10.1.0.0/16"}})",
                         R"({"NotIpAddress": {"k": ["10.1.2.0/24", "2001:db8::/32"]}})",
                         R"({"IpAddress": {"k": "0.0.0.0/0"}})", R"({"NotIpAddress": {"k": "2001:db8:1::/48"}})"},
                        {"9.0.0.1", "10.0.0.1", "10.1.0.1", "10.1.2.3", "::1", "2001:db8::1", "2001:db8:1::1", "x"}) ==
          0);
  }
  SECTION("texts") {
    CHECK(wrong_subsets({R"({"StringEquals": {"k": ["ab", "cd"]}})", R"({"StringNotEqualsIgnoreCase": {"k": "AB"}})",
                         R"({"StringLike": {"k": "a*"}})", R"({"StringNotLike": {"k": ["?", "*b"]}})",
                         R"({"StringEqualsIgnoreCase": {"k": ["ab", "x"]}})"},
                        {"ab", "AB", "aB", "Ab", "cd", "a", "x", "X", "z", "axb", "axx", "xx", "xb", "", "aAB"}) == 0);
  }
}

struct KeyRow {
  const char* why;
  Texts hold;  // conditions
  Texts do_not_hold;
  bool possible;
  std::size_t values;  // that the answer has; 0: absent
};

TEST_CASE("what a key can hold at once", "[ram][analyse][table]") {
  const auto row = GENERATE(values<KeyRow>({
      {"two values by two equalities",
       {R"({"StringEquals": {"k": "a"}})", R"({"StringEquals": {"k": "b"}})"},
       {},
       true,
       2},
      {"one of them is forbidden",
       {R"({"StringEquals": {"k": "a"}})", R"({"StringEquals": {"k": "b"}})", R"({"StringNotEquals": {"k": "b"}})"},
       {},
       false,
       0},
      {"every value of a list, and two of them",
       {R"({"ForAllValues:StringEquals": {"k": ["a", "b"]}})", R"({"ForAnyValue:StringEquals": {"k": "a"}})",
        R"({"ForAnyValue:StringNotEquals": {"k": "a"}})"},
       {},
       true,
       2},
      {"neither all nor none",
       {},
       {R"({"ForAllValues:StringEquals": {"k": "a"}})", R"({"ForAllValues:StringNotEquals": {"k": "a"}})"},
       true,
       2},
      {"absent meets every ForAllValues",
       {R"({"ForAllValues:StringEquals": {"k": "a"}})", R"({"ForAllValues:StringEquals": {"k": "b"}})"},
       {},
       true,
       0},
      {"absent meets no ForAnyValue", {R"({"ForAnyValue:StringNotEquals": {"k": "a"}})"}, {}, true, 1},
      {"neither equal nor not",
       {},
       {R"({"StringEquals": {"k": "a"}})", R"({"StringNotEquals": {"k": "a"}})"},
       false,
       0},
      {"below and above", {R"({"NumericLessThan": {"k": "1"}})", R"({"NumericGreaterThan": {"k": "2"}})"}, {}, true, 2},
      {"absent by a positive and a negated one",
       {R"({"StringNotEquals": {"k": "a"}})"},
       {R"({"StringLike": {"k": "*"}})"},
       true,
       0},
  }));
  CAPTURE(row.why);
  std::vector<Atom> atoms;
  for (const Texts& conditions : {row.hold, row.do_not_hold}) {
    for (const std::string& condition : conditions) atoms.push_back(atoms_of(condition).front());
  }
  KeyPart part({}, {});
  std::vector<Claim> claims;
  for (const Atom& atom : atoms) {
    const std::uint32_t index = part.add(atom);
    claims.push_back({index, index < row.hold.size()});
  }
  Budget budget(100'000);
  const Settlement settlement = part.settle(claims, budget);
  CHECK(settlement.settled == (row.possible ? Settled::kFound : Settled::kNone));
  if (row.possible) {
    CHECK(part.value().size() == row.values);
  } else {
    CHECK(settlement.core.size() == 2);  // two of the claims are enough to clash
  }
}

}  // namespace
}  // namespace imagewarden::ram
