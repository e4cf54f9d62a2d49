#pragma once
// Who may carry out an action: every user, role and root of an inventory, three-valued, with the way each gets there.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/condition/condition.h"
#include "engine/decide/principal.h"
#include "engine/inventory/snapshot.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::policy {

enum class Via : std::uint8_t {
  kRoot,    // the account itself
  kDirect,  // a policy on the user or the role
  kGroup,   // a policy on a group of the user
};
[[nodiscard]] std::string_view to_string(Via via);

// One statement that grants the action, or could.
struct Grant {
  Via via{};
  std::string holder;     // `user/alice`, `group/ops`, `role/builder`
  std::string statement;  // `Custom/ops-images#0`; the policy alone where its document is not known
  std::string source;     // where the document stands
  bool is_certain{};
  std::vector<std::string> conditions;  // what it waits for: `IpAddress acs:SourceIp: 203.0.113.0/24`
};

// Who may become a role: `user/bob`, `role/ci`, a service, another account, with how far that is known.
struct Assumer {
  std::string who;
  bool is_certain{};
};

struct PrincipalAccess {
  AccountId account;
  ram::PrincipalKind kind{};
  std::string principal;  // `user/alice`
  ram::Verdict verdict;   // kAllow or kIndeterminate
  std::vector<Grant> grants;
  std::vector<std::string> open_keys;  // condition keys that the answer waits for
  std::vector<std::string> not_known;  // what is missing, in words
  bool trust_known{true};              // of a role: whether its trust policy is exported
  std::vector<Assumer> assumers;       // of a role
};

struct WhoCanQuestion {
  std::string action;
  std::string resource{"*"};
  Context context;
  Time now;
};

struct WhoCanAnswer {
  std::vector<PrincipalAccess> access;  // by account, then root, users, roles, each by name
  std::size_t asked{};                  // principals in all
};

// Principals that the inventory does not name are not among them: where ListUsers or ListRoles is not complete, see
// missing_exports(). Pure; safe from any number of threads.
[[nodiscard]] WhoCanAnswer who_can(const Snapshot& snapshot, const Readings& readings, const WhoCanQuestion& question);

}  // namespace imagewarden::policy
