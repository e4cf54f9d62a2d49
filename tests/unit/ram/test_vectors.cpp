// The vectors of tests/data/ram-vectors.jsonl: one request each, with the decision and the level that must come out.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kVectorCount = 52;

std::vector<Json> read_vectors() {
  std::ifstream in(IMAGEWARDEN_SOURCE_DIR "/tests/data/ram-vectors.jsonl");
  std::vector<Json> vectors;
  for (std::string line; std::getline(in, line);) vectors.push_back(Json::parse(line));
  return vectors;
}

std::vector<AttachedPolicy> policies_of(const Json& documents) {
  std::vector<AttachedPolicy> policies;
  for (const Json& document : documents) {
    policies.push_back({"Custom/p" + std::to_string(policies.size()), "", test::parse(document.dump()), "", ""});
  }
  return policies;
}

PrincipalPolicies principal_of(const Json& vector) {
  PrincipalPolicies out;
  out.account = test::kAccount;
  out.name = "alice";
  const std::string kind = vector.at("principal");
  out.kind = kind == "root" ? PrincipalKind::kRoot : kind == "role" ? PrincipalKind::kRole : PrincipalKind::kUser;
  out.is_management_account = vector.value("management_account", false);
  out.is_service_linked_role = vector.value("service_linked_role", false);
  out.account_level = policies_of(vector.value("identity", Json::array()));
  for (const Json& group : vector.value("resource_groups", Json::array())) {
    out.resource_group_level.push_back(
        {group.at("resource_group"), policies_of(Json::array({group.at("document")})).front()});
  }
  out.has_session_policies = vector.contains("session");
  out.session_policies = policies_of(vector.value("session", Json::array()));
  // In the file the account's level comes first, here the root's.
  for (const Json& level : vector.value("control_levels", Json::array())) {
    out.control_levels.insert(out.control_levels.begin(), {"level", policies_of(level)});
  }
  return out;
}

Request request_of(const Json& vector, const PrincipalPolicies& principal) {
  Context context;
  // Keys that a vector does not list are absent.
  for (const char* key : {"acs:SourceIp", "acs:SecureTransport", "acs:MFAPresent", "acs:SourceVpc", "acs:VpcSourceIp",
                          "acs:PrincipalRDId", "acs:PrincipalRDPath", "acs:UserAgent", "acs:Service", "acs:AccessId"}) {
    context.set_absent(key);
  }
  const Json given = vector.value("context", Json::object());
  for (const auto& [key, value] : given.items()) context.add_value(key, value.get<std::string>());
  if (vector.contains("principal_arn"))
    context.add_value("acs:PrincipalARN", vector.at("principal_arn").get<std::string>());
  Request request = make_request(vector.at("action").get<std::string>(), vector.at("resource").get<std::string>(),
                                 vector.at("all_resources") ? ResourceLevel::kAllResources : ResourceLevel::kResource,
                                 std::move(context), principal, test::kNow);
  request.resource_group = vector.value("resource_group", "");
  return request;
}

// sts:AssumeRole is the caller's policies and the role's trust policy.
Verdict decide(const Json& vector, const PrincipalPolicies& principal, const Request& request) {
  const Verdict verdict = test::verdict_of(principal, request);
  if (!vector.contains("trust") || verdict.outcome != Outcome::kAllow) return verdict;
  const auto trust = test::parse(vector.at("trust").at(0).dump(), {}, DocumentKind::kTrust);
  const KeyFacts arn = request.context.find(Key::of("acs:PrincipalARN"));
  switch (trust_allows(*trust, principal.account, arn.values.front().text, request, {})) {
    case Tri::kTrue:
      return verdict;
    case Tri::kUnknown:
      return {Outcome::kIndeterminate, Step::kAssumeRole};
    case Tri::kFalse:
      break;
  }
  return {Outcome::kImplicitDeny, Step::kAssumeRole};
}

TEST_CASE("the vectors", "[ram][vectors]") {
  const auto vectors = read_vectors();
  REQUIRE(vectors.size() == kVectorCount);
  for (const Json& vector : vectors) {
    CAPTURE(vector.at("id"), vector.at("why"));
    const PrincipalPolicies principal = principal_of(vector);
    const Request request = request_of(vector, principal);
    const Verdict verdict = decide(vector, principal, request);
    CHECK(to_string(verdict.outcome) == vector.at("outcome").get<std::string>());
    CHECK(to_string(verdict.step) == vector.at("step").get<std::string>());
    if (vector.value("not_evaluable", false)) {
      CHECK_FALSE(Principal::compile(principal, {}).explain(request).not_known.empty());
    }
  }
}

TEST_CASE("what is not evaluable matters only where it could", "[ram][vectors]") {
  for (const Json& vector : read_vectors()) {
    if (!vector.value("not_evaluable", false)) continue;
    CAPTURE(vector.at("id"));
    PrincipalPolicies principal = principal_of(vector);
    principal.account_level.push_back(test::policies_of({test::deny("*")}).front());
    CHECK(test::verdict_of(principal, request_of(vector, principal)).outcome == Outcome::kExplicitDeny);
  }
}

}  // namespace
}  // namespace imagewarden::ram
