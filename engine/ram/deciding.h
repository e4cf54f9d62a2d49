#pragma once
// The statements that decided a request, found by an index: what explain() says of them, without its walk over every
// statement of the principal.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/condition/readings.h"
#include "engine/ram/evaluate.h"
#include "engine/ram/statement_index.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {

// Immutable after construction; safe for any number of threads.
class DecidingStatements {
 public:
  // `policies` must outlive this object and stay where it is: it is what Principal::policies() returns.
  DecidingStatements(const PrincipalPolicies& policies, const Readings& readings);

  // The statements that can decide (those that are evaluable), in the order of the steps.
  [[nodiscard]] const std::vector<StatementRef>& entries() const { return entries_; }

  // Appends numbers into entries(), in the order of the steps: of an allow or an explicit deny the statements that made
  // it, as Evaluation::deciding; of an implicit deny the near misses (Allows that fit action and resource, whose
  // condition is not met), as Evaluation::near_misses. Nothing for an indeterminate verdict: what keeps an answer open
  // takes every statement to tell, see Principal::explain().
  // Precondition: `verdict` is Principal::decide()'s of this request, under the same readings.
  void find(const Request& request, const Verdict& verdict, std::vector<std::uint32_t>& found) const;

 private:
  struct SetRange {
    std::uint32_t begin{};
    std::uint32_t end{};
  };

  void add_statement(Step step, const AttachedPolicy& policy, std::uint32_t index);
  // Writes the bits of the statements whose action and resource fit; `fitting` is scratch. word_count() words each.
  void match(const Request& request, std::uint64_t* candidates, std::uint64_t* fitting) const;

  Readings readings_;
  StepPlan plan_;
  std::vector<SetRange> ranges_;  // as StepPlan::sets
  std::vector<StatementRef> entries_;
  StatementIndex actions_;
  StatementIndex resources_;
  std::vector<std::uint64_t> all_resources_;  // which fit an action that has no resource level
};

// The atoms of the statement's condition that the request does not meet, each with what was found.
// For a statement whose action and resource fit; the pseudo-keys `Action` and `Resource` show the request's own.
[[nodiscard]] std::vector<AtomResult> failed_atoms(const Statement& statement, const Request& request,
                                                   const Readings& readings);

}  // namespace imagewarden::ram
