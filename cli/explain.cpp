// `explain`: everything behind one decision: each rule with the facts that it read, each policy statement of the
// caller.

#include <algorithm>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/documents.h"
#include "engine/ram/statement_text.h"

namespace imagewarden::cli {
namespace {

Tone tone_of_rule(const RuleExplanation& explanation) {
  if (!explanation.evaluated) return Tone::kFaint;
  switch (explanation.violated) {
    case Tri::kFalse:
      return Tone::kGood;
    case Tri::kTrue:
      return Tone::kBad;
    case Tri::kUnknown:
      break;
  }
  return Tone::kUnsure;
}

std::string evidence_text(const Evidence& evidence) {
  return fmt::format("{}{}{}", fmt::join(evidence.values, ", "), evidence.source.empty() ? "" : "  ", evidence.source);
}

std::string listed(const std::vector<std::string>& values) {
  return values.empty() ? "none" : printable(fmt::format("{}", fmt::join(values, ", ")));
}

std::string explain_table(const Decision& decision, const std::vector<RuleExplanation>& explanations,
                          const rules::Ruleset& rules, const ram::Evaluation& evaluation, const Look& look) {
  std::string text = paint(to_string(decision.outcome), tone_of(decision.outcome), look.colored);
  if (!decision.code.empty()) text += fmt::format(" {}", printable(decision.code));
  if (!decision.message.empty()) text += fmt::format(": {}", printable(decision.message));
  text += fmt::format("\nimage {}{}{}\naccount {}, as {}, {}\n\n",
                      decision.image.empty() ? "(no id)" : printable(decision.image),
                      decision.image_name.empty() ? "" : " ", printable(decision.image_name),
                      printable(decision.account), printable(decision.principal), printable(decision.operation));
  Table table({"RULE", "STATE", "CODE", "BASIS", "FACT", "VALUE AND SOURCE"}, {"VALUE AND SOURCE"});
  for (const RuleExplanation& explanation : explanations) {
    const rules::Rule& rule = rules.rules()[explanation.rule];
    std::vector<std::string> cells{rule.id, std::string(state_word(explanation)), rule.code,
                                   std::string(rules::to_string(rule.basis))};
    bool first = true;
    for (const FactReading& fact : explanation.facts) {
      std::vector<std::string> lines;
      for (const Evidence& evidence : fact.evidence) lines.push_back(evidence_text(evidence));
      if (lines.empty() || fact.state != "known") lines.push_back(fact.state);
      for (const std::string& line : lines) {
        if (!first) cells.assign(4, "");
        cells.push_back(&line == &lines.front() ? fact.fact : "");
        cells.push_back(line);
        table.add(cells, tone_of_rule(explanation));
        first = false;
      }
    }
    if (first) {
      cells.insert(cells.end(), {"", ""});
      table.add(cells, tone_of_rule(explanation));
    }
  }
  text += table.render(look);

  text += fmt::format("\npermission: {}{}{}\n", printable(decision.permission.decision),
                      decision.permission.step.empty() ? "" : ", decided at ", decision.permission.step);
  Table statements({"STATEMENT", "EFFECT", "VIA", "MATCH", "WHY"}, {"WHY"});
  for (const ram::ConsideredStatement& considered : evaluation.considered) {
    statements.add(
        {ram::statement_name(considered.ref), std::string(ram::effect_word(considered.ref)), considered.ref.policy->via,
         std::string(ram::match_word(considered.matches)), ram::reason_text(considered)},
        considered.matches == Tri::kFalse ? Tone::kPlain : Tone::kGood);
  }
  if (!evaluation.considered.empty()) text += statements.render(look);
  if (decision.depends_on_readings.empty()) text += "the same under all readings\n";
  for (const ReadingDependence& one : decision.depends_on_readings) {
    text += fmt::format("with reading {}={}: {} {}\n", one.reading, one.choice, to_string(one.outcome),
                        printable(one.code));
  }
  for (const std::string& key : evaluation.open_keys) {
    text +=
        fmt::format("open: {0}; give `--context {0}=VALUE`, or `--no-context {0}` if the request does not carry it\n",
                    printable(key));
  }

  for (const Finding& finding : decision.violations)
    text += fmt::format("\nto repair {}: {}", finding.rule, printable(finding.remedy));
  for (const Finding& finding : decision.guards)
    text += fmt::format("\nto repair {}: {}", finding.rule, printable(finding.remedy));
  for (const UnknownFinding& unknown : decision.unknowns) {
    text += fmt::format("\nto decide {}: {} ({})", unknown.rule,
                        printable(fmt::format("{}", fmt::join(unknown.needs, ", "))), printable(unknown.because));
  }
  const bool has_record =
      std::all_of(explanations.begin(), explanations.end(), [](const RuleExplanation& e) { return e.evaluated; });
  text += '\n';
  if (has_record) {
    const Effects& effects = decision.effects;
    text += fmt::format("effects of a deletion: regions {}; templates {}; cloud computers that lose their image {}\n",
                        effects.regions.empty() ? "not known" : listed(effects.regions),
                        effects.templates ? listed(*effects.templates) : "not known", listed(effects.cloud_computers));
  }
  for (const std::string& assumption : decision.assumptions)
    text += fmt::format("assumed: {}\n", printable(assumption));
  return text;
}

}  // namespace

int run_explain(const Options& options, Environment& environment) {
  if (options.arguments.size() != 1) return complain(environment, {Errc::kUsage, "`explain` wants one image id"});
  const std::string& image = options.arguments.front();
  if (const auto checked = check_image_id(image); !checked) return complain(environment, checked.error());
  auto question = question_of(options, environment);
  if (!question) return complain(environment, question.error());
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  auto decider = Decider::create(*snapshot, *rules, *question);
  if (!decider) return complain(environment, decider.error());

  note_similar_images(options, environment, *snapshot, decider->account(), options.arguments);
  const Decision decision = decider->decide_image(image);
  const std::vector<RuleExplanation> explanations = decider->explain_image(image);
  BatchSummary summary;
  summary.count(decision.outcome);
  const RecordContext context{options.verb,     snapshot->digest(), rules->digest(),
                              engine_version(), question->now,      decider->request_text("")};
  auto journal = Journal::open(options, environment, context, decision.principal, decision.account, 1);
  if (!journal) return complain(environment, journal.error());
  auto drafts = std::make_shared<audit::DraftBatch>();
  if (journal->is_open()) {
    const auto added =
        journal->recorder().add(decision, decision_document(decision), decider->request_digest(image), *drafts);
    if (!added) return complain(environment, added.error());
  }
  auto receipt = journal->submit(std::move(drafts), summary, true);
  if (!receipt) return complain(environment, receipt.error());
  const auto seq = journal->wait(std::move(*receipt));
  if (!seq) return complain(environment, seq.error());
  const AuditPlace place{journal->path(), seq->value_or(0)};

  const ram::Evaluation& evaluation = decider->permission_evaluation();
  if (options.format == Format::kJson) {
    const std::string text = explain_document(decision, explanations, *rules, evaluation, *snapshot, question->now,
                                              seq->has_value() ? &place : nullptr);
    return print_result(options, environment, text, exit_status_of(summary));
  }
  std::string text = explain_table(decision, explanations, *rules, evaluation, look_of(options, environment));
  text += age_of_facts(decision.facts, question->now);
  if (seq->has_value()) text += fmt::format("logged as {} in {}\n", place.seq, printable(place.log));
  return print_result(options, environment, text, exit_status_of(summary));
}

}  // namespace imagewarden::cli
