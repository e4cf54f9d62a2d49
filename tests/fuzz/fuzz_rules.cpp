// A user's rule file on top of the built-in one.

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/rules/ruleset.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const rules::RuleSource source{"r.json", std::string(fuzz::text_of(data, size))};
  const auto first = rules::Ruleset::load({&source, 1});
  if (!first) {
    fuzz::require(first.error().message.starts_with("r.json"), "an error names its file");
    fuzz::require(first.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  fuzz::require(!find_json_error(source.text), "what is no JSON is refused");
  const auto second = rules::Ruleset::load({&source, 1});
  fuzz::require(second.has_value() && first->digest() == second->digest(), "loading twice gives the same digest");
  fuzz::require(first->rules().size() <= limits::kMaxRules, "the limit of rules holds");
  fuzz::require(first->files().size() == 2, "both files are named");
  bool guards = false;
  for (const rules::Rule& rule : first->rules()) {
    fuzz::require(!rule.when.empty(), "every rule can be violated");
    fuzz::require(rule.is_guard || !guards, "guards come after all preconditions");
    guards = guards || rule.is_guard;
  }
  return 0;
}
