#pragma once
// What the tests of engine/ram share: policies from a few words, requests, questions to one principal.

#include <initializer_list>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ram/evaluate.h"

namespace imagewarden::ram::test {

constexpr Time kNow{1'790'000'000'000'000};
constexpr const char* kAccount = "1234567890123456";
constexpr const char* kDelete = "appstreaming:DeleteImage";

inline std::shared_ptr<const Document> parse(const std::string& text, const Readings& readings = {},
                                             DocumentKind kind = DocumentKind::kPermission) {
  auto document = parse_document(text, "policy.json", kind, readings);
  if (!document) throw std::runtime_error(document.error().message);
  return std::move(*document);
}

// A document around statements (JSON, without the brackets of the list).
inline std::string document_of(const std::string& statements) {
  return R"({"Version": "1", "Statement": [)" + statements + "]}";
}

// A statement on Resource `*`; `rest` begins with a comma.
inline std::string statement_of(const std::string& effect, const std::string& action, const std::string& rest = "") {
  return R"({"Effect": ")" + effect + R"(", "Action": ")" + action + R"(", "Resource": "*")" + rest + "}";
}
inline std::string allow(const std::string& action, const std::string& rest = "") {
  return statement_of("Allow", action, rest);
}
inline std::string deny(const std::string& action, const std::string& rest = "") {
  return statement_of("Deny", action, rest);
}
// A condition that is open unless the context says something of acs:SourceVpc.
inline std::string if_vpc(const std::string& vpc) {
  return R"(, "Condition": {"StringEquals": {"acs:SourceVpc": ")" + vpc + R"("}})";
}

// Policies p0, p1, … of the given statements, one document each.
inline std::vector<AttachedPolicy> policies_of(const std::vector<std::string>& documents,
                                               const Readings& readings = {}) {
  std::vector<AttachedPolicy> policies;
  for (const std::string& statements : documents) {
    const std::string name = "Custom/p" + std::to_string(policies.size());
    policies.push_back({name, "user/alice", parse(document_of(statements), readings), name + ".json", ""});
  }
  return policies;
}

inline AttachedPolicy unknown_policy() {
  return {"Custom/lost", "user/alice", nullptr, "", "GetPolicy PolicyName=lost"};
}

inline PrincipalPolicies user_with(const std::vector<std::string>& documents, const Readings& readings = {}) {
  PrincipalPolicies user;
  user.account = kAccount;
  user.name = "alice";
  user.account_level = policies_of(documents, readings);
  return user;
}

inline Request delete_image(const PrincipalPolicies& principal, Context context = {}) {
  return make_request(kDelete, "*", ResourceLevel::kAllResources, std::move(context), principal, kNow);
}

inline Request on_resource(const PrincipalPolicies& principal, const std::string& action, const std::string& resource,
                           const std::string& resource_group = "", Context context = {}) {
  Request request = make_request(action, resource, ResourceLevel::kResource, std::move(context), principal, kNow);
  request.resource_group = resource_group;
  return request;
}

// The verdict, which decide() and explain() must agree on.
inline Verdict verdict_of(const PrincipalPolicies& policies, const Request& request, const Readings& readings = {}) {
  const Principal principal = Principal::compile(policies, readings);
  const Verdict verdict = principal.decide(request);
  if (principal.explain(request).verdict != verdict) throw std::runtime_error("explain() differs from decide()");
  return verdict;
}

inline Outcome outcome_for(const std::vector<std::string>& documents, Context context = {},
                           const Readings& readings = {}) {
  const PrincipalPolicies user = user_with(documents, readings);
  return verdict_of(user, delete_image(user, std::move(context)), readings).outcome;
}

template <class Rng, class Container>
const auto& pick(Rng& rng, const Container& from) {
  return from[std::uniform_int_distribution<std::size_t>(0, std::size(from) - 1)(rng)];
}
template <class Rng>
bool chance(Rng& rng, int percent) {
  return std::uniform_int_distribution<int>(0, 99)(rng) < percent;
}

}  // namespace imagewarden::ram::test
