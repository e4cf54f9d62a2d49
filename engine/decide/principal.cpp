#include "engine/decide/principal.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/base/suggest.h"
#include "engine/rules/actions.h"

namespace imagewarden {
namespace {

constexpr std::string_view kFullAccess = "FullAliyunAccess";
constexpr std::string_view kServiceLinkedPrefix = "AliyunServiceRoleFor";
constexpr std::string_view kExpected =
    "expected `root`, `user/NAME` or `role/NAME`, with `ACCOUNT:` before it where the inventory holds several accounts";

std::string did_you_mean(std::string_view wanted, const std::vector<std::string_view>& names) {
  const auto nearest = nearest_name(wanted, names);
  return nearest ? fmt::format(", did you mean `{}`?", *nearest) : std::string{};
}

HolderKind holder_of(ram::PrincipalKind kind) {
  return kind == ram::PrincipalKind::kRole ? HolderKind::kRole : HolderKind::kUser;
}

// What a system policy that comes built in says, or null.
const rules::SystemPolicy* built_in_policy(std::string_view name, bool is_control_policy) {
  for (const rules::SystemPolicy& policy : rules::system_policies()) {
    if (policy.name == name && policy.is_control_policy == is_control_policy) return &policy;
  }
  return nullptr;
}

// What the exports say of one policy: its document, or why there is none to trust.
struct FoundDocument {
  std::shared_ptr<const ram::Document> document;
  std::string source;
  std::string unknown_because;
  std::string version;
};

// Where the rows of the RAM tables are, by what is asked for.
class RamIndex {
 public:
  RamIndex(const Snapshot& snapshot_given, const Readings& readings_given)
      : snapshot(snapshot_given), ram(snapshot.ram()), readings(readings_given) {
    for (const RamPrincipal& principal : ram.principals)
      principals_.try_emplace(key(principal.account, principal.kind, principal.name), &principal);
    for (const PolicyAttachment& one : ram.attachments)
      attachments_[key(one.account, one.kind, one.holder)].push_back(&one);
    for (const Membership& one : ram.memberships)
      groups_[key(one.account, HolderKind::kUser, one.user)].push_back(one.group);
    for (const PolicyText& policy : ram.policies) {
      if (policy.is_default) policies_.try_emplace({policy.account, policy.type, policy.name}, &policy);
    }
  }

  [[nodiscard]] const RamPrincipal* principal(AccountId account, HolderKind kind, StringId name) const {
    const auto found = principals_.find(key(account, kind, name));
    return found == principals_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::span<const PolicyAttachment* const> attachments(AccountId account, HolderKind kind,
                                                                     StringId holder) const {
    const auto found = attachments_.find(key(account, kind, holder));
    return found == attachments_.end() ? std::span<const PolicyAttachment* const>{}
                                       : std::span<const PolicyAttachment* const>(found->second);
  }
  [[nodiscard]] std::vector<StringId> groups(AccountId account, StringId user) const {
    const auto found = groups_.find(key(account, HolderKind::kUser, user));
    return found == groups_.end() ? std::vector<StringId>{} : found->second;
  }

  [[nodiscard]] const FoundDocument& policy(AccountId account, StringId type, StringId name) const {
    const PolicyKey wanted{account, type, name};
    auto [at, added] = documents_.try_emplace(wanted);
    if (added) at->second = find_policy(wanted);
    return at->second;
  }
  [[nodiscard]] FoundDocument control_policy(std::string_view id, std::string_view name,
                                             const std::string& full_name) const {
    const auto exported = std::find_if(ram.control_policies.begin(), ram.control_policies.end(),
                                       [&](const PolicyText& policy) { return snapshot.text(policy.name) == id; });
    if (exported != ram.control_policies.end()) return read(*exported, full_name);
    if (id == kFullAccess || name == kFullAccess) {
      if (const auto* built_in = built_in_policy(kFullAccess, true)) {
        return parse(built_in->document, full_name, fmt::format("built-in {}", built_in->version), built_in->version);
      }
    }
    return {nullptr, {}, fmt::format("GetControlPolicy PolicyId={} is not exported", id), {}};
  }

  const Snapshot& snapshot;
  const RamTables& ram;
  const Readings readings;

 private:
  using PolicyKey = std::tuple<AccountId, StringId, StringId>;  // account, type, name
  // Accounts and kinds are few, names are ids of strings.
  static std::uint64_t key(AccountId account, HolderKind kind, StringId name) {
    return (std::uint64_t{account.value} << 2U | static_cast<std::uint64_t>(kind)) << 32U | name.value;
  }

  [[nodiscard]] FoundDocument find_policy(const PolicyKey& wanted) const {
    const auto& [account, type_id, name_id] = wanted;
    const std::string_view type = snapshot.text(type_id);
    const std::string_view name = snapshot.text(name_id);
    const std::string full_name = fmt::format("{}/{}", type, name);
    if (const auto exported = policies_.find(wanted); exported != policies_.end())
      return read(*exported->second, full_name);
    if (const auto* built_in = type == "System" ? built_in_policy(name, false) : nullptr) {
      return parse(built_in->document, full_name, fmt::format("built-in {}", built_in->version), built_in->version);
    }
    return {nullptr, {}, fmt::format("GetPolicy PolicyName={} PolicyType={} is not exported", name, type), {}};
  }
  // A document without text is one that its exports disagree on.
  [[nodiscard]] FoundDocument read(const PolicyText& policy, const std::string& name) const {
    if (policy.document.empty()) return {nullptr, {}, fmt::format("the exports of {} contradict each other", name), {}};
    return parse(policy.document, name, snapshot.source_of(policy.source, ""), snapshot.text(policy.version));
  }
  [[nodiscard]] FoundDocument parse(std::string_view document, std::string_view name, std::string source,
                                    std::string_view version) const {
    auto parsed = ram::parse_document(document, name, ram::DocumentKind::kPermission, readings);
    if (!parsed) return {nullptr, std::move(source), parsed.error().message, {}};
    return {std::move(*parsed), std::move(source), {}, std::string(version)};
  }

  std::unordered_map<std::uint64_t, const RamPrincipal*> principals_;
  std::unordered_map<std::uint64_t, std::vector<const PolicyAttachment*>> attachments_;
  std::unordered_map<std::uint64_t, std::vector<StringId>> groups_;
  std::map<PolicyKey, const PolicyText*> policies_;
  mutable std::map<PolicyKey, FoundDocument> documents_;
};

class Resolver {
 public:
  Resolver(const RamIndex& index, AccountId account, const PrincipalRef& principal,
           std::span<const ram::AttachedPolicy> replacements)
      : index_(index),
        snapshot_(index.snapshot),
        ram_(index.ram),
        account_(account),
        principal_(principal),
        replacements_(replacements) {
    out_.account = account;
    out_.policies.kind = principal.kind;
    out_.policies.account = snapshot_.text(snapshot_.accounts()[account.value].id);
    out_.policies.name = principal.name;
  }

  Result<ResolvedPrincipal> run(bool strict) {
    if (principal_.kind != ram::PrincipalKind::kRoot) {
      const Status exists = check_exists();
      if (!exists) return tl::make_unexpected(exists.error());
      collect_identity();
    }
    out_.policies.is_service_linked_role =
        principal_.kind == ram::PrincipalKind::kRole && principal_.name.starts_with(kServiceLinkedPrefix);
    collect_control(strict);
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view text(StringId id) const { return snapshot_.text(id); }

  // The principal's record. A complete list that does not hold it is an error: the question makes no sense.
  Status check_exists() {
    const bool is_user = principal_.kind == ram::PrincipalKind::kUser;
    if (const RamPrincipal* known = index_.principal(account_, holder_of(principal_.kind), name_id())) {
      out_.policies.id = text(known->id);
      return {};
    }
    const Operation list = is_user ? Operation::kListUsers : Operation::kListRoles;
    if (snapshot_.list_state(list, account_, {}) != ListState::kComplete) return {};
    std::vector<std::string_view> names;
    for (const RamPrincipal& known : ram_.principals) {
      if (known.account == account_ && known.kind == holder_of(principal_.kind)) names.push_back(text(known.name));
    }
    return fail(Errc::kNotFound, fmt::format("no {} `{}` in account {}, whose {} is complete{}",
                                             is_user ? "user" : "role", principal_.name, out_.policies.account,
                                             operation_info(list).name, did_you_mean(principal_.name, names)));
  }

  // kNone if no export names it.
  [[nodiscard]] StringId name_id() const { return snapshot_.find_string(principal_.name); }

  void collect_identity() {
    const StringId name = name_id();
    const bool is_user = principal_.kind == ram::PrincipalKind::kUser;
    collect_holder(holder_of(principal_.kind), name, principal_.name);
    if (!is_user) return;
    std::vector<StringId> groups = index_.groups(account_, name);
    std::sort(groups.begin(), groups.end(), [&](StringId a, StringId b) { return text(a) < text(b); });
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    for (const StringId group : groups) collect_holder(HolderKind::kGroup, group, text(group));
    if (!groups_are_known(name)) {
      add_unknown(out_.policies.account_level, fmt::format("policies of groups of user/{}", principal_.name),
                  principal_.name, fmt::format("ListGroupsForUser UserName={}", principal_.name));
    }
  }

  [[nodiscard]] bool groups_are_known(StringId user) const {
    if (is_complete(Operation::kListGroupsForUser, user)) return true;
    if (!is_complete(Operation::kListGroups, StringId{})) return false;
    return std::all_of(ram_.principals.begin(), ram_.principals.end(), [&](const RamPrincipal& group) {
      return group.account != account_ || group.kind != HolderKind::kGroup ||
             is_complete(Operation::kListUsersForGroup, group.name);
    });
  }

  [[nodiscard]] bool is_complete(Operation operation, StringId parent) const {
    return parent != Interner::kNone && snapshot_.list_state(operation, account_, parent) == ListState::kComplete;
  }

  // The policies attached to one user, group or role.
  void collect_holder(HolderKind kind, StringId holder, std::string_view name) {
    const std::string_view prefix = kind == HolderKind::kUser    ? "user/"
                                    : kind == HolderKind::kGroup ? "group/"
                                                                 : "role/";
    const std::string via = fmt::format("{}{}", prefix, name);
    const auto found = index_.attachments(account_, kind, holder);
    std::vector<const PolicyAttachment*> attached(found.begin(), found.end());
    const auto key = [&](const PolicyAttachment* one) {
      return std::tuple(text(one->resource_group), text(one->policy_type), text(one->policy_name));
    };
    std::sort(attached.begin(), attached.end(), [&](const auto* a, const auto* b) { return key(a) < key(b); });
    attached.erase(
        std::unique(attached.begin(), attached.end(), [&](const auto* a, const auto* b) { return key(a) == key(b); }),
        attached.end());
    for (const PolicyAttachment* one : attached) {
      ram::AttachedPolicy policy = attach(one->policy_type, one->policy_name, via);
      if (one->resource_group == StringId{}) {
        out_.policies.account_level.push_back(std::move(policy));
      } else {
        out_.policies.resource_group_level.push_back({std::string(text(one->resource_group)), std::move(policy)});
      }
    }
    const Operation list = kind == HolderKind::kUser    ? Operation::kListPoliciesForUser
                           : kind == HolderKind::kGroup ? Operation::kListPoliciesForGroup
                                                        : Operation::kListPoliciesForRole;
    if (is_complete(list, holder) || is_complete(Operation::kListPolicyAttachments, StringId{})) return;
    const OperationInfo& info = operation_info(list);
    add_unknown(out_.policies.account_level, fmt::format("policies of {}", via), via,
                fmt::format("{} {}={}", info.name, info.parent, name));
  }

  // A policy that may be there, or may say anything.
  void add_unknown(std::vector<ram::AttachedPolicy>& level, std::string name, std::string via,
                   const std::string& need) {
    ram::AttachedPolicy policy;
    policy.name = std::move(name);
    policy.via = std::move(via);
    policy.unknown_because = fmt::format("{} is not exported", need);
    level.push_back(std::move(policy));
    need_export(need);
  }

  void need_export(const std::string& need) {
    if (std::find(out_.needs.begin(), out_.needs.end(), need) == out_.needs.end()) out_.needs.push_back(need);
  }

  // The policy that stands in for the one of this name, or null.
  [[nodiscard]] const ram::AttachedPolicy* replacement_of(std::string_view full_name) const {
    const auto found = std::find_if(replacements_.begin(), replacements_.end(),
                                    [&](const ram::AttachedPolicy& policy) { return policy.name == full_name; });
    return found == replacements_.end() ? nullptr : &*found;
  }
  static ram::AttachedPolicy stand_in(const ram::AttachedPolicy& replacement, const std::string& via) {
    ram::AttachedPolicy policy = replacement;
    policy.via = via;
    return policy;
  }

  ram::AttachedPolicy attach(StringId type, StringId name, const std::string& via) {
    if (const auto* other = replacement_of(fmt::format("{}/{}", text(type), text(name)))) return stand_in(*other, via);
    const FoundDocument& found = index_.policy(account_, type, name);
    if (found.document == nullptr)
      need_export(fmt::format("GetPolicy PolicyName={} PolicyType={}", text(name), text(type)));
    return {fmt::format("{}/{}", text(type), text(name)),
            via,
            found.document,
            found.source,
            found.unknown_because,
            found.version};
  }

  // The way from the directory's root to the account, and the control policies on it.
  void collect_control(bool strict) {
    const RamTables::DirectoryPath* path = nullptr;
    for (const RamTables::DirectoryPath& known : ram_.paths) {
      if (known.account == account_) path = &known;
    }
    out_.policies.is_management_account = path != nullptr && path->is_management_account;
    if (out_.policies.is_management_account || out_.policies.is_service_linked_role) return;
    const bool is_bound =
        principal_.kind != ram::PrincipalKind::kRoot || !index_.readings.is_default(Reading::kControlPolicyRoot);
    if (!is_bound) return;
    const StringId self = snapshot_.accounts()[account_.value].id;
    if (path != nullptr && !path->targets.empty()) {
      for (const StringId target : path->targets) add_level(target);
      return;
    }
    const bool has_own = std::any_of(ram_.control_attachments.begin(), ram_.control_attachments.end(),
                                     [&](const ControlAttachment& attachment) { return attachment.target == self; });
    if (!has_own && !strict && path == nullptr && !snapshot_.has_directory()) {
      out_.assumptions.emplace_back("no control policies apply (no resource directory is exported)");
      return;
    }
    // What hangs above the account is not known.
    ram::ControlLevel above;
    above.target = "resource directory";
    add_unknown(above.policies, "control policies above the account", "resource directory",
                fmt::format("GetAccount AccountId={}", out_.policies.account));
    out_.policies.control_levels.push_back(std::move(above));
    if (has_own) add_level(self);
  }

  void add_level(StringId target) {
    ram::ControlLevel level;
    level.target = text(target);
    const std::string via = fmt::format("target {}", level.target);
    std::map<std::string, std::string_view> attached;  // id to name
    bool is_known = false;
    for (std::uint32_t account = 0; account < snapshot_.accounts().size(); ++account) {
      is_known = is_known || snapshot_.list_state(Operation::kListControlPolicyAttachmentsForTarget, {account},
                                                  target) == ListState::kComplete;
    }
    for (const ControlAttachment& attachment : ram_.control_attachments) {
      if (attachment.target == target) attached.emplace(text(attachment.policy), text(attachment.policy_name));
    }
    for (const auto& [id, name] : attached) {
      const std::string full_name = fmt::format("Control/{}", name.empty() ? std::string_view(id) : name);
      if (const auto* other = replacement_of(full_name)) {
        level.policies.push_back(stand_in(*other, via));
        continue;
      }
      FoundDocument found = index_.control_policy(id, name, full_name);
      if (found.document == nullptr) need_export(fmt::format("GetControlPolicy PolicyId={}", id));
      level.policies.push_back({full_name, via, std::move(found.document), std::move(found.source),
                                std::move(found.unknown_because), std::move(found.version)});
    }
    if (!is_known) {
      add_unknown(level.policies, fmt::format("control policies of {}", level.target), via,
                  fmt::format("ListControlPolicyAttachmentsForTarget TargetId={}", level.target));
    }
    out_.policies.control_levels.push_back(std::move(level));
  }

  const RamIndex& index_;
  const Snapshot& snapshot_;
  const RamTables& ram_;
  AccountId account_;
  const PrincipalRef& principal_;
  std::span<const ram::AttachedPolicy> replacements_;
  ResolvedPrincipal out_;
};

Result<AccountId> find_account(const Snapshot& snapshot, const std::string& account) {
  const auto accounts = snapshot.accounts();
  if (!account.empty()) {
    if (const auto found = snapshot.find_account(account)) return *found;
  } else if (accounts.size() == 1) {
    return AccountId{0};
  }
  std::vector<std::string_view> names;
  for (const Account& known : accounts) names.push_back(snapshot.text(known.id));
  if (names.empty()) return fail(Errc::kUsage, std::string(kNoAccount));
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string list =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > kShown) list += fmt::format(" and {} more", names.size() - kShown);
  if (account.empty()) {
    return fail(Errc::kUsage,
                fmt::format("the inventory holds {} accounts ({}), expected `ACCOUNT:` before the principal",
                            names.size(), list));
  }
  return fail(Errc::kUsage, fmt::format("account `{}` is not in the inventory, which holds {}{}", account, list,
                                        did_you_mean(account, names)));
}

}  // namespace

struct PrincipalDirectory::Impl : RamIndex {
  using RamIndex::RamIndex;
};

PrincipalDirectory::PrincipalDirectory(const Snapshot& snapshot, const Readings& readings)
    : impl_(std::make_unique<Impl>(snapshot, readings)) {}
PrincipalDirectory::~PrincipalDirectory() = default;

Result<ResolvedPrincipal> PrincipalDirectory::resolve(const PrincipalRef& principal, bool strict,
                                                      std::span<const ram::AttachedPolicy> replacements) const {
  const auto account = find_account(impl_->snapshot, principal.account);
  if (!account) return tl::make_unexpected(account.error());
  return Resolver(*impl_, *account, principal, replacements).run(strict);
}

std::string PrincipalRef::text() const {
  switch (kind) {
    case ram::PrincipalKind::kRoot:
      break;
    case ram::PrincipalKind::kUser:
      return "user/" + name;
    case ram::PrincipalKind::kRole:
      return "role/" + name;
  }
  return "root";
}

Result<PrincipalRef> parse_principal(std::string_view given) {
  PrincipalRef ref;
  std::string_view rest = given;
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos && rest.substr(0, colon).find('/') == std::string_view::npos) {
    ref.account = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
    if (ref.account.empty())
      return fail(Errc::kUsage, fmt::format("principal `{}`: no account before the colon, {}", given, kExpected));
  }
  if (rest == "root") {
    ref.kind = ram::PrincipalKind::kRoot;
    return ref;
  }
  const std::size_t slash = rest.find('/');
  const std::string_view kind = rest.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (kind == "group") {
    return fail(Errc::kUsage,
                fmt::format("principal `{}`: a group makes no calls, its users do; {}", given, kExpected));
  }
  if ((kind != "user" && kind != "role") || name.empty())
    return fail(Errc::kUsage, fmt::format("principal `{}`: {}", given, kExpected));
  ref.kind = kind == "user" ? ram::PrincipalKind::kUser : ram::PrincipalKind::kRole;
  ref.name = name;
  return ref;
}

Result<ResolvedPrincipal> resolve_principal(const Snapshot& snapshot, const PrincipalRef& principal,
                                            const Readings& readings, bool strict,
                                            std::span<const ram::AttachedPolicy> replacements) {
  return PrincipalDirectory(snapshot, readings).resolve(principal, strict, replacements);
}

std::vector<NamedPrincipal> named_principals(const Snapshot& snapshot, AccountId account) {
  std::vector<NamedPrincipal> named;
  const auto add = [&](AccountId of, HolderKind kind, StringId name) {
    if (of != account || kind == HolderKind::kGroup) return;
    named.push_back({kind == HolderKind::kUser ? ram::PrincipalKind::kUser : ram::PrincipalKind::kRole, name});
  };
  const RamTables& tables = snapshot.ram();
  for (const RamPrincipal& one : tables.principals) add(one.account, one.kind, one.name);
  for (const PolicyAttachment& one : tables.attachments) add(one.account, one.kind, one.holder);
  for (const Membership& one : tables.memberships) add(one.account, HolderKind::kUser, one.user);
  const auto key = [&](const NamedPrincipal& one) {
    return std::pair(one.kind != ram::PrincipalKind::kUser, snapshot.text(one.name));
  };
  std::sort(named.begin(), named.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  named.erase(std::unique(named.begin(), named.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
              named.end());
  return named;
}

}  // namespace imagewarden
