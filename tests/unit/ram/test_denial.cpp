// The predicted 403.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/ram/denial.h"
#include "tests/unit/ram/support.h"

using namespace imagewarden;
using namespace imagewarden::ram;
using namespace imagewarden::ram::test;

namespace {

struct Written {
  nlohmann::json body;
  nlohmann::json diagnosis;
};

Written written(const PrincipalPolicies& policies, const Readings& readings = {}) {
  Context context;
  context.add_value("acs:SourceIp", "192.0.2.1");
  const Request request = make_request(kDelete, "acs:x:::y", ResourceLevel::kAllResources, context, policies, kNow);
  const Principal principal = Principal::compile(policies, readings);
  const Evaluation evaluation = principal.explain(request);
  std::string body;
  std::string diagnosis;
  JsonWriter body_json(body);
  JsonWriter diagnosis_json(diagnosis);
  write_denied_body(body_json, policies, request, evaluation, readings);
  write_diagnosis(diagnosis_json, policies, request, evaluation);
  return {nlohmann::json::parse(body), nlohmann::json::parse(diagnosis)};
}

PrincipalPolicies user() {
  PrincipalPolicies policies;
  policies.account = kAccount;
  policies.name = "alice";
  policies.id = "2000";
  return policies;
}

}  // namespace

TEST_CASE("a user without a grant: an implicit deny", "[ram][denial]") {
  const Written found = written(user());
  CHECK(found.body["Code"] == "NoPermission");
  const auto& detail = found.body["AccessDeniedDetail"];
  CHECK(detail["AuthAction"] == kDelete);
  CHECK(detail["AuthPrincipalType"] == "SubUser");
  CHECK(detail["AuthPrincipalDisplayName"] == "2000");
  CHECK(detail["AuthPrincipalOwnerId"] == kAccount);
  CHECK(detail["NoPermissionType"] == "ImplicitDeny");
  CHECK(detail["PolicyType"] == "AccountLevelIdentityBasedPolicy");
  // An action without a resource level is authorized on `*`, whatever was asked.
  CHECK(found.diagnosis["AuthResource"] == "*");
  CHECK(found.diagnosis["MatchedPolicies"].empty());
  const auto& conditions = found.diagnosis["AuthConditions"];
  CHECK(std::any_of(conditions.begin(), conditions.end(), [](const auto& one) {
    return one["ConditionKey"] == "acs:SourceIp" && one["ConditionValues"] == nlohmann::json::array({"192.0.2.1"});
  }));
}

TEST_CASE("a role session denied by a control policy and by its own", "[ram][denial]") {
  PrincipalPolicies role = user();
  role.kind = PrincipalKind::kRole;
  role.name = "builder";
  role.session_name = "s1";
  role.account_level = policies_of({allow("*"), deny("appstreaming:*")});
  role.account_level[1].via = "role/builder";
  role.account_level[1].version = "v7";
  const Written own = written(role);
  CHECK(own.body["AccessDeniedDetail"]["AuthPrincipalType"] == "AssumedRoleUser");
  CHECK(own.body["AccessDeniedDetail"]["AuthPrincipalDisplayName"] == "builder:s1");
  CHECK(own.body["AccessDeniedDetail"]["NoPermissionType"] == "ExplicitDeny");
  REQUIRE(own.diagnosis["MatchedPolicies"].size() == 1);
  const auto& matched = own.diagnosis["MatchedPolicies"][0];
  CHECK(matched["AttachedEntityType"] == "RamRole");
  CHECK(matched["AttachedScope"] == "Account");
  CHECK(matched["Effect"] == "Deny");
  CHECK(matched["PolicyIdentifier"] == "p1");
  CHECK(matched["PolicyType"] == "Custom");
  CHECK(matched["PolicyVersion"] == "v7");

  role.control_levels.push_back({"fd-1", policies_of({deny("*")})});
  role.control_levels[0].policies[0].via = "target fd-1";
  const Written control = written(role);
  CHECK(control.body["AccessDeniedDetail"]["PolicyType"] == "ControlPolicy");
  CHECK(control.diagnosis["MatchedPolicies"][0]["AttachedEntityType"] == "ResourceDirectoryTarget");
  CHECK(control.diagnosis["MatchedPolicies"][0]["AttachedScope"] == "Folder");
}

TEST_CASE("code and status of a denial are readings", "[ram][denial]") {
  Readings readings;
  CHECK(denied_status(readings) == 403);
  readings.set(Reading::kDenialCode, 1);
  readings.set(Reading::kDenialStatus, 1);
  CHECK(written(user(), readings).body["Code"] == "Forbidden.RAM");
  CHECK(denied_status(readings) == 400);
}
