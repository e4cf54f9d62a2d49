#include "cli/lint_inputs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "cli/policy_source.h"
#include "cli/session.h"
#include "engine/base/glob.h"
#include "engine/base/json_tree.h"
#include "engine/rules/actions.h"
#include "engine/rules/lint_tables.h"

namespace imagewarden::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJsonSuffix = ".json";
constexpr std::string_view kWaiverSuffix = ".waivers.json";
constexpr std::string_view kServiceLinked = "AliyunServiceRoleFor";
constexpr std::string_view kFullAccess = "FullAliyunAccess";

// `policies/ops.json` to `ops`.
std::string stem_of(const std::string& path) { return fs::path(path).stem().string(); }

std::string waivers_beside(const std::string& path) {
  if (!path.ends_with(kJsonSuffix)) return {};
  std::string beside = path.substr(0, path.size() - kJsonSuffix.size()) + std::string(kWaiverSuffix);
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside : std::string{};
}

// The files below a folder, sorted, so that the report does not depend on the order of the folder.
Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    std::string path = at->path().string();
    if (at->is_regular_file(ignored) && is_policy_file(path)) files.push_back(std::move(path));
  }
  if (error) return fail(Errc::kIo, fmt::format("folder `{}`: {}", folder, error.message()));
  if (files.empty()) return fail(Errc::kUsage, fmt::format("folder `{}`: no file of the name *.json", folder));
  std::sort(files.begin(), files.end());
  return files;
}

// A list of JSON is no policy document; a folder may hold one for other purposes.
bool is_json_list(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '[' && !find_json_error(text);
}

Status add_file(const std::string& path, bool from_folder, LintWork& work) {
  auto text = read_small_file(path, "policy file");
  if (!text) return tl::make_unexpected(text.error());
  if (from_folder && is_json_list(*text)) {
    work.skipped.push_back({path, "a list, not a policy document"});
    return {};
  }
  work.inputs.push_back({stem_of(path), path, std::move(*text), ram::PolicyKind::kUnknown, true, ""});
  work.sources.push_back({path, 0, waivers_beside(path)});
  return {};
}

Status add_paths(const Options& options, LintWork& work) {
  for (const std::string& path : options.arguments) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      // What a shell's `*.json` names beside the policies.
      if (path.ends_with(kWaiverSuffix)) {
        work.skipped.push_back({path, "waivers, not a policy document"});
        continue;
      }
      if (auto added = add_file(path, false, work); !added) return added;
      continue;
    }
    const auto files = files_below(path);
    if (!files) return tl::make_unexpected(files.error());
    for (const std::string& file : *files) {
      if (auto added = add_file(file, true, work); !added) return added;
    }
  }
  return {};
}

// Takes the policies of a snapshot over, and who holds them.
class InventoryReader {
 public:
  InventoryReader(const Snapshot& snapshot, LintWork& work) : snapshot_(snapshot), work_(work) {}

  void run() {
    add_policies();
    add_trusts();
    add_control_policies();
    add_attachments();
  }

 private:
  using PolicyId = std::tuple<std::string, std::string, std::string>;  // account, type, name

  std::string text(StringId id) const { return std::string(snapshot_.text(id)); }
  std::string account(AccountId id) const { return text(snapshot_.accounts()[id.value].id); }

  std::size_t add(std::string name, std::string document, ram::PolicyKind kind, AccountId owner, Provenance source) {
    LintSource where;
    if (source.known()) {
      const Page& page = snapshot_.pages()[source.page];
      where = {text(page.file), page.line, ""};
    }
    work_.inputs.push_back(
        {std::move(name), snapshot_.source_of(source, ""), std::move(document), kind, false, account(owner)});
    work_.sources.push_back(std::move(where));
    return work_.inputs.size() - 1;
  }

  void add_policies() {
    std::map<PolicyId, std::set<std::string>> versions;
    for (const PolicyText& policy : snapshot_.ram().policies) {
      const PolicyId id{account(policy.account), text(policy.type), text(policy.name)};
      if (!policy.version.value) continue;
      versions[id].insert(text(policy.version));
    }
    for (const PolicyText& policy : snapshot_.ram().policies) {
      const PolicyId id{account(policy.account), text(policy.type), text(policy.name)};
      if (!policy.is_default) continue;
      // A system policy is not the user's to change; what it grants counts where a custom one is beside it.
      if (std::get<1>(id) != "Custom") {
        documents_[id] = policy.document;
        continue;
      }
      if (by_name_.contains(id)) continue;
      const std::size_t input = add(fmt::format("{}/{}", std::get<1>(id), std::get<2>(id)), policy.document,
                                    ram::PolicyKind::kIdentity, policy.account, policy.source);
      by_name_[id] = input;
      work_.set.versions.push_back({input, versions[id].size()});
    }
  }

  void add_trusts() {
    for (const RoleTrust& trust : snapshot_.ram().trusts) {
      // The trust policy of a service-linked role is the service's, as a system policy is.
      if (trust.document.empty() || snapshot_.text(trust.role).starts_with(kServiceLinked)) continue;
      add(fmt::format("role/{}", text(trust.role)), trust.document, ram::PolicyKind::kTrust, trust.account,
          trust.source);
    }
  }

  void add_control_policies() {
    std::map<std::string, std::string> names;  // PolicyId to its name
    for (const ControlAttachment& attachment : snapshot_.ram().control_attachments) {
      if (attachment.policy_name.value) names[text(attachment.policy)] = text(attachment.policy_name);
    }
    std::map<std::string, std::size_t> by_id;
    for (const PolicyText& policy : snapshot_.ram().control_policies) {
      const std::string id = text(policy.name);
      const std::string& name = names[id];
      if (by_id.contains(id) || id == kFullAccess || name == kFullAccess) continue;
      by_id[id] = add(fmt::format("Control/{}", name.empty() ? id : name), policy.document, ram::PolicyKind::kControl,
                      policy.account, policy.source);
    }
    for (const ControlAttachment& attachment : snapshot_.ram().control_attachments) {
      const std::string id = text(attachment.policy);
      const auto found = by_id.find(id);
      const std::string name = id == kFullAccess ? id : text(attachment.policy_name);
      work_.set.controls.push_back({text(attachment.target), name,
                                    found == by_id.end() ? std::nullopt : std::optional<std::size_t>(found->second)});
    }
  }

  void add_attachments() {
    for (const PolicyAttachment& attachment : snapshot_.ram().attachments) {
      ram::LintAttachment out;
      switch (attachment.kind) {
        case HolderKind::kUser:
          out.holder = ram::LintAttachment::Holder::kUser;
          break;
        case HolderKind::kGroup:
          out.holder = ram::LintAttachment::Holder::kGroup;
          break;
        case HolderKind::kRole:
          out.holder = ram::LintAttachment::Holder::kRole;
          break;
      }
      out.name = text(attachment.holder);
      out.account = account(attachment.account);
      out.policy_type = text(attachment.policy_type);
      out.policy_name = text(attachment.policy_name);
      out.resource_group = text(attachment.resource_group);
      const PolicyId id{out.account, out.policy_type, out.policy_name};
      if (const auto found = by_name_.find(id); found != by_name_.end()) {
        out.input = found->second;
      } else if (const auto exported = documents_.find(id); exported != documents_.end()) {
        out.document = exported->second;
      } else if (out.policy_type == "System") {
        out.document = built_in(out.policy_name);
      }
      work_.set.attachments.push_back(std::move(out));
    }
    for (const Membership& membership : snapshot_.ram().memberships) {
      work_.set.memberships.push_back({account(membership.account), text(membership.user), text(membership.group)});
    }
  }

  static std::string built_in(std::string_view name) {
    for (const rules::SystemPolicy& policy : rules::system_policies()) {
      if (!policy.is_control_policy && policy.name == name) return policy.document;
    }
    return {};
  }

  const Snapshot& snapshot_;
  LintWork& work_;
  std::map<PolicyId, std::size_t> by_name_;
  std::map<PolicyId, std::string> documents_;
};

ram::LintKeyType key_type(rules::LintKeyType type) {
  switch (type) {
    case rules::LintKeyType::kString:
      return ram::LintKeyType::kString;
    case rules::LintKeyType::kBool:
      return ram::LintKeyType::kBool;
    case rules::LintKeyType::kDate:
      return ram::LintKeyType::kDate;
    case rules::LintKeyType::kNumber:
      return ram::LintKeyType::kNumber;
    case rules::LintKeyType::kIp:
      return ram::LintKeyType::kIp;
    case rules::LintKeyType::kAny:
      break;
  }
  return ram::LintKeyType::kAny;
}

bool changes_something(rules::AccessLevel access) {
  switch (access) {
    case rules::AccessLevel::kCreate:
    case rules::AccessLevel::kUpdate:
    case rules::AccessLevel::kDelete:
    case rules::AccessLevel::kWrite:
      return true;
    case rules::AccessLevel::kNone:
    case rules::AccessLevel::kRead:
    case rules::AccessLevel::kList:
    case rules::AccessLevel::kGet:
      break;
  }
  return false;
}

void take_actions(const rules::ActionCatalogue& catalogue, bool complete, ram::LintTables& tables) {
  tables.actions_date = catalogue.date();
  for (const rules::ActionEntry& entry : catalogue.entries()) {
    const std::string_view name = std::string_view(entry.name).substr(entry.name.find(':') + 1);
    // Some deletions have no access level on their page: the name tells.
    const bool deletes = entry.access == rules::AccessLevel::kDelete || name.starts_with("Delete");
    tables.actions.push_back(
        {entry.name, entry.all_resources, deletes || changes_something(entry.access), deletes, entry.api_names});
    const std::string service = to_lower(std::string_view(entry.name).substr(0, entry.name.find(':')));
    const auto add = [&](std::vector<std::string>& names) {
      if (std::find(names.begin(), names.end(), service) == names.end()) names.push_back(service);
    };
    add(tables.services);
    if (complete) add(tables.complete_services);
  }
}

}  // namespace

Result<LintWork> gather_lint_work(const Options& options, Environment& environment) {
  LintWork work;
  if (options.arguments.empty() && options.inventory.empty()) {
    return fail(Errc::kUsage, "`policy lint` wants policy files, folders of them, or `--inventory PATH`");
  }
  if (auto added = add_paths(options, work); !added) return tl::make_unexpected(added.error());
  if (!options.inventory.empty()) {
    auto snapshot = load_inventory(options, environment);
    if (!snapshot) return tl::make_unexpected(snapshot.error());
    InventoryReader(*snapshot, work).run();
    work.snapshot = std::move(*snapshot);
  }
  return work;
}

Result<LintTablesUsed> load_lint_tables(const Options& options) {
  LintTablesUsed used;
  const rules::LintTableFile& file = rules::built_in_lint_tables();
  ram::LintTables& tables = used.tables;
  tables.tables_date = file.date;
  tables.services = file.services;
  tables.complete_services = file.complete_services;
  tables.global_services = file.global_services;
  tables.regions = file.regions;
  for (const rules::LintKeyEntry& key : file.keys) {
    tables.keys.push_back({key.name, key_type(key.type), key.can_be_missing, key.single, key.not_filled_by});
  }
  for (const rules::NamedList& list : file.arn_services) tables.arn_services.push_back({list.name, list.values});
  for (const rules::NamedList& list : file.resource_types) tables.resource_types.push_back({list.name, list.values});
  tables.escalation_actions = file.escalation_actions;
  tables.wide_services = file.wide_services;
  tables.destructive_actions = file.destructive_actions;
  tables.service_principals = file.service_principals;
  if (options.actions_file.empty()) {
    used.actions_path = "built-in";
    take_actions(rules::ActionCatalogue::built_in(), false, tables);
    return used;
  }
  const auto text = read_small_file(options.actions_file, "action table");
  if (!text) return tl::make_unexpected(text.error());
  const auto catalogue = rules::ActionCatalogue::parse(*text, options.actions_file);
  if (!catalogue) return tl::make_unexpected(catalogue.error());
  used.actions_path = options.actions_file;
  tables.complete_services.clear();  // whoever brings a table vouches for the services in it, and for no other
  take_actions(*catalogue, true, tables);
  return used;
}

Result<std::vector<LintWaiver>> load_lint_waivers(const Options& options, const LintWork& work) {
  std::vector<LintWaiver> out;
  const auto load = [&](const std::string& path, std::optional<std::size_t> input) -> Status {
    const auto text = read_small_file(path, "waiver file");
    if (!text) return tl::make_unexpected(text.error());
    auto waivers = rules::parse_waivers(*text, path, !input);
    if (!waivers) return tl::make_unexpected(waivers.error());
    for (rules::Waiver& waiver : *waivers) {
      if (ram::find_lint_rule(waiver.rule) == nullptr) {
        return fail(Errc::kMalformedInput,
                    fmt::format("{}:{}:{} {}/rule: no rule `{}`, expected RAM001 to RAM066", path, waiver.position.line,
                                waiver.position.column, waiver.pointer, waiver.rule));
      }
      out.push_back({std::move(waiver), path, input});
    }
    return {};
  };
  for (std::size_t i = 0; i < work.sources.size(); ++i) {
    if (work.sources[i].waiver_file.empty()) continue;
    if (auto loaded = load(work.sources[i].waiver_file, i); !loaded) return tl::make_unexpected(loaded.error());
  }
  if (!options.waivers_file.empty()) {
    if (auto loaded = load(options.waivers_file, std::nullopt); !loaded) return tl::make_unexpected(loaded.error());
  }
  return out;
}

}  // namespace imagewarden::cli
