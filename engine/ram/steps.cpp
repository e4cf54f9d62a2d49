#include "engine/ram/steps.h"

#include <algorithm>
#include <string_view>

namespace imagewarden::ram {
namespace {

PolicySet make_set(Step step, const std::vector<AttachedPolicy>& policies) {
  PolicySet set;
  set.step = step;
  for (const AttachedPolicy& policy : policies) set.policies.push_back(&policy);
  return set;
}

bool control_policies_bind(const PrincipalPolicies& policies, const Readings& readings) {
  if (policies.is_management_account || policies.is_service_linked_role) return false;
  return policies.kind != PrincipalKind::kRoot || !readings.is_default(Reading::kControlPolicyRoot);
}

}  // namespace

StepPlan plan_steps(const PrincipalPolicies& policies, const Readings& readings) {
  StepPlan plan;
  plan.is_root = policies.kind == PrincipalKind::kRoot;
  plan.account_ends = readings.is_default(Reading::kResourceGroupStep);
  if (control_policies_bind(policies, readings)) {
    for (auto level = policies.control_levels.rbegin(); level != policies.control_levels.rend(); ++level) {
      plan.sets.push_back(make_set(Step::kControlPolicy, level->policies));
    }
    plan.control_count = plan.sets.size();
  }
  if (plan.is_root) return plan;
  if (policies.kind == PrincipalKind::kRole && policies.has_session_policies) {
    plan.session = plan.sets.size();
    plan.sets.push_back(make_set(Step::kSessionPolicy, policies.session_policies));
  }
  plan.account = plan.sets.size();
  plan.sets.push_back(make_set(Step::kAccountLevel, policies.account_level));

  // One set a resource group, its policies in the order given.
  std::vector<const ResourceGroupPolicy*> grouped;
  for (const ResourceGroupPolicy& policy : policies.resource_group_level) grouped.push_back(&policy);
  std::stable_sort(grouped.begin(), grouped.end(), [](const ResourceGroupPolicy* a, const ResourceGroupPolicy* b) {
    return a->resource_group < b->resource_group;
  });
  for (const ResourceGroupPolicy* policy : grouped) {
    if (plan.resource_groups.empty() || plan.sets.back().resource_group != policy->resource_group) {
      plan.resource_groups.push_back(plan.sets.size());
      plan.sets.push_back({Step::kResourceGroupLevel, policy->resource_group, {}});
    }
    plan.sets.back().policies.push_back(&policy->policy);
  }
  return plan;
}

std::optional<std::size_t> resource_group_set(const StepPlan& plan, const Request& request) {
  if (request.level == ResourceLevel::kAllResources || request.resource_group.empty()) return std::nullopt;
  const auto at = std::lower_bound(
      plan.resource_groups.begin(), plan.resource_groups.end(), request.resource_group,
      [&](std::size_t set, const std::string& wanted) { return plan.sets[set].resource_group < wanted; });
  if (at == plan.resource_groups.end() || plan.sets[*at].resource_group != request.resource_group) return std::nullopt;
  return *at;
}

}  // namespace imagewarden::ram
