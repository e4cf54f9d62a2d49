// Verdicts of one set of statements: what is open, what is not evaluable, what the request knows by itself.

#include <catch2/catch.hpp>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::allow;
using test::deny;
using test::if_vpc;
using test::outcome_for;
using test::user_with;

const std::string kBroken = R"(, "Condition": {"Null": {"acs:SourceVpc": "true"}})";

TEST_CASE("statements and the outcome", "[ram][evaluate][table]") {
  struct Row {
    const char* why;
    std::vector<std::string> documents;
    Outcome want;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", {}, Outcome::kImplicitDeny},
      {"an Allow", {allow("*")}, Outcome::kAllow},
      {"a Deny wins, whatever the order", {deny("*") + "," + allow("*")}, Outcome::kExplicitDeny},
      {"over policies too", {allow("*"), deny("*")}, Outcome::kExplicitDeny},
      {"of another action", {allow("*"), deny("ecs:*")}, Outcome::kAllow},
      {"an open Allow", {allow("*", if_vpc("a"))}, Outcome::kIndeterminate},
      {"an open Allow beside a certain one", {allow("*", if_vpc("a")), allow("*")}, Outcome::kAllow},
      {"an open Deny", {allow("*"), deny("*", if_vpc("a"))}, Outcome::kIndeterminate},
      {"an open Deny where nothing allows", {deny("*", if_vpc("a"))}, Outcome::kImplicitDeny},
      {"an open Deny beside a certain one", {deny("*", if_vpc("a")), deny("*")}, Outcome::kExplicitDeny},
      {"an Allow that is not evaluable", {allow("*", kBroken)}, Outcome::kIndeterminate},
      {"the same of another action", {allow("ecs:*", kBroken)}, Outcome::kImplicitDeny},
      {"the same beside a certain Allow", {allow("*", kBroken), allow("*")}, Outcome::kAllow},
      {"the same beside a certain Deny", {allow("*", kBroken), deny("*")}, Outcome::kExplicitDeny},
      {"a Deny that is not evaluable", {allow("*"), deny("*", kBroken)}, Outcome::kIndeterminate},
      {"the same of another action", {allow("*"), deny("ecs:*", kBroken)}, Outcome::kAllow},
      {"the same where nothing allows", {deny("*", kBroken)}, Outcome::kImplicitDeny},
      {"the same beside a certain Deny", {allow("*"), deny("*", kBroken), deny("*")}, Outcome::kExplicitDeny},
      {"an Effect that cannot be read could allow", {test::statement_of("Alow", "*")}, Outcome::kIndeterminate},
      {"and could deny", {allow("*"), test::statement_of("deny", "*")}, Outcome::kIndeterminate},
      {"an Action that cannot be read could be this one", {allow("DeleteImage")}, Outcome::kIndeterminate},
      {"a Resource that is narrower than `*`",
       {R"({"Effect": "Allow", "Action": "*", "Resource": "acs:appstreaming:*:*:*"})"},
       Outcome::kImplicitDeny},
      {"a broken statement on such a Resource",
       {R"({"Effect": "Allow", "Action": "*", "Resource": "acs:appstreaming:*:*:*", "Sid": 1})"},
       Outcome::kImplicitDeny},
  }));
  CAPTURE(row.why);
  CHECK(outcome_for(row.documents) == row.want);
}

TEST_CASE("a policy whose document is not known could allow and deny", "[ram][evaluate]") {
  PrincipalPolicies user = user_with({});
  user.account_level.push_back(test::unknown_policy());
  CHECK(test::verdict_of(user, test::delete_image(user)).outcome == Outcome::kIndeterminate);
  user.account_level.push_back(test::policies_of({allow("*")}).front());
  CHECK(test::verdict_of(user, test::delete_image(user)).outcome == Outcome::kIndeterminate);
  user.account_level.push_back(test::policies_of({deny("*")}).front());
  CHECK(test::verdict_of(user, test::delete_image(user)).outcome == Outcome::kExplicitDeny);
}

TEST_CASE("a key that is open, given, or declared absent", "[ram][evaluate]") {
  const std::vector<std::string> needs_mfa = {allow("*", R"(, "Condition": {"Bool": {"acs:MFAPresent": "true"}})")};
  const std::vector<std::string> stops = {allow("*"),
                                          deny("*", R"(, "Condition": {"Bool": {"acs:MFAPresent": "false"}})")};
  Context given;
  given.add_value("ACS:mfapresent", "true");
  Context absent;
  absent.set_absent("acs:MFAPresent");
  CHECK(outcome_for(needs_mfa) == Outcome::kIndeterminate);
  CHECK(outcome_for(needs_mfa, given) == Outcome::kAllow);
  CHECK(outcome_for(needs_mfa, absent) == Outcome::kImplicitDeny);
  CHECK(outcome_for(stops) == Outcome::kIndeterminate);
  CHECK(outcome_for(stops, given) == Outcome::kAllow);
  CHECK(outcome_for(stops, absent) == Outcome::kAllow);  // a call with an AccessKey
  // A service's own key is absent unless given.
  CHECK(outcome_for({allow("*", R"(, "Condition": {"StringEquals": {"oss:Prefix": "a"}})")}) == Outcome::kImplicitDeny);
}

TEST_CASE("a request knows its time and its caller", "[ram][evaluate]") {
  PrincipalPolicies principal = user_with({});
  const auto arn_of = [&]() -> std::string {
    const Request request = make_request("a:B", "*", ResourceLevel::kUnknown, {}, principal, test::kNow);
    const KeyFacts facts = request.context.find(Key::of("acs:PrincipalARN"));
    return facts.state == KeyState::kKnown ? facts.values.front().text : "";
  };
  CHECK(arn_of() == "acs:ram::1234567890123456:user/alice");
  principal.kind = PrincipalKind::kRole;
  principal.name = "Builder";
  CHECK(arn_of() == "acs:ram::1234567890123456:role/builder");
  principal.kind = PrincipalKind::kRoot;
  CHECK(arn_of() == "acs:ram::1234567890123456:root");
  principal.account.clear();
  CHECK(arn_of().empty());

  Context own;
  own.add_value("acs:currenttime", "2019-08-12T09:00:00Z");
  own.add_value("acs:PrincipalARN", "acs:ram::1:user/bob");
  const Request request = make_request("A:b", "*", ResourceLevel::kUnknown, own, principal, test::kNow);
  CHECK(request.context.find(Key::of("acs:CurrentTime")).values.front().text == "2019-08-12T09:00:00Z");
  CHECK(request.context.find(Key::of("acs:PrincipalARN")).values.front().text == "acs:ram::1:user/bob");
  CHECK(request.action == "A:b");
  CHECK(request.action_lower == "a:b");

  const std::string until = R"(, "Condition": {"DateLessThan": {"acs:CurrentTime": "2026-09-21T14:13:21Z"}})";
  const std::string from = R"(, "Condition": {"DateGreaterThan": {"acs:CurrentTime": "2026-09-21T14:13:20Z"}})";
  CHECK(format_rfc3339(test::kNow) == "2026-09-21T14:13:20Z");
  CHECK(outcome_for({allow("*", until)}) == Outcome::kAllow);
  CHECK(outcome_for({allow("*", from)}) == Outcome::kImplicitDeny);
}

TEST_CASE("conditions shared by many statements, and many keys", "[ram][evaluate]") {
  // More distinct keys than the cache of one decision holds.
  std::string statements;
  Context context;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "svc:Key" + std::to_string(i);
    statements +=
        (i == 0 ? "" : ",") + deny("*", R"(, "Condition": {"StringEquals": {")" + key + R"(": "x", "svc:Last": "y"}})");
    context.add_value(key, i == 37 ? "x" : "z");
  }
  context.add_value("svc:Last", "n");
  CHECK(outcome_for({allow("*") + "," + statements}, context) == Outcome::kAllow);
  context.add_value("svc:Last", "y");
  CHECK(outcome_for({allow("*") + "," + statements}, context) == Outcome::kExplicitDeny);
}

TEST_CASE("more statements and longer resources than the stack holds", "[ram][evaluate]") {
  std::vector<std::string> documents(100);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    for (int j = 0; j < 50; ++j) {
      documents[i] += (j == 0 ? "" : ",") + allow("svc:Verb" + std::to_string(i * 50 + static_cast<std::size_t>(j)));
    }
  }
  documents.push_back(allow("appstreaming:*") + "," + deny("ecs:*"));
  PrincipalPolicies user = user_with(documents);
  CHECK(test::verdict_of(user, test::delete_image(user)).outcome == Outcome::kAllow);
  CHECK(test::verdict_of(user, test::on_resource(user, "svc:Verb4999", "*")).outcome == Outcome::kAllow);
  CHECK(test::verdict_of(user, test::on_resource(user, "ecs:Stop", "*")).outcome == Outcome::kExplicitDeny);

  const std::string tail(3000, 'x');
  user = user_with({R"({"Effect": "Allow", "Action": "oss:*", "Resource": "acs:OSS:*:*:*x"})"});
  CHECK(test::verdict_of(user, test::on_resource(user, "oss:Get", "acs:Oss:a:1:" + tail)).outcome == Outcome::kAllow);
  CHECK(test::verdict_of(user, test::on_resource(user, "oss:Get", "acs:Oss:a:1:" + tail + "y")).outcome ==
        Outcome::kImplicitDeny);
}

TEST_CASE("names of outcomes and steps", "[ram][evaluate]") {
  CHECK(to_string(Outcome::kAllow) == "allow");
  CHECK(to_string(Outcome::kExplicitDeny) == "explicit-deny");
  CHECK(to_string(Outcome::kImplicitDeny) == "implicit-deny");
  CHECK(to_string(Outcome::kIndeterminate) == "indeterminate");
  CHECK(to_string(Step::kNone).empty());
  CHECK(to_string(Step::kControlPolicy) == "ControlPolicy");
  CHECK(to_string(Step::kSessionPolicy) == "SessionPolicy");
  CHECK(to_string(Step::kAccountLevel) == "AccountLevelIdentityBasedPolicy");
  CHECK(to_string(Step::kResourceGroupLevel) == "ResourceGroupLevelIdentityBasedPolicy");
  CHECK(to_string(Step::kAssumeRole) == "AssumeRolePolicy");
  CHECK(Verdict{}.outcome == Outcome::kExplicitDeny);  // a forgotten verdict denies
}

}  // namespace
}  // namespace imagewarden::ram
