#pragma once
// RAM's decision for one request: control policies, session policy, identity policies, three-valued.
// Source: "How RAM evaluates policies"; docs/ram.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/condition/condition.h"
#include "engine/ram/document.h"

namespace imagewarden::ram {

enum class PrincipalKind : std::uint8_t { kRoot, kUser, kRole };

// A policy as it is attached somewhere.
struct AttachedPolicy {
  std::string name;  // `Custom/ops-images`, `System/AdministratorAccess`, a file name
  std::string via;   // `user/alice`, `group/ops`, `role/builder`, `folder fd-1`: what it hangs on
  std::shared_ptr<const Document> document;  // null: not exported, so what it grants or denies is unknown
  std::string source;                        // where the document stands in the export, or the file
  std::string unknown_because;               // with a null document: what to export
  std::string version{};                     // `v3`, if known
};

struct ResourceGroupPolicy {
  std::string resource_group;
  AttachedPolicy policy;
};

// One level of the resource directory: root, folder or account.
struct ControlLevel {
  std::string target;
  std::vector<AttachedPolicy> policies;
};

// Everything that applies to one principal. Plain data; compile() turns it into a Principal.
struct PrincipalPolicies {
  PrincipalKind kind{PrincipalKind::kUser};
  std::string account;
  std::string name;          // without `user/`
  std::string id;            // user or role id, if known
  std::string session_name;  // of a role session
  std::vector<AttachedPolicy> account_level;
  std::vector<ResourceGroupPolicy> resource_group_level;
  bool has_session_policies{};
  std::vector<AttachedPolicy> session_policies;
  std::vector<ControlLevel> control_levels;  // root first; empty: no control policies
  bool is_management_account{};
  bool is_service_linked_role{};
};

// Whether an action can be granted per resource (rules/actions.json).
enum class ResourceLevel : std::uint8_t { kUnknown, kAllResources, kResource };

// One question, parsed. The context must hold acs:CurrentTime and acs:PrincipalARN (make_request sets them).
struct Request {
  std::string action;  // as asked
  std::string action_lower;
  std::string resource{"*"};
  ResourceLevel level{ResourceLevel::kUnknown};  // kAllResources: RAM authorizes on the string `*`
  std::string resource_group;                    // of the resource; empty: none
  Context context;
};

// Sets acs:CurrentTime and acs:PrincipalARN in `context`, unless it has them.
[[nodiscard]] Request make_request(std::string_view action, std::string_view resource, ResourceLevel level,
                                   Context context, const PrincipalPolicies& principal, Time now);

enum class Outcome : std::uint8_t { kExplicitDeny = 0, kImplicitDeny, kIndeterminate, kAllow };
enum class Step : std::uint8_t {
  kNone,
  kControlPolicy,
  kSessionPolicy,
  kAccountLevel,
  kResourceGroupLevel,
  kAssumeRole
};

// `allow`, `explicit-deny`, …; `AccountLevelIdentityBasedPolicy`, …
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(Step step);

struct Verdict {
  Outcome outcome{Outcome::kExplicitDeny};
  Step step{Step::kNone};
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// One statement of the principal's policies and how it met the request.
struct StatementRef {
  Step step{Step::kNone};
  const AttachedPolicy* policy{};
  std::uint32_t index{};         // in the document, from 0
  const Statement* statement{};  // null: the policy's document is not known
};

// `Custom/ops-images#0`; the policy alone where its document is not known.
[[nodiscard]] std::string statement_name(const StatementRef& ref);
// `Allow`, `Deny`; empty where it is not known.
[[nodiscard]] std::string_view effect_name(const StatementRef& ref);
// `ops.json:4:5`: the policy's source with line and column of the statement; of a document that is a text inside an
// export, they count from the text's start. Empty where the document is not known.
[[nodiscard]] std::string statement_place(const StatementRef& ref);

// One atom of a statement's condition that did not clearly hold.
struct AtomResult {
  const Atom* atom{};
  Tri result{Tri::kFalse};
  std::vector<std::string> found;  // the request's values; empty with `state`
  KeyState state{KeyState::kAbsent};
};

struct ConsideredStatement {
  StatementRef ref;
  bool action_matches{};
  bool resource_matches{};
  Tri condition{Tri::kTrue};
  Tri matches{Tri::kFalse};        // all three; kUnknown also where it is not evaluable or not known
  std::vector<AtomResult> failed;  // atoms that are not kTrue, where action and resource match
};

// The whole answer: verdict, the statements that decided, near misses, what was open.
struct Evaluation {
  Verdict verdict;
  std::vector<ConsideredStatement> considered;  // every statement, in order of the steps
  std::vector<std::size_t> deciding;            // into considered: the statements that made the verdict
  std::vector<std::size_t> near_misses;         // Allows that fit action and resource, whose condition failed
  std::vector<std::string> open_keys;           // context keys that the verdict waits for (indeterminate), sorted
  std::vector<std::string> not_known;           // policies without a document, not-evaluable statements: why, in order
};

// A principal's policies, compiled: action and resource patterns are indexed, so that the cost of one decision hardly
// depends on the number of statements. Immutable; safe for any number of threads.
class Principal {
 public:
  // `policies` is kept (documents are shared, not copied).
  [[nodiscard]] static Principal compile(PrincipalPolicies policies, const Readings& readings);
  Principal(Principal&&) noexcept;
  Principal& operator=(Principal&&) noexcept;
  ~Principal();

  [[nodiscard]] const PrincipalPolicies& policies() const;
  // The verdict alone: no allocation beyond a small scratch on the stack.
  [[nodiscard]] Verdict decide(const Request& request) const;
  // The same verdict with every statement accounted for. References point into this object.
  [[nodiscard]] Evaluation explain(const Request& request) const;

 private:
  struct Impl;
  explicit Principal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether the trust policy lets the principal (its ARN in `request.context`, acs:PrincipalARN) assume the role: the
// other half of sts:AssumeRole. `account` is the role's.
[[nodiscard]] Tri trust_allows(const Document& trust, std::string_view account, std::string_view principal_arn,
                               const Request& request, const Readings& readings);

}  // namespace imagewarden::ram
