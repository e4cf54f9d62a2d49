#pragma once
// What the tests of engine/rules share: user files around a few members, and messages as plain text.

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/ruleset.h"

namespace imagewarden::rules::test {

// A user file for the built-in operation whose further members are `members` (JSON, without the braces).
inline std::string user_file(std::string_view members, std::string_view name = "acme") {
  return R"({"schema": "imagewarden-rules/1", "name": ")" + std::string(name) +
         R"(", "version": "1", "operation": "appstreaming:DeleteImage")" + (members.empty() ? "" : ", ") +
         std::string(members) + "}";
}

inline Result<Ruleset> load_text(const std::string& text) {
  const RuleSource source{"acme.json", text};
  return Ruleset::load({&source, 1});
}

inline Result<Ruleset> load_user(std::string_view members) { return load_text(user_file(members)); }

// The ids of the rules, in order, joined by spaces.
inline std::string ids_of(const Ruleset& rules) {
  std::string ids;
  for (const Rule& rule : rules.rules()) ids += (ids.empty() ? "" : " ") + rule.id;
  return ids;
}

inline const Rule& rule_of(const Ruleset& rules, std::string_view id) {
  for (const Rule& rule : rules.rules()) {
    if (rule.id == id) return rule;
  }
  throw std::out_of_range("no rule " + std::string(id));
}

}  // namespace imagewarden::rules::test
