// `policy diff`: what two versions of policies allow otherwise. Two policy files or folders of them are compared over
// all requests; two inventories principal by principal.

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/policy_source.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/needs.h"
#include "engine/policy/diff.h"
#include "engine/rules/actions.h"

namespace imagewarden::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kExamples = 20;  // principals and actions shown, without --limit

// Both sides of a comparison and what came out.
struct Outcome {
  policy::SymbolicDiff symbolic;  // of policy files
  std::optional<policy::InventoryDiff> inventory;
  std::size_t gained{};
  std::size_t lost{};
  std::size_t undecided{};
};

// An export has an account file, envelopes, or a body that is named after its operation.
bool holds_exports(const fs::path& path) {
  const auto is_export = [](const fs::path& file) {
    const std::string name = file.filename().string();
    return name == "account.json" || name.find(".ndjson") != std::string::npos ||
           find_operation(name.substr(0, name.find('.'))).has_value();
  };
  std::error_code error;
  if (!fs::is_directory(path, error)) return is_export(path);
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error) && is_export(at->path())) return true;
  }
  return false;
}

// A file, or every *.json of a folder, as the policies of one principal.
Result<ram::PrincipalPolicies> load_policies(const std::string& path, const Readings& readings) {
  std::vector<std::string> files{path};
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    auto found = policy_files(path);
    if (!found) return tl::make_unexpected(found.error());
    files = std::move(*found);
  }
  ram::PrincipalPolicies policies;
  policies.name = "someone";
  for (const std::string& file : files) {
    auto policy = load_policy(file, "user/someone", readings);
    if (!policy) return tl::make_unexpected(policy.error());
    policies.account_level.push_back(std::move(*policy));
  }
  return policies;
}

Result<Snapshot> load_side(const Options& options, const std::string& path, Environment& environment) {
  Options side = options;
  side.inventory = {path};
  return load_inventory(side, environment);
}

void count(const policy::SymbolicDiff& diff, Outcome& outcome) {
  outcome.gained += diff.gained.found == ram::Found::kWitness ? 1 : 0;
  outcome.lost += diff.lost.found == ram::Found::kWitness ? 1 : 0;
  outcome.undecided +=
      (diff.gained.found == ram::Found::kUndecided ? 1U : 0U) + (diff.lost.found == ram::Found::kUndecided ? 1U : 0U);
}

Result<Outcome> compare(const Options& options, Environment& environment, const rules::Ruleset& rules, Time now) {
  const std::string& before = options.arguments[0];
  const std::string& after = options.arguments[1];
  std::vector<std::string> actions(policy::catalogue_actions().begin(), policy::catalogue_actions().end());
  if (!options.action.empty()) actions = {options.action};
  const policy::DiffScope scope{actions, now, {}};
  Outcome outcome;
  const bool is_export = holds_exports(before);
  if (is_export != holds_exports(after)) {
    return fail(Errc::kUsage, fmt::format("`{}` and `{}`: one is an export, the other is not; expected two of a kind",
                                          before, after));
  }
  if (is_export) {
    auto old_side = load_side(options, before, environment);
    if (!old_side) return tl::make_unexpected(old_side.error());
    auto new_side = load_side(options, after, environment);
    if (!new_side) return tl::make_unexpected(new_side.error());
    for (const auto& [side, path] : {std::pair(&*old_side, &before), std::pair(&*new_side, &after)})
      note_gaps(options, environment, *side, std::nullopt, kPrincipalLists,
                fmt::format("users and roles of `{}`", *path));
    outcome.inventory = policy::diff_inventories(*old_side, *new_side, rules.readings(), scope);
    for (const policy::PrincipalDiff& principal : outcome.inventory->principals) count(principal.symbolic, outcome);
    return outcome;
  }
  if (!options.action.empty())
    return fail(Errc::kUsage, "`--action` is for two exports: two policies are compared over every request");
  auto old_side = load_policies(before, rules.readings());
  if (!old_side) return tl::make_unexpected(old_side.error());
  auto new_side = load_policies(after, rules.readings());
  if (!new_side) return tl::make_unexpected(new_side.error());
  outcome.symbolic = policy::diff_policies(*old_side, *new_side, rules.readings(), scope);
  count(outcome.symbolic, outcome);
  return outcome;
}

// As the catalogue spells it; the analysis works on lower case.
std::string_view spelled(std::string_view action) {
  const rules::ActionEntry* entry = rules::ActionCatalogue::built_in().find(action);
  return entry == nullptr ? action : std::string_view(entry->name);
}

// Keys that every request has say nothing where they hold what any would do: the time of the question, no ARN at all.
bool is_plain(const Context::Entry& entry, Time now) {
  if (entry.values.size() != 1) return false;
  if (entry.key.lower == "acs:principalarn") return entry.values.front().text.empty();
  return entry.key.lower == "acs:currenttime" && entry.values.front().text == format_rfc3339(now);
}

std::string request_text(const ram::Request& request, Time now) {
  std::string text = fmt::format("{} on {}", spelled(request.action), request.resource);
  if (!request.resource_group.empty()) text += fmt::format(" in resource group {}", request.resource_group);
  for (const Context::Entry& entry : request.context.entries()) {
    if (is_plain(entry, now)) continue;
    if (entry.state == KeyState::kAbsent) {
      text += fmt::format(", without {}", entry.key.name);
      continue;
    }
    std::vector<std::string_view> values;
    for (const Value& value : entry.values) values.push_back(value.text);
    text += fmt::format(", {}={}", entry.key.name, fmt::join(values, " and "));
  }
  return printable(text);
}

std::string difference_text(const ram::Difference& difference, std::string_view what, Time now) {
  switch (difference.found) {
    case ram::Found::kNothing:
      return fmt::format("no {} access: proved for every request\n", what);
    case ram::Found::kWitness:
      return fmt::format("{} access, for example: {}\n", what, request_text(*difference.request, now));
    case ram::Found::kUndecided:
      break;
  }
  return fmt::format("{} access: not decided: {}\n", what, printable(difference.why));
}

void write_difference(JsonWriter& json, const ram::Difference& difference) {
  json.begin_object();
  const std::string_view found = difference.found == ram::Found::kNothing   ? "none"
                                 : difference.found == ram::Found::kWitness ? "found"
                                                                            : "undecided";
  json.member("found", found).member("why", difference.why).key("request");
  if (!difference.request) {
    json.null().end_object();
    return;
  }
  const ram::Request& request = *difference.request;
  json.begin_object().member("action", spelled(request.action)).member("resource", request.resource);
  json.member("resource_group", request.resource_group).key("context").begin_object();
  for (const Context::Entry& entry : request.context.entries()) {
    if (entry.state == KeyState::kAbsent) continue;
    json.key(entry.key.name).begin_array();
    for (const Value& value : entry.values) json.string(value.text);
    json.end_array();
  }
  json.end_object().key("no_context").begin_array();
  for (const Context::Entry& entry : request.context.entries()) {
    if (entry.state == KeyState::kAbsent) json.string(entry.key.name);
  }
  json.end_array().end_object();
  json.member("before", ram::to_string(difference.before))
      .member("after", ram::to_string(difference.after))
      .end_object();
}

void write_symbolic(JsonWriter& json, const policy::SymbolicDiff& diff) {
  json.key("new_access");
  write_difference(json, diff.gained);
  json.key("lost_access");
  write_difference(json, diff.lost);
}

std::string diff_json(const Options& options, const Outcome& outcome, Time now) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .key("tool")
      .begin_object()
      .member("name", "imagewarden")
      .member("version", version())
      .end_object();
  json.member("time", format_rfc3339(now)).member("old", options.arguments[0]).member("new", options.arguments[1]);
  if (!outcome.inventory) {
    write_symbolic(json, outcome.symbolic);
    json.end_object();
    return text + '\n';
  }
  json.key("compared").integer(static_cast<std::int64_t>(outcome.inventory->compared));
  json.key("principals").begin_array();
  for (const policy::PrincipalDiff& principal : outcome.inventory->principals) {
    json.begin_object().member("account", principal.account).member("principal", principal.principal);
    json.key("in_old").boolean(principal.in_old).key("in_new").boolean(principal.in_new);
    write_symbolic(json, principal.symbolic);
    json.key("actions").begin_array();
    for (const policy::ActionChange& change : principal.changes) {
      json.begin_object().member("action", spelled(change.action)).member("before", ram::to_string(change.before));
      json.member("after", ram::to_string(change.after)).key("open_keys").begin_array();
      for (const std::string& key : change.open_keys) json.string(key);
      json.end_array().end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

std::string diff_text(const Options& options, const Outcome& outcome, Time now, const Look& look) {
  if (!outcome.inventory)
    return difference_text(outcome.symbolic.gained, "new", now) + difference_text(outcome.symbolic.lost, "lost", now);
  std::string text;
  const std::size_t limit = options.limit.value_or(kExamples);
  std::size_t shown = 0;
  for (const policy::PrincipalDiff& principal : outcome.inventory->principals) {
    if (shown++ == limit) break;
    text += fmt::format("{} {}{}\n", printable(principal.account), printable(principal.principal),
                        !principal.in_old   ? ", only in the new export"
                        : !principal.in_new ? ", only in the old export"
                                            : "");
    text += "  " + difference_text(principal.symbolic.gained, "new", now) + "  " +
            difference_text(principal.symbolic.lost, "lost", now);
    Table table({"  ACTION", "BEFORE", "AFTER", "DEPENDS ON"}, {"DEPENDS ON"});
    const std::size_t actions = std::min(limit, principal.changes.size());
    for (std::size_t i = 0; i < actions; ++i) {
      const policy::ActionChange& change = principal.changes[i];
      table.add({fmt::format("  {}", spelled(change.action)), std::string(ram::to_string(change.before)),
                 std::string(ram::to_string(change.after)), fmt::format("{}", fmt::join(change.open_keys, " "))});
    }
    if (actions > 0) text += table.render(look);
    if (actions < principal.changes.size())
      text += fmt::format("  and {} more actions (--limit)\n", principal.changes.size() - actions);
    text += '\n';
  }
  if (shown > limit)
    text += fmt::format("and {} more principals (--limit)\n\n", outcome.inventory->principals.size() - limit);
  text += fmt::format("{} compared: {} gain access, {} lose access, {} differ or are not decided\n",
                      counted(outcome.inventory->compared, "principal", "principals"), outcome.gained, outcome.lost,
                      outcome.inventory->principals.size());
  if (outcome.inventory->principals.empty())
    text += "no new access and none lost: every principal is allowed the same\n";
  return text;
}

int status_of(const Options& options, const Outcome& outcome) {
  if (options.fail_on.empty()) return kExitAllowed;
  const bool any = options.fail_on == "any";
  if (outcome.gained > 0 || (any && outcome.lost > 0)) return kExitDenied;
  return outcome.undecided > 0 ? kExitIndeterminate : kExitAllowed;
}

}  // namespace

int run_policy_diff(const Options& options, Environment& environment) {
  if (options.arguments.size() != 2)
    return complain(environment, {Errc::kUsage, "`policy diff` wants two policies, folders or exports: OLD NEW"});
  if (!options.action.empty()) {
    if (const Status action = check_action(options.action); !action) return complain(environment, action.error());
  }
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  const Time now = now_of(options, environment);
  const auto outcome = compare(options, environment, *rules, now);
  if (!outcome) return complain(environment, outcome.error());
  const std::string text = options.format == Format::kJson
                               ? diff_json(options, *outcome, now)
                               : diff_text(options, *outcome, now, look_of(options, environment));
  return print_result(options, environment, text, status_of(options, *outcome));
}

}  // namespace imagewarden::cli
