#pragma once
// Questions about all requests at once: does one set of policies allow a request that another does not? Decided, not
// sampled: patterns are automata, numbers and dates intervals, addresses blocks, and the search covers every request.
// docs/policy-diff.md says how, and what is left undecided.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/limits.h"
#include "engine/condition/readings.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// Which texts an action and a resource can be. No service sends others than the first kind.
enum class RequestForm : std::uint8_t {
  kWellFormed,  // `service:Name`; `*` or `acs:service:region:account:relative-id`, segments may be empty
  kAnyText,
};

// Which requests are asked about: every action and resource of the form, every resource group, and for each context key
// absence or any number of values of any text. acs:CurrentTime is always there and one date, acs:PrincipalARN one text;
// neither is fixed to the time or the principal at hand, but these are what a witness holds if they will do.
struct RequestSpace {
  // Lower-case names of the actions that have no resource level: RAM authorizes them on `*`. Sorted.
  std::span<const std::string> all_resources_actions;
  // A request about one of these is looked for first (lower case, sorted), so that a witness reads well. A witness has
  // the name as it stands here, unless a condition on the pseudo-key Action asks for another case.
  std::span<const std::string> known_actions;
  Time now;
  RequestForm form{RequestForm::kWellFormed};
};

// What has to differ.
enum class Compare : std::uint8_t {
  kNewAccess,  // `after` allows, `before` does not
  kOutcome,    // the outcomes differ in any way; which step makes them does not count
};

enum class Found : std::uint8_t {
  kNothing,    // proved: no request tells them apart
  kWitness,    // `request` does; both sides were asked by the evaluator
  kUndecided,  // beyond the limit, or outside what is decided; `why` says which
};

struct Difference {
  Found found{Found::kUndecided};
  std::optional<Request> request;  // kWitness: every key that either side asks about is given or declared absent in it
  Outcome before{};                // kWitness: what the evaluator says of it
  Outcome after{};
  std::string why;        // kUndecided: one line
  std::uint64_t steps{};  // what the answer took, in the unit of the limit
};

struct AnalysisLimits {
  std::uint64_t steps{limits::kMaxSearchSteps};  // of the search, the same on every machine
};

// Every key of a request is known here: carried with values, or absent. Statements that are not evaluable and policies
// without a document count as the evaluator counts them. Pure and deterministic; safe from any number of threads.
[[nodiscard]] Difference find_difference(const PrincipalPolicies& before, const PrincipalPolicies& after,
                                         Compare compare, const Readings& readings, const RequestSpace& space,
                                         const AnalysisLimits& limits);

}  // namespace imagewarden::ram
