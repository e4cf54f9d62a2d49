#pragma once
// Prints a plan: a table with what to do first, or one JSON document (docs/schema/plan.schema.json).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/decision_printer.h"
#include "engine/decide/plan.h"

namespace imagewarden::cli {

// What a plan is about. References must outlive the printer.
struct PlanView {
  const Snapshot& snapshot;
  const Decider& decider;
  const Plan& plan;
  BatchSummary in_turn;
  BatchSummary after;
  std::string principal;
  std::string_view filter;  // empty: none
};

// The records of a plan's decisions.
struct PlanPlace {
  std::string log;  // origin
  std::uint64_t first_seq{};
  std::uint64_t last_seq{};
};
// The seal of a document that is complete but for its end.
using Sealer = std::function<std::string(std::string_view document, const PlanPlace& place)>;

// Prints decisions in the order of the plan, then those of ids that the lists do not show. With a sealer it is JSON
// that ends with the seal.
[[nodiscard]] std::unique_ptr<DecisionPrinter> make_plan_printer(const Options& options, Environment& environment,
                                                                 Sink& sink, const PlanView& view,
                                                                 const Journal& journal, Sealer sealer);

// An outcome and its code, as an object.
void write_answer(JsonWriter& json, const Decider& decider, const Verdict& verdict);
// The command of a step, or in words what to do where no call does it.
struct StepText {
  std::string text;
  bool is_command{};
};
[[nodiscard]] StepText describe_step(const PlanStep& step, std::string_view image_id, const Snapshot& snapshot);

}  // namespace imagewarden::cli
