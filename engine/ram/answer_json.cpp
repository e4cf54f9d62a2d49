#include "engine/ram/answer_json.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/json_tree.h"

namespace imagewarden::ram {
namespace {

std::string name_of(const PrincipalPolicies& policies) {
  switch (policies.kind) {
    case PrincipalKind::kRoot:
      return "root";
    case PrincipalKind::kUser:
      return "user/" + policies.name;
    case PrincipalKind::kRole:
      return "role/" + policies.name;
  }
  return policies.name;
}

void write_statement(JsonWriter& json, const StatementRef& ref) {
  json.begin_object().member("statement", statement_name(ref)).member("effect", effect_name(ref));
  json.member("via", ref.policy->via).member("place", statement_place(ref)).end_object();
}

void write_strings(JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_near_miss(JsonWriter& json, const StatementRef& ref, const std::vector<AtomResult>& failed) {
  json.begin_object().member("statement", statement_name(ref)).member("via", ref.policy->via).key("failed");
  json.begin_array();
  for (const AtomResult& result : failed) {
    json.begin_object();
    json.member("condition", fmt::format("{} {}", operator_name(result.atom->op), result.atom->key.name));
    json.key("wanted").begin_array();
    for (const Value& value : result.atom->values) json.string(value.text);
    json.end_array().key("found");
    write_strings(json, result.found);
    json.key("open").boolean(result.state == KeyState::kOpen).end_object();
  }
  json.end_array().end_object();
}

bool has_entry(const Context& context, const Key& key) {
  const auto entries = context.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Context::Entry& entry) { return entry.key.lower == key.lower; });
}

std::vector<std::string> asked_keys(const std::vector<StatementRef>& statements) {
  std::vector<std::string> keys;
  for (const StatementRef& ref : statements) {
    for (const Atom& atom : ref.statement->condition.atoms) keys.push_back(atom.key.lower);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

RequestAnswerer::RequestAnswerer(Principal principal, const Readings& readings)
    : principal_(std::move(principal)),
      readings_(readings),
      statements_(principal_.policies(), readings),
      asked_(asked_keys(statements_.entries())),
      name_(name_of(principal_.policies())),
      time_key_(Key::of("acs:CurrentTime")) {
  arn_.key = Key::of("acs:PrincipalARN");
  const Request bare = make_request("", "*", ResourceLevel::kUnknown, {}, principal_.policies(), Time{});
  const KeyFacts arn = bare.context.find(arn_.key);
  arn_.state = arn.state;
  arn_.values.assign(arn.values.begin(), arn.values.end());
  for (const StatementRef& ref : statements_.entries()) {
    JsonWriter json(details_.emplace_back());
    write_statement(json, ref);
  }
}

Verdict RequestAnswerer::answer(const Request& request, std::string& out) const {
  const Verdict verdict = principal_.decide(request);
  JsonWriter json(out);
  json.begin_object().member("decision", to_string(verdict.outcome)).member("step", to_string(verdict.step));
  if (verdict.outcome == Outcome::kIndeterminate) {
    write_open(request, json);
    json.end_object();
    return verdict;
  }
  std::vector<std::uint32_t> found;
  statements_.find(request, verdict, found);
  json.key("statements").begin_array();
  if (verdict.outcome != Outcome::kImplicitDeny) {
    for (const std::uint32_t entry : found) json.raw(details_[entry]);
  }
  json.end_array();
  if (verdict.outcome == Outcome::kImplicitDeny) {
    json.key("near_misses").begin_array();
    for (const std::uint32_t entry : found) {
      const StatementRef& ref = statements_.entries()[entry];
      write_near_miss(json, ref, failed_atoms(*ref.statement, request, readings_));
    }
    json.end_array();
  }
  json.end_object();
  return verdict;
}

// As make_request(), but only the keys that a condition asks for: making the others costs more than the decision.
void RequestAnswerer::complete(Context& context, Time now) const {
  if (asked_.asks_for(time_key_.name) && !has_entry(context, time_key_)) {
    context.set(time_key_.name, KeyState::kKnown, {Value::of_time(now)});
  }
  if (asked_.asks_for(arn_.key.name) && !has_entry(context, arn_.key))
    context.set(arn_.key.name, arn_.state, arn_.values);
}

// Which statements keep an answer open takes the whole walk.
void RequestAnswerer::write_open(const Request& request, JsonWriter& json) const {
  const Evaluation evaluation = principal_.explain(request);
  json.key("statements").begin_array();
  for (const std::size_t index : evaluation.deciding) {
    write_statement(json, evaluation.considered[index].ref);
  }
  json.end_array().key("open_keys");
  write_strings(json, evaluation.open_keys);
  json.key("not_known");
  write_strings(json, evaluation.not_known);
}

Result<Verdict> RequestAnswerer::answer_json(std::string_view text, Time now, ResourceLevelOf level_of,
                                             RequestReader& reader, std::string& out) const {
  auto parsed = reader.read(text, &asked_);
  if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
  if (!parsed->principal.empty() && parsed->principal != name_) {
    return fail(Errc::kUsage,
                fmt::format("request /principal: `{}`, expected `{}`", one_line(parsed->principal), name_));
  }
  Request& request = parsed->request;
  request.level = level_of(request.action_lower);
  complete(request.context, now);
  return answer(request, out);
}

}  // namespace imagewarden::ram
