#include "engine/ram/denial.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

std::string_view principal_type(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser:
      return "SubUser";
    case PrincipalKind::kRole:
      return "AssumedRoleUser";
    case PrincipalKind::kRoot:
      break;
  }
  return "";
}

// A user by its id, a role session as `ROLE:SESSION`.
std::string display_name(const PrincipalPolicies& principal) {
  if (principal.kind == PrincipalKind::kRole) return fmt::format("{}:{}", principal.name, principal.session_name);
  return principal.id.empty() ? principal.name : principal.id;
}

std::string_view denial_type(Outcome outcome) {
  return outcome == Outcome::kExplicitDeny ? "ExplicitDeny" : "ImplicitDeny";
}

// The members that both answers have.
void write_principal(JsonWriter& json, const PrincipalPolicies& principal, const Request& request,
                     const Evaluation& evaluation) {
  json.member("AuthAction", request.action);
  // Of the account itself no such answer is known.
  if (principal.kind != PrincipalKind::kRoot) {
    json.member("AuthPrincipalType", principal_type(principal.kind));
    json.member("AuthPrincipalDisplayName", display_name(principal));
  }
  json.member("AuthPrincipalOwnerId", principal.account);
  json.member("NoPermissionType", denial_type(evaluation.verdict.outcome));
  json.member("PolicyType", to_string(evaluation.verdict.step));
}

struct AttachedTo {
  std::string_view entity;
  std::string_view scope;
};

AttachedTo attached_to(const StatementRef& ref, std::string_view account) {
  const std::string_view via = ref.policy->via;
  if (ref.step == Step::kControlPolicy)
    return {"ResourceDirectoryTarget", via.ends_with(account) ? "Account" : "Folder"};
  const std::string_view scope = ref.step == Step::kResourceGroupLevel ? "ResourceGroup" : "Account";
  if (via.starts_with("group/")) return {"RamGroup", scope};
  return {via.starts_with("role/") ? "RamRole" : "RamUser", scope};
}

// `Custom/ops` is policy `ops` of type `Custom`.
struct PolicyName {
  std::string_view type;
  std::string_view name;
};
PolicyName split_name(std::string_view full) {
  const std::size_t slash = full.find('/');
  if (slash == std::string_view::npos) return {"Custom", full};
  return {full.substr(0, slash), full.substr(slash + 1)};
}

void write_conditions(JsonWriter& json, const Request& request) {
  json.begin_array();
  for (const Context::Entry& entry : request.context.entries()) {
    if (entry.state != KeyState::kKnown) continue;
    json.begin_object().member("ConditionKey", entry.key.name).key("ConditionValues").begin_array();
    for (const Value& value : entry.values) json.string(value.text);
    json.end_array().end_object();
  }
  json.end_array();
}

}  // namespace

void write_denied_body(JsonWriter& json, const PrincipalPolicies& principal, const Request& request,
                       const Evaluation& evaluation, const Readings& readings) {
  json.begin_object().member("Code", readings.choice_name(Reading::kDenialCode));
  json.member("Message", "You are not authorized to do this operation.").key("AccessDeniedDetail").begin_object();
  write_principal(json, principal, request, evaluation);
  json.end_object().end_object();
}

void write_diagnosis(JsonWriter& json, const PrincipalPolicies& principal, const Request& request,
                     const Evaluation& evaluation) {
  json.begin_object();
  write_principal(json, principal, request, evaluation);
  json.member("AuthResource", authorization_resource(request)).key("AuthConditions");
  write_conditions(json, request);
  json.key("MatchedPolicies").begin_array();
  std::vector<const AttachedPolicy*> listed;
  for (const std::size_t index : evaluation.deciding) {
    const StatementRef& ref = evaluation.considered[index].ref;
    if (std::find(listed.begin(), listed.end(), ref.policy) != listed.end()) continue;
    listed.push_back(ref.policy);
    const AttachedTo place = attached_to(ref, principal.account);
    const PolicyName name = split_name(ref.policy->name);
    json.begin_object().member("AttachedEntityType", place.entity).member("AttachedScope", place.scope);
    json.member("Effect", ref.statement != nullptr && ref.statement->effect == Effect::kAllow ? "Allow" : "Deny");
    json.member("PolicyIdentifier", name.name).member("PolicyType", name.type);
    json.member("PolicyVersion", ref.policy->version).end_object();
  }
  json.end_array().end_object();
}

std::int32_t denied_status(const Readings& readings) {
  constexpr std::int32_t kForbidden = 403;
  constexpr std::int32_t kBadRequest = 400;
  return readings.is_default(Reading::kDenialStatus) ? kForbidden : kBadRequest;
}

}  // namespace imagewarden::ram
