#include "cli/lint_report.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "cli/journal.h"
#include "cli/text.h"
#include "cli/version.h"
#include "engine/base/json_writer.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kShownUsers = 5;
constexpr std::string_view kExpired = "WAIVER-EXPIRED";
constexpr std::string_view kUnused = "WAIVER-UNUSED";

// `/Statement/3/Action` to 3; a single statement counts as 0.
std::optional<std::int64_t> statement_of(std::string_view pointer) {
  constexpr std::string_view kHead = "/Statement";
  if (!pointer.starts_with(kHead)) return std::nullopt;
  pointer.remove_prefix(kHead.size());
  if (pointer.empty() || pointer.size() < 2 || pointer[1] < '0' || pointer[1] > '9') return 0;
  std::int64_t index = 0;
  for (const char c : pointer.substr(1)) {
    if (c < '0' || c > '9') break;
    index = index * 10 + (c - '0');
  }
  return index;
}

// `Custom/ops` goes by `ops` as well.
bool is_named(const ram::LintInput& input, std::string_view name) {
  const std::string_view full = input.name;
  return full == name ||
         (full.size() > name.size() && full.ends_with(name) && full[full.size() - name.size() - 1] == '/');
}

bool is_for_input(const LintWaiver& waiver, std::size_t index, const ram::LintInput& input) {
  if (waiver.input) return *waiver.input == index;
  return is_named(input, waiver.waiver.policy);
}

bool covers(const LintWaiver& waiver, const ram::Finding& finding, const ram::LintInput& input) {
  return waiver.waiver.rule == finding.rule->id && is_for_input(waiver, finding.input, input) &&
         (!waiver.waiver.statement || waiver.waiver.statement == statement_of(finding.pointer));
}

LintItem item_of(const LintWork& work, ram::Finding finding) {
  LintItem item;
  item.id = finding.rule->id;
  item.rule = finding.rule;
  item.severity = finding.severity;
  item.message = std::move(finding.message);
  item.repair = std::move(finding.repair);
  item.begin = finding.begin;
  item.end = finding.end;
  item.begin_character = finding.begin_character;
  item.end_character = finding.end_character;
  item.pointer = std::move(finding.pointer);
  if (finding.input != ram::Finding::kNoInput) {
    const ram::LintInput& input = work.inputs[finding.input];
    item.policy = input.name;
    item.path = input.path;
    item.source = work.sources[finding.input];
    item.in_file = input.is_file;
  }
  return item;
}

LintItem waiver_item(const LintWaiver& waiver, std::string_view id, std::string message, std::string repair) {
  LintItem item;
  item.id = id;
  item.severity = ram::Severity::kWarning;
  item.message = std::move(message);
  item.repair = std::move(repair);
  item.policy = waiver.waiver.policy;
  item.path = waiver.path;
  item.source = {waiver.path, 0, ""};
  item.in_file = true;
  item.begin = waiver.waiver.position;
  item.begin_character = waiver.waiver.position.column;
  item.pointer = waiver.waiver.pointer;
  return item;
}

// Gives each finding the first waiver that covers it and has not expired, and reports the waivers that do nothing.
void apply_waivers(const std::vector<LintWaiver>& waivers, std::vector<ram::Finding>& findings, LintReport& report) {
  std::vector<bool> used(waivers.size());
  for (ram::Finding& finding : findings) {
    const LintWaiver* by = nullptr;
    if (finding.input != ram::Finding::kNoInput) {
      for (std::size_t i = 0; i < waivers.size(); ++i) {
        if (!covers(waivers[i], finding, report.work->inputs[finding.input])) continue;
        used[i] = true;
        if (by == nullptr && report.now <= waivers[i].waiver.expires_after) by = &waivers[i];
      }
    }
    report.items.push_back(item_of(*report.work, std::move(finding)));
    report.items.back().waiver = by;
  }
  for (std::size_t i = 0; i < waivers.size(); ++i) {
    const rules::Waiver& waiver = waivers[i].waiver;
    if (report.now > waiver.expires_after) {
      report.items.push_back(
          waiver_item(waivers[i], kExpired,
                      fmt::format("the waiver of {} by {} expired on {}", waiver.rule, waiver.owner, waiver.expires),
                      "repair the policy, or have the waiver renewed"));
      continue;
    }
    bool looked_at = false;  // a waiver for a policy that is not among the inputs says nothing of them
    for (std::size_t j = 0; j < report.work->inputs.size() && !looked_at; ++j) {
      looked_at = is_for_input(waivers[i], j, report.work->inputs[j]);
    }
    if (used[i] || !looked_at) continue;
    report.items.push_back(waiver_item(waivers[i], kUnused,
                                       fmt::format("the waiver of {} by {} waives nothing", waiver.rule, waiver.owner),
                                       "take it out"));
  }
}

std::optional<ram::Severity> least_failing(std::string_view level) {
  if (level == "error") return ram::Severity::kError;
  if (level == "security") return ram::Severity::kSecurity;
  if (level == "suggestion") return ram::Severity::kSuggestion;
  if (level == "never") return std::nullopt;
  return ram::Severity::kWarning;
}

Tone tone_of_severity(ram::Severity severity) {
  switch (severity) {
    case ram::Severity::kError:
    case ram::Severity::kSecurity:
      return Tone::kBad;
    case ram::Severity::kWarning:
      return Tone::kUnsure;
    case ram::Severity::kSuggestion:
      break;
  }
  return Tone::kPlain;
}

// `policies/ops.json:4:17`; of a text inside an export the policy, with its own line and column.
std::string place_text(const LintItem& item) {
  if (item.path.empty()) return "-";
  if (item.in_file) return fmt::format("{}:{}:{}", item.path, item.begin.line, item.begin.column);
  return fmt::format("{}:{}:{}", item.policy, item.begin.line, item.begin.column);
}

std::string tables_text(const LintTablesUsed& tables) {
  return fmt::format("tables: actions {} ({}), services and keys {}", tables.tables.actions_date,
                     printable(tables.actions_path), tables.tables.tables_date);
}

// The name of a file may be any bytes; JSON wants UTF-8.
std::string valid_text(std::string_view text) { return is_valid_utf8(text) ? std::string(text) : printable(text); }

void write_waiver(JsonWriter& json, const LintWaiver* waiver) {
  if (waiver == nullptr) {
    json.null();
    return;
  }
  json.begin_object().member("owner", waiver->waiver.owner).member("reason", waiver->waiver.reason);
  json.member("expires", waiver->waiver.expires).member("path", valid_text(waiver->path)).end_object();
}

void write_item(JsonWriter& json, const LintItem& item) {
  json.begin_object().member("rule", item.id).member("severity", ram::severity_name(item.severity));
  json.member("message", item.message)
      .member("repair", item.repair)
      .member("policy", valid_text(item.policy))
      .member("path", valid_text(item.path));
  json.key("in_file").boolean(item.in_file);
  json.key("line").integer(item.begin.line).key("column").integer(item.begin.column);
  json.key("end_line");
  if (item.end) {
    json.integer(item.end->line).key("end_column").integer(item.end->column);
  } else {
    json.null().key("end_column").null();
  }
  json.member("pointer", item.pointer).key("ram_rule").boolean(item.rule != nullptr && item.rule->in_ram);
  json.member("ram_name", item.rule != nullptr ? item.rule->ram_name : std::string_view());
  json.key("waived");
  write_waiver(json, item.waiver);
  json.end_object();
}

}  // namespace

std::string tool_version() {
  const std::string name = engine_version();
  return name.substr(name.find(' ') + 1);
}

std::array<std::size_t, 4> LintReport::counts() const {
  std::array<std::size_t, 4> out{};
  for (const LintItem& item : items) {
    if (item.waiver == nullptr) ++out[static_cast<std::size_t>(item.severity)];
  }
  return out;
}

std::size_t LintReport::waived() const {
  return static_cast<std::size_t>(
      std::count_if(items.begin(), items.end(), [](const LintItem& item) { return item.waiver != nullptr; }));
}

bool LintReport::failed() const {
  const auto least = least_failing(fail_level);
  return least && std::any_of(items.begin(), items.end(),
                              [&](const LintItem& item) { return item.waiver == nullptr && item.severity >= *least; });
}

LintReport make_lint_report(const LintWork& work, const LintTablesUsed& tables, const std::vector<LintWaiver>& waivers,
                            Time now, std::string_view fail_level) {
  LintReport report;
  report.work = &work;
  report.tables = &tables;
  report.now = now;
  report.fail_level = fail_level;
  std::vector<ram::Finding> findings;
  for (std::size_t i = 0; i < work.inputs.size(); ++i) {
    for (ram::Finding& finding : ram::lint_document(work.inputs[i], tables.tables, {now})) {
      finding.input = i;
      findings.push_back(std::move(finding));
    }
  }
  if (work.snapshot) {
    for (ram::Finding& finding : ram::lint_set(work.inputs, work.set, tables.tables))
      findings.push_back(std::move(finding));
    report.notes = ram::attachment_notes(work.inputs, work.set);
    std::erase_if(report.notes, [&](const ram::AttachmentNote& note) { return work.inputs[note.input].is_file; });
  }
  std::stable_sort(findings.begin(), findings.end(), [](const ram::Finding& a, const ram::Finding& b) {
    return std::tie(a.input, a.offset, a.rule) < std::tie(b.input, b.offset, b.rule);
  });
  apply_waivers(waivers, findings, report);
  return report;
}

std::string attachment_remark(const ram::AttachmentNote& note) {
  if (note.users + note.groups + note.roles + note.targets == 0) return "attached to nobody in this inventory";
  if (note.users == 0) return {};
  std::string text = "directly on ";
  for (std::size_t i = 0; i < std::min(note.direct_users.size(), kShownUsers); ++i) {
    text += fmt::format("{}user/{}", i > 0 ? ", " : "", note.direct_users[i]);
  }
  if (note.users > kShownUsers) text += fmt::format(" and {} more", note.users - kShownUsers);
  return text + "; a group is easier to keep";
}

std::string lint_table(const LintReport& report, const Look& look) {
  std::string text;
  if (!report.items.empty()) {
    Table table({"SEVERITY", "RULE", "PLACE", "FINDING, AND WHAT TO DO"}, {"FINDING, AND WHAT TO DO"});
    for (const LintItem& item : report.items) {
      std::string message = item.message;
      if (item.rule != nullptr && !item.rule->ram_name.empty())
        message += fmt::format(" [RAM: {}]", item.rule->ram_name);
      const bool waived = item.waiver != nullptr;
      const Tone tone = waived ? Tone::kFaint : tone_of_severity(item.severity);
      table.add({std::string(waived ? "waived" : ram::severity_name(item.severity)), std::string(item.id),
                 place_text(item), std::move(message)},
                tone);
      table.add({"", "", "",
                 waived ? fmt::format("> waived by {} until {}: {}", item.waiver->waiver.owner,
                                      item.waiver->waiver.expires, item.waiver->waiver.reason)
                        : "> " + item.repair},
                Tone::kFaint);
    }
    text += table.render(look) + '\n';
  }
  for (const ram::AttachmentNote& note : report.notes) {
    const std::string remark = attachment_remark(note);
    if (!remark.empty())
      text += fmt::format("{}: {}\n", printable(report.work->inputs[note.input].name), printable(remark));
  }
  const auto counts = report.counts();
  text +=
      fmt::format("{}: {}, {} security, {}, {}, {} waived\n", counted(report.work->inputs.size(), "policy", "policies"),
                  counted(counts[3], "error", "errors"), counts[2], counted(counts[1], "warning", "warnings"),
                  counted(counts[0], "suggestion", "suggestions"), report.waived());
  return text + tables_text(*report.tables) + '\n';
}

std::string lint_json(const LintReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .key("tool")
      .begin_object()
      .member("name", "imagewarden")
      .member("version", tool_version())
      .end_object();
  json.member("time", format_rfc3339(report.now))
      .member("fail_level", report.fail_level)
      .key("failed")
      .boolean(report.failed());
  json.key("tables").begin_object().key("actions").begin_object().member("date", report.tables->tables.actions_date);
  json.member("path", valid_text(report.tables->actions_path)).end_object();
  json.key("services").begin_object().member("date", report.tables->tables.tables_date).end_object().end_object();
  json.key("inventory");
  if (report.work->snapshot) {
    json.begin_object().member("digest", report.work->snapshot->digest()).end_object();
  } else {
    json.null();
  }
  const auto counts = report.counts();
  json.key("summary").begin_object().key("policies").integer(static_cast<std::int64_t>(report.work->inputs.size()));
  for (std::size_t i = counts.size(); i-- > 0;) {
    json.key(ram::severity_name(static_cast<ram::Severity>(i))).integer(static_cast<std::int64_t>(counts[i]));
  }
  json.key("waived").integer(static_cast<std::int64_t>(report.waived())).end_object();
  json.key("policies").begin_array();
  for (const ram::LintInput& input : report.work->inputs) {
    json.begin_object().member("name", valid_text(input.name)).member("path", valid_text(input.path)).end_object();
  }
  json.end_array().key("findings").begin_array();
  for (const LintItem& item : report.items) write_item(json, item);
  json.end_array().key("attachments").begin_array();
  for (const ram::AttachmentNote& note : report.notes) {
    json.begin_object().member("policy", report.work->inputs[note.input].name);
    json.key("users")
        .integer(static_cast<std::int64_t>(note.users))
        .key("groups")
        .integer(static_cast<std::int64_t>(note.groups));
    json.key("roles")
        .integer(static_cast<std::int64_t>(note.roles))
        .key("targets")
        .integer(static_cast<std::int64_t>(note.targets));
    json.key("direct_users").begin_array();
    for (const std::string& user : note.direct_users) json.string(user);
    json.end_array().member("remark", attachment_remark(note)).end_object();
  }
  json.end_array().key("skipped").begin_array();
  for (const LintSkipped& skipped : report.work->skipped) {
    json.begin_object().member("path", valid_text(skipped.path)).member("why", skipped.why).end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

std::string lint_rule_text(const ram::LintRule& rule) {
  std::string in_ram = "no";
  if (rule.in_ram) in_ram = rule.ram_name.empty() ? "yes" : fmt::format("yes, as `{}`", rule.ram_name);
  return fmt::format(
      "{}\n  severity      {}\n  RAM has it    {}\n  explanation   {}\n  fault         {}\n  repair        {}\n",
      rule.id, ram::severity_name(rule.severity), in_ram, rule.explanation, rule.fault, rule.repair);
}

std::string lint_rule_json(const ram::LintRule& rule) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("rule", rule.id).member("severity", ram::severity_name(rule.severity));
  json.key("ram_rule").boolean(rule.in_ram).member("ram_name", rule.ram_name).member("explanation", rule.explanation);
  json.member("fault", rule.fault).member("repair", rule.repair).end_object();
  return text + '\n';
}

}  // namespace imagewarden::cli
