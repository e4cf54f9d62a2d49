#include "tests/unit/policy/suite_support.h"

#include <random>
#include <set>

#include "engine/policy/mutate.h"

namespace imagewarden::policy::test {
namespace {

std::vector<std::string> mutants_of(const std::string& statement) {
  const auto document = ram::parse_document(document_of(statement), "p.json", ram::DocumentKind::kPermission, {});
  REQUIRE(document);
  REQUIRE_FALSE((*document)->statements[0].not_evaluable);
  std::vector<std::string> out;
  for (const Mutant& mutant : mutate_statement((*document)->statements[0], 0, 0)) out.push_back(mutant.what);
  return out;
}

bool holds(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string with_condition(const std::string& condition) {
  return R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*", "Condition": )" + condition + "}";
}

MutationResult mutate(const TestSuite& suite, std::uint64_t most = 10'000) {
  const RunResult run = run_suite(suite, {});
  MutationOptions options;
  options.max_mutants = most;
  return run_mutants(suite, run, options);
}

// Whether a case notices, by compiling the principal with the changed document and asking it.
bool is_killed_slowly(const TestSuite& suite, const RunResult& run, const Mutant& mutant) {
  const ram::Document* original = suite.policies[mutant.policy].document.get();
  const auto changed = mutated_document(*original, mutant);
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    const TestCase& test_case = suite.cases[i];
    if (run.cases[i].status != CaseStatus::kPassed) continue;
    const ram::PrincipalPolicies& policies = suite.principals[test_case.principal].principal.policies();
    const ram::Principal principal =
        ram::Principal::compile(mutated_policies(policies, original, changed), suite.rules->readings());
    if (!meets(suite.declaration(test_case).expect, principal.decide(test_case.request).outcome)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("what is changed of a statement", "[policy][mutate]") {
  const auto mutants = mutants_of(
      R"({"Effect": "Deny", "Action": ["oss:Get*", "oss:PutObject"], "Resource": ["acs:oss:*:*:b/*", "*"]})");
  CHECK(mutants == std::vector<std::string>{
                       "`Effect` turned from Deny to Allow",
                       "statement dropped",
                       "action `oss:Get*` widened to `oss:*`",
                       "action `oss:Get*` narrowed to `oss:Get`",
                       "action `oss:Get*` dropped",
                       "action `oss:PutObject` widened to `oss:*`",
                       "action `oss:PutObject` dropped",
                       "resource `acs:oss:*:*:b/*` widened to `acs:oss:*:*:*`",
                       "resource `acs:oss:*:*:b/*` narrowed to `acs:oss:*:*:b/`",
                       "resource `acs:oss:*:*:b/*` dropped",
                       "resource `*` narrowed to `acs:*`",
                       "resource `*` dropped",
                   });
}

TEST_CASE("patterns are widened and narrowed by one step", "[policy][mutate][table]") {
  struct Row {
    std::string action;
    std::vector<std::string> want;
  };
  const auto row = GENERATE(values<Row>({
      {"*", {"action `*` narrowed to `*:Get*`"}},
      {"oss:*", {"action `oss:*` widened to `*`", "action `oss:*` narrowed to `oss:Get*`"}},
      {"oss:Get*", {"action `oss:Get*` widened to `oss:*`", "action `oss:Get*` narrowed to `oss:Get`"}},
      {"oss:*List*", {"action `oss:*List*` widened to `oss:*`", "action `oss:*List*` narrowed to `oss:*List`"}},
      {"oss:GetObject", {"action `oss:GetObject` widened to `oss:*`"}},
  }));
  const auto mutants =
      mutants_of(R"({"Effect": "Allow", "Action": ")" + row.action + R"(", "Resource": "acs:oss:*:*:b"})");
  std::vector<std::string> actions;
  for (const std::string& what : mutants) {
    if (what.starts_with("action")) actions.push_back(what);
  }
  CHECK(actions == row.want);
}

TEST_CASE("conditions: dropped, negated, moved", "[policy][mutate][table]") {
  struct Row {
    std::string condition;
    std::vector<std::string> want;
  };
  const auto row = GENERATE(values<Row>({
      {R"({"Bool": {"acs:MFAPresent": "true"}})",
       {"condition `Bool acs:MFAPresent` dropped", "value `true` of `Bool acs:MFAPresent` negated to `false`"}},
      {R"({"NumericLessThan": {"k": "9.9"}})",
       {"condition `NumericLessThan k` dropped", "condition `NumericLessThan k` negated to NumericGreaterThanEquals",
        "condition `NumericLessThan k` moved to NumericLessThanEquals",
        "value `9.9` of `NumericLessThan k` moved to `10.0`", "value `9.9` of `NumericLessThan k` moved to `9.8`"}},
      {R"({"NumericEquals": {"k": "0"}})",
       {"condition `NumericEquals k` dropped", "condition `NumericEquals k` negated to NumericNotEquals",
        "value `0` of `NumericEquals k` moved to `1`", "value `0` of `NumericEquals k` moved to `-1`"}},
      {R"({"NumericEquals": {"k": "-1"}})",
       {"condition `NumericEquals k` dropped", "condition `NumericEquals k` negated to NumericNotEquals",
        "value `-1` of `NumericEquals k` moved to `-0`", "value `-1` of `NumericEquals k` moved to `-2`"}},
      {R"({"NumericEquals": {"k": "1e3"}})",
       {"condition `NumericEquals k` dropped", "condition `NumericEquals k` negated to NumericNotEquals"}},
      {R"({"DateLessThan": {"acs:CurrentTime": "2026-12-31T23:59:59Z"}})",
       {"condition `DateLessThan acs:CurrentTime` dropped",
        "condition `DateLessThan acs:CurrentTime` negated to DateGreaterThanEquals",
        "value `2026-12-31T23:59:59Z` of `DateLessThan acs:CurrentTime` moved to `2027-01-01T00:00:00Z`",
        "value `2026-12-31T23:59:59Z` of `DateLessThan acs:CurrentTime` moved to `2026-12-31T23:59:58Z`"}},
      {R"({"IpAddress": {"acs:SourceIp": "203.0.113.7"}})",
       {"condition `IpAddress acs:SourceIp` dropped", "condition `IpAddress acs:SourceIp` negated to NotIpAddress",
        "value `203.0.113.7` of `IpAddress acs:SourceIp` widened to `203.0.113.7/31`"}},
      {R"({"NotIpAddress": {"acs:SourceIp": "2001:db8::/32"}})",
       {"condition `NotIpAddress acs:SourceIp` dropped", "condition `NotIpAddress acs:SourceIp` negated to IpAddress",
        "value `2001:db8::/32` of `NotIpAddress acs:SourceIp` widened to `2001:db8::/31`",
        "value `2001:db8::/32` of `NotIpAddress acs:SourceIp` narrowed to `2001:db8::/33`"}},
      {R"({"IpAddress": {"acs:SourceIp": "0.0.0.0/0"}})",
       {"condition `IpAddress acs:SourceIp` dropped", "condition `IpAddress acs:SourceIp` negated to NotIpAddress",
        "value `0.0.0.0/0` of `IpAddress acs:SourceIp` narrowed to `0.0.0.0/1`"}},
      {R"({"StringLike": {"k": ["a*", "*"]}})",
       {"condition `StringLike k` dropped", "condition `StringLike k` negated to StringNotLike",
        "value `a*` of `StringLike k` widened to `*`", "value `a*` of `StringLike k` narrowed to `a`",
        "value `a*` of `StringLike k` dropped", "value `*` of `StringLike k` dropped"}},
  }));
  CAPTURE(row.condition);
  std::vector<std::string> changes;
  for (const std::string& what : mutants_of(with_condition(row.condition))) {
    if (what.starts_with("condition") || what.starts_with("value")) changes.push_back(what);
  }
  CHECK(changes == row.want);
}

TEST_CASE("NotAction and NotResource are turned", "[policy][mutate]") {
  const auto mutants = mutants_of(R"({"Effect": "Allow", "NotAction": "ram:*", "NotResource": "acs:oss:*:*:b"})");
  CHECK(holds(mutants, "`NotAction` turned into `Action`"));
  CHECK(holds(mutants, "`NotResource` turned into `Resource`"));
}

TEST_CASE("good tests kill every mutant", "[policy][mutate]") {
  const TestSuite suite =
      one_policy(R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:b/*"})", R"(
  - {name: yes, principal: user/a, action: oss:GetObject, resource: acs:oss:*:1:b/x, expect: allow}
  - {name: no, principal: user/a, action: oss:PutObject, resource: acs:oss:*:1:b/x, expect: implicit-deny}
  - {name: nor there, principal: user/a, action: oss:GetObject, resource: acs:oss:*:1:c/x, expect: implicit-deny}
)")
          .suite();
  const MutationResult result = mutate(suite);
  CHECK(result.tried == 5);
  CHECK(result.killed == 5);
  CHECK(result.score() == 100);
  CHECK(result.survivors.empty());
}

TEST_CASE("a survivor comes with a test that kills it", "[policy][mutate]") {
  const std::string statement =
      R"({"Effect": "Allow", "Action": ["oss:GetObject", "oss:PutObject"], "Resource": "acs:oss:*:*:b/*",
    "Condition": {"IpAddress": {"acs:SourceIp": "203.0.113.0/24"},
                  "DateLessThan": {"acs:CurrentTime": "2027-01-01T00:00:00Z"},
                  "StringLike": {"oss:Prefix": "a*"}, "NumericLessThan": {"k": "5"}}})";
  std::string tests =
      "  - {name: yes, principal: user/a, action: oss:GetObject, resource: acs:oss:*:1:b/x, context: {acs:SourceIp: "
      "203.0.113.7, oss:Prefix: ab, k: 1}, expect: allow}\n";
  const MutationResult first = mutate(one_policy(statement, tests).suite());
  CHECK(first.survivors.size() > 10);
  CHECK(first.undecided == 0);
  std::set<std::string> proposed;
  for (const Survivor& survivor : first.survivors) {
    CAPTURE(survivor.what, survivor.why_no_test);
    REQUIRE_FALSE(survivor.test.empty());
    CHECK(survivor.at.line >= 1);
    // Pasted alone, the test passes on the policy, and the mutant is gone.
    const MutationResult with = mutate(one_policy(statement, tests + survivor.test).suite());
    CHECK(with.passing == 2);
    const bool survives = std::any_of(with.survivors.begin(), with.survivors.end(),
                                      [&](const Survivor& left) { return left.what == survivor.what; });
    CHECK_FALSE(survives);
    proposed.insert(survivor.test);
  }
  // All of them together leave nothing.
  for (const std::string& test : proposed) tests += test;
  const MutationResult last = mutate(one_policy(statement, tests).suite());
  CHECK(last.score() == 100);
}

TEST_CASE("a proposed test says what the file's defaults give and the request has not", "[policy][mutate]") {
  Files files;
  files.set("p.json", document_of(
                          R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*",
     "Condition": {"StringNotEquals": {"acs:SourceVpc": "vpc-1"}}})"));
  const std::string head =
      "policies: [p.json]\ndefaults: {context: {acs:SourceVpc: vpc-2, other: x}}\ntests:\n"
      "  - {name: yes, principal: user/a, action: oss:GetObject, expect: allow}\n";
  files.set("t.yaml", head);
  const MutationResult result = mutate(files.suite());
  REQUIRE_FALSE(result.survivors.empty());
  for (const Survivor& survivor : result.survivors) {
    CAPTURE(survivor.what, survivor.test);
    files.set("t.yaml", head + survivor.test);
    const TestSuite suite = files.suite();
    CHECK(run_suite(suite, {}).failed == 0);
    const MutationResult with = mutate(suite);
    CHECK(std::none_of(with.survivors.begin(), with.survivors.end(),
                       [&](const Survivor& left) { return left.what == survivor.what; }));
  }
}

TEST_CASE("mutants that no request tells from the original are not counted", "[policy][mutate]") {
  // The second action is part of the first: without it nothing changes.
  const TestSuite suite =
      one_policy(R"({"Effect": "Allow", "Action": ["oss:Get*", "oss:GetObject"], "Resource": "*"})", R"(
  - {name: yes, principal: user/a, action: [oss:GetObject, oss:GetBucket], resource: ["*", x], expect: allow}
  - {name: no, principal: user/a, action: oss:PutObject, expect: implicit-deny}
)")
          .suite();
  const MutationResult result = mutate(suite);
  CHECK(result.equivalent == 1);
  CHECK(result.score() == 100);
  CHECK(result.counted() == result.killed);
}

TEST_CASE("a mutant that only another statement's part in the answer shows", "[policy][mutate]") {
  // Two statements allow the same: `because` notices which one does.
  const std::string statements =
      R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"}, {"Effect": "Allow",
     "Action": "oss:GetObject", "Resource": "*"})";
  const auto dropped = [&](const std::string& because) {
    const TestSuite suite =
        one_policy(statements,
                   "  - {name: n, principal: user/a, action: oss:GetObject, expect: allow" + because + "}\n")
            .suite();
    const RunResult run = run_suite(suite, {});
    REQUIRE(run.failed == 0);
    const MutantList list = make_mutants(suite, run, 1000);
    const std::vector<bool> killed = find_killed(suite, run, list.mutants);
    std::vector<bool> out;
    for (std::size_t i = 0; i < killed.size(); ++i) {
      if (list.mutants[i].part == MutatedPart::kWhole) out.push_back(killed[i]);
    }
    return out;
  };
  CHECK(dropped("") == std::vector<bool>{false, false});
  CHECK(dropped(", because: p#1") == std::vector<bool>{false, true});
  CHECK(dropped(", because: p#0") == std::vector<bool>{true, false});
}

TEST_CASE("the limit spreads over all policies, the same every time", "[policy][mutate]") {
  std::string statements;
  for (int i = 0; i < 20; ++i)
    statements += std::string(i == 0 ? "" : ",") + R"({"Effect": "Allow", "Action": "oss:A)" + std::to_string(i) +
                  R"(", "Resource": "acs:oss:*:*:b"})";
  const TestSuite suite =
      one_policy(statements,
                 "  - {name: n, principal: user/a, action: oss:A1, resource: acs:oss:*:1:b, expect: allow}\n")
          .suite();
  const RunResult run = run_suite(suite, {});
  const MutantList all = make_mutants(suite, run, 1000);
  CHECK(all.possible == 80);
  CHECK(all.mutants.size() == 80);
  const MutantList some = make_mutants(suite, run, 10);
  CHECK(some.possible == 80);
  REQUIRE(some.mutants.size() == 10);
  for (std::size_t i = 0; i < some.mutants.size(); ++i) CHECK(some.mutants[i].what == all.mutants[i * 8].what);
  CHECK(make_mutants(suite, run, 0).mutants.empty());
}

TEST_CASE("only policies that a passed case is about are changed", "[policy][mutate]") {
  Files files;
  files.set("p.json", document_of(R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"})"));
  files.set("q.json", document_of(R"({"Effect": "Allow", "Action": "ecs:StopInstance", "Resource": "*"})"));
  files.set("t.yaml", R"(policies: [p.json]
tests:
  - {name: passes, principal: user/a, action: oss:GetObject, expect: allow}
  - {name: fails, principal: user/a, action: ecs:StopInstance, policies: [q.json], expect: deny}
)");
  const TestSuite suite = files.suite();
  for (const Mutant& mutant : make_mutants(suite, run_suite(suite, {}), 1000).mutants)
    CHECK(suite.policies[mutant.policy].name == "p");
}

TEST_CASE("counting the changed statement is the same as compiling anew", "[policy][mutate][property]") {
  std::mt19937 random(Catch::rngSeed());
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  std::size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    const auto make_document = [&] {
      std::string statements;
      const std::size_t count = 1 + random() % 4;
      for (std::size_t i = 0; i < count; ++i) {
        statements += (i == 0 ? "" : ",");
        statements +=
            R"({"Effect": ")" + pick({"Allow", "Allow", "Deny"}) + R"(", ")" + pick({"Action", "Action", "NotAction"}) +
            R"(": [")" + pick({"*", "oss:*", "oss:GetObject", "appstreaming:DeleteImage"}) + R"(", ")" +
            pick({"oss:Get*", "ecs:StopInstance"}) + R"("], "Resource": ")" +
            pick({"*", "acs:oss:*:*:b/*", "acs:oss:*:*:b/x"}) + "\"" +
            pick({"", R"(, "Condition": {"Bool": {"acs:MFAPresent": "true"}})",
                  R"(, "Condition": {"StringNotEquals": {"k": ["a", "b"]}})",
                  R"(, "Condition": {"IpAddress": {"acs:SourceIp": "203.0.113.0/24"}, "NumericLessThan": {"n": "5"}})",
                  R"(, "Condition": {"BoolIfExists": {"acs:MFAPresent": "true"}})"}) +
            "}";
      }
      return document_of(statements);
    };
    Files files;
    files.set("p.json", make_document())
        .set("q.json", make_document())
        .set("s.json", make_document())
        .set("c.json", make_document());
    std::string tests;
    for (int i = 0; i < 8; ++i) {
      std::string layers;
      const bool is_session = random() % 4 == 0;
      if (is_session) layers += "\n    session_policies: [s.json]";
      if (random() % 4 == 0) layers += "\n    control_policies: [[c.json], [c.json, p.json]]";
      if (random() % 4 == 0) layers += "\n    policies: [q.json, p.json]";
      tests += "  - name: t" + std::to_string(i) +
               "\n    principal: " + (is_session ? "role/r" : pick({"user/a", "root"})) +
               "\n    action: " + pick({"oss:GetObject", "appstreaming:DeleteImage", "ecs:StopInstance"}) +
               "\n    resource: \"" + pick({"*", "acs:oss:*:1:b/x", "acs:oss:*:1:c/x"}) + "\"\n    context: {" +
               pick({"", "acs:MFAPresent: true", "acs:SourceIp: 203.0.113.7, n: 4", "k: a"}) + "}" + layers +
               "\n    expect: EXPECT" + std::to_string(i) + "\n";
    }
    files.set("t.yaml", "policies: [p.json]\ntests:\n" + tests);
    // What comes out is what is wanted, so that every case counts.
    std::string right = tests;
    for (int i = 0; i < 8; ++i) {
      std::string guess = tests;
      for (int j = 0; j < 8; ++j) {
        const std::string mark = "EXPECT" + std::to_string(j);
        guess.replace(guess.find(mark), mark.size(), "indeterminate");
      }
      files.set("t.yaml", "policies: [p.json]\ntests:\n" + guess);
      const TestSuite probe = files.suite();
      const TestCase& test_case = probe.cases[static_cast<std::size_t>(i)];
      const ram::Outcome outcome = probe.principals[test_case.principal].principal.decide(test_case.request).outcome;
      const std::string mark = "EXPECT" + std::to_string(i);
      right.replace(right.find(mark), mark.size(), ram::to_string(outcome));
    }
    files.set("t.yaml", "policies: [p.json]\ntests:\n" + right);
    const TestSuite suite = files.suite();
    const RunResult run = run_suite(suite, {});
    REQUIRE(run.failed == 0);
    const MutantList list = make_mutants(suite, run, 10'000);
    const std::vector<bool> killed = find_killed(suite, run, list.mutants);
    for (std::size_t i = 0; i < killed.size(); ++i) {
      CAPTURE(Catch::rngSeed(), round, suite.policies[list.mutants[i].policy].document->text, list.mutants[i].what,
              right);
      REQUIRE(killed[i] == is_killed_slowly(suite, run, list.mutants[i]));
      ++compared;
    }
  }
  CHECK(compared > 1000);
}

}  // namespace imagewarden::policy::test
