#pragma once
// Turns rule files into a Ruleset, one file after the other. Internal to engine/rules; callers use Ruleset::load().

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/ruleset.h"
#include "engine/rules/strict_json.h"

namespace imagewarden::rules {

enum class FileKind : std::uint8_t { kBuiltIn, kUser };

// Files are added in order, the built-in one first. After a failed add() the loader is spent.
class RulesetLoader {
 public:
  Status add(const RuleSource& source, FileKind kind);
  // Seals the order-dependent parts. Precondition: every add() succeeded.
  Ruleset finish();

 private:
  void read_errors(StrictReader& reader, const Node& errors);
  void read_preconditions(StrictReader& reader, const Node& preconditions);
  void read_guards(StrictReader& reader, const Node& guards);
  void read_overrides(StrictReader& reader, const Node& overrides);
  void read_order(StrictReader& reader, const Node& order);
  void read_readings(StrictReader& reader, const Node& readings);

  // Parts that preconditions, guards and overrides share; each reads what `object` has and leaves the rest of `rule`.
  void read_id(StrictReader& reader, const Node& object, Rule& rule) const;
  void read_code(StrictReader& reader, const Node& object, Rule& rule) const;
  void read_texts(StrictReader& reader, const Node& object, Rule& rule) const;
  void read_conditions(StrictReader& reader, const Node& object, Basis basis, Rule& rule) const;
  void add_rule(StrictReader& reader, const Node& object, Rule rule);

  [[nodiscard]] Rule* find_rule(std::string_view id);
  // Every rule's id, preconditions only or guards too.
  [[nodiscard]] std::vector<std::string_view> rule_ids() const;
  [[nodiscard]] std::vector<std::string_view> precondition_ids() const;

  Ruleset out_;
  std::string file_name_;  // of the file being read
  std::string digests_;    // of the files so far, one a line
};

// A rule condition: compiled, every key a fact or an acs: key, every operator one that fits the fact.
[[nodiscard]] Condition read_rule_condition(StrictReader& reader, const Node& node);

}  // namespace imagewarden::rules
