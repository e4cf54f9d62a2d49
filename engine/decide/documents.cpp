#include "engine/decide/documents.h"

#include <optional>

#include "engine/base/version.h"
#include "engine/ram/statement_text.h"

namespace imagewarden {
namespace {

void write_explanation(JsonWriter& json, const RuleExplanation& explanation, const rules::Rule& rule) {
  json.begin_object().member("rule", rule.id).member("state", state_word(explanation)).member("code", rule.code);
  json.member("basis", rules::to_string(rule.basis)).member("explanation", rule.explanation).key("facts").begin_array();
  for (const FactReading& fact : explanation.facts) {
    json.begin_object().member("fact", fact.fact).member("state", fact.state).key("evidence").begin_array();
    for (const Evidence& evidence : fact.evidence) {
      json.begin_object().key("value").begin_array();
      for (const std::string& value : evidence.values) json.string(value);
      json.end_array().member("source", evidence.source).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

void write_considered(JsonWriter& json, const ram::ConsideredStatement& considered) {
  json.begin_object()
      .member("statement", ram::statement_name(considered.ref))
      .member("effect", ram::effect_word(considered.ref));
  json.member("step", ram::to_string(considered.ref.step)).member("via", considered.ref.policy->via);
  json.member("source", considered.ref.policy->source).member("match", ram::match_word(considered.matches));
  json.key("action_matches")
      .boolean(considered.action_matches)
      .key("resource_matches")
      .boolean(considered.resource_matches);
  json.member("why", ram::reason_text(considered)).end_object();
}

}  // namespace

void BatchSummary::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      ++allow;
      return;
    case Outcome::kIndeterminate:
      ++indeterminate;
      return;
    case Outcome::kDeny:
      break;
  }
  ++deny;
}

void write_header(JsonWriter& json, const Snapshot& snapshot, const rules::Ruleset& rules, Time now) {
  json.key("tool").begin_object().member("name", "imagewarden").member("version", version()).end_object();
  json.member("time", format_rfc3339(now));
  json.key("inventory").begin_object().member("digest", snapshot.digest());
  json.key("files").integer(static_cast<std::int64_t>(snapshot.file_count()));
  const auto time = [&](std::string_view key, const std::optional<Time>& value) {
    json.key(key);
    if (value) {
      json.string(format_rfc3339(*value));
    } else {
      json.null();
    }
  };
  time("oldest_export", snapshot.oldest_export());
  time("newest_export", snapshot.newest_export());
  json.key("incomplete").begin_array();
  for (const ListStatus& list : snapshot.lists()) {
    if (list.state == ListState::kComplete) continue;
    json.begin_object();
    json.member("list", operation_info(list.operation).name);
    json.member("account", snapshot.text(snapshot.accounts()[list.account.value].id));
    json.member("region", snapshot.text(list.region));
    json.member("state", list.state == ListState::kCutOff ? "cut off" : "absent");
    json.member("reason", list.reason).end_object();
  }
  json.end_array();
  if (snapshot.too_old_pages() > 0)
    json.key("too_old_exports").integer(static_cast<std::int64_t>(snapshot.too_old_pages()));
  if (!snapshot.skipped().empty()) {
    json.key("skipped_files").begin_array();
    for (const SkippedFile& file : snapshot.skipped()) {
      json.begin_object().member("path", file.path).member("why", file.why).end_object();
    }
    json.end_array();
  }
  json.end_object();
  json.key("rules").begin_array();
  for (const rules::RuleFile& file : rules.files()) {
    json.begin_object()
        .member("name", file.name)
        .member("version", file.version)
        .member("digest", file.digest)
        .end_object();
  }
  json.end_array();
}

void begin_check(JsonWriter& json, const Snapshot& snapshot, const rules::Ruleset& rules, Time now,
                 const BatchSummary& summary, const DenialCounts& codes) {
  json.begin_object();
  write_header(json, snapshot, rules, now);
  json.key("summary").begin_object();
  json.key("total").integer(static_cast<std::int64_t>(summary.total()));
  json.key("allow").integer(static_cast<std::int64_t>(summary.allow));
  json.key("deny").integer(static_cast<std::int64_t>(summary.deny));
  json.key("indeterminate").integer(static_cast<std::int64_t>(summary.indeterminate));
  json.key("codes").begin_object();
  for (const auto& [code, count] : codes) json.key(code).integer(static_cast<std::int64_t>(count));
  json.end_object().end_object();
  json.key("decisions").begin_array();
}

void end_check(JsonWriter& json) { json.end_array().end_object(); }

std::string_view state_word(const RuleExplanation& explanation) {
  if (!explanation.evaluated) return "not evaluated";
  switch (explanation.violated) {
    case Tri::kFalse:
      return "holds";
    case Tri::kTrue:
      return "violated";
    case Tri::kUnknown:
      break;
  }
  return "unknown";
}

std::string explain_document(const Decision& decision, const std::vector<RuleExplanation>& explanations,
                             const rules::Ruleset& rules, const ram::Evaluation& evaluation, const Snapshot& snapshot,
                             Time now, const AuditPlace* audit) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_header(json, snapshot, rules, now);
  json.key("decision");
  FactsForm facts;
  write_decision(json, decision, {.all_values = true, .facts = facts.of(decision.facts), .audit = audit});
  json.key("preconditions").begin_array();
  for (const RuleExplanation& explanation : explanations)
    write_explanation(json, explanation, rules.rules()[explanation.rule]);
  json.end_array().key("statements").begin_array();
  for (const ram::ConsideredStatement& considered : evaluation.considered) write_considered(json, considered);
  json.end_array().end_object();
  return text + '\n';
}

}  // namespace imagewarden
