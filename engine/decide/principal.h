#pragma once
// From a principal's name to the policies that apply to it on an inventory: attachments, groups, documents, control
// policies, and what of it is not known.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/inventory/snapshot.h"
#include "engine/ram/evaluate.h"

namespace imagewarden {

struct PrincipalRef {
  std::string account;  // empty: the inventory's only one
  ram::PrincipalKind kind{};
  std::string name;
  [[nodiscard]] std::string text() const;  // `user/alice`, `root`, without the account
};

// `root`, `user/NAME`, `role/NAME`, each with `ACCOUNT:` before it where needed. kUsage: `group/NAME` (not a
// principal), else.
[[nodiscard]] Result<PrincipalRef> parse_principal(std::string_view text);

struct ResolvedPrincipal {
  AccountId account;
  ram::PrincipalPolicies policies;  // what is not known stands in it as a policy without a document
  std::vector<std::string> needs;   // exports that would complete it: `ListPoliciesForUser UserName=alice`
  std::vector<std::string> assumptions;
};

// What is said of an inventory without accounts.
inline constexpr std::string_view kNoAccount =
    "the inventory names no account, expected an `account.json` or envelopes with an AccountId";

// A user or a role.
struct NamedPrincipal {
  ram::PrincipalKind kind{};
  StringId name;
};
// Those of the account that its exports name: in ListUsers and ListRoles, as what a policy is attached to, or as a
// member of a group; users first, by name, each once. A list that is complete may say that one of them is not there:
// PrincipalDirectory::resolve() does.
[[nodiscard]] std::vector<NamedPrincipal> named_principals(const Snapshot& snapshot, AccountId account);

// Indexes of a snapshot's RAM tables, made once for any number of principals; every policy document is read at most
// once. The snapshot must outlive it. Not thread-safe: documents are read when they are first asked for.
class PrincipalDirectory {
 public:
  PrincipalDirectory(const Snapshot& snapshot, const Readings& readings);
  PrincipalDirectory(const PrincipalDirectory&) = delete;
  PrincipalDirectory& operator=(const PrincipalDirectory&) = delete;
  ~PrincipalDirectory();

  // kUsage: several accounts and none named, or one that the inventory does not hold; kNotFound: a complete ListUsers /
  // ListRoles that does not hold the principal (the message names the nearest one). `strict`: no resource-directory
  // export makes control policies unknown. `replacements`: as Question::replacements.
  [[nodiscard]] Result<ResolvedPrincipal> resolve(const PrincipalRef& principal, bool strict,
                                                  std::span<const ram::AttachedPolicy> replacements = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same for one principal.
[[nodiscard]] Result<ResolvedPrincipal> resolve_principal(const Snapshot& snapshot, const PrincipalRef& principal,
                                                          const Readings& readings, bool strict,
                                                          std::span<const ram::AttachedPolicy> replacements = {});

}  // namespace imagewarden
