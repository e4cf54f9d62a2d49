// SARIF 2.1.0: what code scanning and editors read.

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/lint_report.h"
#include "cli/text.h"
#include "engine/base/json_writer.h"

namespace imagewarden::cli {
namespace {

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

// A reference by RFC 3986: relative as it was given, absolute with `file:`.
std::string uri_of(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  while (path.starts_with("./")) path.remove_prefix(2);
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

// SARIF wants valid UTF-8, and a path may be anything.
std::string shown(std::string_view text) { return is_valid_utf8(text) ? std::string(text) : printable(text); }

std::string sentence(std::string_view text) {
  std::string out = shown(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - ('a' - 'A'));
  if (!out.empty() && out.back() != '.' && out.back() != '?') out += '.';
  return out;
}

void write_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key).begin_object().member("text", text).end_object();
}

void write_rule(JsonWriter& json, const ram::LintRule& rule) {
  json.begin_object().member("id", rule.id);
  write_text(json, "shortDescription", rule.explanation);
  write_text(json, "fullDescription", rule.explanation);
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
  write_text(json, "shortDescription", rule.explanation);
  write_text(json, "fullDescription", rule.explanation);
  write_text(json, "help", rule.help);
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
      json.member("uri", uri_of(item.source.file)).end_object();
      write_region(json, item);
      json.end_object();
    }
    json.key("logicalLocations").begin_array().begin_object();
    json.member("fullyQualifiedName", shown(item.policy + '#' + item.pointer))
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
  write_text(json, "message", message);
  write_location(json, item);
  if (item.waiver != nullptr) {
    const rules::Waiver& waiver = item.waiver->waiver;
    json.key("suppressions").begin_array().begin_object().member("kind", "external").member("status", "accepted");
    json.member("justification", fmt::format("{} (by {}, until {})", waiver.reason, waiver.owner, waiver.expires))
        .end_object()
        .end_array();
  } else {
    json.key("suppressions").begin_array().end_array();
  }
  json.key("properties")
      .begin_object()
      .member("severity", ram::severity_name(item.severity))
      .member("pointer", item.pointer)
      .end_object();
  json.end_object();
}

void write_notification(JsonWriter& json, std::string_view text) {
  json.begin_object().member("level", "note");
  write_text(json, "message", shown(text));
  json.end_object();
}

}  // namespace

std::string lint_sarif(const LintReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("$schema", "https://json.schemastore.org/sarif-2.1.0.json").member("version", "2.1.0");
  json.key("runs").begin_array().begin_object();
  json.key("tool")
      .begin_object()
      .key("driver")
      .begin_object()
      .member("name", "imagewarden")
      .member("version", tool_version());
  json.key("rules").begin_array();
  for (const ram::LintRule& rule : ram::lint_rules()) write_rule(json, rule);
  for (const WaiverRule& rule : kWaiverRules) write_waiver_rule(json, rule);
  json.end_array().end_object().end_object();
  json.member("columnKind", "unicodeCodePoints");
  json.key("invocations").begin_array().begin_object().key("executionSuccessful").boolean(true);
  json.member("endTimeUtc", format_rfc3339(report.now)).key("toolExecutionNotifications").begin_array();
  for (const LintSkipped& skipped : report.work->skipped) {
    write_notification(json, fmt::format("{}: skipped: {}", shown(skipped.path), skipped.why));
  }
  for (const ram::AttachmentNote& note : report.notes) {
    const std::string remark = attachment_remark(note);
    if (!remark.empty()) write_notification(json, fmt::format("{}: {}", report.work->inputs[note.input].name, remark));
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
