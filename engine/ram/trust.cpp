// Trust policies: who may assume a role.

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/ram/matching.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {
namespace {

constexpr std::string_view kArnBegin = "acs:ram::";

// An ARN of RAM in two parts. Nothing for any other text.
struct PrincipalArn {
  std::string_view account;
  std::string_view name;  // `root`, `user/alice`, `role/builder`
};

std::optional<PrincipalArn> split_arn(std::string_view text) {
  if (!text.starts_with(kArnBegin)) return std::nullopt;
  text.remove_prefix(kArnBegin.size());
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return PrincipalArn{text.substr(0, colon), text.substr(colon + 1)};
}

bool names_ram_principal(std::string_view pattern, std::string_view account, std::string_view principal) {
  if (takes_everything(pattern)) return true;
  const auto wanted = split_arn(pattern);
  const auto found = split_arn(principal);
  if (!wanted || !found) return pattern == principal;
  // An empty account is the role's own.
  if (!glob_matches(wanted->account.empty() ? account : wanted->account, found->account)) return false;
  // `root` stands for the whole account.
  if (wanted->name == "root") return true;
  // A role's ARN is in lower case wherever RAM makes it.
  if (wanted->name.starts_with("role/")) return glob_matches(to_lower(wanted->name), to_lower(found->name));
  return glob_matches(wanted->name, found->name);
}

bool principal_matches(const Statement& statement, std::string_view account, std::string_view principal) {
  if (statement.not_evaluable && !statement.principals_known) return true;
  return std::any_of(statement.principals.begin(), statement.principals.end(), [&](const PrincipalPattern& pattern) {
    return pattern.type == "RAM" ? names_ram_principal(pattern.value, account, principal) : pattern.value == principal;
  });
}

}  // namespace

Tri trust_allows(const Document& trust, std::string_view account, std::string_view principal_arn,
                 const Request& request, const Readings& readings) {
  SetResult result;
  for (const Statement& statement : trust.statements) {
    if (!principal_matches(statement, account, principal_arn) || !action_matches(statement, request.action_lower) ||
        !resource_matches(statement, request, readings)) {
      continue;
    }
    Tri matches = Tri::kTrue;
    if (statement.not_evaluable || !statement.effect_known) {
      matches = Tri::kUnknown;
    } else {
      for (const Atom& atom : statement.condition.atoms)
        matches = tri_and(matches, evaluate_atom(atom, request, readings));
    }
    if (!statement.effect_known || statement.effect == Effect::kDeny) result.denies = tri_or(result.denies, matches);
    if (!statement.effect_known || statement.effect == Effect::kAllow) result.allows = tri_or(result.allows, matches);
  }
  switch (outcome_of(result)) {
    case Outcome::kAllow:
      return Tri::kTrue;
    case Outcome::kIndeterminate:
      return Tri::kUnknown;
    case Outcome::kExplicitDeny:
    case Outcome::kImplicitDeny:
      break;
  }
  return Tri::kFalse;
}

}  // namespace imagewarden::ram
