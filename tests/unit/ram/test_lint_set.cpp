// What only attachments show, and that a statement called useless is useless.

#include <catch2/catch.hpp>

#include "tests/unit/ram/lint_support.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::find_rule;
using test::ids_of;
using test::lint_tables;
using Holder = LintAttachment::Holder;

LintInput input_of(const std::string& name, const std::string& statements, PolicyKind kind = PolicyKind::kIdentity) {
  return {"Custom/" + name, name + ".json", test::document_of(statements), kind, false, "1"};
}

LintAttachment attached(Holder holder, const std::string& name, std::size_t input, const std::string& group = "") {
  return {holder, name, "1", "Custom", "p" + std::to_string(input), input, "", group};
}

TEST_CASE("RAM055: a Deny in a resource group under an Allow at account level", "[ram][lint][set]") {
  const std::vector<LintInput> inputs{
      input_of("allow", test::allow("ecs:*")),
      input_of("deny", test::allow("oss:GetObject") + ", " + test::deny("ecs:DeleteInstance"))};
  LintSet set;
  set.attachments = {attached(Holder::kUser, "alice", 0), attached(Holder::kUser, "alice", 1, "rg-1")};
  auto findings = lint_set(inputs, set, lint_tables());
  REQUIRE(ids_of(findings) == std::vector<std::string>{"RAM055"});
  CHECK(findings[0].input == 1);
  CHECK(findings[0].pointer == "/Statement/1");
  CHECK_THAT(findings[0].message, Catch::Matchers::Contains("`user/alice`"));

  // Through a group as well.
  set.attachments[1] = attached(Holder::kGroup, "staff", 1, "rg-1");
  CHECK(lint_set(inputs, set, lint_tables()).empty());
  set.memberships = {{"1", "alice", "staff"}};
  CHECK(ids_of(lint_set(inputs, set, lint_tables())) == std::vector<std::string>{"RAM055"});
  // Of another account, at account level, or about other actions it is none.
  set.memberships = {{"2", "alice", "staff"}};
  CHECK(lint_set(inputs, set, lint_tables()).empty());
  set.attachments[1] = attached(Holder::kUser, "alice", 1);
  CHECK(lint_set(inputs, set, lint_tables()).empty());
  const std::vector<LintInput> others{input_of("allow", test::allow("oss:*")),
                                      input_of("deny", test::deny("ecs:DeleteInstance"))};
  set.attachments[1] = attached(Holder::kUser, "alice", 1, "rg-1");
  CHECK(lint_set(others, set, lint_tables()).empty());
  // A system policy that is no input counts by its document.
  set.attachments[0] = {Holder::kUser,
                        "alice",
                        "1",
                        "System",
                        "AdministratorAccess",
                        std::nullopt,
                        test::document_of(test::allow("*")),
                        ""};
  CHECK(ids_of(lint_set(others, set, lint_tables())) == std::vector<std::string>{"RAM055"});
}

TEST_CASE("RAM056: a grant in a resource group of an action without a resource", "[ram][lint][set]") {
  const std::vector<LintInput> inputs{input_of("p", R"({"Effect": "Allow", "Action": ["ecs:RebootInstance",
      "appstreaming:DeleteImage"], "Resource": "*"})")};
  LintSet set;
  set.attachments = {attached(Holder::kRole, "janitor", 0, "rg-1")};
  const auto findings = lint_set(inputs, set, lint_tables());
  REQUIRE(ids_of(findings) == std::vector<std::string>{"RAM056"});
  CHECK(findings[0].pointer == "/Statement/0/Action/1");
  set.attachments[0].resource_group.clear();
  CHECK(lint_set(inputs, set, lint_tables()).empty());
}

TEST_CASE("RAM057: control policies with an Allow list", "[ram][lint][set][table]") {
  struct Row {
    const char* why;
    const char* statement;
    bool full_access;
    bool other_unknown;
    bool found;
  };
  const auto row = GENERATE(values<Row>({
      {"no way into a role", R"({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})", false, false, true},
      {"with AssumeRole", R"({"Effect": "Allow", "Action": ["ecs:*", "sts:AssumeRole"], "Resource": "*"})", false,
       false, false},
      {"by a pattern", R"({"Effect": "Allow", "Action": ["ecs:*", "sts:*"], "Resource": "*"})", false, false, false},
      {"by NotAction", R"({"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"})", false, false, false},
      {"no effect", R"({"Effect": "Allow", "Action": ["ecs:*", "sts:*"], "Resource": "*"})", true, false, true},
      {"a Deny is what control policies are for", R"({"Effect": "Deny", "Action": "ecs:*", "Resource": "*"})", true,
       false, false},
      {"another list was not exported", R"({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})", false, true,
       false},
  }));
  CAPTURE(row.why);
  const std::vector<LintInput> inputs{input_of("c", row.statement, PolicyKind::kControl)};
  LintSet set;
  set.controls = {{"fd-1", "c", 0}};
  if (row.full_access) set.controls.push_back({"fd-1", "FullAliyunAccess", std::nullopt});
  if (row.other_unknown) set.controls.push_back({"fd-1", "other", std::nullopt});
  CHECK((find_rule(lint_set(inputs, set, lint_tables()), "RAM057") != nullptr) == row.found);
}

TEST_CASE("RAM061: limits of a principal and of a policy", "[ram][lint][set][table]") {
  struct Row {
    const char* type;
    std::size_t policies;
    bool found;
  };
  const auto row =
      GENERATE(values<Row>({{"Custom", 10, false}, {"Custom", 11, true}, {"System", 20, false}, {"System", 21, true}}));
  CAPTURE(row.type, row.policies);
  const std::vector<LintInput> inputs{input_of("p", test::allow("ecs:DescribeInstances"))};
  LintSet set;
  for (std::size_t i = 0; i < row.policies; ++i) {
    set.attachments.push_back({Holder::kGroup, "staff", "1", row.type, "p" + std::to_string(i), std::nullopt, "", ""});
  }
  auto findings = lint_set(inputs, set, lint_tables());
  CHECK(findings.size() == (row.found ? 1U : 0U));
  if (row.found) CHECK(findings[0].input == Finding::kNoInput);
  // The same policy on two levels is one policy; another account is another principal.
  set.attachments.push_back(set.attachments.front());
  set.attachments.back().resource_group = "rg-1";
  set.attachments.push_back({Holder::kGroup, "staff", "2", row.type, "other", std::nullopt, "", ""});
  CHECK(lint_set(inputs, set, lint_tables()).size() == findings.size());

  LintSet versions;
  versions.versions = {{0, 5}};
  CHECK(lint_set(inputs, versions, lint_tables()).empty());
  versions.versions = {{0, 6}};
  CHECK(ids_of(lint_set(inputs, versions, lint_tables())) == std::vector<std::string>{"RAM061"});
}

TEST_CASE("on whom a policy hangs", "[ram][lint][set]") {
  const std::vector<LintInput> inputs{input_of("a", test::allow("*")), input_of("b", test::allow("*")),
                                      input_of("t", test::allow("*"), PolicyKind::kTrust)};
  LintSet set;
  set.attachments = {attached(Holder::kUser, "zoe", 0), attached(Holder::kUser, "alice", 0),
                     attached(Holder::kUser, "alice", 0, "rg-1"), attached(Holder::kGroup, "staff", 0),
                     attached(Holder::kRole, "janitor", 0)};
  const auto notes = attachment_notes(inputs, set);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].direct_users == std::vector<std::string>{"alice", "zoe"});
  CHECK(notes[0].users == 2);
  CHECK(notes[0].groups == 1);
  CHECK(notes[0].roles == 1);
  CHECK(notes[1].users + notes[1].groups + notes[1].roles + notes[1].targets == 0);
}

// Without a statement that RAM052 or RAM053 names, every request gets the answer that it got with it.
TEST_CASE("a statement that is called useless is useless", "[ram][lint][property]") {
  const std::vector<std::string> actions{R"("*")", R"("a:*")", R"("a:B")", R"("a:?")", R"("b:*")", R"(["a:B", "b:C"])"};
  const std::vector<std::string> resources{R"("*")", R"("acs:a:*:*:x*")", R"("acs:a:*:*:xy")", R"("acs:a::1:x*")",
                                           R"("acs:*")"};
  const std::vector<std::string> conditions{
      "", R"(, "Condition": {"StringEquals": {"acs:SourceVpc": "v1"}})",
      R"(, "Condition": {"StringLike": {"acs:SourceVpc": "v*"}})",
      R"(, "Condition": {"StringNotEquals": {"acs:SourceVpc": "v1"}})",
      R"(, "Condition": {"StringEquals": {"acs:SourceVpc": "v1"}, "Bool": {"acs:MFAPresent": "true"}})"};
  std::mt19937 random(Catch::rngSeed());
  std::size_t named = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> statements;
    for (int i = 0; i < 4; ++i) {
      const std::string key = test::chance(random, 85) ? "Action" : "NotAction";
      statements.push_back(R"({"Effect": ")" + std::string(test::chance(random, 60) ? "Allow" : "Deny") + R"(", ")" +
                           key + R"(": )" + test::pick(random, actions) + R"(, "Resource": )" +
                           test::pick(random, resources) + test::pick(random, conditions) + "}");
    }
    std::string all;
    for (const std::string& statement : statements) all += (all.empty() ? "" : ", ") + statement;
    for (const Finding& finding : test::lint_text(all)) {
      const bool whole =
          finding.pointer.rfind("/Statement/", 0) == 0 && finding.pointer.size() == std::string("/Statement/0").size();
      if (!whole || (finding.rule->id != "RAM052" && finding.rule->id != "RAM053")) continue;
      ++named;
      const auto index = static_cast<std::size_t>(finding.pointer.back() - '0');
      std::string rest;
      for (std::size_t i = 0; i < statements.size(); ++i) {
        if (i != index) rest += (rest.empty() ? "" : ", ") + statements[i];
      }
      CAPTURE(all, finding.message, index);
      const auto with = test::user_with({all});
      const auto without = test::user_with({rest});
      for (const char* action : {"a:B", "a:BB", "b:C", "c:D"}) {
        for (const char* resource : {"*", "acs:a:r:1:xy", "acs:a:r:1:xz", "acs:a:r:2:xy", "acs:b:r:1:q"}) {
          for (const char* vpc : {"", "v1", "v2", "w"}) {
            Context context;
            context.set_absent("acs:MFAPresent");
            context.set_absent("acs:SourceVpc");
            if (*vpc != '\0') context.set("acs:SourceVpc", KeyState::kKnown, {Value::of(vpc)});
            const auto before = test::verdict_of(with, test::on_resource(with, action, resource, "", context));
            const auto after = test::verdict_of(without, test::on_resource(without, action, resource, "", context));
            CHECK(before.outcome == after.outcome);
          }
        }
      }
    }
  }
  CHECK(named > 100);
}

}  // namespace
}  // namespace imagewarden::ram
