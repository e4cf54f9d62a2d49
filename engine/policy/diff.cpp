#include "engine/policy/diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/decide/permission.h"
#include "engine/decide/principal.h"
#include "engine/rules/actions.h"

namespace imagewarden::policy {
namespace {

// The catalogue's actions as the analysis wants them.
struct ActionLists {
  std::vector<std::string> all;
  std::vector<std::string> without_resources;
};
const ActionLists& action_lists() {
  static const ActionLists kLists = [] {
    ActionLists made;
    for (const rules::ActionEntry& entry : rules::ActionCatalogue::built_in().entries()) {
      made.all.push_back(to_lower(entry.name));
      if (entry.all_resources) made.without_resources.push_back(made.all.back());
    }
    std::sort(made.all.begin(), made.all.end());
    std::sort(made.without_resources.begin(), made.without_resources.end());
    return made;
  }();
  return kLists;
}

// account and name; the kind is in the name.
using PrincipalKey = std::pair<std::string, std::string>;

std::map<PrincipalKey, PrincipalRef> principals_of(const Snapshot& snapshot) {
  std::map<PrincipalKey, PrincipalRef> out;
  for (std::uint32_t i = 0; i < snapshot.accounts().size(); ++i) {
    for (const NamedPrincipal& principal : named_principals(snapshot, AccountId{i})) {
      PrincipalRef ref;
      ref.account = snapshot.text(snapshot.accounts()[i].id);
      ref.kind = principal.kind;
      ref.name = snapshot.text(principal.name);
      PrincipalKey key{ref.account, ref.text()};
      out.emplace(std::move(key), std::move(ref));
    }
  }
  return out;
}

bool same_policies(const std::vector<ram::AttachedPolicy>& a, const std::vector<ram::AttachedPolicy>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ram::AttachedPolicy& one, const ram::AttachedPolicy& other) {
                      if (one.document == nullptr || other.document == nullptr) return false;
                      return one.document->text == other.document->text;
                    });
}

// Whether nothing can differ because both sides hold the same documents at the same levels.
bool same_policies(const ram::PrincipalPolicies& a, const ram::PrincipalPolicies& b) {
  return same_policies(a.account_level, b.account_level) && same_policies(a.session_policies, b.session_policies) &&
         a.has_session_policies == b.has_session_policies && a.is_management_account == b.is_management_account &&
         std::equal(a.resource_group_level.begin(), a.resource_group_level.end(), b.resource_group_level.begin(),
                    b.resource_group_level.end(),
                    [](const ram::ResourceGroupPolicy& one, const ram::ResourceGroupPolicy& other) {
                      return one.resource_group == other.resource_group && same_policies({one.policy}, {other.policy});
                    }) &&
         std::equal(a.control_levels.begin(), a.control_levels.end(), b.control_levels.begin(), b.control_levels.end(),
                    [](const ram::ControlLevel& one, const ram::ControlLevel& other) {
                      return same_policies(one.policies, other.policies);
                    });
}

// The first policy that only one side has, and whose document is not exported: it may allow anything.
const ram::AttachedPolicy* unknown_policy(const ram::PrincipalPolicies& side, const ram::PrincipalPolicies& other) {
  const auto has = [](const std::vector<ram::AttachedPolicy>& policies, const std::string& name) {
    return std::any_of(policies.begin(), policies.end(), [&](const auto& one) { return one.name == name; });
  };
  for (const ram::AttachedPolicy& policy : side.account_level) {
    if (policy.document == nullptr && !has(other.account_level, policy.name)) return &policy;
  }
  for (const ram::ResourceGroupPolicy& attached : side.resource_group_level) {
    const bool is_there = std::any_of(
        other.resource_group_level.begin(), other.resource_group_level.end(), [&](const ram::ResourceGroupPolicy& one) {
          return one.resource_group == attached.resource_group && one.policy.name == attached.policy.name;
        });
    if (attached.policy.document == nullptr && !is_there) return &attached.policy;
  }
  return nullptr;
}

// What a side has that is not known is no proof that it allows nothing more.
void doubt(ram::Difference& difference, const ram::AttachedPolicy* unknown) {
  if (unknown == nullptr || difference.found != ram::Found::kNothing) return;
  difference.found = ram::Found::kUndecided;
  difference.why = unknown->unknown_because.empty() ? fmt::format("{}: no document", unknown->name)
                                                    : fmt::format("{}: {}", unknown->name, unknown->unknown_because);
}

class InventoryComparer {
 public:
  InventoryComparer(const Snapshot& before, const Snapshot& after, const Readings& readings, const DiffScope& scope)
      : readings_(readings), scope_(scope), before_(before, readings), after_(after, readings) {}

  InventoryDiff run(const Snapshot& before, const Snapshot& after) {
    InventoryDiff out;
    const auto old_names = principals_of(before);
    const auto new_names = principals_of(after);
    auto all = old_names;
    all.insert(new_names.begin(), new_names.end());
    out.compared = all.size();
    for (const auto& [key, ref] : all) {
      PrincipalDiff diff;
      diff.account = ref.account;
      diff.principal = ref.text();
      diff.in_old = old_names.count(key) != 0;
      diff.in_new = new_names.count(key) != 0;
      const ram::PrincipalPolicies old_side = policies_of(before_, ref, diff.in_old);
      const ram::PrincipalPolicies new_side = policies_of(after_, ref, diff.in_new);
      if (same_policies(old_side, new_side)) continue;
      diff.symbolic = diff_policies(old_side, new_side, readings_, scope_);
      doubt(diff.symbolic.gained, unknown_policy(new_side, old_side));
      doubt(diff.symbolic.lost, unknown_policy(old_side, new_side));
      compare_actions(old_side, new_side, diff);
      if (!diff.is_same()) out.principals.push_back(std::move(diff));
    }
    return out;
  }

 private:
  static ram::PrincipalPolicies policies_of(const PrincipalDirectory& directory, const PrincipalRef& ref, bool exists) {
    if (exists) {
      if (auto resolved = directory.resolve(ref, false)) return std::move(resolved->policies);
    }
    ram::PrincipalPolicies none;
    none.kind = ref.kind;
    none.account = ref.account;
    none.name = ref.name;
    return none;
  }

  void compare_actions(const ram::PrincipalPolicies& old_side, const ram::PrincipalPolicies& new_side,
                       PrincipalDiff& diff) const {
    const ram::Principal before = ram::Principal::compile(old_side, readings_);
    const ram::Principal after = ram::Principal::compile(new_side, readings_);
    for (const std::string& action : scope_.actions) {
      const ram::Request old_request = operation_request(action, {}, old_side, scope_.now);
      const ram::Request new_request = operation_request(action, {}, new_side, scope_.now);
      const ram::Verdict was = before.decide(old_request);
      const ram::Verdict is = after.decide(new_request);
      const auto allows = [](const ram::Verdict& verdict) { return caller_allowed(verdict); };
      if (allows(was) == allows(is)) continue;
      ActionChange change{action, was.outcome, is.outcome, {}};
      for (const auto& keys : {before.explain(old_request).open_keys, after.explain(new_request).open_keys}) {
        change.open_keys.insert(change.open_keys.end(), keys.begin(), keys.end());
      }
      std::sort(change.open_keys.begin(), change.open_keys.end());
      change.open_keys.erase(std::unique(change.open_keys.begin(), change.open_keys.end()), change.open_keys.end());
      diff.changes.push_back(std::move(change));
    }
  }

  const Readings& readings_;
  const DiffScope& scope_;
  PrincipalDirectory before_;
  PrincipalDirectory after_;
};

}  // namespace

std::span<const std::string> catalogue_actions() { return action_lists().all; }

ram::RequestSpace catalogue_space(Time now) { return {action_lists().without_resources, action_lists().all, now}; }

SymbolicDiff diff_policies(const ram::PrincipalPolicies& before, const ram::PrincipalPolicies& after,
                           const Readings& readings, const DiffScope& scope) {
  const ram::RequestSpace space = catalogue_space(scope.now);
  return {ram::find_difference(before, after, ram::Compare::kNewAccess, readings, space, scope.limits),
          ram::find_difference(after, before, ram::Compare::kNewAccess, readings, space, scope.limits)};
}

InventoryDiff diff_inventories(const Snapshot& before, const Snapshot& after, const Readings& readings,
                               const DiffScope& scope) {
  return InventoryComparer(before, after, readings, scope).run(before, after);
}

}  // namespace imagewarden::policy
