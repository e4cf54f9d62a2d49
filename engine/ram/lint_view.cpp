// Takes a document apart for the rules.

#include "engine/ram/lint_view.h"

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

constexpr std::string_view kForAll = "ForAllValues:";
constexpr std::string_view kForAny = "ForAnyValue:";

std::optional<Operator> find_operator(std::string_view name) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Operator::kCount); ++i) {
    if (operator_name(static_cast<Operator>(i)) == name) return static_cast<Operator>(i);
  }
  return std::nullopt;
}

Element read_element(std::string_view name, const JsonMember& member) {
  Element element{name, &member, {}, true};
  const auto read = [&](const JsonValue& value, std::int32_t index) {
    if (!value.is(JsonType::kString) || value.text.empty()) {
      element.readable = false;
    } else {
      element.words.push_back({value.text, to_lower(value.text), value.offset, index});
    }
  };
  if (member.value.is(JsonType::kArray)) {
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      read(member.value.items[i], static_cast<std::int32_t>(i));
    }
  } else {
    read(member.value, -1);
  }
  element.readable = element.readable && !element.words.empty();
  return element;
}

// What the engine's own reader makes of one key; nothing if it refuses.
std::optional<Atom> compile_entry(const JsonMember& operation, const JsonMember& key) {
  JsonValue keys;
  keys.type = JsonType::kObject;
  keys.members.push_back(key);
  JsonValue condition;
  condition.type = JsonType::kObject;
  condition.members.push_back({operation.key, operation.key_offset, std::move(keys)});
  auto compiled = compile_condition(condition, Readings{});
  if (!compiled || compiled->atoms.size() != 1) return std::nullopt;
  return std::move(compiled->atoms.front());
}

void read_conditions(const DocumentView& view, StatementView& statement) {
  const JsonValue& json = statement.condition->value;
  if (!json.is(JsonType::kObject)) {
    statement.condition_readable = false;
    return;
  }
  for (const JsonMember& operation : json.members) {
    if (view.ignores(operation)) continue;
    ConditionEntry entry;
    entry.written = operation.key;
    std::string_view name = operation.key;
    if (name.starts_with(kForAll)) {
      entry.quantifier = Quantifier::kForAllValues;
      name.remove_prefix(kForAll.size());
    } else if (name.starts_with(kForAny)) {
      entry.quantifier = Quantifier::kForAnyValue;
      name.remove_prefix(kForAny.size());
    }
    entry.op = find_operator(name);
    if (!operation.value.is(JsonType::kObject) || operation.value.members.empty()) {
      statement.condition_readable = false;
      continue;
    }
    for (const JsonMember& key : operation.value.members) {
      if (view.ignores(key)) continue;
      ConditionEntry& out = statement.conditions.emplace_back(entry);
      out.key = key.key;
      out.key_lower = Key::of(key.key).lower;
      out.key_offset = key.key_offset;
      if (key.value.is(JsonType::kArray)) {
        for (std::size_t i = 0; i < key.value.items.size(); ++i) {
          out.values.push_back({&key.value.items[i], static_cast<std::int32_t>(i)});
        }
      } else {
        out.values.push_back({&key.value, -1});
      }
      out.atom = compile_entry(operation, key);
      statement.condition_readable = statement.condition_readable && out.atom.has_value();
    }
  }
}

StatementView read_statement(const DocumentView& view, const JsonValue& json, std::size_t index, std::string pointer) {
  StatementView statement;
  statement.json = &json;
  statement.index = index;
  statement.pointer = std::move(pointer);
  for (const JsonMember& member : json.members) {
    if (view.ignores(member)) continue;
    const std::string_view key = member.key;
    if (key == "Effect") {
      if (member.value.is(JsonType::kString) && member.value.text == "Allow") statement.effect = Effect::kAllow;
      if (member.value.is(JsonType::kString) && member.value.text == "Deny") statement.effect = Effect::kDeny;
    } else if (key == "Action" || key == "NotAction") {
      statement.both_actions = statement.action.present();
      statement.not_action = key == "NotAction";
      statement.action = read_element(key, member);
    } else if (key == "Resource" || key == "NotResource") {
      statement.both_resources = statement.resource.present();
      statement.not_resource = key == "NotResource";
      statement.resource = read_element(key, member);
    } else if (key == "Condition") {
      statement.condition = &member;
    } else if (key == "Principal") {
      statement.principal = &member;
    } else if (key == "NotPrincipal") {
      statement.not_principal = &member;
    } else if (key == "Sid") {
      statement.sid = &member;
    }
  }
  if (statement.condition != nullptr) read_conditions(view, statement);
  return statement;
}

bool only_actions_of(const StatementView& statement, std::string_view prefix) {
  return !statement.action.words.empty() &&
         std::all_of(statement.action.words.begin(), statement.action.words.end(),
                     [&](const Word& word) { return word.lower.starts_with(prefix); });
}

// What kind of policy a file holds, as far as its content tells: only policies of roles and of resources name
// principals.
PolicyKind kind_of(const DocumentView& view) {
  bool lists = false;  // a Principal as bucket policies have it
  bool assumes = false;
  bool bucket = false;
  bool any = false;
  for (const StatementView& statement : view.statements) {
    if (statement.principal == nullptr) continue;
    any = true;
    const bool everything = std::all_of(statement.action.words.begin(), statement.action.words.end(),
                                        [](const Word& word) { return takes_everything(word.text); });
    const bool is_bucket = only_actions_of(statement, "oss:");
    lists = lists || (statement.principal->value.is(JsonType::kArray) && statement.resource.present() &&
                      (everything || is_bucket));
    assumes = assumes || (only_actions_of(statement, "sts:") && !statement.resource.present());
    bucket = bucket || (is_bucket && statement.resource.present());
  }
  if (!any) return PolicyKind::kIdentity;
  if (assumes) return PolicyKind::kTrust;
  // A Principal beside a Resource and actions of OSS is a bucket policy, even where the Principal has the form of a
  // role's.
  return lists || bucket ? PolicyKind::kResource : PolicyKind::kIdentity;
}

}  // namespace

bool DocumentView::ignores(const JsonMember& member) const {
  return std::binary_search(ignored_keys.begin(), ignored_keys.end(), member.key_offset);
}

DocumentView make_view(const JsonDocument& document, PolicyKind kind, std::vector<std::uint32_t> ignored_keys) {
  DocumentView view;
  view.document = &document;
  view.ignored_keys = std::move(ignored_keys);
  std::sort(view.ignored_keys.begin(), view.ignored_keys.end());
  const JsonValue* json = document.root().is(JsonType::kObject) ? document.root().find("Statement") : nullptr;
  if (json != nullptr && json->is(JsonType::kObject)) {
    view.statements.push_back(read_statement(view, *json, 0, "/Statement"));
  } else if (json != nullptr && json->is(JsonType::kArray)) {
    for (std::size_t i = 0; i < json->items.size(); ++i) {
      if (!json->items[i].is(JsonType::kObject)) continue;
      view.statements.push_back(read_statement(view, json->items[i], i, "/Statement/" + std::to_string(i)));
    }
  }
  view.kind = kind == PolicyKind::kUnknown ? kind_of(view) : kind;
  return view;
}

Place place_of(const StatementView& statement) { return {statement.json->offset, statement.pointer}; }

Place place_of(const StatementView& statement, const Element& element) {
  return {element.member->key_offset, statement.pointer + '/' + std::string(element.name)};
}

Place place_of(const StatementView& statement, const Element& element, const Word& word) {
  std::string pointer = statement.pointer + '/' + std::string(element.name);
  if (word.index >= 0) pointer += '/' + std::to_string(word.index);
  return {word.offset, std::move(pointer)};
}

Place place_of(const StatementView& statement, const JsonMember& member) {
  Place place{member.key_offset, statement.pointer};
  append_pointer(place.pointer, member.key);
  return place;
}

Place place_of(const StatementView& statement, const ConditionEntry& entry) {
  Place place{entry.key_offset, statement.pointer + "/Condition"};
  append_pointer(place.pointer, entry.written);
  append_pointer(place.pointer, entry.key);
  return place;
}

Place place_of(const StatementView& statement, const ConditionEntry& entry, const ConditionValue& value) {
  Place place = place_of(statement, entry);
  place.offset = value.json->offset;
  if (value.index >= 0) place.pointer += '/' + std::to_string(value.index);
  return place;
}

LineIndex::LineIndex(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

TextPosition LineIndex::position(std::uint32_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const std::uint32_t start = *std::prev(after);
  return {static_cast<std::uint32_t>(after - starts_.begin()), offset - start + 1};
}

}  // namespace imagewarden::ram::lint
