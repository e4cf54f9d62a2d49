#pragma once
// Looks for faults in RAM policies: what RAM refuses, what never matches, what grants or protects less or more than it
// says. Strict reading (what RAM accepts when a policy is written today), unlike parse_document(), which reads what may
// be stored. The catalogue of rules is fixed, its ids are stable: docs/lint.md. Pure functions, safe from any number of
// threads.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json_tree.h"
#include "engine/base/time.h"

namespace imagewarden::ram {

// In ascending order of weight.
enum class Severity : std::uint8_t { kSuggestion, kWarning, kSecurity, kError };

// `error`, `security`, `warning`, `suggestion`.
[[nodiscard]] std::string_view severity_name(Severity severity);

struct LintRule {
  std::string_view id;           // `RAM001`
  Severity severity{};           // the usual one; a finding may weigh less or more (RAM039, RAM060)
  bool in_ram{};                 // RAM's own policy check has the rule (page "Validate policies", 2025-04-10)
  std::string_view ram_name;     // its name there, where the page is quoted; else empty
  std::string_view explanation;  // one sentence
  std::string_view fault;        // an example: a document, statements, or (where it takes more than that) words
  std::string_view repair;       // the same without the fault
};

// RAM001 to RAM066, in order.
[[nodiscard]] std::span<const LintRule> lint_rules();
// Null if there is none. Exact spelling.
[[nodiscard]] const LintRule* find_lint_rule(std::string_view id);

// What the rules have to know of the cloud. Plain data with dates, from rules/actions.json and rules/lint-tables.json;
// an empty table silences the rules that need it. Names are compared without regard to case unless said otherwise.
struct LintAction {
  std::string name;      // `appstreaming:DeleteImage`
  bool all_resources{};  // cannot be granted per resource
  bool changes{};        // its access level is neither reading nor listing
  bool deletes{};
  std::vector<std::string> api_names;  // operations that check it, where they are named differently
};
enum class LintKeyType : std::uint8_t { kString, kBool, kDate, kNumber, kIp, kAny };
struct LintKey {
  std::string name;  // `acs:SourceIp`; a key that takes a suffix ends in `/`: `acs:ResourceTag/`
  LintKeyType type{};
  bool can_be_missing{};                   // a request may come without it
  bool single{};                           // a request carries at most one value
  std::vector<std::string> not_filled_by;  // patterns of actions whose requests never carry it
};
struct LintArnServices {
  std::string service;                 // ram-code of the action
  std::vector<std::string> resources;  // other services whose ARNs it uses; `*`: any
};
struct LintResourceTypes {
  std::string action;              // a name or pattern
  std::vector<std::string> types;  // `image`, `role`: what the relative id begins with
};
struct LintTables {
  std::string actions_date;
  std::string tables_date;
  std::vector<LintAction> actions;             // sorted by lower-case name
  std::vector<std::string> complete_services;  // whose every action is in `actions`
  std::vector<std::string> services;           // every known ram-code
  std::vector<std::string> global_services;    // without regions
  std::vector<std::string> regions;
  std::vector<LintKey> keys;  // of the prefix `acs:`, and service keys whose type is known
  std::vector<LintArnServices> arn_services;
  std::vector<LintResourceTypes> resource_types;
  std::vector<std::string> escalation_actions;
  std::vector<std::string> wide_services;        // a `SERVICE:*` on `*` is as good as administration
  std::vector<std::string> destructive_actions;  // patterns
  std::vector<std::string> service_principals;   // `ecs.aliyuncs.com`
};

enum class PolicyKind : std::uint8_t {
  kUnknown,  // a file: told by its content, as policy_kind() does
  kIdentity,
  kControl,
  kSession,
  kTrust,
  kResource,  // a bucket policy or the policy of a gateway endpoint: Principal is a list of ids
};
[[nodiscard]] std::string_view policy_kind_name(PolicyKind kind);

struct LintInput {
  std::string name;  // `ops-images`, `Custom/ops-images`
  std::string path;  // as shown to the user
  std::string text;
  PolicyKind kind{PolicyKind::kUnknown};
  bool is_file{true};   // false: the text stands inside another file as a string; its lines are not the file's
  std::string account;  // whose policy it is; empty: not known
};

struct LintOptions {
  Time now;
};

struct Finding {
  static constexpr std::size_t kNoInput = static_cast<std::size_t>(-1);
  const LintRule* rule{};
  Severity severity{};
  std::string message;  // one line, with the nearest known name where there is one
  std::string repair;   // what to do about it, one line
  std::size_t input{};  // which of the inputs; kNoInput: a holder none of whose policies is among them
  std::string pointer;  // JSON pointer inside the document
  std::uint32_t offset{};
  TextPosition begin;                // columns count bytes
  std::optional<TextPosition> end;   // just past the last byte, where it is known
  std::uint32_t begin_character{1};  // column in code points
  std::uint32_t end_character{};     // the same of `end`
};

// Findings of one document, in the order of the text, then of the rules. Where the text is no JSON the only finding is
// RAM001 (and a duplicate key before that place). A bad statement does not stop the others.
[[nodiscard]] std::vector<Finding> lint_document(const LintInput& input, const LintTables& tables,
                                                 const LintOptions& options);

// Who holds what, as an inventory shows it. Indexes are into the inputs.
struct LintAttachment {
  enum class Holder : std::uint8_t { kUser, kGroup, kRole };
  Holder holder{};
  std::string name;
  std::string account;
  std::string policy_type;  // `System`, `Custom`
  std::string policy_name;
  std::optional<std::size_t> input;  // its document, where it is among the inputs
  std::string document;              // its document, where it is not but known (a system policy that comes built in)
  std::string resource_group;        // empty: account level
};
struct LintMembership {
  std::string account;
  std::string user;
  std::string group;
};
struct LintControlAttachment {
  std::string target;
  std::string policy_name;
  std::optional<std::size_t> input;
};
struct LintVersions {
  std::size_t input{};     // a policy
  std::size_t versions{};  // how many of it the exports show
};
struct LintSet {
  std::vector<LintAttachment> attachments;
  std::vector<LintMembership> memberships;
  std::vector<LintControlAttachment> controls;
  std::vector<LintVersions> versions;
};

// What only attachments show: RAM055, RAM056, RAM057, RAM061.
[[nodiscard]] std::vector<Finding> lint_set(std::span<const LintInput> inputs, const LintSet& set,
                                            const LintTables& tables);

// On whom a policy hangs; no fault by itself.
struct AttachmentNote {
  std::size_t input{};
  std::size_t users{};  // directly; recommended is to attach to groups
  std::size_t groups{};
  std::size_t roles{};
  std::size_t targets{};                  // of the resource directory
  std::vector<std::string> direct_users;  // sorted, each once
};
// One for each input that can be attached (no trust policy), in their order.
[[nodiscard]] std::vector<AttachmentNote> attachment_notes(std::span<const LintInput> inputs, const LintSet& set);

}  // namespace imagewarden::ram
