// The order of the steps, who is bound by which, and how open results combine.

#include <catch2/catch.hpp>

#include <array>

#include "engine/ram/steps.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::allow;
using test::delete_image;
using test::deny;
using test::policies_of;
using test::user_with;
using test::verdict_of;

const std::string kAll = allow("*");
const std::string kNoDelete = deny("appstreaming:Delete*");
const std::string kOpenDeny = deny("*", test::if_vpc("vpc-a"));
const std::string kOpenAllow = allow("*", test::if_vpc("vpc-a"));

PrincipalPolicies member(const std::vector<std::vector<std::string>>& levels_from_root) {
  PrincipalPolicies user = user_with({kAll});
  for (const auto& documents : levels_from_root) {
    user.control_levels.push_back({"level " + std::to_string(user.control_levels.size()), policies_of(documents)});
  }
  return user;
}

Verdict ask(const PrincipalPolicies& policies, const Readings& readings = {}) {
  return verdict_of(policies, delete_image(policies), readings);
}

TEST_CASE("control policies: every level must allow and none deny", "[ram][steps][table]") {
  struct Row {
    const char* why;
    std::vector<std::vector<std::string>> levels;
    Verdict want;
  };
  const auto row = GENERATE(values<Row>({
      {"no control policies", {}, {Outcome::kAllow, Step::kAccountLevel}},
      {"all allow", {{kAll}, {kAll}, {kAll}}, {Outcome::kAllow, Step::kAccountLevel}},
      {"a folder without an Allow", {{kAll}, {allow("ecs:*")}, {kAll}}, {Outcome::kImplicitDeny, Step::kControlPolicy}},
      {"a level without policies", {{kAll}, {}, {kAll}}, {Outcome::kImplicitDeny, Step::kControlPolicy}},
      {"a Deny at the root", {{kAll, kNoDelete}, {kAll}}, {Outcome::kExplicitDeny, Step::kControlPolicy}},
      {"a Deny at the account", {{kAll}, {kAll, kNoDelete}}, {Outcome::kExplicitDeny, Step::kControlPolicy}},
      {"a Deny above a level that does not allow",
       {{kAll, kNoDelete}, {}},
       {Outcome::kExplicitDeny, Step::kControlPolicy}},
      {"a Deny that could match", {{kAll, kOpenDeny}, {kAll}}, {Outcome::kIndeterminate, Step::kControlPolicy}},
      {"an Allow that could match", {{kOpenAllow}, {kAll}}, {Outcome::kIndeterminate, Step::kControlPolicy}},
      {"open at one level, denied at another", {{kOpenAllow}, {}}, {Outcome::kImplicitDeny, Step::kControlPolicy}},
  }));
  CAPTURE(row.why);
  CHECK(ask(member(row.levels)) == row.want);
}

TEST_CASE("levels stand in the plan from the account upwards", "[ram][steps]") {
  const PrincipalPolicies user = member({{kAll}, {kAll, kAll}, {kAll, kAll, kAll}});
  const StepPlan plan = plan_steps(user, {});
  REQUIRE(plan.control_count == 3);
  CHECK(plan.sets[0].policies.size() == 3);
  CHECK(plan.sets[2].policies.size() == 1);
  CHECK(plan.account == 3);
}

TEST_CASE("whom control policies do not bind", "[ram][steps]") {
  PrincipalPolicies user = member({{deny("*")}});
  CHECK(ask(user) == Verdict{Outcome::kExplicitDeny, Step::kControlPolicy});
  SECTION("the management account") {
    user.is_management_account = true;
    CHECK(ask(user) == Verdict{Outcome::kAllow, Step::kAccountLevel});
    user.kind = PrincipalKind::kRoot;
    Readings bound;
    bound.set(Reading::kControlPolicyRoot, 1);
    CHECK(ask(user, bound) == Verdict{Outcome::kAllow, Step::kNone});
  }
  SECTION("a service-linked role") {
    user.kind = PrincipalKind::kRole;
    user.is_service_linked_role = true;
    CHECK(ask(user) == Verdict{Outcome::kAllow, Step::kAccountLevel});
  }
  SECTION("the root of a member account, by default") {
    user.kind = PrincipalKind::kRoot;
    CHECK(ask(user) == Verdict{Outcome::kAllow, Step::kNone});
    Readings bound;
    bound.set(Reading::kControlPolicyRoot, 1);
    CHECK(ask(user, bound) == Verdict{Outcome::kExplicitDeny, Step::kControlPolicy});
  }
}

TEST_CASE("root passes without identity policies", "[ram][steps]") {
  PrincipalPolicies root = user_with({deny("*")});
  root.kind = PrincipalKind::kRoot;
  CHECK(ask(root) == Verdict{Outcome::kAllow, Step::kNone});
  CHECK(plan_steps(root, {}).sets.empty());
}

TEST_CASE("session policies bind role sessions only", "[ram][steps][table]") {
  struct Row {
    const char* why;
    std::vector<std::string> session;
    Verdict want;
  };
  const auto row = GENERATE(values<Row>({
      {"both allow", {kAll}, {Outcome::kAllow, Step::kAccountLevel}},
      {"without an Allow", {allow("ecs:*")}, {Outcome::kImplicitDeny, Step::kSessionPolicy}},
      {"passed but empty", {}, {Outcome::kImplicitDeny, Step::kSessionPolicy}},
      {"a Deny", {kAll, kNoDelete}, {Outcome::kExplicitDeny, Step::kSessionPolicy}},
      {"open", {kOpenAllow}, {Outcome::kIndeterminate, Step::kSessionPolicy}},
  }));
  CAPTURE(row.why);
  PrincipalPolicies role = user_with({kAll});
  role.kind = PrincipalKind::kRole;
  role.has_session_policies = true;
  role.session_policies = policies_of(row.session);
  CHECK(ask(role) == row.want);
  role.has_session_policies = false;
  CHECK(ask(role) == Verdict{Outcome::kAllow, Step::kAccountLevel});
  role.has_session_policies = true;
  role.kind = PrincipalKind::kUser;
  CHECK(ask(role) == Verdict{Outcome::kAllow, Step::kAccountLevel});
}

TEST_CASE("a session policy grants nothing by itself", "[ram][steps]") {
  PrincipalPolicies role = user_with({});
  role.kind = PrincipalKind::kRole;
  role.has_session_policies = true;
  role.session_policies = policies_of({kAll});
  CHECK(ask(role) == Verdict{Outcome::kImplicitDeny, Step::kAccountLevel});
}

TEST_CASE("an earlier open step does not save what a later one denies", "[ram][steps]") {
  PrincipalPolicies user = member({{kOpenAllow}});
  user.account_level = policies_of({kNoDelete});
  CHECK(ask(user) == Verdict{Outcome::kExplicitDeny, Step::kAccountLevel});
  user.account_level.clear();
  CHECK(ask(user) == Verdict{Outcome::kImplicitDeny, Step::kAccountLevel});
  user.account_level = policies_of({kOpenAllow});
  CHECK(ask(user) == Verdict{Outcome::kIndeterminate, Step::kControlPolicy});
}

constexpr const char* kImage = "acs:ecs:cn-hangzhou:1234567890123456:image/m-1";

TEST_CASE("account level, then the resource's group", "[ram][steps][table]") {
  struct Row {
    const char* why;
    std::vector<std::string> account;
    std::vector<std::string> group;
    Verdict want;           // account-ends
    Verdict deny_anywhere;  // the other reading
  };
  const Verdict account{Outcome::kAllow, Step::kAccountLevel};
  const Verdict group{Outcome::kAllow, Step::kResourceGroupLevel};
  const Verdict denied{Outcome::kExplicitDeny, Step::kResourceGroupLevel};
  const Verdict nothing{Outcome::kImplicitDeny, Step::kResourceGroupLevel};
  const auto row = GENERATE_COPY(values<Row>({
      {"an Allow at account level ends it", {kAll}, {deny("*")}, account, denied},
      {"a Deny at account level ends it",
       {deny("*")},
       {kAll},
       {Outcome::kExplicitDeny, Step::kAccountLevel},
       {Outcome::kExplicitDeny, Step::kAccountLevel}},
      {"an Allow of the group", {}, {kAll}, group, group},
      {"a Deny of the group", {}, {kAll, deny("*")}, denied, denied},
      {"neither", {}, {allow("oss:*")}, nothing, nothing},
      {"an open Allow at account level, one of the group", {kOpenAllow}, {kAll}, group, group},
      {"an open Allow at account level, a Deny of the group",
       {kOpenAllow},
       {kAll, deny("*")},
       {Outcome::kIndeterminate, Step::kAccountLevel},
       denied},
      {"an open Deny at account level, an Allow of the group",
       {kOpenDeny},
       {kAll},
       {Outcome::kIndeterminate, Step::kAccountLevel},
       {Outcome::kIndeterminate, Step::kAccountLevel}},
      {"an open Deny at account level, a Deny of the group", {kOpenDeny}, {deny("*")}, denied, denied},
      {"an open Allow of the group",
       {},
       {kOpenAllow},
       {Outcome::kIndeterminate, Step::kResourceGroupLevel},
       {Outcome::kIndeterminate, Step::kResourceGroupLevel}},
  }));
  CAPTURE(row.why);
  PrincipalPolicies user = user_with(row.account);
  for (AttachedPolicy& policy : policies_of(row.group))
    user.resource_group_level.push_back({"rg-1", std::move(policy)});
  // What other groups hold does not count, whatever its place in the order.
  for (const char* other : {"rg-0", "rg-2"}) {
    user.resource_group_level.push_back({other, policies_of({kAll + "," + deny("ecs:*")}).front()});
  }
  const Request request = test::on_resource(user, "ecs:DeleteImage", kImage, "rg-1");
  CHECK(verdict_of(user, request) == row.want);
  Readings readings;
  readings.set(Reading::kResourceGroupStep, 1);
  CHECK(verdict_of(user, request, readings) == row.deny_anywhere);
}

TEST_CASE("a resource group counts only where the action has resources", "[ram][steps]") {
  PrincipalPolicies user = user_with({});
  user.resource_group_level.push_back({"rg-1", policies_of({kAll}).front()});
  Request request = delete_image(user);
  request.resource_group = "rg-1";
  CHECK(verdict_of(user, request) == Verdict{Outcome::kImplicitDeny, Step::kResourceGroupLevel});
  CHECK(verdict_of(user, test::on_resource(user, "ecs:DeleteImage", kImage, "")).outcome == Outcome::kImplicitDeny);
  CHECK(verdict_of(user, test::on_resource(user, "ecs:DeleteImage", kImage, "rg-10")).outcome ==
        Outcome::kImplicitDeny);
}

TEST_CASE("the result of one set", "[ram][steps][table]") {
  using enum Tri;
  struct Row {
    SetResult result;
    Outcome want;
  };
  const auto row = GENERATE(values<Row>({
      {{kFalse, kFalse}, Outcome::kImplicitDeny},
      {{kFalse, kUnknown}, Outcome::kIndeterminate},
      {{kFalse, kTrue}, Outcome::kAllow},
      {{kUnknown, kFalse}, Outcome::kImplicitDeny},
      {{kUnknown, kUnknown}, Outcome::kIndeterminate},
      {{kUnknown, kTrue}, Outcome::kIndeterminate},
      {{kTrue, kFalse}, Outcome::kExplicitDeny},
      {{kTrue, kUnknown}, Outcome::kExplicitDeny},
      {{kTrue, kTrue}, Outcome::kExplicitDeny},
  }));
  CHECK(outcome_of(row.result) == row.want);
}

// The documented flow where everything is known, spelled out: whether the request is allowed.
struct World {
  bool denies{};
  bool allows{};
};
bool allowed_in(const std::array<World, 4>& sets, bool account_ends) {
  const auto& [control, session, account, group] = sets;
  if (control.denies || !control.allows || session.denies || !session.allows || account.denies) return false;
  if (account_ends) return account.allows || (!group.denies && group.allows);
  return !group.denies && (account.allows || group.allows);
}

TEST_CASE("an open verdict is given exactly where the open facts can change the answer", "[ram][steps][property]") {
  StepPlan plan;
  plan.control_count = 1;
  plan.session = 1;
  plan.account = 2;
  plan.resource_groups = {3};
  plan.sets = {{Step::kControlPolicy, "", {}},
               {Step::kSessionPolicy, "", {}},
               {Step::kAccountLevel, "", {}},
               {Step::kResourceGroupLevel, "rg-1", {}}};
  Request request;
  request.level = ResourceLevel::kResource;
  request.resource_group = "rg-1";
  constexpr std::array<Tri, 3> kTris = {Tri::kFalse, Tri::kUnknown, Tri::kTrue};
  std::size_t wrong = 0;
  for (const bool account_ends : {true, false}) {
    plan.account_ends = account_ends;
    for (std::size_t code = 0; code < 9 * 9 * 9 * 9; ++code) {
      std::array<SetResult, 4> results;
      std::size_t rest = code;
      for (SetResult& result : results) {
        result = {kTris[rest % 3], kTris[rest / 3 % 3]};
        rest /= 9;
      }
      bool can_allow = false;
      bool can_deny = false;
      for (unsigned bits = 0; bits < 256; ++bits) {
        std::array<World, 4> world;
        for (std::size_t i = 0; i < 4; ++i) {
          const auto settle = [&](Tri tri, std::size_t bit) {
            return tri == Tri::kTrue || (tri == Tri::kUnknown && (bits >> bit & 1U) != 0);
          };
          world[i] = {settle(results[i].denies, 2 * i), settle(results[i].allows, 2 * i + 1)};
        }
        (allowed_in(world, account_ends) ? can_allow : can_deny) = true;
      }
      const Verdict verdict = walk_steps(plan, request, [&](std::size_t set) { return results[set]; });
      const bool open = verdict.outcome == Outcome::kIndeterminate;
      const bool allows = verdict.outcome == Outcome::kAllow;
      if (open != (can_allow && can_deny) || (!open && allows != can_allow)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace imagewarden::ram
