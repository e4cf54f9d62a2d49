// Actions against the tables, and actions against resources.

#include <algorithm>
#include <set>

#include "engine/base/glob.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

constexpr std::size_t kShownActions = 6;
constexpr std::size_t kMostServices = 100;
constexpr std::size_t kShortestList = 3;  // fewer names are as easy to read as a pattern

// `ram-code:Name`, or every action.
bool is_action(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (takes_everything(text)) return true;
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
         text.find(':', colon + 1) == std::string_view::npos;
}

std::string list_of(const std::vector<const LintAction*>& actions) {
  std::string text;
  for (std::size_t i = 0; i < std::min(actions.size(), kShownActions); ++i) {
    if (i > 0) text += ", ";
    text += quoted(actions[i]->name);
  }
  if (actions.size() > kShownActions) text += " and " + std::to_string(actions.size() - kShownActions) + " more";
  return text;
}

void check_form(const Job& job, const StatementView& statement) {
  const JsonValue& json = statement.action.member->value;
  const std::string name(statement.action.name);
  const std::string repair = "write `ram-code:Name`, for instance `ecs:DescribeInstances`, or `*`";
  const auto check_type = [&](const JsonValue& value, std::int32_t index) {
    if (value.is(JsonType::kString) && !value.text.empty()) return;
    const Word word{value.text, "", value.offset, index};
    job.report.add(
        9, place_of(statement, statement.action, word),
        quoted(name) + (value.is(JsonType::kString) ? " holds an empty string" : " holds something else than strings"),
        repair);
  };
  if (json.is(JsonType::kArray)) {
    for (std::size_t i = 0; i < json.items.size(); ++i) check_type(json.items[i], static_cast<std::int32_t>(i));
  } else {
    check_type(json, -1);
  }
  for (const Word& word : statement.action.words) {
    if (is_action(word.text)) continue;
    job.report.add(9, place_of(statement, statement.action, word),
                   name + ' ' + quoted(word.text) + ", expected `ram-code:Name` or `*`", repair);
  }
}

void check_known(const Job& job, const StatementView& statement, const Word& word) {
  if (takes_everything(word.text) || !is_action(word.text)) return;
  const std::string_view service = service_of(word.lower);
  const Place place = place_of(statement, statement.action, word);
  if (!job.index.fits_service(service)) {
    const std::string_view nearest = has_wildcard(service) ? std::string_view{} : job.index.nearest_service(service);
    job.report.add(
        10, place, "ram-code " + quoted(service_of(word.text)) + " is not known" + did_you_mean(nearest),
        "use the ram-code of the service's RAM page; a table that is too old can be replaced with --actions");
    return;
  }
  if (has_wildcard(service)) return;
  if (has_wildcard(word.lower)) {
    if (job.index.is_complete(service) && job.index.matches(word.lower).empty()) {
      job.report.add(12, place,
                     "pattern " + quoted(word.text) + " matches no action of the table of " + job.tables.actions_date,
                     "correct the pattern, or take it out");
    }
    return;
  }
  if (job.index.action(word.lower) != nullptr) return;
  if (const LintAction* checked = job.index.action_of_api(word.lower)) {
    job.report.add(11, place,
                   quoted(word.text) + " is an operation; what RAM checks for it is " + quoted(checked->name),
                   "write " + quoted(checked->name));
    return;
  }
  const std::string_view nearest = job.index.nearest_action(word.lower);
  // Of a service whose table has gaps only a slip is certain enough.
  if (!job.index.is_complete(service) && nearest.empty()) return;
  job.report.add(
      11, place,
      "action " + quoted(word.text) + " is not in the table of " + job.tables.actions_date + did_you_mean(nearest),
      nearest.empty() ? "correct the name; a table that is too old can be replaced with --actions"
                      : "write " + quoted(nearest));
}

// All-Resources actions under a Resource that is narrower than `*`: RAM asks about the text `*`.
void check_level(const Job& job, const StatementView& statement) {
  if (!statement.resource.readable || statement.not_action || statement.not_resource || statement.both_actions ||
      statement.both_resources)
    return;
  if (reaches_everything(statement) || !statement.effect) return;
  for (const Word& word : statement.action.words) {
    const auto known = job.index.matches(word.lower);
    const bool all = !known.empty() && std::all_of(known.begin(), known.end(),
                                                   [](const LintAction* action) { return action->all_resources; });
    if (!all) continue;
    const std::string what =
        quoted(word.text) +
        (has_wildcard(word.text) ? " stands for actions without a resource level" : " has no resource level");
    if (statement.allows()) {
      job.report.add(17, place_of(statement, statement.action, word),
                     what + ", so this Allow with a Resource narrower than `*` never applies",
                     "move it to a statement with `\"Resource\": \"*\"`");
    } else {
      job.report.add(18, place_of(statement, statement.action, word),
                     what + ", so this Deny with a Resource narrower than `*` protects nothing",
                     "move it to a Deny with `\"Resource\": \"*\"`");
    }
  }
}

// Whether an ARN of the service can belong to a request for the action.
bool goes_with(const Job& job, std::string_view action_service, std::string_view arn_service) {
  if (has_wildcard(action_service) || has_wildcard(arn_service)) {
    return globs_disjoint(action_service, arn_service) != Decided::kYes ||
           action_service.find('*') != std::string_view::npos;
  }
  if (action_service == arn_service) return true;
  for (const LintArnServices& entry : job.tables.arn_services) {
    if (!equals_ignore_case(entry.service, action_service)) continue;
    return std::any_of(entry.resources.begin(), entry.resources.end(),
                       [&](const std::string& name) { return name == "*" || equals_ignore_case(name, arn_service); });
  }
  return false;
}

void check_services(const Job& job, const StatementView& statement) {
  if (statement.not_action || statement.not_resource || !statement.action.readable) return;
  std::set<std::string_view> services;
  for (const Word& word : statement.action.words) {
    if (takes_everything(word.lower) || !is_action(word.lower)) return;
    services.insert(service_of(word.lower));
  }
  if (services.size() > kMostServices) return;  // hardly written by hand, and each is compared with each resource
  for (const Word& word : statement.resource.words) {
    const auto fields = arn_fields(word.lower);
    if (fields.size() < 5 || fields[0] != "acs" || fields[1].empty()) continue;
    if (std::any_of(services.begin(), services.end(),
                    [&](std::string_view service) { return goes_with(job, service, fields[1]); }))
      continue;
    job.report.add(16, place_of(statement, statement.resource, word),
                   "a resource of " + quoted(fields[1]) + " under actions of " + quoted(*services.begin()) +
                       (services.size() > 1 ? " and " + std::to_string(services.size() - 1) + " other services" : "") +
                       ": no request matches both",
                   "write an ARN of the actions' own service");
  }
}

// `cluster/c-1` is of type `cluster`, `instance/*` of `instance`; a wildcard in the type can stand for any.
std::string_view type_of(std::string_view relative) { return relative.substr(0, relative.find('/')); }

void check_types(const Job& job, const StatementView& statement) {
  if (statement.not_action || statement.not_resource || !statement.action.readable) return;
  std::set<std::string_view> types;
  for (const Word& word : statement.action.words) {
    bool known = false;
    for (const LintResourceTypes& entry : job.tables.resource_types) {
      if (glob_within(word.lower, to_lower(entry.action)) != Decided::kYes) continue;
      known = true;
      types.insert(entry.types.begin(), entry.types.end());
    }
    if (!known) return;  // it may be about anything
  }
  for (const Word& word : statement.resource.words) {
    const auto fields = arn_fields(word.text);
    if (fields.size() < 5 || has_wildcard(fields[1])) continue;
    const std::string_view type = type_of(fields[4]);
    if (type.empty() ||
        std::any_of(types.begin(), types.end(), [&](std::string_view known) { return glob_matches(type, known); }))
      continue;
    std::string expected;
    for (const std::string_view known : types) expected += (expected.empty() ? "" : ", ") + quoted(known);
    job.report.add(19, place_of(statement, statement.resource, word),
                   "resource type " + quoted(type) + " is none of the actions' types: " + expected,
                   "write an ARN of one of these types");
  }
}

// The shortest of `service:*`, `service:HEAD*` and `service:*TAIL` that stands for exactly these known actions.
std::string exact_glob(const Job& job, std::string_view service, const std::set<const LintAction*>& actions) {
  std::string_view head = job.index.lower_name(**actions.begin());
  std::string_view tail = head;
  for (const LintAction* action : actions) {
    const std::string_view name = job.index.lower_name(*action);
    const auto same = static_cast<std::size_t>(std::mismatch(head.begin(), head.end(), name.begin(), name.end()).first -
                                               head.begin());
    head = head.substr(0, same);
    std::size_t back = 0;
    while (back < std::min(tail.size(), name.size()) && tail[tail.size() - 1 - back] == name[name.size() - 1 - back])
      ++back;
    tail = tail.substr(tail.size() - back);
  }
  const std::string prefix = std::string(service) + ':';
  std::vector<std::string> candidates{prefix + '*'};
  if (head.size() > prefix.size()) candidates.push_back(std::string(head) + '*');
  if (!tail.empty() && tail.find(':') == std::string_view::npos) candidates.push_back(prefix + '*' + std::string(tail));
  for (const std::string& candidate : candidates) {
    const auto matched = job.index.matches(candidate);
    if (std::set<const LintAction*>(matched.begin(), matched.end()) != actions) continue;
    // In the spelling of the table.
    const std::string_view name = (*actions.begin())->name;
    if (candidate.ends_with('*')) return std::string(name.substr(0, candidate.size() - 1)) + '*';
    return std::string(name.substr(0, prefix.size())) + '*' + std::string(name.substr(name.size() - tail.size()));
  }
  return {};
}

void check_globs(const Job& job, const StatementView& statement) {
  if (statement.not_action) return;
  std::vector<std::pair<std::string_view, std::set<const LintAction*>>> by_service;
  for (const Word& word : statement.action.words) {
    const std::string_view service = service_of(word.lower);
    if (has_wildcard(service) || !job.index.is_complete(service)) continue;
    if (!has_wildcard(word.lower)) {
      const LintAction* action = job.index.action(word.lower);
      if (action == nullptr) continue;
      auto at =
          std::find_if(by_service.begin(), by_service.end(), [&](const auto& entry) { return entry.first == service; });
      if (at == by_service.end()) at = by_service.insert(at, {service, {}});
      at->second.insert(action);
      continue;
    }
    if (!statement.allows() || is_service_wide(word.lower)) continue;
    const auto known = job.index.matches(word.lower);
    if (std::none_of(known.begin(), known.end(), [](const LintAction* action) { return action->changes; })) continue;
    job.report.add(66, place_of(statement, statement.action, word),
                   quoted(word.text) + " stands for " + list_of(known) + " (table of " + job.tables.actions_date +
                       "), and for what comes later",
                   "expand it before a review, or write the names");
  }
  for (const auto& [service, actions] : by_service) {
    if (actions.size() < kShortestList) continue;
    const std::string glob = exact_glob(job, service, actions);
    if (glob.empty()) continue;
    job.report.add(66, place_of(statement, statement.action),
                   std::to_string(actions.size()) + " actions that are exactly what " + quoted(glob) +
                       " stands for (table of " + job.tables.actions_date + ')',
                   "write " + quoted(glob) + ", if later actions of this name are meant too");
  }
}

}  // namespace

void lint_actions(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    if (!statement.action.present()) continue;
    check_form(job, statement);
    for (const Word& word : statement.action.words) check_known(job, statement, word);
    check_level(job, statement);
    check_services(job, statement);
    check_types(job, statement);
    check_globs(job, statement);
  }
}

}  // namespace imagewarden::ram::lint
