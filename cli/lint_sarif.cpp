// SARIF 2.1.0: what code scanning and editors read.

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/lint_report.h"
#include "cli/text.h"
#include "engine/base/json_writer.h"
#include "report/sarif_parts.h"

namespace imagewarden::cli {
namespace {

using imagewarden::report::sarif_text;
using imagewarden::report::sarif_uri;
using imagewarden::report::write_sarif_notification;
using imagewarden::report::write_sarif_suppression;
using imagewarden::report::write_sarif_text;

struct WaiverRule {
  std::string_view id;
  std::string_view explanation;
  std::string_view help;
};
// Beside the catalogue: what is wrong with a waiver.
constexpr WaiverRule kWaiverRules[] = {
    {"WAIVER-EXPIRED", "A waiver whose last day is over no longer waives anything.",
     "Repair the policy, or have the waiver renewed."},
    {"WAIVER-UNUSED", "A waiver that waives no finding hides the next one.", "Take it out of its file."},
};

std::string_view level_of(ram::Severity severity) {
  switch (severity) {
    case ram::Severity::kError:
      return "error";
    case ram::Severity::kSecurity:
    case ram::Severity::kWarning:
      return "warning";
    case ram::Severity::kSuggestion:
      break;
  }
  return "note";
}

std::string sentence(std::string_view text) {
  std::string out = sarif_text(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - ('a' - 'A'));
  if (!out.empty() && out.back() != '.' && out.back() != '?') out += '.';
  return out;
}

void write_rule(JsonWriter& json, const ram::LintRule& rule) {
  json.begin_object().member("id", rule.id);
  write_sarif_text(json, "shortDescription", rule.explanation);
  write_sarif_text(json, "fullDescription", rule.explanation);
  json.key("help").begin_object();
  json.member("text", fmt::format("{}\n\nFault: {}\nRepair: {}", rule.explanation, rule.fault, rule.repair));
  json.member("markdown", fmt::format("{}\n\nFault:\n```json\n{}\n```\n\nRepair:\n```json\n{}\n```", rule.explanation,
                                      rule.fault, rule.repair));
  json.end_object().key("defaultConfiguration").begin_object().member("level", level_of(rule.severity)).end_object();
  json.key("properties").begin_object().member("severity", ram::severity_name(rule.severity));
  if (rule.severity == ram::Severity::kSecurity) {
    json.key("tags").begin_array().string("security").end_array();
    json.member("security-severity", "7.0");
  }
  if (rule.in_ram) json.member("ramRule", rule.ram_name.empty() ? std::string_view("yes") : rule.ram_name);
  json.end_object().end_object();
}

void write_waiver_rule(JsonWriter& json, const WaiverRule& rule) {
  json.begin_object().member("id", rule.id);
  write_sarif_text(json, "shortDescription", rule.explanation);
  write_sarif_text(json, "fullDescription", rule.explanation);
  write_sarif_text(json, "help", rule.help);
  json.key("defaultConfiguration").begin_object().member("level", "warning").end_object();
  json.key("properties").begin_object().member("severity", "warning").end_object().end_object();
}

std::int64_t rule_index(const LintItem& item) {
  const auto rules = ram::lint_rules();
  if (item.rule != nullptr) return item.rule - rules.data();
  const auto* found = std::find_if(std::begin(kWaiverRules), std::end(kWaiverRules),
                                   [&](const WaiverRule& rule) { return rule.id == item.id; });
  return static_cast<std::int64_t>(rules.size()) + (found - std::begin(kWaiverRules));
}

void write_region(JsonWriter& json, const LintItem& item) {
  if (!item.in_file) {
    if (item.source.line == 0) return;  // a string inside the file: its own lines are none of the file's
    json.key("region").begin_object().key("startLine").integer(item.source.line).end_object();
    return;
  }
  json.key("region")
      .begin_object()
      .key("startLine")
      .integer(item.begin.line)
      .key("startColumn")
      .integer(item.begin_character);
  if (item.end) json.key("endLine").integer(item.end->line).key("endColumn").integer(item.end_character);
  json.end_object();
}

void write_location(JsonWriter& json, const LintItem& item) {
  json.key("locations").begin_array();
  if (!item.source.file.empty() || !item.policy.empty()) {
    json.begin_object();
    if (!item.source.file.empty()) {
      json.key("physicalLocation").begin_object().key("artifactLocation").begin_object();
      json.member("uri", sarif_uri(item.source.file)).end_object();
      write_region(json, item);
      json.end_object();
    }
    json.key("logicalLocations").begin_array().begin_object();
    json.member("fullyQualifiedName", sarif_text(item.policy + '#' + item.pointer))
        .member("kind", "member")
        .end_object()
        .end_array();
    json.end_object();
  }
  json.end_array();
}

void write_result(JsonWriter& json, const LintItem& item) {
  json.begin_object()
      .member("ruleId", item.id)
      .key("ruleIndex")
      .integer(rule_index(item))
      .member("level", level_of(item.severity));
  std::string message = sentence(item.message) + ' ' + sentence(item.repair);
  if (!item.in_file && !item.path.empty()) {
    message += fmt::format(" (line {}, column {} of the document)", item.begin.line, item.begin.column);
  }
  write_sarif_text(json, "message", message);
  write_location(json, item);
  const rules::Waiver waiver = item.waiver != nullptr ? item.waiver->waiver : rules::Waiver{};
  write_sarif_suppression(json, waiver.reason, waiver.owner, waiver.expires);
  json.key("properties")
      .begin_object()
      .member("severity", ram::severity_name(item.severity))
      .member("pointer", item.pointer)
      .end_object();
  json.end_object();
}

}  // namespace

std::string lint_sarif(const LintReport& report) {
  std::string text;
  JsonWriter json(text);
  imagewarden::report::begin_sarif(json, tool_version());
  for (const ram::LintRule& rule : ram::lint_rules()) write_rule(json, rule);
  for (const WaiverRule& rule : kWaiverRules) write_waiver_rule(json, rule);
  json.end_array().end_object().end_object();
  json.member("columnKind", "unicodeCodePoints");
  imagewarden::report::begin_sarif_invocation(json, report.now);
  for (const LintSkipped& skipped : report.work->skipped) {
    write_sarif_notification(json, fmt::format("{}: skipped: {}", sarif_text(skipped.path), skipped.why));
  }
  for (const ram::AttachmentNote& note : report.notes) {
    const std::string remark = attachment_remark(note);
    if (!remark.empty())
      write_sarif_notification(json, fmt::format("{}: {}", report.work->inputs[note.input].name, remark));
  }
  json.end_array().end_object().end_array();
  json.key("results").begin_array();
  for (const LintItem& item : report.items) write_result(json, item);
  json.end_array();
  json.key("properties").begin_object().member("actionsDate", report.tables->tables.actions_date);
  json.member("servicesDate", report.tables->tables.tables_date).end_object();
  json.end_object().end_array().end_object();
  return text + '\n';
}

}  // namespace imagewarden::cli
