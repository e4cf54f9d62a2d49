// What explain() says beside the verdict: every statement, those that decided, near misses, open keys.

#include <catch2/catch.hpp>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::allow;
using test::deny;
using test::if_vpc;
using test::policies_of;
using test::user_with;

// `Custom/p0#1` for each, joined by spaces.
std::string names(const Evaluation& evaluation, const std::vector<std::size_t>& indexes) {
  std::string out;
  for (const std::size_t index : indexes) {
    const StatementRef& ref = evaluation.considered.at(index).ref;
    out += (out.empty() ? "" : " ") + ref.policy->name + '#' + std::to_string(ref.index);
  }
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

struct Answer {
  Principal principal;
  Evaluation evaluation;
};

Answer explain(PrincipalPolicies policies, Context context = {}) {
  Request request = test::delete_image(policies, std::move(context));
  Principal principal = Principal::compile(std::move(policies), {});
  Evaluation evaluation = principal.explain(request);
  return {std::move(principal), std::move(evaluation)};
}

TEST_CASE("every statement is accounted for, in the order of the steps", "[ram][explain]") {
  PrincipalPolicies user = user_with({allow("ecs:*") + "," + allow("*"), deny("oss:*")});
  user.control_levels.push_back({"root", policies_of({allow("*")})});
  user.resource_group_level.push_back({"rg-1", policies_of({allow("*")}).front()});
  const Answer answer = explain(user);
  const auto& considered = answer.evaluation.considered;
  REQUIRE(considered.size() == 5);
  CHECK(considered[0].ref.step == Step::kControlPolicy);
  CHECK(considered[1].ref.step == Step::kAccountLevel);
  CHECK_FALSE(considered[1].action_matches);
  CHECK(considered[1].matches == Tri::kFalse);
  CHECK(considered[2].matches == Tri::kTrue);
  CHECK(considered[2].ref.index == 1);
  CHECK(considered[3].ref.policy->name == "Custom/p1");
  // A resource group's policies are shown, but are about other resources.
  CHECK(considered[4].ref.step == Step::kResourceGroupLevel);
  CHECK(considered[4].action_matches);
  CHECK_FALSE(considered[4].resource_matches);
  CHECK(answer.evaluation.verdict == Verdict{Outcome::kAllow, Step::kAccountLevel});
  CHECK(names(answer.evaluation, answer.evaluation.deciding) == "Custom/p0#1");
}

TEST_CASE("deciding statements", "[ram][explain][table]") {
  struct Row {
    const char* why;
    std::vector<std::string> documents;
    const char* deciding;
    const char* open_keys;
  };
  const auto row = GENERATE(values<Row>({
      {"all Allows that match",
       {allow("*") + "," + allow("ecs:*"), allow("appstreaming:*")},
       "Custom/p0#0 Custom/p1#0",
       ""},
      {"the Denies alone", {allow("*") + "," + deny("*"), deny("appstreaming:*")}, "Custom/p0#1 Custom/p1#0", ""},
      {"nothing", {allow("ecs:*")}, "", ""},
      {"what an open answer waits for",
       {allow("*", if_vpc("a")) + "," + allow("ecs:*")},
       "Custom/p0#0",
       "acs:SourceVpc"},
      {"only the Denies where an Allow is certain",
       {allow("*"), allow("*", if_vpc("a")), deny("*", R"(, "Condition": {"Bool": {"acs:MFAPresent": "false"}})")},
       "Custom/p2#0",
       "acs:MFAPresent"},
      {"each key once, sorted, in one spelling",
       {allow("*", if_vpc("a")),
        allow("*", R"(, "Condition": {"StringEquals": {"acs:sourcevpc": "b", "acs:AccessId": "c"}})")},
       "Custom/p0#0 Custom/p1#0",
       "acs:AccessId acs:SourceVpc"},
      {"not the keys of what cannot match any more",
       {allow("*", R"(, "Condition": {"StringEquals": {"acs:SourceVpc": "a", "svc:Missing": "b"}})"),
        allow("*", if_vpc("a"))},
       "Custom/p1#0",
       "acs:SourceVpc"},
  }));
  CAPTURE(row.why);
  const Answer answer = explain(user_with(row.documents));
  CHECK(names(answer.evaluation, answer.evaluation.deciding) == row.deciding);
  CHECK(joined(answer.evaluation.open_keys) == row.open_keys);
}

TEST_CASE("an open control policy names its keys, not those of a settled step", "[ram][explain]") {
  PrincipalPolicies user = user_with({allow("*"), allow("*", if_vpc("a"))});
  user.control_levels.push_back(
      {"root",
       policies_of({allow("*") + "," + deny("*", R"(, "Condition": {"Bool": {"acs:SecureTransport": "false"}})")})});
  const Answer answer = explain(user);
  CHECK(answer.evaluation.verdict == Verdict{Outcome::kIndeterminate, Step::kControlPolicy});
  REQUIRE(answer.evaluation.deciding.size() == 1);
  CHECK(answer.evaluation.considered[answer.evaluation.deciding[0]].ref.step == Step::kControlPolicy);
  CHECK(joined(answer.evaluation.open_keys) == "acs:SecureTransport");
}

TEST_CASE("a resource group's open statements count only where they are asked", "[ram][explain]") {
  PrincipalPolicies user = user_with({});
  user.resource_group_level.push_back({"rg-1", policies_of({allow("*", if_vpc("a"))}).front()});
  const auto open_keys = [&](const std::vector<std::string>& account) {
    user.account_level = policies_of(account);
    const Principal principal = Principal::compile(user, {});
    return joined(
        principal.explain(test::on_resource(user, "ecs:DeleteImage", "acs:ecs:x:1:image/m-1", "rg-1")).open_keys);
  };
  const std::string mfa = R"(, "Condition": {"Bool": {"acs:MFAPresent": "true"}})";
  CHECK(open_keys({}) == "acs:SourceVpc");
  CHECK(open_keys({allow("*", mfa)}) == "acs:MFAPresent acs:SourceVpc");
  CHECK(open_keys({allow("*") + "," + deny("*", mfa)}) == "acs:MFAPresent");
  CHECK(open_keys({allow("*")}).empty());
}

TEST_CASE("near misses say what was wanted and what was found", "[ram][explain]") {
  const std::string condition =
      R"(, "Condition": {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}, "Bool": {"acs:MFAPresent": "true"}})";
  Context context;
  context.add_value("acs:SourceIp", "203.0.113.7");
  context.add_value("acs:MFAPresent", "true");
  const Answer answer = explain(user_with({allow("*", condition) + "," + allow("ecs:*", condition) + "," +
                                           deny("*", condition) + "," + allow("*", R"(, "Sid": 1)") + "," + deny("*")}),
                                context);
  const Evaluation& evaluation = answer.evaluation;
  CHECK(names(evaluation, evaluation.near_misses) == "Custom/p0#0");
  const ConsideredStatement& near = evaluation.considered[evaluation.near_misses.at(0)];
  CHECK(near.condition == Tri::kFalse);
  REQUIRE(near.failed.size() == 1);
  CHECK(near.failed[0].atom->key.name == "acs:SourceIp");
  CHECK(near.failed[0].atom->values[1].text == "192.0.2.0/24");
  CHECK(near.failed[0].result == Tri::kFalse);
  CHECK(near.failed[0].state == KeyState::kKnown);
  CHECK(near.failed[0].found == std::vector<std::string>{"203.0.113.7"});

  const Answer open = explain(user_with({allow("*", condition)}));
  CHECK(open.evaluation.near_misses.empty());  // it may still match
  REQUIRE(open.evaluation.considered[0].failed.size() == 2);
  CHECK(open.evaluation.considered[0].failed[0].state == KeyState::kOpen);
  CHECK(open.evaluation.considered[0].failed[0].found.empty());
}

TEST_CASE("a near miss over a pseudo-key shows the request's action", "[ram][explain]") {
  const Answer answer =
      explain(user_with({allow("*", R"(, "Condition": {"StringEquals": {"Action": "ecs:StopInstance"}})")}));
  REQUIRE(answer.evaluation.near_misses.size() == 1);
  const AtomResult& failed = answer.evaluation.considered[0].failed.at(0);
  CHECK(failed.found == std::vector<std::string>{test::kDelete});
  CHECK(failed.state == KeyState::kKnown);
}

TEST_CASE("what is not known is named with its reason", "[ram][explain]") {
  PrincipalPolicies user = user_with(
      {allow("*", R"(, "Sid": 1)") + "," + test::statement_of("Alow", "*") + "," + allow("ecs:*", R"(, "Sid": 1)")});
  user.account_level.push_back(test::unknown_policy());
  user.account_level.push_back({"Custom/mute", "user/alice", nullptr, "", ""});
  const Answer answer = explain(user);
  const auto& not_known = answer.evaluation.not_known;
  REQUIRE(not_known.size() == 4);
  CHECK(not_known[0] == "Custom/p0#0: `Sid` is not a string");
  CHECK(not_known[1] == "Custom/p0#1: Effect `Alow`, expected `Allow` or `Deny`");
  CHECK(not_known[2] == "Custom/lost: GetPolicy PolicyName=lost");
  CHECK(not_known[3] == "Custom/mute: its document is not known");
  CHECK(names(answer.evaluation, answer.evaluation.deciding) == "Custom/p0#0 Custom/p0#1 Custom/lost#0 Custom/mute#0");
}

TEST_CASE("a principal can be moved; its answers still point into it", "[ram][explain]") {
  const PrincipalPolicies user = user_with({allow("*")});
  const Request request = test::delete_image(user);
  Principal first = Principal::compile(user, {});
  const Evaluation evaluation = first.explain(request);
  Principal second = std::move(first);
  CHECK(second.decide(request).outcome == Outcome::kAllow);
  CHECK(evaluation.considered[0].ref.policy == second.policies().account_level.data());
  second = Principal::compile(user_with({}), {});
  CHECK(second.decide(request).outcome == Outcome::kImplicitDeny);
}

}  // namespace
}  // namespace imagewarden::ram
