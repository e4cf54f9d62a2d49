// Checks the conditions of rule files: the vocabulary of facts, and that operators fit their types.

#include <algorithm>
#include <string>
#include <vector>

#include "engine/rules/facts.h"
#include "engine/rules/lint_tables.h"
#include "engine/rules/loader.h"

namespace imagewarden::rules {
namespace {

struct TypeRule {
  OperatorFamily family{};
  std::string_view type;       // of the fact, in words
  std::string_view operators;  // that fit it
};

TypeRule rule_of(FactType type) {
  switch (type) {
    case FactType::kString:
    case FactType::kStrings:
      break;
    case FactType::kNumber:
      return {OperatorFamily::kNumeric, "a number", "a Numeric… operator"};
    case FactType::kDate:
      return {OperatorFamily::kDate, "a date", "a Date… operator"};
    case FactType::kBool:
      return {OperatorFamily::kBool, "true or false", "`Bool`"};
  }
  return {OperatorFamily::kString, "text", "a String… operator"};
}

std::string unknown_fact(const Key& key) {
  // The nearest name would be another fact, but a tag was meant.
  if (key.lower == "image:tag" || key.lower == "image:tag/") {
    return "unknown fact `" + key.name + "`, expected `image:Tag/KEY`";
  }
  std::vector<std::string_view> names;
  for (const FactInfo& info : fact_table()) names.push_back(info.fact == Fact::kTag ? "image:Tag/KEY" : info.key);
  return "unknown fact `" + key.name + "`" + StrictReader::expected_names(key.name, names);
}

// The common condition keys, as `policy lint` knows them.
std::vector<std::string_view> known_keys() {
  std::vector<std::string_view> names;
  for (const LintKeyEntry& key : built_in_lint_tables().keys) {
    if (key.name.starts_with("acs:")) names.push_back(key.name);
  }
  return names;
}

// A rule on a key that no request has would never hold, and a guard be silent.
bool is_known_key(const Key& key) {
  const auto names = known_keys();
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    const std::string known = Key::of(name).lower;
    return name.ends_with('/') ? key.lower.starts_with(known) && key.lower.size() > known.size() : key.lower == known;
  });
}

}  // namespace

Condition read_rule_condition(StrictReader& reader, const Node& node) {
  if (!reader.ok()) return {};
  // Rules are our own language: the readings decide how RAM's policies are read, not how rules are.
  auto condition = compile_condition(*node.value, Readings{});
  if (!condition) {
    reader.refuse_at(condition.error().offset, node.pointer, condition.error().what, Errc::kMalformedInput);
    return {};
  }
  if (condition->atoms.empty()) {
    reader.refuse(node, "condition without an operator, expected at least one");
    return {};
  }
  for (const Atom& atom : condition->atoms) {
    if (atom.key.lower.starts_with("acs:")) {
      if (is_known_key(atom.key)) continue;
      const std::string expected = atom.key.name.ends_with('/')
                                       ? ", expected `" + atom.key.name + "KEY`"
                                       : StrictReader::expected_names(atom.key.name, known_keys());
      reader.refuse_at(atom.offset, node.pointer, "unknown key `" + atom.key.name + "`" + expected,
                       Errc::kMalformedInput);
      return {};
    }
    const FactInfo* fact = find_fact(atom.key);
    if (fact == nullptr) {
      reader.refuse_at(atom.offset, node.pointer, unknown_fact(atom.key), Errc::kMalformedInput);
      return {};
    }
    const TypeRule expected = rule_of(fact->type);
    if (family_of(atom.op) != expected.family) {
      reader.refuse_at(atom.offset, node.pointer,
                       "operator `" + std::string(operator_name(atom.op)) + "` on `" + atom.key.name + "`, which is " +
                           std::string(expected.type) + ", expected " + std::string(expected.operators),
                       Errc::kMalformedInput);
      return {};
    }
  }
  return std::move(*condition);
}

}  // namespace imagewarden::rules
