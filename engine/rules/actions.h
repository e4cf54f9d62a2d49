#pragma once
// The RAM action catalogue (rules/actions.json, dated): access level and resource level of the actions of the services
// that image work touches, and the API names that differ from the action.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace imagewarden::rules {

enum class AccessLevel : std::uint8_t { kNone, kRead, kList, kGet, kCreate, kUpdate, kDelete, kWrite };

struct ActionEntry {
  std::string name;  // `appstreaming:DeleteImage`
  AccessLevel access{};
  bool all_resources{};                        // cannot be granted per resource
  std::vector<std::string> dependent_actions;  // must be allowed too
  std::vector<std::string> api_names;          // operations that check it, where they are named differently
};

class ActionCatalogue {
 public:
  [[nodiscard]] static Result<ActionCatalogue> parse(std::string_view text, std::string_view path);
  [[nodiscard]] static const ActionCatalogue& built_in();
  // Without regard to case; null if the catalogue does not know it.
  [[nodiscard]] const ActionEntry* find(std::string_view action) const;
  [[nodiscard]] std::span<const ActionEntry> entries() const { return entries_; }
  [[nodiscard]] const std::string& date() const { return date_; }

 private:
  std::vector<ActionEntry> entries_;  // sorted by lower-case name
  std::string date_;
};

// The system policies that come built in (rules/system-policies.json, dated).
struct SystemPolicy {
  std::string name;
  std::string version;
  bool is_control_policy{};
  std::string document;  // JSON
};
[[nodiscard]] std::span<const SystemPolicy> system_policies();

}  // namespace imagewarden::rules
