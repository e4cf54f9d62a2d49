// `rules list|show|validate|errors`: the rules, the readings, the error catalogue.

#include <algorithm>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/base/csv.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

std::string_view predictable_word(rules::Predictable predictable) {
  switch (predictable) {
    case rules::Predictable::kYes:
      return "yes";
    case rules::Predictable::kRecorded:
      return "recorded";
    case rules::Predictable::kNo:
      break;
  }
  return "no";
}

void write_condition(JsonWriter& json, const Condition& condition) {
  json.begin_array();
  for (const Atom& atom : condition.atoms) {
    json.begin_object();
    std::string name(operator_name(atom.op));
    if (atom.quantifier == Quantifier::kForAllValues) name.insert(0, "ForAllValues:");
    if (atom.quantifier == Quantifier::kForAnyValue) name.insert(0, "ForAnyValue:");
    json.member("operator", name).member("key", atom.key.name).key("values").begin_array();
    for (const Value& value : atom.values) json.string(value.text);
    json.end_array().end_object();
  }
  json.end_array();
}

void write_rule(JsonWriter& json, const rules::Rule& rule) {
  json.begin_object();
  json.member("id", rule.id).member("code", rule.code).key("http_status");
  if (rule.http_status) {
    json.integer(*rule.http_status);
  } else {
    json.null();
  }
  json.member("basis", rules::to_string(rule.basis)).key("guard").boolean(rule.is_guard);
  json.member("explanation", rule.explanation).member("remedy", rule.remedy);
  json.member("source", rule.source).member("file", rule.file);
  json.key("when").begin_array();
  for (const rules::Alternative& alternative : rule.when) {
    json.begin_object().member("basis", rules::to_string(alternative.basis)).key("condition");
    write_condition(json, alternative.when);
    if (alternative.settled_when) {
      json.key("settled_when");
      write_condition(json, *alternative.settled_when);
    }
    json.end_object();
  }
  json.end_array().key("unknown_when").begin_array();
  for (const Condition& condition : rule.unknown_when) write_condition(json, condition);
  json.end_array().end_object();
}

std::string condition_text(const Condition& condition) {
  std::string text;
  for (const Atom& atom : condition.atoms) {
    if (!text.empty()) text += " and ";
    if (atom.quantifier == Quantifier::kForAllValues) text += "ForAllValues:";
    if (atom.quantifier == Quantifier::kForAnyValue) text += "ForAnyValue:";
    text += fmt::format("{} {}", operator_name(atom.op), atom.key.name);
    for (const Value& value : atom.values) text += fmt::format(" `{}`", value.text);
  }
  return printable(text);
}

std::string rule_text(const rules::Rule& rule) {
  std::string text = fmt::format("{}\n  code         {}\n  basis        {}\n  explanation  {}\n", rule.id, rule.code,
                                 rules::to_string(rule.basis), printable(rule.explanation));
  for (const rules::Alternative& alternative : rule.when) {
    text +=
        fmt::format("  violated if  {} ({})\n", condition_text(alternative.when), rules::to_string(alternative.basis));
    if (alternative.settled_when) text += fmt::format("    settled if {}\n", condition_text(*alternative.settled_when));
  }
  for (const Condition& condition : rule.unknown_when)
    text += fmt::format("  unknown if   {}\n", condition_text(condition));
  return text + fmt::format("  remedy       {}\n  source       {}\n  file         {}\n", printable(rule.remedy),
                            printable(rule.source), printable(rule.file));
}

std::string readings_text(const Readings& readings, const Look& look) {
  Table table({"READING", "SET TO", "CHOICES", "WHAT IT DECIDES"}, {"CHOICES", "WHAT IT DECIDES"});
  for (const ReadingInfo& info : reading_table()) {
    table.add({std::string(info.name), std::string(readings.choice_name(info.reading)),
               fmt::format("{}", fmt::join(info.choices, " | ")), std::string(info.explanation)},
              readings.is_default(info.reading) ? Tone::kPlain : Tone::kUnsure);
  }
  return table.render(look);
}

void write_readings(JsonWriter& json, const Readings& readings) {
  json.key("readings").begin_array();
  for (const ReadingInfo& info : reading_table()) {
    json.begin_object().member("name", info.name).member("set_to", readings.choice_name(info.reading));
    json.key("choices").begin_array();
    for (const std::string_view choice : info.choices) json.string(choice);
    json.end_array().member("explanation", info.explanation).end_object();
  }
  json.end_array();
}

void write_files(JsonWriter& json, const rules::Ruleset& rules) {
  json.member("operation", rules.operation()).key("files").begin_array();
  for (const rules::RuleFile& file : rules.files()) {
    json.begin_object().member("name", file.name).member("version", file.version).member("digest", file.digest);
    json.member("path", file.path).end_object();
  }
  json.end_array();
}

}  // namespace

int run_rules_list(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object();
    write_files(json, *rules);
    json.key("rules").begin_array();
    for (const rules::Rule& rule : rules->rules()) write_rule(json, rule);
    json.end_array();
    write_readings(json, rules->readings());
    json.end_object();
    return print_result(options, environment, text + '\n', kExitAllowed);
  }
  if (options.format == Format::kCsv) {
    text = csv_line({"rule", "code", "basis", "guard", "explanation", "file"});
    for (const rules::Rule& rule : rules->rules()) {
      text += csv_line({rule.id, rule.code, std::string(rules::to_string(rule.basis)), rule.is_guard ? "yes" : "no",
                        rule.explanation, rule.file});
    }
    return print_result(options, environment, text, kExitAllowed);
  }
  Table table({"RULE", "CODE", "BASIS", "VIOLATED WHEN"}, {"VIOLATED WHEN"});
  for (const rules::Rule& rule : rules->rules()) {
    table.add({rule.id, rule.code, std::string(rules::to_string(rule.basis)), rule.explanation});
  }
  text = table.render(look_of(options, environment)) + '\n';
  for (const rules::RuleFile& file : rules->files()) {
    text += fmt::format("{} {} ({}) {}\n", printable(file.name), printable(file.version), printable(file.path),
                        file.digest);
  }
  return print_result(options, environment, text, kExitAllowed);
}

int run_rules_show(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  if (options.arguments.size() != 1) {
    return complain(environment, {Errc::kUsage, "`rules show` wants one rule id, or `ram` for the readings"});
  }
  const std::string& wanted = options.arguments.front();
  std::string text;
  JsonWriter json(text);
  if (wanted == "ram") {
    if (options.format != Format::kJson) {
      return print_result(options, environment, readings_text(rules->readings(), look_of(options, environment)),
                          kExitAllowed);
    }
    json.begin_object();
    write_readings(json, rules->readings());
    json.end_object();
    return print_result(options, environment, text + '\n', kExitAllowed);
  }
  std::vector<std::string_view> names{"ram"};
  for (const rules::Rule& rule : rules->rules()) {
    if (rule.id == wanted) {
      if (options.format != Format::kJson) return print_result(options, environment, rule_text(rule), kExitAllowed);
      write_rule(json, rule);
      return print_result(options, environment, text + '\n', kExitAllowed);
    }
    names.push_back(rule.id);
  }
  const auto nearest = nearest_name(wanted, names);
  return complain(environment,
                  {Errc::kNotFound, fmt::format("no rule `{}`{}; `rules list` shows them", wanted,
                                                nearest ? fmt::format(", did you mean `{}`?", *nearest) : "")});
}

int run_rules_validate(const Options& options, Environment& environment) {
  if (options.arguments.empty()) {
    return complain(environment, {Errc::kUsage, "`rules validate` wants rule files"});
  }
  // Each file is checked on top of those of --rules, whose rules it may refer to.
  auto sources = read_rule_files(options);
  if (!sources) return complain(environment, sources.error());
  if (const auto base = rules::Ruleset::load(*sources); !base) return complain(environment, base.error());
  sources->emplace_back();
  std::string text;
  JsonWriter json(text);
  if (options.format == Format::kJson) json.begin_object().key("files").begin_array();
  bool failed = false;
  for (const std::string& path : options.arguments) {
    auto bytes = read_small_file(path, "rule file");
    if (!bytes) return complain(environment, bytes.error());
    sources->back() = {path, std::move(*bytes)};
    const auto rules = rules::Ruleset::load(*sources);
    failed = failed || !rules;
    if (options.format == Format::kJson) {
      json.begin_object().member("path", path).key("valid").boolean(rules.has_value());
      json.member("problem", rules ? "" : rules.error().message).end_object();
    } else {
      text +=
          rules ? fmt::format("{}: good\n", printable(path)) : fmt::format("{}\n", printable(rules.error().message));
    }
  }
  if (options.format == Format::kJson) {
    json.end_array().end_object();
    text += '\n';
  }
  const int printed = print_result(options, environment, text, kExitAllowed);
  if (printed != kExitAllowed) return printed;
  return failed ? kExitDenied : kExitAllowed;
}

int run_rules_errors(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object();
    write_files(json, *rules);
    json.key("errors").begin_array();
    for (const rules::ErrorEntry& error : rules->errors()) {
      json.begin_object().member("code", error.code).key("http_status").integer(error.http_status);
      json.member("message", error.message).member("predictable", predictable_word(error.predictable));
      json.member("cause", error.cause).member("remedy", error.remedy).end_object();
    }
    json.end_array().end_object();
    return print_result(options, environment, text + '\n', kExitAllowed);
  }
  if (options.format == Format::kCsv) {
    text = csv_line({"code", "http_status", "predictable", "message", "cause", "remedy"});
    for (const rules::ErrorEntry& error : rules->errors()) {
      text += csv_line({error.code, fmt::format("{}", error.http_status),
                        std::string(predictable_word(error.predictable)), error.message, error.cause, error.remedy});
    }
    return print_result(options, environment, text, kExitAllowed);
  }
  Table table({"CODE", "HTTP", "PREDICTED", "MESSAGE"}, {"MESSAGE"});
  for (const rules::ErrorEntry& error : rules->errors()) {
    table.add({error.code, fmt::format("{}", error.http_status), std::string(predictable_word(error.predictable)),
               error.message});
  }
  return print_result(options, environment, table.render(look_of(options, environment)), kExitAllowed);
}

}  // namespace imagewarden::cli
