// Conditions, key by key: operators, keys, values and their types.

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

bool is_like(Operator op) { return op == Operator::kStringLike || op == Operator::kStringNotLike; }

std::string_view type_word(LintKeyType type) {
  switch (type) {
    case LintKeyType::kBool:
      return "a boolean";
    case LintKeyType::kDate:
      return "a date";
    case LintKeyType::kNumber:
      return "a number";
    case LintKeyType::kIp:
      return "an IP address";
    case LintKeyType::kString:
    case LintKeyType::kAny:
      break;
  }
  return "a string";
}

std::string_view operators_for(LintKeyType type) {
  switch (type) {
    case LintKeyType::kBool:
      return "`Bool`";
    case LintKeyType::kDate:
      return "a Date operator";
    case LintKeyType::kNumber:
      return "a Numeric operator";
    case LintKeyType::kIp:
      return "`IpAddress` or `NotIpAddress`";
    case LintKeyType::kString:
    case LintKeyType::kAny:
      break;
  }
  return "a String operator";
}

bool fits(OperatorFamily family, LintKeyType type) {
  switch (type) {
    case LintKeyType::kString:
      return family == OperatorFamily::kString;
    case LintKeyType::kBool:
      return family == OperatorFamily::kBool || family == OperatorFamily::kString;
    case LintKeyType::kDate:
      return family == OperatorFamily::kDate;
    case LintKeyType::kNumber:
      return family == OperatorFamily::kNumeric;
    case LintKeyType::kIp:
      return family == OperatorFamily::kIp;
    case LintKeyType::kAny:
      break;
  }
  return true;
}

// The operator without a prefix, as it stands there.
std::string_view bare_name(std::string_view written) {
  const std::size_t colon = written.find(':');
  return colon == std::string_view::npos ? written : written.substr(colon + 1);
}

void check_operator(const Job& job, const StatementView& statement, const JsonMember& operation) {
  Place place = place_of(statement, *statement.condition);
  append_pointer(place.pointer, operation.key);
  place.offset = operation.key_offset;
  const std::string_view name = bare_name(operation.key);
  std::array<std::string_view, static_cast<std::size_t>(Operator::kCount)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = operator_name(static_cast<Operator>(i));
  const bool prefix_known = name.size() == operation.key.size() || operation.key.starts_with("ForAllValues:") ||
                            operation.key.starts_with("ForAnyValue:");
  const bool known = prefix_known && std::find(names.begin(), names.end(), name) != names.end();
  if (known) {
    if (!operation.value.is(JsonType::kObject) || operation.value.members.empty()) {
      job.report.add(24, place,
                     "operator " + quoted(operation.key) + " without a condition key, expected an object of keys",
                     "write `\"" + std::string(operation.key) + "\": {\"KEY\": [ … ]}`");
    }
    return;
  }
  if (name.ends_with("IfExists") || name == "Null") {
    job.report.add(25, place, "operator " + quoted(operation.key) + ": RAM has no way to ask whether a key is there",
                   "write two statements: one with the plain operator, one for the requests without the key (a negated "
                   "operator is met where the key is missing)");
  } else if (name.starts_with("Arn") || name.starts_with("Binary")) {
    job.report.add(26, place, "operator " + quoted(operation.key) + " is not one of RAM's",
                   name.starts_with("Arn") ? "use `StringEquals` or `StringLike`" : "use `StringEquals` on the text");
  } else {
    const auto nearest = nearest_name(name, names);
    const bool only_case = nearest && equals_ignore_case(*nearest, name);
    job.report.add(
        24, place,
        "operator " + quoted(operation.key) + " is not one of RAM's" + (nearest ? did_you_mean(*nearest) : "") +
            (only_case ? " (case counts)" : ""),
        nearest ? "write " + quoted(*nearest) : "use one of the String, Numeric, Date, Bool and IpAddress operators");
  }
}

bool is_aws_key(std::string_view lower) {
  constexpr std::array<std::string_view, 6> kPrefixes = {"aws:", "s3:", "ec2:", "iam:", "lambda:", "dynamodb:"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

// Keys of a tag end in the tag's own name.
bool is_prefix_key(const LintKey& key) { return key.name.ends_with('/'); }

// Whether requests to the first service are about resources of the second as well, `ecs` and `vpc` for one: then they
// may carry its keys.
bool works_with(const Job& job, std::string_view service, std::string_view other) {
  return std::any_of(job.tables.arn_services.begin(), job.tables.arn_services.end(), [&](const LintArnServices& entry) {
    return equals_ignore_case(entry.service, service) &&
           std::any_of(entry.resources.begin(), entry.resources.end(),
                       [&](const std::string& name) { return name == "*" || equals_ignore_case(name, other); });
  });
}

void check_filled(const Job& job, const StatementView& statement, const ConditionEntry& entry, const LintKey* known) {
  if (statement.not_action || statement.action.words.empty() || !statement.effect) return;
  const auto never_fills = [&](const Word& word) {
    if (known != nullptr &&
        std::any_of(known->not_filled_by.begin(), known->not_filled_by.end(), [&](const std::string& pattern) {
          return glob_within(word.lower, to_lower(pattern)) == Decided::kYes;
        })) {
      return true;
    }
    // A service's own key comes with requests to that service.
    const std::string_view prefix = service_of(entry.key_lower);
    const std::string_view service = service_of(word.lower);
    return known == nullptr && prefix != "acs" && !service.empty() && job.index.is_service(prefix) &&
           service != prefix && globs_disjoint(service, prefix) == Decided::kYes && !works_with(job, service, prefix);
  };
  if (!std::all_of(statement.action.words.begin(), statement.action.words.end(), never_fills)) return;
  const bool met = entry.op && is_negated(*entry.op);
  const std::string effect = statement.allows() ? "Allow" : "Deny";
  job.report.add(30, place_of(statement, entry),
                 "key " + quoted(entry.key) + " does not come with requests for these actions" +
                     (met ? ", so the condition is always met" : ", so this " + effect + " never applies"),
                 "use a key that the service fills, or take the condition out");
}

void check_key(const Job& job, const StatementView& statement, const ConditionEntry& entry) {
  const Place place = place_of(statement, entry);
  if (entry.key.find(':') == std::string_view::npos) {
    if (entry.key_lower == "action" || entry.key_lower == "resource") {
      job.report.add(
          27, place,
          "key " + quoted(entry.key) + " is not documented; it is taken for the request's own " + entry.key_lower,
          "use Action, NotAction or a Deny instead", Severity::kWarning);
    } else {
      job.report.add(27, place,
                     "condition key " + quoted(entry.key) + " has no `:`, expected `ram-code:key` as `acs:SourceIp`" +
                         did_you_mean(job.index.nearest_key("acs:" + entry.key_lower)),
                     "write the key with its prefix");
    }
    return;
  }
  if (is_aws_key(entry.key_lower)) {
    std::string own = entry.key_lower.starts_with("aws:") ? "acs:" + entry.key_lower.substr(4) : std::string{};
    if (own == "acs:multifactorauthpresent") own = "acs:mfapresent";
    const LintKey* known = own.empty() ? nullptr : job.index.key(own);
    job.report.add(
        28, place,
        "condition key " + quoted(entry.key) + " is AWS's" + (known != nullptr ? did_you_mean(known->name) : ""),
        known != nullptr ? "write " + quoted(known->name) : "use a key of the service's RAM page");
    return;
  }
  const LintKey* known = job.index.key(entry.key_lower);
  if (known == nullptr && entry.key_lower.starts_with("acs:")) {
    job.report.add(
        29, place,
        "condition key " + quoted(entry.key) + " is not known" + did_you_mean(job.index.nearest_key(entry.key_lower)),
        "use one of the common keys, or the service's own");
    return;
  }
  if (known != nullptr && is_prefix_key(*known) && entry.key_lower.size() == known->name.size()) {
    job.report.add(29, place, "condition key " + quoted(entry.key) + " without the key of a tag",
                   "write `" + known->name + "KEY`");
  }
  check_filled(job, statement, entry, known);
  if (known == nullptr || !entry.op || fits(family_of(*entry.op), known->type)) return;
  job.report.add(
      32, place,
      quoted(entry.written) + " on " + quoted(known->name) + ", which holds " + std::string(type_word(known->type)),
      "use " + std::string(operators_for(known->type)));
}

std::string_view wanted_value(OperatorFamily family) {
  switch (family) {
    case OperatorFamily::kNumeric:
      return "a decimal number";
    case OperatorFamily::kDate:
      return "a date as `2026-08-12T17:00:00+08:00`";
    case OperatorFamily::kBool:
      return "`true` or `false`";
    case OperatorFamily::kIp:
      return "an IP address or a CIDR block";
    case OperatorFamily::kString:
      break;
  }
  return "a string";
}

void check_value(const Job& job, const StatementView& statement, const ConditionEntry& entry,
                 const ConditionValue& value) {
  const Place place = place_of(statement, entry, value);
  const JsonValue& json = *value.json;
  if (!json.is(JsonType::kString) && !json.is(JsonType::kBool) && !json.is(JsonType::kNumber)) {
    job.report.add(32, place, "a value of " + quoted(entry.key) + " is neither a string nor a list of strings",
                   "write strings in quotes");
    return;
  }
  const std::string text = json.is(JsonType::kBool) ? (json.boolean ? "true" : "false") : std::string(json.text);
  if (!json.is(JsonType::kString)) {
    job.report.add(65, place,
                   std::string(json.is(JsonType::kBool) ? "boolean " : "number ") + quoted(text) +
                       " as a condition value, which the grammar wants in quotes",
                   "write `\"" + text + "\"`");
  }
  if (!entry.op) return;
  const OperatorFamily family = family_of(*entry.op);
  const std::string what =
      "value " + quoted(text) + " of " + quoted(entry.key) + ", expected " + std::string(wanted_value(family));
  switch (family) {
    case OperatorFamily::kBool:
      if (text != "true" && text != "false") job.report.add(31, place, what, "write `\"true\"` or `\"false\"`");
      break;
    case OperatorFamily::kIp:
      if (!IpBlock::parse(text)) job.report.add(35, place, what, "write for instance `\"203.0.113.0/24\"`");
      break;
    case OperatorFamily::kDate:
      if (!parse_rfc3339(text))
        job.report.add(40, place, what, "write date, time and zone, for instance `\"2026-08-12T17:00:00+08:00\"`");
      break;
    case OperatorFamily::kNumeric:
      if (!Decimal::parse(text)) job.report.add(32, place, what, "write digits");
      break;
    case OperatorFamily::kString:
      if (!is_like(*entry.op) && has_wildcard(text)) {
        job.report.add(
            33, place,
            "wildcard in " + quoted(text) + " under " + quoted(entry.written) + ", where it stands for itself",
            is_negated(*entry.op) ? "use `StringNotLike`" : "use `StringLike`");
      }
      break;
  }
}

void check_entry(const Job& job, const StatementView& statement, const ConditionEntry& entry) {
  check_key(job, statement, entry);
  if (entry.values.empty()) {
    job.report.add(27, place_of(statement, entry),
                   "condition key " + quoted(entry.key) + " without a value, expected at least one",
                   "give a value, or take the key out");
    return;
  }
  for (const ConditionValue& value : entry.values) check_value(job, statement, entry, value);
  if (!entry.op) return;
  if (family_of(*entry.op) == OperatorFamily::kBool && entry.values.size() > 1) {
    job.report.add(31, place_of(statement, entry),
                   std::to_string(entry.values.size()) + " values under `Bool`, expected one", "keep one of them");
  }
  const bool plain = std::none_of(entry.values.begin(), entry.values.end(),
                                  [](const ConditionValue& value) { return has_wildcard(value.json->text); });
  if (is_like(*entry.op) && plain) {
    job.report.add(34, place_of(statement, entry), quoted(entry.written) + " without a wildcard",
                   is_negated(*entry.op) ? "use `StringNotEquals`" : "use `StringEquals`");
  }
}

}  // namespace

void lint_conditions(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    if (statement.condition == nullptr) continue;
    const JsonValue& json = statement.condition->value;
    if (!json.is(JsonType::kObject)) {
      job.report.add(24, place_of(statement, *statement.condition),
                     "`Condition` is no object, expected an object of operators",
                     "write `\"Condition\": {\"OPERATOR\": {\"KEY\": [ … ]}}`");
      continue;
    }
    for (const JsonMember& operation : json.members) {
      if (!job.view.ignores(operation)) check_operator(job, statement, operation);
    }
    for (const ConditionEntry& entry : statement.conditions) check_entry(job, statement, entry);
  }
}

}  // namespace imagewarden::ram::lint
