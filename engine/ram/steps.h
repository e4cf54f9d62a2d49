#pragma once
// The order of the steps and how their results make the verdict: once for decide() and explain().

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/tri.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// Whether a set of policies denies and allows a request. Where it certainly denies, `allows` may not have been looked
// at.
struct SetResult {
  Tri denies{Tri::kFalse};
  Tri allows{Tri::kFalse};
};

// A matching Deny is final; nothing that could allow is a deny all the same; an Allow stands if no Deny can match.
constexpr Outcome outcome_of(const SetResult& result) {
  if (result.denies == Tri::kTrue) return Outcome::kExplicitDeny;
  if (result.allows == Tri::kFalse) return Outcome::kImplicitDeny;
  return result.allows == Tri::kTrue && result.denies == Tri::kFalse ? Outcome::kAllow : Outcome::kIndeterminate;
}

// The policies that are evaluated together.
struct PolicySet {
  Step step{Step::kNone};
  std::string resource_group;                   // of kResourceGroupLevel
  std::vector<const AttachedPolicy*> policies;  // into PrincipalPolicies
};

// The sets of one principal, in the order of the steps. Sets that do not apply to it are not there.
struct StepPlan {
  bool is_root{};
  bool account_ends{true};      // reading resource-group-step
  std::size_t control_count{};  // sets [0, control_count): levels, from the account upwards
  std::optional<std::size_t> session;
  std::optional<std::size_t> account;        // none: root
  std::vector<std::size_t> resource_groups;  // sorted by resource group
  std::vector<PolicySet> sets;
};

[[nodiscard]] StepPlan plan_steps(const PrincipalPolicies& policies, const Readings& readings);

// The set of the request's resource group, if the principal has one for it.
[[nodiscard]] std::optional<std::size_t> resource_group_set(const StepPlan& plan, const Request& request);

// Whether the resource group's policies can matter after what the account level says: not after a certain Deny, nor,
// where an Allow ends the step, after a certain Allow.
constexpr bool asks_resource_group(const StepPlan& plan, const SetResult& account) {
  return account.denies != Tri::kTrue && (!plan.account_ends || account.allows != Tri::kTrue);
}

// The identity step: account level, then the resource group that the resource is in.
template <class Evaluate>
Verdict walk_identity(const StepPlan& plan, const Request& request, Evaluate&& evaluate) {
  const SetResult account = evaluate(*plan.account);
  const Verdict at_account{outcome_of(account), Step::kAccountLevel};
  if (plan.resource_groups.empty() || !asks_resource_group(plan, account)) return at_account;
  const auto index = resource_group_set(plan, request);
  const SetResult group = index ? evaluate(*index) : SetResult{};
  if (plan.account_ends && account.allows == Tri::kUnknown) {
    // Either an Allow at account level ends the step or the resource group decides: an allow if both come to one.
    const bool allows_both_ways = account.denies == Tri::kFalse && outcome_of(group) == Outcome::kAllow;
    return allows_both_ways ? Verdict{Outcome::kAllow, Step::kResourceGroupLevel} : at_account;
  }
  // Both levels as one. A Deny that could match at account level still counts where nothing there allows: only an
  // implicit deny goes on to the resource group, and whether it is one is then not known.
  Verdict both{outcome_of({tri_or(account.denies, group.denies), tri_or(account.allows, group.allows)}),
               Step::kResourceGroupLevel};
  const bool account_is_open = account.denies == Tri::kUnknown || account.allows == Tri::kUnknown;
  if ((both.outcome == Outcome::kAllow && account.allows == Tri::kTrue) ||
      (both.outcome == Outcome::kIndeterminate && account_is_open)) {
    both.step = Step::kAccountLevel;
  }
  return both;
}

// Walks the steps. evaluate(set index) gives a SetResult and is called at most once for each set.
template <class Evaluate>
Verdict walk_steps(const StepPlan& plan, const Request& request, Evaluate&& evaluate) {
  // The first step that is not certain. A later one that certainly denies still decides.
  std::optional<Step> open;
  const auto note_open = [&](Step step) {
    if (!open) open = step;
  };

  if (plan.control_count > 0) {
    bool is_open = false;
    bool is_denied = false;
    for (std::size_t i = 0; i < plan.control_count; ++i) {
      const Outcome outcome = outcome_of(evaluate(i));
      if (outcome == Outcome::kExplicitDeny) return {outcome, Step::kControlPolicy};
      is_denied = is_denied || outcome == Outcome::kImplicitDeny;
      is_open = is_open || outcome == Outcome::kIndeterminate;
    }
    if (is_denied) return {Outcome::kImplicitDeny, Step::kControlPolicy};
    if (is_open) note_open(Step::kControlPolicy);
  }

  if (plan.session) {
    const Outcome outcome = outcome_of(evaluate(*plan.session));
    if (outcome == Outcome::kExplicitDeny || outcome == Outcome::kImplicitDeny) return {outcome, Step::kSessionPolicy};
    if (outcome == Outcome::kIndeterminate) note_open(Step::kSessionPolicy);
  }

  Step granted_by = Step::kNone;
  if (plan.account) {
    const Verdict identity = walk_identity(plan, request, evaluate);
    if (identity.outcome == Outcome::kExplicitDeny || identity.outcome == Outcome::kImplicitDeny) return identity;
    if (identity.outcome == Outcome::kIndeterminate) note_open(identity.step);
    granted_by = identity.step;
  }
  if (open) return {Outcome::kIndeterminate, *open};
  return {Outcome::kAllow, granted_by};
}

}  // namespace imagewarden::ram
