// The RAM tables: each record once, sorted, with its account; places in a resource directory.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

// Sorts by `key` (a tuple of numbers and texts) and keeps the first of each.
template <class T, class Key>
void sort_once(std::vector<T>& records, Key key) {
  std::stable_sort(records.begin(), records.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
  records.erase(std::unique(records.begin(), records.end(), [&](const T& a, const T& b) { return key(a) == key(b); }),
                records.end());
}

}  // namespace

// Records of failed calls do not count; the others belong to their page's account.
template <class T>
void SnapshotBuilder::take_live(std::vector<T>& records) {
  std::erase_if(records, [&](const T& record) { return !is_live(record.source.page); });
  for (T& record : records) record.account = account_of(record.source.page);
}

void SnapshotBuilder::build_ram() {
  RamTables& ram = store_.ram;
  take_live(ram.principals);
  take_live(ram.memberships);
  take_live(ram.attachments);
  take_live(ram.policies);
  take_live(ram.trusts);
  take_live(ram.control_policies);
  take_live(ram.control_attachments);
  build_principals();
  sort_once(ram.memberships, [&](const Membership& m) { return std::tuple{m.account, text(m.user), text(m.group)}; });
  sort_once(ram.attachments, [&](const PolicyAttachment& a) {
    return std::tuple{
        a.account, a.kind, text(a.holder), text(a.policy_type), text(a.policy_name), text(a.resource_group)};
  });
  sort_once(ram.control_attachments, [&](const ControlAttachment& a) {
    return std::tuple{a.account, text(a.target), text(a.policy)};
  });
  build_policies(ram.policies);
  build_policies(ram.control_policies);
  build_trusts();
  build_paths();
  out_.ram_ = std::move(ram);
}

// A user may stand in ListUsers and in GetUser: what either knows.
void SnapshotBuilder::build_principals() {
  std::vector<RamPrincipal>& principals = store_.ram.principals;
  const auto key = [&](const RamPrincipal& p) { return std::tuple{p.account, p.kind, text(p.name)}; };
  std::stable_sort(principals.begin(), principals.end(),
                   [&](const RamPrincipal& a, const RamPrincipal& b) { return key(a) < key(b); });
  std::vector<RamPrincipal> joined;
  for (const RamPrincipal& principal : principals) {
    if (joined.empty() || key(joined.back()) != key(principal)) {
      joined.push_back(principal);
      continue;
    }
    RamPrincipal& known = joined.back();
    if (known.id == StringId{}) known.id = principal.id;
    if (known.arn == StringId{}) known.arn = principal.arn;
    if (principal.id != StringId{} && principal.id != known.id &&
        is_same_list(known.source.page, principal.source.page)) {
      note(fmt::format("{}: {} and {} contradict each other in its id", text(known.name), place(known.source, ""),
                       place(principal.source, "")));
    }
  }
  principals = std::move(joined);
}

// Each version of a policy once, and of the defaults one: the newest, or none where nobody can tell which one holds.
void SnapshotBuilder::build_policies(std::vector<PolicyText>& policies) {
  std::erase_if(policies, [](const PolicyText& policy) { return policy.document.empty(); });
  const auto name = [&](const PolicyText& p) { return std::tuple{p.account, text(p.type), text(p.name)}; };
  std::stable_sort(policies.begin(), policies.end(),
                   [&](const PolicyText& a, const PolicyText& b) { return name(a) < name(b); });
  std::vector<PolicyText> joined;
  for (std::size_t begin = 0; begin < policies.size();) {
    std::size_t end = begin;
    PolicyText* holds = nullptr;
    bool is_disputed = false;
    std::map<std::string_view, PolicyText*> others;  // by version
    for (; end < policies.size() && name(policies[end]) == name(policies[begin]); ++end) {
      PolicyText& policy = policies[end];
      if (!policy.is_default) {
        others.try_emplace(text(policy.version), &policy);
      } else if (holds == nullptr) {
        holds = &policy;
      } else if (holds->document != policy.document) {
        const Winner winner = newer(holds->source.page, policy.source.page);
        note(fmt::format("policy {}: {} and {} contradict each other in its document: {}", text(policy.name),
                         place(holds->source, ""), place(policy.source, ""),
                         winner == Winner::kNobody ? "which one holds is not known" : "the newer export counts"));
        if (winner == Winner::kSecond) holds = &policy;
        is_disputed = is_disputed || winner == Winner::kNobody;
      }
    }
    if (holds != nullptr) {
      // What is disputed stays as a policy without text: nothing else, such as a built-in one, may stand in for it.
      if (is_disputed) holds->document.clear();
      joined.push_back(std::move(*holds));
    }
    for (const auto& [version, policy] : others) joined.push_back(std::move(*policy));
    begin = end;
  }
  policies = std::move(joined);
}

void SnapshotBuilder::build_trusts() {
  std::vector<RoleTrust>& trusts = store_.ram.trusts;
  std::erase_if(trusts, [](const RoleTrust& trust) { return trust.document.empty(); });
  const auto key = [&](const RoleTrust& t) { return std::tuple{t.account, text(t.role)}; };
  std::stable_sort(trusts.begin(), trusts.end(),
                   [&](const RoleTrust& a, const RoleTrust& b) { return key(a) < key(b); });
  std::vector<RoleTrust> joined;
  for (std::size_t begin = 0; begin < trusts.size();) {
    std::size_t holds = begin;
    std::size_t end = begin + 1;
    bool is_disputed = false;
    for (; end < trusts.size() && key(trusts[end]) == key(trusts[begin]); ++end) {
      if (trusts[holds].document == trusts[end].document) continue;
      const Winner winner = newer(trusts[holds].source.page, trusts[end].source.page);
      note(fmt::format("role {}: {} and {} contradict each other in its trust policy: {}", text(trusts[end].role),
                       place(trusts[holds].source, ""), place(trusts[end].source, ""),
                       winner == Winner::kNobody ? "which one holds is not known" : "the newer export counts"));
      if (winner == Winner::kSecond) holds = end;
      is_disputed = is_disputed || winner == Winner::kNobody;
    }
    if (!is_disputed) joined.push_back(std::move(trusts[holds]));
    begin = end;
  }
  trusts = std::move(joined);
}

// The way from the root of the resource directory to an account: the path that GetAccount answers, else ListAncestors
// of the account, or of the folder that GetAccount names.
void SnapshotBuilder::build_paths() {
  std::map<std::uint32_t, std::vector<StringId>> ancestors;  // by the child, from the root
  for (std::size_t i = 0; i < store_.items.size(); ++i) {
    const inventory::ItemSighting& folder = store_.items[i];
    if (out_.pages_[folder.page].operation != Operation::kListAncestors || !is_live(folder.page)) continue;
    std::vector<StringId>& folders = ancestors[store_.facts[folder.page].parent.value];
    if (std::find(folders.begin(), folders.end(), folder.id) == folders.end()) folders.push_back(folder.id);
  }
  for (auto& [child, folders] : ancestors) {
    // The root is the one that begins with `r-`, whichever end it stands at.
    if (!folders.empty() && text(folders.back()).starts_with("r-")) std::reverse(folders.begin(), folders.end());
  }
  std::map<std::uint32_t, RamTables::DirectoryPath> paths;  // by account
  const auto add = [&](StringId id, std::vector<StringId> targets) {
    const auto account = index_of_account(id);
    if (!account || targets.empty()) return;
    if (targets.back() != id) targets.push_back(id);
    paths.try_emplace(*account, RamTables::DirectoryPath{{*account}, std::move(targets), false});
  };
  for (const inventory::Store::Place& known : store_.places) {
    if (is_live(known.page)) add(known.account, known.path);
  }
  for (const inventory::Store::Place& known : store_.places) {
    const auto found = ancestors.find(known.folder.value);
    if (!is_live(known.page) || known.folder == StringId{}) continue;
    if (found != ancestors.end()) {
      std::vector<StringId> targets = found->second;
      if (std::find(targets.begin(), targets.end(), known.folder) == targets.end()) targets.push_back(known.folder);
      add(known.account, std::move(targets));
    } else if (text(known.folder).starts_with("r-")) {
      add(known.account, {known.folder});
    }
  }
  for (const auto& [child, folders] : ancestors) add({child}, folders);
  for (const inventory::ItemSighting& master : store_.masters) {
    const auto account = index_of_account(master.id);
    if (!account || !is_live(master.page)) continue;
    paths.try_emplace(*account, RamTables::DirectoryPath{{*account}, {}, false}).first->second.is_management_account =
        true;
  }
  for (auto& [account, path] : paths) store_.ram.paths.push_back(std::move(path));
}

}  // namespace imagewarden
