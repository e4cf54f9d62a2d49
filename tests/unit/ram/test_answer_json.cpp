// A request as JSON in, the answer with its explanation as JSON out.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "engine/ram/answer_json.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using nlohmann::json;

ResourceLevel level_of(std::string_view action_lower) {
  return action_lower == "appstreaming:deleteimage" ? ResourceLevel::kAllResources : ResourceLevel::kResource;
}

RequestAnswerer answerer_of(const PrincipalPolicies& policies) {
  return {Principal::compile(policies, Readings{}), Readings{}};
}

json answer_to(const PrincipalPolicies& policies, const std::string& request) {
  const RequestAnswerer answerer = answerer_of(policies);
  RequestReader reader;
  std::string out;
  const auto verdict = answerer.answer_json(request, test::kNow, level_of, reader, out);
  if (!verdict) throw std::runtime_error(verdict.error().message);
  const json answer = json::parse(out);
  if (answer.at("decision") != to_string(verdict->outcome)) throw std::runtime_error("verdict and JSON differ");
  return answer;
}

TEST_CASE("an allow names the statements that made it", "[ram][answer-json]") {
  const auto policies = test::user_with({test::allow("ecs:*") + "," + test::allow("oss:Get*"), test::allow("*")});
  CHECK(answer_to(policies, R"({"action": "oss:GetObject", "resource": "acs:oss:x:1:b/k"})") == json::parse(R"({
    "decision": "allow", "step": "AccountLevelIdentityBasedPolicy", "statements": [
      {"statement": "Custom/p0#1", "effect": "Allow", "via": "user/alice", "place": "Custom/p0.json:1:88"},
      {"statement": "Custom/p1#0", "effect": "Allow", "via": "user/alice", "place": "Custom/p1.json:1:32"}]})"));
}

TEST_CASE("an explicit deny names its Denies only", "[ram][answer-json]") {
  const auto policies = test::user_with({test::allow("*") + "," + test::deny("oss:*")});
  const json answer = answer_to(policies, R"({"action": "oss:GetObject", "resource": "acs:oss:x:1:b/k"})");
  CHECK(answer.at("decision") == "explicit-deny");
  REQUIRE(answer.at("statements").size() == 1);
  CHECK(answer.at("statements")[0].at("statement") == "Custom/p0#1");
  CHECK(answer.at("statements")[0].at("effect") == "Deny");
  CHECK(!answer.contains("near_misses"));
}

TEST_CASE("an implicit deny names the Allows whose condition failed", "[ram][answer-json]") {
  const auto policies = test::user_with({test::allow("oss:*", test::if_vpc("vpc-a")) + "," + test::allow("ecs:*")});
  CHECK(answer_to(policies, R"({"action": "oss:GetObject", "context": {"acs:SourceVpc": "vpc-b"}})") == json::parse(R"({
    "decision": "implicit-deny", "step": "AccountLevelIdentityBasedPolicy", "statements": [], "near_misses": [
      {"statement": "Custom/p0#0", "via": "user/alice", "failed": [
        {"condition": "StringEquals acs:SourceVpc", "wanted": ["vpc-a"], "found": ["vpc-b"], "open": false}]}]})"));
}

TEST_CASE("an indeterminate answer says what it waits for", "[ram][answer-json]") {
  auto policies = test::user_with({test::allow("oss:*", test::if_vpc("vpc-a"))});
  const char* const request = R"({"action": "oss:GetObject"})";
  json answer = answer_to(policies, request);
  CHECK(answer.at("decision") == "indeterminate");
  CHECK(answer.at("open_keys") == json::parse(R"(["acs:SourceVpc"])"));
  CHECK(answer.at("not_known").empty());
  REQUIRE(answer.at("statements").size() == 1);
  CHECK(answer.at("statements")[0].at("statement") == "Custom/p0#0");

  policies.account_level = {test::unknown_policy()};
  answer = answer_to(policies, request);
  CHECK(answer.at("decision") == "indeterminate");
  CHECK(answer.at("not_known") == json::parse(R"(["Custom/lost: GetPolicy PolicyName=lost"])"));
  CHECK(answer.at("statements")[0].at("statement") == "Custom/lost");
  CHECK(answer.at("statements")[0].at("effect") == "");
}

TEST_CASE("an action that has no resource level is decided on `*`", "[ram][answer-json]") {
  const auto policies =
      test::user_with({R"({"Effect": "Allow", "Action": "*", "Resource": "acs:appstreaming:*:*:*"})"});
  const char* const resource = R"(", "resource": "acs:appstreaming:cn-hangzhou:1:image/img-1"})";
  CHECK(answer_to(policies, std::string(R"({"action": ")") + test::kDelete + resource).at("decision") ==
        "implicit-deny");
  CHECK(answer_to(policies, std::string(R"({"action": "appstreaming:GetImage)") + resource).at("decision") == "allow");
}

TEST_CASE("the time and the principal's ARN are known without being given", "[ram][answer-json]") {
  const auto policies = test::user_with(
      {test::allow("oss:*", R"(, "Condition": {"DateLessThan": {"acs:CurrentTime": "2027-01-01T00:00:00Z"},
                                  "StringEquals": {"acs:PrincipalARN": "acs:ram::1234567890123456:user/alice"}})")});
  CHECK(answer_to(policies, R"({"action": "oss:GetObject"})").at("decision") == "allow");
  // What the request says wins.
  CHECK(answer_to(policies, R"({"action": "oss:GetObject", "context": {"acs:CurrentTime": "2027-06-01T00:00:00Z"}})")
            .at("decision") == "implicit-deny");
  CHECK(answer_to(policies, R"({"action": "oss:GetObject", "context": {"acs:PrincipalARN": null}})").at("decision") ==
        "implicit-deny");
}

TEST_CASE("the statement of the request's resource group decides", "[ram][answer-json]") {
  auto policies = test::user_with({});
  policies.resource_group_level.push_back({"rg-1", test::policies_of({test::allow("oss:*")}).front()});
  json answer = answer_to(policies, R"({"action": "oss:GetObject", "resource_group": "rg-1"})");
  CHECK(answer.at("decision") == "allow");
  CHECK(answer.at("step") == "ResourceGroupLevelIdentityBasedPolicy");
  CHECK(answer.at("statements").size() == 1);
  CHECK(answer_to(policies, R"({"action": "oss:GetObject", "resource_group": "rg-2"})").at("decision") ==
        "implicit-deny");
}

TEST_CASE("another principal's request is refused and writes nothing", "[ram][answer-json]") {
  const RequestAnswerer answerer = answerer_of(test::user_with({test::allow("*")}));
  RequestReader reader;
  std::string out = "before";
  const auto verdict = answerer.answer_json(R"({"principal": "user/bob", "action": "oss:GetObject"})", test::kNow,
                                            level_of, reader, out);
  REQUIRE(!verdict);
  CHECK(verdict.error().code == Errc::kUsage);
  CHECK(verdict.error().message == "request /principal: `user/bob`, expected `user/alice`");
  CHECK(out == "before");
  CHECK(answerer.answer_json(R"({"principal": "user/alice", "action": "a:B"})", test::kNow, level_of, reader, out));
  CHECK(out.starts_with(R"(before{"decision":"allow")"));

  auto role = test::user_with({test::allow("*")});
  role.kind = PrincipalKind::kRole;
  CHECK(answer_to(role, R"({"principal": "role/alice", "action": "a:B"})").at("decision") == "allow");
  auto root = test::user_with({});
  root.kind = PrincipalKind::kRoot;
  CHECK(answer_to(root, R"({"principal": "root", "action": "a:B"})").at("statements").empty());
}

}  // namespace
}  // namespace imagewarden::ram
