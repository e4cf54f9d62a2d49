#include "engine/decide/decision.h"

#include <algorithm>
#include <cassert>

#include "engine/base/sha256.h"

namespace imagewarden {
namespace {

constexpr std::size_t kValuesShown = 10;

void write_strings(JsonWriter& json, const std::vector<std::string>& values) {
  json.begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

// At most kValuesShown values; the last one that is shown says how many more there are.
void write_evidence(JsonWriter& json, const std::vector<Evidence>& evidence, bool all_values) {
  std::size_t total = 0;
  for (const Evidence& one : evidence) total += one.values.size();
  const std::size_t limit = all_values ? total : std::min(total, kValuesShown);
  std::size_t shown = 0;
  json.begin_array();
  for (const Evidence& one : evidence) {
    if (shown == limit && !one.values.empty()) break;
    json.begin_object().member("fact", one.fact).key("value").begin_array();
    for (const std::string& value : one.values) {
      if (shown == limit) break;
      json.string(value);
      ++shown;
    }
    json.end_array().member("source", one.source);
    if (shown == limit && limit < total) json.key("more").integer(static_cast<std::int64_t>(total - limit));
    json.end_object();
  }
  json.end_array();
}

// Whether some evidence is longer than what is shown of it.
bool has_more_values(const Decision& decision) {
  const auto is_long = [](const auto& finding) {
    std::size_t total = 0;
    for (const Evidence& one : finding.evidence) total += one.values.size();
    return total > kValuesShown;
  };
  return std::any_of(decision.violations.begin(), decision.violations.end(), is_long) ||
         std::any_of(decision.guards.begin(), decision.guards.end(), is_long) ||
         std::any_of(decision.unknowns.begin(), decision.unknowns.end(), is_long);
}

void write_findings(JsonWriter& json, const std::vector<Finding>& findings, bool all_values) {
  json.begin_array();
  for (const Finding& finding : findings) {
    json.begin_object().member("rule", finding.rule).member("code", finding.code);
    json.member("basis", rules::to_string(finding.basis)).key("evidence");
    write_evidence(json, finding.evidence, all_values);
    json.member("remedy", finding.remedy).end_object();
  }
  json.end_array();
}

void write_near_misses(JsonWriter& json, const std::vector<NearMiss>& near_misses) {
  json.begin_array();
  for (const NearMiss& near_miss : near_misses) {
    json.begin_object()
        .member("statement", near_miss.statement)
        .member("via", near_miss.via)
        .key("failed")
        .begin_array();
    for (const NearMiss::FailedCondition& failed : near_miss.failed) {
      json.begin_object().member("condition", failed.condition).key("wanted");
      write_strings(json, failed.wanted);
      json.key("found");
      write_strings(json, failed.found);
      json.key("open").boolean(failed.open).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

// An indeterminate decision has no code.
void write_code(JsonWriter& json, const std::string& code) {
  if (code.empty()) {
    json.null();
  } else {
    json.string(code);
  }
}

void write_permission(JsonWriter& json, const Permission& permission) {
  json.begin_object().member("decision", permission.decision).member("step", permission.step).key("statements");
  json.begin_array();
  for (const PermissionStatement& statement : permission.statements) json.string(statement.statement);
  json.end_array().key("details").begin_array();
  for (const PermissionStatement& statement : permission.statements) {
    json.begin_object().member("statement", statement.statement).member("effect", statement.effect);
    json.member("via", statement.via).member("source", statement.source).end_object();
  }
  json.end_array().key("near_misses");
  write_near_misses(json, permission.near_misses);
  json.key("open_keys");
  write_strings(json, permission.open_keys);
  json.key("not_known");
  write_strings(json, permission.not_known);
  json.end_object();
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      return "allow";
    case Outcome::kIndeterminate:
      return "indeterminate";
    case Outcome::kDeny:
      break;
  }
  return "deny";
}

namespace {

// The members from `account` to `permission`.
void write_answer(JsonWriter& json, const Decision& decision, bool all_values) {
  json.member("account", decision.account)
      .member("principal", decision.principal)
      .member("operation", decision.operation);
  json.member("outcome", to_string(decision.outcome)).key("code");
  write_code(json, decision.code);
  json.key("http_status");
  if (decision.http_status) {
    json.integer(*decision.http_status);
  } else {
    json.null();
  }
  json.member("message", decision.message).key("possible_codes");
  write_strings(json, decision.possible_codes);
  json.key("violations");
  write_findings(json, decision.violations, all_values);
  json.key("unknown").begin_array();
  for (const UnknownFinding& unknown : decision.unknowns) {
    json.begin_object().member("rule", unknown.rule).key("needs");
    write_strings(json, unknown.needs);
    json.member("because", unknown.because).key("evidence");
    write_evidence(json, unknown.evidence, all_values);
    json.end_object();
  }
  json.end_array().key("guards");
  write_findings(json, decision.guards, all_values);
  json.key("permission");
  if (decision.form != nullptr) {
    json.raw(decision.form->permission);
  } else {
    write_permission(json, decision.permission);
  }
}

// What the document holds, up to its last bracket.
void write_body(JsonWriter& json, const Decision& decision, bool all_values) {
  json.begin_object().member("image", decision.image).member("image_name", decision.image_name);
  if (decision.form != nullptr && is_plain(decision)) {
    json.raw(decision.form->plain);
  } else {
    write_answer(json, decision, all_values);
  }
  json.key("effects").begin_object().key("templates");
  if (decision.effects.templates) {
    write_strings(json, *decision.effects.templates);
  } else {
    json.null();
  }
  json.key("regions");
  write_strings(json, decision.effects.regions);
  json.key("cloud_computers");
  write_strings(json, decision.effects.cloud_computers);
  json.end_object().key("assumptions");
  if (decision.form != nullptr) {
    json.raw(decision.form->assumptions);
  } else {
    write_strings(json, decision.assumptions);
  }
  if (!decision.depends_on_readings.empty()) {
    json.key("depends_on_readings").begin_array();
    for (const ReadingDependence& one : decision.depends_on_readings) {
      json.begin_object().member("reading", one.reading).member("choice", one.choice);
      json.member("outcome", to_string(one.outcome)).key("code");
      write_code(json, one.code);
      json.end_object();
    }
    json.end_array();
  }
}

}  // namespace

bool is_plain(const Decision& decision) {
  return decision.outcome == Outcome::kAllow && decision.violations.empty() && decision.unknowns.empty() &&
         decision.guards.empty() && decision.depends_on_readings.empty();
}

std::shared_ptr<const DecisionForm> make_form(const Decision& plain) {
  assert(is_plain(plain) && plain.form == nullptr);
  auto form = std::make_shared<DecisionForm>();
  JsonWriter permission(form->permission);
  write_permission(permission, plain.permission);
  JsonWriter assumptions(form->assumptions);
  write_strings(assumptions, plain.assumptions);
  JsonWriter answer(form->plain);
  write_answer(answer, plain, true);
  return form;
}

std::string_view FactsForm::of(const FactsAge& facts) & {
  if (!json_.empty() && facts == facts_) return json_;
  facts_ = facts;
  json_.clear();
  JsonWriter json(json_);
  json.begin_object().key("oldest");
  if (facts.oldest) {
    json.string(Rfc3339(*facts.oldest).text());
  } else {
    json.null();
  }
  json.key("undated").boolean(facts.undated).end_object();
  return json_;
}

void write_decision(JsonWriter& json, const Decision& decision, const DecisionJsonOptions& options) {
  if (options.document.empty() || (!options.all_values && has_more_values(decision))) {
    write_body(json, decision, options.all_values);
  } else {
    json.raw(options.document.substr(0, options.document.size() - 1));
  }
  if (!options.facts.empty()) json.key("facts").raw(options.facts);
  if (options.audit != nullptr) {
    json.key("audit").begin_object().member("log", options.audit->log);
    json.key("seq").integer(static_cast<std::int64_t>(options.audit->seq)).end_object();
  }
  json.end_object();
}

std::string decision_document(const Decision& decision) {
  std::string document;
  decision_document(decision, document);
  return document;
}

void decision_document(const Decision& decision, std::string& document) {
  constexpr std::size_t kUsualBytes = 1024;
  document.clear();
  document.reserve(kUsualBytes);
  JsonWriter json(document);
  write_decision(json, decision, {.all_values = true, .audit = nullptr});
}

std::string decision_digest(const Decision& decision) { return sha256_text(decision_document(decision)); }

}  // namespace imagewarden
