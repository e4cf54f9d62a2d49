// `policy who-can`: every principal that may carry out an action, and through what.

#include <algorithm>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/policy_source.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/base/csv.h"
#include "engine/decide/needs.h"
#include "engine/policy/who_can.h"

namespace imagewarden::cli {
namespace {

using policy::Assumer;
using policy::Grant;
using policy::PrincipalAccess;
using policy::WhoCanAnswer;

std::string_view certainty(bool is_certain) { return is_certain ? "allow" : "indeterminate"; }

bool is_wanted(const PrincipalAccess& access, std::string_view only_via) {
  if (only_via.empty()) return true;
  if (only_via == "role") return access.kind == ram::PrincipalKind::kRole;
  // A user that reaches it in both ways is shown for each.
  return access.kind == ram::PrincipalKind::kUser &&
         std::any_of(access.grants.begin(), access.grants.end(),
                     [&](const Grant& grant) { return policy::to_string(grant.via) == only_via; });
}

std::string ways_text(const PrincipalAccess& access) {
  std::string text;
  for (const Grant& grant : access.grants) {
    if (grant.via == policy::Via::kRoot) return "the account itself";
    text += fmt::format("{}{} via {}", text.empty() ? "" : "; ", grant.statement, grant.holder);
  }
  return text;
}

std::string waits_text(const PrincipalAccess& access) {
  std::vector<std::string> parts;
  for (const Grant& grant : access.grants) {
    for (const std::string& condition : grant.conditions) {
      if (std::find(parts.begin(), parts.end(), condition) == parts.end()) parts.push_back(condition);
    }
  }
  parts.insert(parts.end(), access.not_known.begin(), access.not_known.end());
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string assumers_text(const PrincipalAccess& access) {
  if (access.kind != ram::PrincipalKind::kRole) return {};
  if (!access.trust_known) return "not known (GetRole is not exported)";
  std::vector<std::string> parts;
  for (const Assumer& assumer : access.assumers)
    parts.push_back(assumer.is_certain ? assumer.who : fmt::format("{} (not certain)", assumer.who));
  return parts.empty() ? "nobody" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string_view account_text(const Snapshot& snapshot, const PrincipalAccess& access) {
  return snapshot.text(snapshot.accounts()[access.account.value].id);
}

std::string json_text(const Snapshot& snapshot, const rules::Ruleset& rules, const policy::WhoCanQuestion& question,
                      const WhoCanAnswer& answer) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_header(json, snapshot, rules, question.now);
  json.member("action", question.action).member("resource", question.resource);
  json.key("asked").integer(static_cast<std::int64_t>(answer.asked)).key("principals").begin_array();
  for (const PrincipalAccess& access : answer.access) {
    json.begin_object().member("account", account_text(snapshot, access)).member("principal", access.principal);
    json.member("decision", ram::to_string(access.verdict.outcome)).key("grants").begin_array();
    for (const Grant& grant : access.grants) {
      json.begin_object().member("via", policy::to_string(grant.via)).member("holder", grant.holder);
      json.member("statement", grant.statement)
          .member("source", grant.source)
          .member("decision", certainty(grant.is_certain));
      json.key("conditions").begin_array();
      for (const std::string& condition : grant.conditions) json.string(condition);
      json.end_array().end_object();
    }
    json.end_array().key("open_keys").begin_array();
    for (const std::string& key : access.open_keys) json.string(key);
    json.end_array().key("not_known").begin_array();
    for (const std::string& why : access.not_known) json.string(why);
    json.end_array().key("assumable_by");
    if (access.kind != ram::PrincipalKind::kRole || !access.trust_known) {
      json.null();
    } else {
      json.begin_array();
      for (const Assumer& assumer : access.assumers) {
        json.begin_object().member("who", assumer.who).member("decision", certainty(assumer.is_certain)).end_object();
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

}  // namespace

int run_policy_who_can(const Options& options, Environment& environment) {
  if (options.arguments.size() != 1) {
    return complain(environment, {Errc::kUsage, "`policy who-can` wants one action, e.g. appstreaming:DeleteImage"});
  }
  if (const Status action = check_action(options.arguments.front()); !action)
    return complain(environment, action.error());
  note_similar_action(options, environment, options.arguments.front());
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto context = context_of(options);
  if (!context) return complain(environment, context.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  policy::WhoCanQuestion question{options.arguments.front(), options.resource, std::move(*context),
                                  now_of(options, environment)};
  if (const auto named = need_account(*snapshot); !named) return complain(environment, named.error());
  note_gaps(options, environment, *snapshot, std::nullopt, kPrincipalLists, "users and roles");
  WhoCanAnswer answer = policy::who_can(*snapshot, rules->readings(), question);
  std::erase_if(answer.access, [&](const PrincipalAccess& access) { return !is_wanted(access, options.only_via); });

  if (options.format == Format::kJson)
    return print_result(options, environment, json_text(*snapshot, *rules, question, answer), kExitAllowed);
  if (options.format == Format::kCsv) {
    std::string text =
        csv_line({"account", "principal", "decision", "ways", "conditions", "open_keys", "assumable_by"});
    for (const PrincipalAccess& access : answer.access) {
      text += csv_line({std::string(account_text(*snapshot, access)), access.principal,
                        std::string(ram::to_string(access.verdict.outcome)), ways_text(access), waits_text(access),
                        fmt::format("{}", fmt::join(access.open_keys, " ")), assumers_text(access)});
    }
    return print_result(options, environment, text, kExitAllowed);
  }
  Table table({"DECISION", "ACCOUNT", "PRINCIPAL", "THROUGH", "CONDITIONS", "ASSUMABLE BY"},
              {"THROUGH", "CONDITIONS", "ASSUMABLE BY"});
  for (const PrincipalAccess& access : answer.access) {
    table.add({std::string(ram::to_string(access.verdict.outcome)), std::string(account_text(*snapshot, access)),
               access.principal, ways_text(access), waits_text(access), assumers_text(access)},
              access.verdict.outcome == ram::Outcome::kAllow ? Tone::kGood : Tone::kUnsure);
  }
  std::string text = table.render(look_of(options, environment));
  const auto certain = std::count_if(answer.access.begin(), answer.access.end(), [](const PrincipalAccess& access) {
    return access.verdict.outcome == ram::Outcome::kAllow;
  });
  text += fmt::format("\n{} asked: {} may, {} may under conditions or what is not known\n",
                      counted(answer.asked, "principal", "principals"), certain,
                      answer.access.size() - static_cast<std::size_t>(certain));
  return print_result(options, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
