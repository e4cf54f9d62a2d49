#include "tests/unit/policy/suite_support.h"

namespace imagewarden::policy::test {
namespace {

constexpr const char* kStatements = R"(
{"Effect": "Allow", "Action": "appstreaming:DeleteImage", "Resource": "*",
 "Condition": {"Bool": {"acs:MFAPresent": "true"}, "IpAddress": {"acs:SourceIp": "203.0.113.0/24"}}},
{"Effect": "Deny", "Action": "ecd:*", "Resource": "*"})";

// One case and what it comes to.
CaseResult only(const TestSuite& suite, const RunOptions& options = {}) {
  const RunResult run = run_suite(suite, options);
  REQUIRE(run.cases.size() == 1);
  return run.cases[0];
}

CaseResult run_one(const std::string& rest) {
  return only(one_policy(kStatements, "  - name: n\n    principal: user/a\n" + rest).suite());
}

}  // namespace

TEST_CASE("a failed case says what was wanted, what came and why", "[policy][run]") {
  const CaseResult near = run_one(
      "    action: appstreaming:DeleteImage\n    context: {acs:MFAPresent: false, acs:SourceIp: 192.0.2.1}\n    "
      "expect: allow\n    because: p#0\n");
  CHECK(near.status == CaseStatus::kFailed);
  CHECK(near.wanted == "allow because of p#0");
  CHECK(near.got == "implicit-deny");
  CHECK(near.why ==
        "no statement allows it; p#0 fits but for Bool acs:MFAPresent: wanted `true`, found `false`; IpAddress "
        "acs:SourceIp: wanted `203.0.113.0/24`, "
        "found `192.0.2.1`");

  const CaseResult denied = run_one("    action: ecd:DeleteImages\n    expect: implicit-deny\n");
  CHECK(denied.status == CaseStatus::kFailed);
  CHECK(denied.got == "explicit-deny");
  CHECK(denied.why == "denied by p#1 (p.json:4:1)");
  REQUIRE(denied.deciding.size() == 1);
  CHECK(denied.deciding[0].statement == "p#1");
  CHECK(denied.deciding[0].effect == "Deny");
  CHECK(denied.deciding[0].at == TextPosition{4, 1});

  const CaseResult open =
      run_one("    action: appstreaming:DeleteImage\n    context: {acs:MFAPresent: true}\n    expect: allow\n");
  CHECK(open.got == "indeterminate");
  CHECK(open.why == "open: acs:SourceIp");

  const CaseResult absent = run_one(
      "    action: appstreaming:DeleteImage\n    context: {acs:MFAPresent: true}\n    no_context: [acs:SourceIp]\n    "
      "expect: allow\n");
  CHECK(absent.why ==
        "no statement allows it; p#0 fits but for IpAddress acs:SourceIp: wanted `203.0.113.0/24`, the request does "
        "not carry it");
}

TEST_CASE("the right answer from the wrong statement fails", "[policy][run]") {
  const CaseResult result =
      only(one_policy(
               R"({"Effect": "Allow", "Action": "oss:*", "Resource": "*"}, {"Effect": "Allow", "Action": "ecs:*",
     "Resource": "*"})",
               "  - {name: n, principal: user/a, action: oss:GetObject, expect: allow, because: p#1}\n")
               .suite());
  CHECK(result.status == CaseStatus::kFailed);
  CHECK(result.got == "allow");
  CHECK(result.why == "allowed by p#0 (p.json:1:32)");
}

TEST_CASE("what each expectation takes", "[policy][run][table]") {
  struct Row {
    Expect expect;
    std::vector<ram::Outcome> takes;
  };
  const auto row = GENERATE(values<Row>({
      {Expect::kAllow, {ram::Outcome::kAllow}},
      {Expect::kDeny, {ram::Outcome::kExplicitDeny, ram::Outcome::kImplicitDeny}},
      {Expect::kExplicitDeny, {ram::Outcome::kExplicitDeny}},
      {Expect::kImplicitDeny, {ram::Outcome::kImplicitDeny}},
      {Expect::kIndeterminate, {ram::Outcome::kIndeterminate}},
  }));
  for (const ram::Outcome outcome :
       {ram::Outcome::kExplicitDeny, ram::Outcome::kImplicitDeny, ram::Outcome::kIndeterminate, ram::Outcome::kAllow}) {
    const bool taken = std::find(row.takes.begin(), row.takes.end(), outcome) != row.takes.end();
    CHECK(meets(row.expect, outcome) == taken);
  }
}

TEST_CASE("session and control policies", "[policy][run]") {
  const std::string everything = "{Version: \"1\", Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}";
  Files files;
  files.set("s.json", document_of(R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"})"));
  files.set("c.json", document_of(R"({"Effect": "Deny", "Action": "oss:PutObject", "Resource": "*"})"));
  files.set("t.yaml", "policies: [{name: all, document: " + everything + R"(}]
tests:
  - {name: within the session, principal: role/r, action: oss:GetObject, session_policies: s.json, expect: allow}
  - {name: beyond the session, principal: role/r, action: oss:PutObject, session_policies: s.json,
     expect: implicit-deny}
  - {name: session policies make a session, principal: user/u, action: oss:PutObject, session_policies: s.json,
     expect: implicit-deny}
  - {name: denied by a folder, principal: user/u, action: oss:PutObject, control_policies: [[{name: full, document: )" +
                          everything + R"(}], [{name: full2, document: )" + everything +
                          R"(}, c.json]], expect: explicit-deny, because: c#0}
  - {name: a level that allows nothing, principal: user/u, action: oss:GetObject, control_policies: [[c.json]],
     expect: implicit-deny}
  - {name: root is not bound, principal: root, action: oss:PutObject, control_policies: [[c.json]], expect: allow}
)");
  const TestSuite suite = files.suite();
  const RunResult run = run_suite(suite, {});
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    CAPTURE(suite.cases[i].name, run.cases[i].got, run.cases[i].why);
    CHECK(run.cases[i].status == CaseStatus::kPassed);
  }
}

TEST_CASE("readings come from the rules", "[policy][run]") {
  const std::vector<rules::RuleSource> sources = {
      {"r.json",
       R"({"schema": "imagewarden-rules/1", "name": "r", "version": "2026-11-24",
      "operation": "appstreaming:DeleteImage", "readings": {"deny-narrow-resource": "applies"}})"}};
  const auto rules = rules::Ruleset::load(sources);
  INFO((rules ? std::string() : rules.error().message));
  REQUIRE(rules);
  const std::string statements = R"({"Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "appstreaming:DeleteImage", "Resource": "acs:appstreaming:*:*:*"})";
  Files files =
      one_policy(statements, "  - {name: n, principal: user/a, action: appstreaming:DeleteImage, expect: allow}\n");
  CHECK(only(files.suite()).status == CaseStatus::kPassed);
  files.set_readings_from(*rules);
  CHECK(only(files.suite()).got == "explicit-deny");
}

TEST_CASE("filter and fail-fast skip cases", "[policy][run]") {
  const TestSuite suite = one_policy(kStatements, R"(
  - {name: first one, principal: user/a, action: ecd:DeleteImages, expect: deny}
  - {name: second one, principal: user/a, action: ecd:DeleteImages, expect: allow}
  - {name: third, principal: user/a, action: ecd:DeleteImages, expect: allow}
)")
                              .suite();
  const auto counts = [&](const RunOptions& options) {
    const RunResult run = run_suite(suite, options);
    return std::vector<std::uint64_t>{run.passed, run.failed, run.skipped};
  };
  CHECK(counts({}) == std::vector<std::uint64_t>{1, 2, 0});
  CHECK(counts({"one", false, false}) == std::vector<std::uint64_t>{1, 1, 1});
  CHECK(counts({"*third", false, false}) == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(counts({"f*", false, false}) == std::vector<std::uint64_t>{1, 0, 2});
  CHECK(counts({"nothing", false, false}) == std::vector<std::uint64_t>{0, 0, 3});
  CHECK(counts({"", true, false}) == std::vector<std::uint64_t>{1, 1, 1});
}

}  // namespace imagewarden::policy::test
