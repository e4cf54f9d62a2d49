#pragma once
// What policy lint knows of the cloud beside the actions (rules/lint-tables.json, dated): ram-codes, regions, condition
// keys, which ARNs go with which actions. The linter itself takes plain data, see engine/ram/lint.h.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace imagewarden::rules {

enum class LintKeyType : std::uint8_t { kString, kBool, kDate, kNumber, kIp, kAny };

struct LintKeyEntry {
  std::string name;  // `acs:SourceIp`; `acs:ResourceTag/` for every key that begins so
  LintKeyType type{};
  bool can_be_missing{};
  bool single{};
  std::vector<std::string> not_filled_by;  // patterns of actions
};
struct NamedList {
  std::string name;
  std::vector<std::string> values;
};

struct LintTableFile {
  std::string date;
  std::vector<std::string> services;
  std::vector<std::string> complete_services;  // whose every action is in rules/actions.json
  std::vector<std::string> global_services;
  std::vector<std::string> regions;
  std::vector<LintKeyEntry> keys;
  std::vector<NamedList> arn_services;    // ram-code to the services whose ARNs its actions use as well
  std::vector<NamedList> resource_types;  // action to the types of its resources
  std::vector<std::string> escalation_actions;
  std::vector<std::string> wide_services;
  std::vector<std::string> destructive_actions;
  std::vector<std::string> service_principals;
};

// kMalformedInput with file, line, column and pointer.
[[nodiscard]] Result<LintTableFile> parse_lint_tables(std::string_view text, std::string_view path);
[[nodiscard]] const LintTableFile& built_in_lint_tables();

}  // namespace imagewarden::rules
