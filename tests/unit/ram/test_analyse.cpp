// What find_difference() answers: by tables for the language, by cases for the steps, and within its limits.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "engine/ram/analyse.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using Texts = std::vector<std::string>;

const Texts kAllResourcesActions = {"appstreaming:deleteimage", "appstreaming:listimage"};
const Texts kKnownActions = {"appstreaming:deleteimage", "appstreaming:listimage", "ecs:deleteimage", "oss:getobject"};

RequestSpace request_space() { return {kAllResourcesActions, kKnownActions, test::kNow, RequestForm::kWellFormed}; }

Difference difference(const PrincipalPolicies& before, const PrincipalPolicies& after,
                      Compare compare = Compare::kNewAccess, const Readings& readings = {}) {
  return find_difference(before, after, compare, readings, request_space(), {});
}

// Of two users with these statements each.
Difference difference_of(const Texts& before, const Texts& after, Compare compare = Compare::kNewAccess,
                         const Readings& readings = {}) {
  return difference(test::user_with(before, readings), test::user_with(after, readings), compare, readings);
}

std::string on(const std::string& effect, const std::string& action, const std::string& resource) {
  return R"({"Effect": ")" + effect + R"(", "Action": ")" + action + R"(", "Resource": ")" + resource + "\"}";
}
std::string when(const std::string& condition) { return R"(, "Condition": )" + condition; }

struct Row {
  const char* why;
  std::string before;
  std::string after;
  // The witness as `ACTION RESOURCE KEY=VALUE…`, keys as they stand in the context but for acs:CurrentTime and
  // acs:PrincipalARN where nobody asks; empty: no new access.
  std::string witness;
};

std::string shown(const Request& request) {
  std::string out = request.action + " " + request.resource;
  for (const Context::Entry& entry : request.context.entries()) {
    const bool is_given = entry.state == KeyState::kKnown;
    if (is_given && (entry.key.name == "acs:CurrentTime" || entry.key.name == "acs:PrincipalARN")) {
      if (entry.values.front().date == test::kNow || entry.values.front().text.ends_with("user/alice")) continue;
    }
    if (!is_given) out += " no " + entry.key.name;
    for (const Value& value : entry.values) out += " " + entry.key.name + "=" + value.text;
  }
  return out;
}

TEST_CASE("new access, or none", "[ram][analyse][table]") {
  using test::allow;
  using test::deny;
  const auto row = GENERATE(values<Row>({
      {"nothing changed", allow("ecs:*"), allow("ecs:*"), ""},
      {"another spelling", allow("ecs:*"), allow("ECS:**"), ""},
      {"narrower", allow("ecs:*"), allow("ecs:Describe*"), ""},
      {"a known action if one fits", allow("ecs:Describe*"), allow("ecs:*"), "ecs:deleteimage *"},
      {"one without a resource level first", allow("ecs:*"), allow("*"), "appstreaming:deleteimage *"},
      {"a made-up action where no known one fits", allow("ecs:D*"), allow("ecs:Run*") + "," + allow("ecs:D*"),
       "ecs:runx *"},
      {"split into its parts", allow("oss:*Object"), allow("oss:Get*Object") + "," + allow("oss:?*Object"), ""},
      {"all but one, and that one", allow("*"),
       R"({"Effect": "Allow", "NotAction": "oss:*", "Resource": "*"},)" + allow("oss:*"), ""},
      {"a Deny dropped", allow("*") + "," + deny("oss:Get*"), allow("*"), "oss:getobject *"},
      {"a Deny that never mattered dropped", allow("ecs:*") + "," + deny("oss:Get*"), allow("ecs:*"), ""},
      {"a Deny narrowed", allow("*") + "," + deny("oss:*"), allow("*") + "," + deny("oss:Get*"), "oss:x *"},
      {"an Allow under a Deny", deny("*"), deny("*") + "," + allow("*"), ""},
      {"a resource more", on("Allow", "oss:*", "acs:oss:*:*:a/*"), on("Allow", "oss:*", "acs:oss:*:*:*"),
       "oss:getobject acs:oss:x:x:x"},
      {"an empty segment is every one", on("Allow", "oss:*", "acs:oss:*:*:a"), on("Allow", "oss:*", "acs:OSS:::a"), ""},
      {"a resource without a level is of no use", "" + deny("ecs:*"),
       on("Allow", "appstreaming:DeleteImage", "acs:appstreaming:*:*:*"), ""},
      {"every resource is * or an ARN", on("Allow", "ecs:*", "acs:*:*") + "," + allow("ecs:*"),
       on("Allow", "ecs:*", "**"), ""},
      {"a condition dropped", allow("ecs:*", when(R"({"Bool": {"acs:MFAPresent": "true"}})")), allow("ecs:*"),
       "ecs:deleteimage * no acs:MFAPresent"},
      {"true, false or absent", allow("ecs:*"),
       allow("ecs:*", when(R"({"Bool": {"acs:MFAPresent": "true"}})")) + "," +
           allow("ecs:*", when(R"({"StringNotEquals": {"acs:MFAPresent": "true"}})")),
       ""},
      {"a block widened", allow("ecs:*", when(R"({"IpAddress": {"acs:SourceIp": "10.0.0.0/24"}})")),
       allow("ecs:*", when(R"({"IpAddress": {"acs:SourceIp": "10.0.0.0/23"}})")),
       "ecs:deleteimage * acs:SourceIp=10.0.1.0"},
      {"a block cut in two", allow("ecs:*", when(R"({"IpAddress": {"acs:SourceIp": "10.0.0.0/23"}})")),
       allow("ecs:*", when(R"({"IpAddress": {"acs:SourceIp": ["10.0.0.0/24", "10.0.1.0/24"]}})")), ""},
      {"a boundary that closed", allow("ecs:*", when(R"({"NumericLessThan": {"svc:Size": "10"}})")),
       allow("ecs:*", when(R"({"NumericLessThanEquals": {"svc:Size": "10.0"}})")), "ecs:deleteimage * svc:Size=10.0"},
      {"a time later than now",
       allow("ecs:*", when(R"({"DateLessThan": {"acs:CurrentTime": "2030-01-01T00:00:00Z"}})")),
       allow("ecs:*", when(R"({"DateLessThanEquals": {"acs:CurrentTime": "2030-01-01T00:00:00Z"}})")),
       "ecs:deleteimage * acs:CurrentTime=2030-01-01T00:00:00Z"},
      {"the time is always there",
       allow("ecs:*", when(R"({"DateLessThan": {"acs:CurrentTime": "2030-01-01T00:00:00Z"}})")) + "," +
           allow("ecs:*", when(R"({"DateGreaterThanEquals": {"acs:CurrentTime": "2030-01-01T00:00:00Z"}})")),
       allow("ecs:*"), ""},
      {"another principal",
       allow("ecs:*", when(R"({"StringLike": {"acs:PrincipalARN": "acs:ram::1234567890123456:user/alice"}})")),
       allow("ecs:*", when(R"({"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/*"}})")),
       "ecs:deleteimage * acs:PrincipalARN=acs:ram::x:user/x"},
      {"two values of one key", allow("ecs:*", when(R"({"StringEquals": {"svc:Zone": "a"}})")),
       allow("ecs:*", when(R"({"ForAnyValue:StringNotEquals": {"svc:Zone": "a"}})")) + "," +
           deny("ecs:*", when(R"({"ForAllValues:StringNotEquals": {"svc:Zone": "a"}})")),
       ""},
      {"two values needed", allow("ecs:*", when(R"({"ForAllValues:StringEquals": {"svc:Zone": "a"}})")),
       allow(
           "ecs:*",
           when(
               R"({"ForAnyValue:StringEquals": {"svc:Zone": "a"}, "ForAnyValue:StringNotEquals": {"svc:Zone": "a"}})")),
       "ecs:deleteimage * svc:Zone=a svc:Zone=x"},
      {"tag keys differ by case", allow("ecs:*", when(R"({"StringEquals": {"acs:ResourceTag/env": "x"}})")),
       allow("ecs:*", when(R"({"StringEquals": {"acs:ResourceTag/Env": "x"}})")),
       "ecs:deleteimage * acs:ResourceTag/Env=x"},
      {"other keys do not", allow("ecs:*", when(R"({"StringEquals": {"svc:env": "x"}})")),
       allow("ecs:*", when(R"({"StringEquals": {"SVC:Env": "x"}})")), ""},
      {"the pseudo-key Action minds case", allow("ecs:*", when(R"({"StringEquals": {"Action": "ecs:runinstances"}})")),
       allow("ecs:*", when(R"({"StringEqualsIgnoreCase": {"Action": "ecs:runinstances"}})")), "ecs:runinstanceS *"},
      {"the pseudo-key Resource", on("Allow", "ecs:*", "acs:ecs:*:*:a*"),
       allow("ecs:*", when(R"({"StringLike": {"Resource": "acs:ecs:*:*:a*"}})")), ""},
      {"and the case of its service", on("Allow", "ecs:*", "acs:ecs:*:*:a*"),
       allow("ecs:*", when(R"({"StringLike": {"Resource": "acs:ECS:*:*:*"}})")), "ecs:deleteimage acs:ECS:x:x:x"},
  }));
  CAPTURE(row.why);
  const Difference found = difference_of({row.before}, {row.after});
  CHECK(found.found == (row.witness.empty() ? Found::kNothing : Found::kWitness));
  if (found.request) {
    CHECK(shown(*found.request) == row.witness);
    CHECK(found.after == Outcome::kAllow);
    CHECK(found.before != Outcome::kAllow);
  } else {
    CHECK(row.witness.empty());
  }
}

TEST_CASE("any difference of the outcome, not only new access", "[ram][analyse]") {
  const auto lost = [](Compare compare) { return difference_of({test::allow("*")}, {test::allow("ecs:*")}, compare); };
  CHECK(lost(Compare::kNewAccess).found == Found::kNothing);
  const Difference difference = lost(Compare::kOutcome);
  CHECK(difference.found == Found::kWitness);
  CHECK(difference.before == Outcome::kAllow);
  CHECK(difference.after == Outcome::kImplicitDeny);

  // An implicit deny that becomes explicit.
  const Difference denied =
      difference_of({test::allow("ecs:*")}, {test::allow("ecs:*"), test::deny("oss:*")}, Compare::kOutcome);
  CHECK(denied.after == Outcome::kExplicitDeny);
  // The order, another policy that says the same, an unused one.
  CHECK(difference_of({test::allow("ecs:*"), test::deny("oss:*")}, {test::deny("oss:*") + "," + test::allow("ecs:*")},
                      Compare::kOutcome)
            .found == Found::kNothing);
  CHECK(difference_of({test::allow("*")}, {test::allow("*"), test::allow("ecs:*")}, Compare::kOutcome).found ==
        Found::kNothing);
}

TEST_CASE("what cannot be evaluated counts as the evaluator counts it", "[ram][analyse]") {
  const std::string broken_deny = test::deny("oss:*", when(R"({"Null": {"a:b": "true"}})"));
  const std::string broken_allow = test::allow("oss:*", when(R"({"Null": {"a:b": "true"}})"));
  // A Deny that could match makes an allow indeterminate.
  const Difference dropped = difference_of({test::allow("oss:*"), broken_deny}, {test::allow("oss:*")});
  REQUIRE(dropped.found == Found::kWitness);
  CHECK(dropped.before == Outcome::kIndeterminate);
  // An Allow that could match grants nothing, but the answer is another one.
  CHECK(difference_of({test::allow("ecs:*")}, {test::allow("ecs:*"), broken_allow}).found == Found::kNothing);
  const Difference unclear =
      difference_of({test::allow("ecs:*")}, {test::allow("ecs:*"), broken_allow}, Compare::kOutcome);
  REQUIRE(unclear.found == Found::kWitness);
  CHECK(unclear.after == Outcome::kIndeterminate);

  PrincipalPolicies before = test::user_with({test::allow("ecs:*")});
  PrincipalPolicies after = before;
  after.account_level.push_back(test::unknown_policy());
  CHECK(difference(before, after).found == Found::kNothing);
  CHECK(difference(after, before).before == Outcome::kIndeterminate);
  CHECK(difference(after, before).found == Found::kWitness);
}

TEST_CASE("the steps of the evaluation", "[ram][analyse]") {
  PrincipalPolicies user = test::user_with({test::allow("*")});
  SECTION("a control policy more takes nothing but access") {
    PrincipalPolicies bound = user;
    bound.control_levels.push_back({"root", test::policies_of({test::allow("*") + "," + test::deny("oss:*")})});
    CHECK(difference(user, bound).found == Found::kNothing);
    CHECK(shown(*difference(bound, user).request) == "oss:getobject *");
    // Every level has to allow.
    PrincipalPolicies twice = bound;
    twice.control_levels.push_back({"folder", test::policies_of({test::allow("ecs:*")})});
    CHECK(difference(bound, twice).found == Found::kNothing);
    CHECK(difference(twice, bound).found == Found::kWitness);
    // They do not bind the management account.
    PrincipalPolicies management = bound;
    management.is_management_account = true;
    CHECK(difference(user, management, Compare::kOutcome).found == Found::kNothing);
  }
  SECTION("a session policy limits a role") {
    PrincipalPolicies role = user;
    role.kind = PrincipalKind::kRole;
    PrincipalPolicies limited = role;
    limited.has_session_policies = true;
    limited.session_policies = test::policies_of({test::allow("oss:*")});
    CHECK(difference(role, limited).found == Found::kNothing);
    CHECK(difference(limited, role).found == Found::kWitness);
    CHECK(difference(user, limited).found == Found::kNothing);
  }
  SECTION("a resource group of its own") {
    PrincipalPolicies grouped = test::user_with({test::allow("ecs:*")});
    PrincipalPolicies more = grouped;
    more.resource_group_level.push_back({"rg-1", test::policies_of({test::allow("oss:*")}).front()});
    const Difference found = difference(grouped, more);
    REQUIRE(found.found == Found::kWitness);
    CHECK(found.request->resource_group == "rg-1");
    CHECK(found.request->action == "oss:getobject");
    // An action without a resource level has no resource group.
    more.resource_group_level.front().policy = test::policies_of({test::allow("appstreaming:DeleteImage")}).front();
    CHECK(difference(grouped, more).found == Found::kNothing);
    // An Allow at account level ends the step, so a Deny in the group takes nothing; under the other reading it does.
    more.resource_group_level.front().policy = test::policies_of({test::deny("*")}).front();
    PrincipalPolicies ungrouped = more;
    ungrouped.resource_group_level.clear();
    CHECK(difference(more, ungrouped).found == Found::kNothing);
    Readings readings;
    readings.set(Reading::kResourceGroupStep, 1);
    CHECK(difference(more, ungrouped, Compare::kNewAccess, readings).request->resource_group == "rg-1");
  }
  SECTION("the root of an account needs no policies") {
    PrincipalPolicies root;
    root.kind = PrincipalKind::kRoot;
    CHECK(difference(user, root, Compare::kOutcome).found == Found::kNothing);
    CHECK(difference(test::user_with({}), root).found == Found::kWitness);
  }
}

TEST_CASE("readings change what is new", "[ram][analyse]") {
  const std::string narrow_deny = on("Deny", "appstreaming:*", "acs:appstreaming:*:*:*");
  const Texts before = {test::allow("appstreaming:DeleteImage"), narrow_deny};
  const Texts after = {test::allow("appstreaming:DeleteImage")};
  CHECK(difference_of(before, after).found == Found::kNothing);
  Readings applies;
  applies.set(Reading::kDenyNarrowResource, 1);
  CHECK(difference_of(before, after, Compare::kNewAccess, applies).request->action == "appstreaming:deleteimage");
}

TEST_CASE("texts of any form, where they are asked for", "[ram][analyse]") {
  RequestSpace space = request_space();
  const PrincipalPolicies before = test::user_with({test::allow("*:*")});
  const PrincipalPolicies after = test::user_with({test::allow("*")});
  CHECK(find_difference(before, after, Compare::kNewAccess, {}, space, {}).found == Found::kNothing);
  space.form = RequestForm::kAnyText;
  CHECK(find_difference(before, after, Compare::kNewAccess, {}, space, {}).request->action.find(':') ==
        std::string::npos);
}

TEST_CASE("what is not decided says why", "[ram][analyse]") {
  const Difference mixed = difference_of(
      {test::allow("ecs:*", when(R"({"NumericLessThan": {"svc:Size": "1000"}})"))},
      {test::allow("ecs:*", when(R"({"NumericLessThan": {"svc:Size": "1000"}})")) + "," +
       test::allow("ecs:*", when(R"({"StringLike": {"svc:Size": "1*7"}, "NumericLessThan": {"svc:Size": "1000"}})"))});
  CHECK(mixed.found == Found::kNothing);  // the new statement is a part of the old one, whatever the key holds
  // Every value has to be a number between, by the look of its text as well.
  const Difference undecided =
      difference_of({test::allow("ecs:*", when(R"({"ForAllValues:NumericLessThan": {"svc:Size": "10"}})"))},
                    {test::allow("ecs:*", when(R"({"ForAllValues:StringLike": {"svc:Size": "1*7"},)"
                                               R"("ForAllValues:NumericLessThan": {"svc:Size": "1000"}})"))});
  CHECK(undecided.found == Found::kUndecided);
  CHECK(undecided.why == "condition key `svc:Size` is compared with patterns and typed values at once");

  const Difference cut = find_difference(test::user_with({test::allow("ecs:*")}), test::user_with({test::allow("*")}),
                                         Compare::kNewAccess, {}, request_space(), {2});
  CHECK(cut.found == Found::kUndecided);
  CHECK(cut.why == "the search was ended after 2 steps");
}

// 100 statements on ten services, patterns that overlap, with conditions.
Texts many_statements(std::mt19937& rng, std::size_t count) {
  static const Texts services = {"ecs", "oss", "appstreaming", "vpc", "ram", "rds", "slb", "fc", "log", "kms"};
  static const Texts verbs = {"Describe*", "Get*", "List*", "*Image*", "Delete*", "*", "Create?*", "RunInstances"};
  static const Texts conditions = {"", "", R"({"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}})",
                                   R"({"Bool": {"acs:MFAPresent": "true"}})",
                                   R"({"StringLike": {"oss:Prefix": ["a/*", "b/*"]}})"};
  Texts out;
  while (out.size() < count) {
    const std::string& service = test::pick(rng, services);
    const std::string resource = test::chance(rng, 40) ? "*"
                                                       : "acs:" + service + ":*:*:" + test::pick(rng, services) +
                                                             std::to_string(rng() % 10) + "/*";
    const std::string& condition = test::pick(rng, conditions);
    out.push_back(R"({"Effect": ")" + std::string(test::chance(rng, 85) ? "Allow" : "Deny") + R"(", "Action": ")" +
                  service + ":" + test::pick(rng, verbs) + R"(", "Resource": ")" + resource + "\"" +
                  (condition.empty() ? "" : when(condition)) + "}");
  }
  return out;
}

TEST_CASE("a hundred statements with ten of them changed take few steps", "[ram][analyse][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  const auto one_document = [](const Texts& statements) {
    std::string all = statements.front();
    for (std::size_t i = 1; i < statements.size(); ++i) all += "," + statements[i];
    return test::user_with({all});
  };
  std::size_t found = 0;
  for (int round = 0; round < 30; ++round) {
    const Texts statements = many_statements(rng, 100);
    Texts changed = statements;
    for (const std::string& statement : many_statements(rng, 10)) changed[rng() % changed.size()] = statement;
    const Difference answer = find_difference(one_document(statements), one_document(changed), Compare::kNewAccess, {},
                                              request_space(), {1'000'000});
    REQUIRE(answer.found != Found::kUndecided);
    if (answer.found == Found::kWitness) ++found;
    REQUIRE(find_difference(one_document(statements), one_document(statements), Compare::kOutcome, {}, request_space(),
                            {10'000})
                .found == Found::kNothing);
  }
  CHECK(found > 0);
}

}  // namespace
}  // namespace imagewarden::ram
