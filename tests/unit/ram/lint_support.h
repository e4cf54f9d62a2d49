#pragma once
// What the tests of the linter share: the tables of rules/, documents around statements, findings by rule.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/base/glob.h"
#include "engine/ram/lint.h"

namespace imagewarden::ram::test {

constexpr Time kLintNow{1'795'507'200'000'000};  // 2026-11-24T08:00:00Z

inline nlohmann::json read_rule_file(const std::string& name) {
  std::ifstream in(std::string(IMAGEWARDEN_SOURCE_DIR) + "/rules/" + name);
  return nlohmann::json::parse(in);
}

// The tables as the program has them, read without engine/rules.
inline LintTables make_lint_tables() {
  using Names = std::vector<std::string>;
  LintTables tables;
  const auto actions = read_rule_file("actions.json");
  tables.actions_date = actions["date"];
  for (const auto& entry : actions["actions"]) {
    LintAction action;
    action.name = entry["name"];
    action.all_resources = entry["resource"] == "all";
    const std::string access = entry["access"];
    const std::string bare = action.name.substr(action.name.find(':') + 1);
    action.deletes = access == "delete" || bare.rfind("Delete", 0) == 0;
    action.changes = action.deletes || access == "create" || access == "update" || access == "write";
    action.api_names = entry.value("api_names", Names{});
    tables.actions.push_back(action);
  }
  std::sort(tables.actions.begin(), tables.actions.end(),
            [](const LintAction& a, const LintAction& b) { return to_lower(a.name) < to_lower(b.name); });
  const auto file = read_rule_file("lint-tables.json");
  tables.tables_date = file["date"];
  for (const auto& [name, list] : {std::pair<const char*, Names*>{"services", &tables.services},
                                   {"complete_services", &tables.complete_services},
                                   {"global_services", &tables.global_services},
                                   {"regions", &tables.regions},
                                   {"escalation_actions", &tables.escalation_actions},
                                   {"wide_services", &tables.wide_services},
                                   {"destructive_actions", &tables.destructive_actions},
                                   {"service_principals", &tables.service_principals}}) {
    *list = file[name].get<Names>();
  }
  const Names types{"string", "bool", "date", "number", "ip", "any"};
  for (const auto& entry : file["keys"]) {
    const auto type = std::find(types.begin(), types.end(), entry["type"].get<std::string>()) - types.begin();
    tables.keys.push_back({entry["name"], static_cast<LintKeyType>(type), entry["can_be_missing"], entry["single"],
                           entry.value("not_filled_by", Names{})});
  }
  for (const auto& entry : file["arn_services"]) tables.arn_services.push_back({entry["service"], entry["resources"]});
  for (const auto& entry : file["resource_types"]) tables.resource_types.push_back({entry["action"], entry["types"]});
  return tables;
}

inline const LintTables& lint_tables() {
  static const LintTables tables = make_lint_tables();
  return tables;
}

// A whole document, or statements that one is put around.
inline std::string as_document(const std::string& text) {
  const bool whole = text.find("\"Statement\"") != std::string::npos || text.find("\"Version\"") != std::string::npos ||
                     text.empty() || text.front() != '{';
  return whole ? text : R"({"Version": "1", "Statement": [)" + text + "]}";
}

inline std::vector<Finding> lint_text(const std::string& text, PolicyKind kind = PolicyKind::kUnknown,
                                      const std::string& account = "") {
  const LintInput input{"policy", "policy.json", as_document(text), kind, true, account};
  return lint_document(input, lint_tables(), {kLintNow});
}

inline std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
  std::vector<std::string> ids;
  for (const Finding& finding : findings) ids.emplace_back(finding.rule->id);
  return ids;
}

inline const Finding* find_rule(const std::vector<Finding>& findings, std::string_view id) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.rule->id == id; });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace imagewarden::ram::test
