#include "engine/decide/permission.h"

#include <fmt/format.h>

#include "engine/rules/actions.h"

namespace imagewarden {
namespace {

NearMiss describe_near_miss(const ram::ConsideredStatement& considered) {
  NearMiss near_miss{ram::statement_name(considered.ref), considered.ref.policy->via, {}};
  for (const ram::AtomResult& result : considered.failed) {
    NearMiss::FailedCondition failed;
    failed.condition = fmt::format("{} {}", operator_name(result.atom->op), result.atom->key.name);
    for (const Value& value : result.atom->values) failed.wanted.push_back(value.text);
    failed.found = result.found;
    failed.open = result.state == KeyState::kOpen;
    near_miss.failed.push_back(std::move(failed));
  }
  return near_miss;
}

}  // namespace

ram::ResourceLevel resource_level_of(std::string_view action) {
  const rules::ActionEntry* entry = rules::ActionCatalogue::built_in().find(action);
  if (entry == nullptr) return ram::ResourceLevel::kUnknown;
  return entry->all_resources ? ram::ResourceLevel::kAllResources : ram::ResourceLevel::kResource;
}

ram::Request operation_request(std::string_view action, const Context& context, const ram::PrincipalPolicies& principal,
                               Time now) {
  return ram::make_request(action, "*", resource_level_of(action), context, principal, now);
}

ram::Evaluation evaluate_permission(const ram::Principal& principal, std::string_view action, const Context& context,
                                    Time now) {
  ram::Evaluation least = principal.explain(operation_request(action, context, principal.policies(), now));
  const rules::ActionEntry* entry = rules::ActionCatalogue::built_in().find(action);
  if (entry == nullptr) return least;
  for (const std::string& dependent : entry->dependent_actions) {
    ram::Evaluation other = principal.explain(operation_request(dependent, context, principal.policies(), now));
    if (other.verdict.outcome < least.verdict.outcome) least = std::move(other);
  }
  return least;
}

Tri caller_allowed(const ram::Verdict& verdict) {
  switch (verdict.outcome) {
    case ram::Outcome::kAllow:
      return Tri::kTrue;
    case ram::Outcome::kIndeterminate:
      return Tri::kUnknown;
    case ram::Outcome::kExplicitDeny:
    case ram::Outcome::kImplicitDeny:
      break;
  }
  return Tri::kFalse;
}

Permission describe_permission(const ram::Evaluation& evaluation) {
  Permission permission;
  permission.decision = ram::to_string(evaluation.verdict.outcome);
  permission.step = ram::to_string(evaluation.verdict.step);
  for (const std::size_t index : evaluation.deciding) {
    const ram::StatementRef& ref = evaluation.considered[index].ref;
    permission.statements.push_back(
        {ram::statement_name(ref), std::string(ram::effect_name(ref)), ref.policy->via, ref.policy->source});
  }
  for (const std::size_t index : evaluation.near_misses)
    permission.near_misses.push_back(describe_near_miss(evaluation.considered[index]));
  permission.open_keys = evaluation.open_keys;
  permission.not_known = evaluation.not_known;
  return permission;
}

}  // namespace imagewarden
