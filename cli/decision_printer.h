#pragma once
// Prints decisions in each format, one after the other, so that a million of them need no memory.

#include <memory>
#include <optional>
#include <string>

#include "cli/journal.h"
#include "cli/options.h"
#include "cli/sink.h"
#include "cli/text.h"
#include "engine/decide/documents.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::cli {

// What stands around the decisions.
struct PrintHeader {
  const Snapshot* snapshot{};
  const rules::Ruleset* rules{};
  Time now;
  BatchSummary summary;  // of all decisions, known before the first is printed
  DenialCounts codes;
};

class DecisionPrinter {
 public:
  virtual ~DecisionPrinter() = default;
  virtual void begin(const PrintHeader& header) = 0;
  // Whether print() wants decision_document() of the decision; else it may be empty.
  [[nodiscard]] virtual bool wants_documents() const { return false; }
  virtual void print(const Decision& decision, std::string_view document, const AuditPlace* audit) = 0;
  virtual void end() = 0;
};

[[nodiscard]] std::unique_ptr<DecisionPrinter> make_decision_printer(const Options& options, Environment& environment,
                                                                     Sink& sink);

// One line about how old the exports are that a decision rests on; empty: it rests on none.
[[nodiscard]] std::string age_of_facts(const FactsAge& facts, Time now);
// What an allowed deletion takes with it, in words: `from cn-hangzhou; with it 2 templates`.
[[nodiscard]] std::string effect_of(const Decision& decision);
// `not-in-use: image:DeliveryGroups aig-1`: the first reason of a decision in words; empty where all is well.
[[nodiscard]] std::string reason_of(const Decision& decision);
[[nodiscard]] Tone tone_of(Outcome outcome);

}  // namespace imagewarden::cli
