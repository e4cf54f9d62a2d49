#pragma once
// Picks images by what is known of them: `age > 90d and not tag keep and unused`. Compiles to the conditions of rules
// (engine/condition, rules/facts.h), so that a fact means the same here as in a rule, and is three-valued like them:
// an image of which too little is known is not picked. docs/plan.md has the grammar.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/base/tri.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {

// Immutable once parsed.
class ImageFilter {
 public:
  // kUsage: `column N: found …, expected …`; kLimit: too many tests, or too long (engine/base/limits.h).
  [[nodiscard]] static Result<ImageFilter> parse(std::string_view text);

  // For every row of the account whether it is picked.
  [[nodiscard]] std::vector<Tri> evaluate(const Snapshot& snapshot, AccountId account, Time now) const;

 private:
  friend class FilterParser;
  enum class Op : std::uint8_t { kTest, kNot, kAnd, kOr };
  struct Step {
    Op op{};
    std::uint32_t test{};  // index into tests_
  };
  std::vector<rules::Rule> tests_;  // a test is met where the rule is violated
  std::vector<Step> steps_;         // operands before their operator
};

}  // namespace imagewarden
