// `policy simulate`: one RAM request, decided and explained statement by statement, on an inventory or on policy files
// alone.

#include <algorithm>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/policy_source.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/permission.h"
#include "engine/decide/principal.h"
#include "engine/ram/alternatives.h"
#include "engine/ram/denial.h"
#include "engine/ram/statement_text.h"

namespace imagewarden::cli {
namespace {

// Everything that is asked, and what came out.
struct Simulation {
  PrincipalRef principal;
  ram::PrincipalPolicies policies;
  std::vector<std::string> needs;  // exports that would complete the policies
  std::vector<std::string> assumptions;
  ram::Request request;
  ram::Evaluation evaluation;
  std::vector<ram::AlternativeVerdict> changes;  // readings under which the outcome is another one
};

Tone tone_of(ram::Outcome outcome) {
  switch (outcome) {
    case ram::Outcome::kAllow:
      return Tone::kGood;
    case ram::Outcome::kIndeterminate:
      return Tone::kUnsure;
    case ram::Outcome::kExplicitDeny:
    case ram::Outcome::kImplicitDeny:
      break;
  }
  return Tone::kBad;
}

int exit_status(ram::Outcome outcome) {
  switch (outcome) {
    case ram::Outcome::kAllow:
      return kExitAllowed;
    case ram::Outcome::kIndeterminate:
      return kExitIndeterminate;
    case ram::Outcome::kExplicitDeny:
    case ram::Outcome::kImplicitDeny:
      break;
  }
  return kExitDenied;
}

bool is_denied(ram::Outcome outcome) {
  return outcome == ram::Outcome::kExplicitDeny || outcome == ram::Outcome::kImplicitDeny;
}

// The principal's policies: what really hangs on it, or nothing but the files.
Result<void> resolve(const Options& options, Environment& environment, const rules::Ruleset& rules, Simulation& out) {
  if (options.as.empty())
    return fail(Errc::kUsage, "`policy simulate` needs the caller: add `--as user/NAME` (or role/NAME, root)");
  if (options.action.empty())
    return fail(Errc::kUsage, "`policy simulate` needs `--action`, e.g. `--action appstreaming:DeleteImage`");
  if (Status action = check_action(options.action); !action) return action;
  note_similar_action(options, environment, options.action);
  auto principal = parse_principal(options.as);
  if (!principal) return tl::make_unexpected(principal.error());
  out.principal = std::move(*principal);
  if (options.inventory.empty()) {
    if (options.policies.empty() && options.session_policies.empty()) {
      return fail(Errc::kUsage,
                  "`policy simulate` needs policies: add `--inventory PATH`, or `--policy FILE` for a free principal");
    }
    out.policies.kind = out.principal.kind;
    out.policies.account = out.principal.account;
    out.policies.name = out.principal.name;
    return {};
  }
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return tl::make_unexpected(snapshot.error());
  auto resolved = resolve_principal(*snapshot, out.principal, rules.readings(), options.strict);
  if (!resolved) return tl::make_unexpected(resolved.error());
  out.policies = std::move(resolved->policies);
  out.needs = std::move(resolved->needs);
  out.assumptions = std::move(resolved->assumptions);
  return {};
}

void write_statement(JsonWriter& json, const ram::ConsideredStatement& considered) {
  const ram::StatementRef& ref = considered.ref;
  json.begin_object().member("statement", ram::statement_name(ref)).member("effect", ram::effect_word(ref));
  json.member("step", ram::to_string(ref.step)).member("via", ref.policy->via).member("source", ref.policy->source);
  json.key("line");
  if (ref.statement != nullptr) {
    const TextPosition position = ref.policy->document->position(ref.statement->offset);
    json.integer(position.line).key("column").integer(position.column);
  } else {
    json.null().key("column").null();
  }
  json.member("match", ram::match_word(considered.matches)).key("action_matches").boolean(considered.action_matches);
  json.key("resource_matches").boolean(considered.resource_matches).key("conditions").begin_array();
  for (const ram::AtomResult& failed : considered.failed) {
    json.begin_object().member("operator", operator_name(failed.atom->op)).member("key", failed.atom->key.name);
    json.key("wanted").begin_array();
    for (const Value& value : failed.atom->values) json.string(value.text);
    json.end_array().key("found").begin_array();
    for (const std::string& value : failed.found) json.string(value);
    json.end_array().key("open").boolean(failed.state == KeyState::kOpen).end_object();
  }
  json.end_array().member("why", ram::reason_text(considered)).end_object();
}

void write_strings(JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

std::string simulation_json(const Simulation& simulation, const rules::Ruleset& rules, Time now) {
  std::string text;
  JsonWriter json(text);
  const ram::Evaluation& evaluation = simulation.evaluation;
  json.begin_object()
      .key("tool")
      .begin_object()
      .member("name", "imagewarden")
      .member("version", version())
      .end_object();
  json.member("time", format_rfc3339(now)).member("principal", simulation.principal.text());
  json.member("account", simulation.policies.account).member("action", simulation.request.action);
  json.member("resource", simulation.request.resource).member("decision", ram::to_string(evaluation.verdict.outcome));
  json.member("step", ram::to_string(evaluation.verdict.step)).key("deciding").begin_array();
  for (const std::size_t index : evaluation.deciding)
    json.string(ram::statement_name(evaluation.considered[index].ref));
  json.end_array().key("near_misses").begin_array();
  for (const std::size_t index : evaluation.near_misses)
    json.string(ram::statement_name(evaluation.considered[index].ref));
  json.end_array().key("statements").begin_array();
  for (const ram::ConsideredStatement& considered : evaluation.considered) write_statement(json, considered);
  json.end_array().key("missing_context");
  write_strings(json, evaluation.open_keys);
  json.key("not_known");
  write_strings(json, evaluation.not_known);
  json.key("needs");
  write_strings(json, simulation.needs);
  json.key("assumptions");
  write_strings(json, simulation.assumptions);
  json.key("depends_on_readings").begin_array();
  for (const ram::AlternativeVerdict& change : simulation.changes) {
    const ReadingInfo& info = reading_table()[static_cast<std::size_t>(change.reading)];
    json.begin_object().member("reading", info.name).member("choice", info.choices[change.choice]);
    json.member("decision", ram::to_string(change.verdict.outcome))
        .member("step", ram::to_string(change.verdict.step))
        .end_object();
  }
  json.end_array().key("denied");
  if (is_denied(evaluation.verdict.outcome)) {
    json.begin_object().key("http_status").integer(ram::denied_status(rules.readings())).key("body");
    ram::write_denied_body(json, simulation.policies, simulation.request, evaluation, rules.readings());
    json.key("diagnosis");
    ram::write_diagnosis(json, simulation.policies, simulation.request, evaluation);
    json.end_object();
  } else {
    json.null();
  }
  json.end_object();
  return text + '\n';
}

std::string simulation_text(const Simulation& simulation, const Look& look) {
  const ram::Evaluation& evaluation = simulation.evaluation;
  std::string text =
      fmt::format("{}{}{}: {} {} on {}\n\n",
                  paint(ram::to_string(evaluation.verdict.outcome), tone_of(evaluation.verdict.outcome), look.colored),
                  evaluation.verdict.step == ram::Step::kNone ? "" : ", decided at ",
                  ram::to_string(evaluation.verdict.step), printable(simulation.principal.text()),
                  printable(simulation.request.action), printable(simulation.request.resource));
  Table table({"MATCH", "STATEMENT", "EFFECT", "VIA", "WHERE", "WHY"}, {"WHERE", "WHY"});
  for (std::size_t i = 0; i < evaluation.considered.size(); ++i) {
    const ram::ConsideredStatement& considered = evaluation.considered[i];
    const bool decides =
        std::find(evaluation.deciding.begin(), evaluation.deciding.end(), i) != evaluation.deciding.end();
    table.add({decides ? fmt::format("{}, decides", ram::match_word(considered.matches))
                       : std::string(ram::match_word(considered.matches)),
               ram::statement_name(considered.ref), std::string(ram::effect_word(considered.ref)),
               considered.ref.policy->via, ram::statement_place(considered.ref), ram::reason_text(considered)},
              considered.matches == Tri::kFalse  ? Tone::kPlain
              : considered.matches == Tri::kTrue ? Tone::kGood
                                                 : Tone::kUnsure);
  }
  if (evaluation.considered.empty()) {
    text += "no policy applies\n";
  } else {
    text += table.render(look);
  }
  for (const std::string& key : evaluation.open_keys) {
    text +=
        fmt::format("open: {0}; give `--context {0}=VALUE`, or `--no-context {0}` if the request does not carry it\n",
                    printable(key));
  }
  for (const std::string& need : simulation.needs) text += fmt::format("not exported: {}\n", printable(need));
  for (const std::string& assumption : simulation.assumptions)
    text += fmt::format("assumed: {}\n", printable(assumption));
  if (simulation.changes.empty()) text += "the same under all readings\n";
  for (const ram::AlternativeVerdict& change : simulation.changes) {
    const ReadingInfo& info = reading_table()[static_cast<std::size_t>(change.reading)];
    text += fmt::format("with reading {}={}: {}\n", info.name, info.choices[change.choice],
                        ram::to_string(change.verdict.outcome));
  }
  return text;
}

}  // namespace

int run_policy_simulate(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto context = context_of(options);
  if (!context) return complain(environment, context.error());
  Simulation simulation;
  const auto resolved = resolve(options, environment, *rules, simulation);
  if (!resolved) return complain(environment, resolved.error());
  const Status changed = apply_what_ifs(options, rules->readings(), simulation.policies);
  if (!changed) return complain(environment, changed.error());

  const Time now = now_of(options, environment);
  simulation.request = ram::make_request(options.action, options.resource, resource_level_of(options.action),
                                         std::move(*context), simulation.policies, now);
  simulation.request.resource_group = options.resource_group;
  const ram::Principal principal = ram::Principal::compile(simulation.policies, rules->readings());
  simulation.evaluation = principal.explain(simulation.request);
  for (const ram::AlternativeVerdict& one :
       ram::evaluate_alternatives(simulation.policies, simulation.request, rules->readings())) {
    if (one.verdict.outcome != simulation.evaluation.verdict.outcome) simulation.changes.push_back(one);
  }
  const int status = exit_status(simulation.evaluation.verdict.outcome);
  if (options.format == Format::kJson)
    return print_result(options, environment, simulation_json(simulation, *rules, now), status);
  if (options.missing_context) {
    std::string keys;
    for (const std::string& key : simulation.evaluation.open_keys) keys += printable(key) + '\n';
    return print_result(options, environment, keys, status);
  }
  return print_result(options, environment, simulation_text(simulation, look_of(options, environment)), status);
}

}  // namespace imagewarden::cli
