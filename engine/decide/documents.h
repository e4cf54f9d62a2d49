#pragma once
// The JSON documents around decisions, as `check` and `explain` answer them (docs/schema/): who embeds the engine gets
// the same bytes.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json_writer.h"
#include "engine/decide/decide.h"
#include "engine/decide/decision.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {

struct BatchSummary {
  std::uint64_t allow{};
  std::uint64_t deny{};
  std::uint64_t indeterminate{};
  void count(Outcome outcome);
  [[nodiscard]] std::uint64_t total() const { return allow + deny + indeterminate; }
};
using DenialCounts = std::map<std::string, std::uint64_t>;  // by code

// Members `tool`, `time`, `inventory`, `rules` of a document, as every JSON form has them.
void write_header(JsonWriter& json, const Snapshot& snapshot, const rules::Ruleset& rules, Time now);

// A `check` document up to its decisions, which come next: write_decision() for each; then its end.
void begin_check(JsonWriter& json, const Snapshot& snapshot, const rules::Ruleset& rules, Time now,
                 const BatchSummary& summary, const DenialCounts& codes);
void end_check(JsonWriter& json);

// `holds`, `violated`, `unknown`, `not evaluated`.
[[nodiscard]] std::string_view state_word(const RuleExplanation& explanation);

// The whole `explain` document, with the line feed at its end. `audit` may be null.
[[nodiscard]] std::string explain_document(const Decision& decision, const std::vector<RuleExplanation>& explanations,
                                           const rules::Ruleset& rules, const ram::Evaluation& evaluation,
                                           const Snapshot& snapshot, Time now, const AuditPlace* audit);

}  // namespace imagewarden
