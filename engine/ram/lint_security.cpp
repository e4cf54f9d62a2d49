// Grants that are wider than they look, and denials that lock out their own repair.

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

// What a user needs to get through a Deny that wants MFA.
constexpr std::array<std::string_view, 2> kMfaRepair = {"ram:bindmfadevice", "ram:createvirtualmfadevice"};

bool holds(const std::vector<std::string>& names, std::string_view lower) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return equals_ignore_case(name, lower); });
}

bool has_key(const StatementView& statement, std::string_view lower) {
  return std::any_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const ConditionEntry& entry) { return entry.key_lower == lower; });
}

// Whether the statement is about the action, by Action or NotAction.
bool covers_action(const StatementView& statement, std::string_view lower) {
  const bool listed = std::any_of(statement.action.words.begin(), statement.action.words.end(),
                                  [&](const Word& word) { return glob_matches(word.lower, lower); });
  return listed != statement.not_action;
}

// Whether the Resource reaches everything that the service has: `*`, `acs:ram:*:*:*`.
bool reaches_service(const StatementView& statement, std::string_view service) {
  if (statement.not_resource) return false;
  const std::string all = "acs:" + std::string(service) + ":*:*:*";
  return std::any_of(statement.resource.words.begin(), statement.resource.words.end(), [&](const Word& word) {
    return takes_everything(word.text) ||
           glob_within(all, normal_resource_pattern(word.text, Readings{})) == Decided::kYes;
  });
}

void check_wide(const Job& job, const StatementView& statement) {
  if (!reaches_everything(statement)) return;
  for (const Word& word : statement.action.words) {
    if (takes_everything(word.lower)) {
      job.report.add(48, place_of(statement, statement.action, word), "Allow of every action on every resource",
                     "list the services and actions that are needed");
    } else if (is_service_wide(word.lower) && holds(job.tables.wide_services, service_of(word.lower))) {
      job.report.add(
          48, place_of(statement, statement.action, word),
          "Allow of " + quoted(word.text) + " on every resource, which is as good as administration of the account",
          "list the actions that are needed");
    }
  }
}

void check_escalation(const Job& job, const StatementView& statement) {
  if (!reaches_service(statement, "ram")) return;
  for (const Word& word : statement.action.words) {
    const std::string_view service = service_of(word.lower);
    if (is_service_wide(word.lower) && (service.empty() || holds(job.tables.wide_services, service)))
      continue;  // RAM048
    const auto found = std::find_if(
        job.tables.escalation_actions.begin(), job.tables.escalation_actions.end(), [&](const std::string& action) {
          const std::string lower = to_lower(action);
          return glob_matches(word.lower, lower) && !(lower == "ram:passrole" && has_key(statement, "acs:service"));
        });
    if (found == job.tables.escalation_actions.end()) continue;
    const bool pass = equals_ignore_case(*found, "ram:PassRole");
    job.report.add(49, place_of(statement, statement.action, word),
                   quoted(word.text) +
                       (equals_ignore_case(word.lower, *found) ? "" : ", which includes " + quoted(*found) + ',') +
                       (pass ? " on every role without `acs:Service` hands any role to any service"
                             : " on every resource lets its holder give itself more rights"),
                   pass ? "name the roles, and the services with `acs:Service`"
                        : "name the users, groups, roles or policies, or leave it to administrators");
  }
}

void check_assume(const Job& job, const StatementView& statement) {
  if (!reaches_service(statement, "ram")) return;
  for (const Word& word : statement.action.words) {
    if (takes_everything(word.lower) || word.lower == "sts:*" || !glob_matches(word.lower, "sts:assumerole")) continue;
    job.report.add(50, place_of(statement, statement.action, word),
                   quoted(word.text) + " on every role: any role whose trust policy agrees can be taken",
                   "name the roles: `acs:ram::ACCOUNT:role/NAME`");
  }
}

void check_destructive(const Job& job, const StatementView& statement) {
  if (!statement.conditions.empty()) return;
  for (const Word& word : statement.action.words) {
    if (takes_everything(word.lower)) continue;  // RAM048
    const bool by_name = std::any_of(
        job.tables.destructive_actions.begin(), job.tables.destructive_actions.end(),
        [&](const std::string& pattern) { return glob_within(word.lower, to_lower(pattern)) == Decided::kYes; });
    std::string example;
    if (!by_name) {
      const auto known = job.index.matches(word.lower);
      const auto deletes = [](const LintAction* action) { return action->deletes; };
      const auto first = std::find_if(known.begin(), known.end(), deletes);
      if (first == known.end()) continue;
      example = ", which includes " + quoted((*first)->name);
      const auto count = std::count_if(known.begin(), known.end(), deletes);
      if (count > 1) example += " and " + std::to_string(count - 1) + " more that delete,";
    }
    job.report.add(51, place_of(statement, statement.action, word),
                   "Allow of " + quoted(word.text) + example + " without a condition",
                   "add a condition (`acs:MFAPresent`, `acs:SourceIp`, …), or deny deletion to everybody else");
  }
}

// Where a Deny that users are to get out of by setting up MFA also denies them to set it up.
void check_lockout(const Job& job) {
  // Repair actions that a Deny with NotAction leaves open.
  std::vector<std::string_view> left_open;
  for (const StatementView& statement : job.view.statements) {
    if (!statement.denies() || !statement.not_action || !statement.is_sound()) continue;
    for (const std::string_view action : kMfaRepair) {
      if (!covers_action(statement, action)) left_open.push_back(action);
    }
  }
  for (const StatementView& statement : job.view.statements) {
    if (!statement.denies() || !statement.is_sound()) continue;
    const auto mfa = std::find_if(statement.conditions.begin(), statement.conditions.end(),
                                  [](const ConditionEntry& entry) { return entry.key_lower == "acs:mfapresent"; });
    const bool wants_mfa = mfa != statement.conditions.end();
    const auto blocked = std::find_if(kMfaRepair.begin(), kMfaRepair.end(), [&](std::string_view action) {
      const bool open_elsewhere = std::find(left_open.begin(), left_open.end(), action) != left_open.end();
      return (wants_mfa || (open_elsewhere && statement.conditions.empty())) && covers_action(statement, action);
    });
    if (blocked == kMfaRepair.end() || !reaches_service(statement, "ram")) continue;
    const LintAction* known = job.index.action(*blocked);
    const std::string name = quoted(known != nullptr ? std::string_view(known->name) : *blocked);
    job.report.add(54, place_of(statement, statement.action),
                   wants_mfa
                       ? "this Deny for callers without MFA also denies " + name + ", with which they would get it"
                       : "this Deny includes " + name + ", which the NotAction of another Deny leaves open",
                   "deny with `NotAction` and leave `ram:BindMFADevice` and `ram:CreateVirtualMFADevice` out");
  }
}

bool is_known_service(const Job& job, std::string_view principal) {
  constexpr std::string_view kSuffix = ".aliyuncs.com";
  const std::string lower = to_lower(principal);
  if (holds(job.tables.service_principals, lower)) return true;
  if (!lower.ends_with(kSuffix)) return false;
  // `crossbackup.hbr.aliyuncs.com` belongs to hbr.
  const std::string_view name = std::string_view(lower).substr(0, lower.size() - kSuffix.size());
  const std::size_t dot = name.rfind('.');
  return job.index.is_service(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

struct TrustCheck {
  const Job& job;
  const StatementView& statement;

  void check_value(std::string_view type, std::string_view text, const Place& place) const {
    if (type == "RAM") check_account(text, place);
    if (type == "Service" && !job.tables.service_principals.empty() && !is_known_service(job, text)) {
      std::vector<std::string_view> names(job.tables.service_principals.begin(), job.tables.service_principals.end());
      const auto nearest = nearest_name(text, names);
      job.report.add(58, place, "service " + quoted(text) + " is not known" + (nearest ? did_you_mean(*nearest) : ""),
                     "write the service's name as its page has it");
    }
    if (type == "Federated" && text.find(":oidc-provider/") != std::string_view::npos) check_oidc(place);
  }

 private:
  void check_account(std::string_view text, const Place& place) const {
    if (takes_everything(text)) {
      job.report.add(58, place, "anyone may assume the role", "name the accounts, users or roles");
      return;
    }
    const auto fields = arn_fields(text);
    if (fields.size() < 5 || fields[4] != "root" || job.input.account.empty()) return;
    if (fields[3].empty() || fields[3] == job.input.account) return;
    job.report.add(
        58, place,
        "every user and role of account " + quoted(fields[3]) + ", which is not this one, may assume the role",
        "name the users or roles of that account");
  }

  void check_oidc(const Place& place) const {
    const auto subject = std::find_if(statement.conditions.begin(), statement.conditions.end(),
                                      [](const ConditionEntry& entry) { return entry.key_lower == "oidc:sub"; });
    if (subject == statement.conditions.end()) {
      job.report.add(58, place,
                     "trust in an OIDC provider without `oidc:sub`: every identity of it may assume the role",
                     "add `StringEquals` or `StringLike` on `oidc:sub`");
      return;
    }
    for (const ConditionValue& value : subject->values) {
      if (takes_everything(value.json->text)) {
        job.report.add(58, place_of(statement, *subject, value),
                       "`*` for `oidc:sub`: every identity of the OIDC provider may assume the role",
                       "name the subjects");
      }
    }
  }
};

void check_trust(const Job& job, const StatementView& statement) {
  if (statement.principal == nullptr || !statement.principal->value.is(JsonType::kObject)) return;
  const TrustCheck check{job, statement};
  for (const JsonMember& member : statement.principal->value.members) {
    Place place = place_of(statement, *statement.principal);
    append_pointer(place.pointer, member.key);
    place.offset = member.value.offset;
    if (member.value.is(JsonType::kString)) check.check_value(member.key, member.value.text, place);
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      const JsonValue& item = member.value.items[i];
      if (item.is(JsonType::kString))
        check.check_value(member.key, item.text, {item.offset, place.pointer + '/' + std::to_string(i)});
    }
  }
}

}  // namespace

void lint_security(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    if (job.view.kind == PolicyKind::kTrust && statement.allows()) check_trust(job, statement);
    if (!statement.allows() || !statement.action.present() || statement.both_actions) continue;
    if (statement.not_action) {
      job.report.add(47, place_of(statement, statement.action),
                     "Allow with `NotAction` grants every other action, those of future services as well",
                     "list the actions with `Action`");
      continue;
    }
    if (job.view.kind == PolicyKind::kTrust || job.view.kind == PolicyKind::kControl)
      continue;  // neither grants by itself
    check_wide(job, statement);
    check_escalation(job, statement);
    check_assume(job, statement);
    check_destructive(job, statement);
  }
  if (job.view.kind != PolicyKind::kTrust) check_lockout(job);
}

}  // namespace imagewarden::ram::lint
