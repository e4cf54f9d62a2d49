#pragma once
// What a Principal holds.

#include <utility>

#include "engine/ram/compiled.h"
#include "engine/ram/evaluate.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {

// INVARIANT: `plan` and `compiled` point into `policies`, so an Impl never moves.
struct Principal::Impl {
  Impl(PrincipalPolicies given, const Readings& chosen)
      : policies(std::move(given)), readings(chosen), plan(plan_steps(policies, readings)), compiled(plan, readings) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const PrincipalPolicies policies;
  const Readings readings;
  const StepPlan plan;
  const CompiledSets compiled;
};

// The whole answer by the plain comparison, statement by statement, without the index.
[[nodiscard]] Evaluation explain_request(const StepPlan& plan, const Request& request, const Readings& readings);

}  // namespace imagewarden::ram
