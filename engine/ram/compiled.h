#pragma once
// The statements of all steps of one principal, compiled for decide(): one bit a statement. The bits of a policy set
// stand together: Denies first, then statements of which not everything is known, then Allows; within each the
// unconditional ones first, and those that share a condition side by side, so that it is evaluated once.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/tri.h"
#include "engine/ram/matching.h"
#include "engine/ram/statement_index.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {

// Immutable after construction; evaluate() is safe from any number of threads.
class CompiledSets {
 public:
  CompiledSets(const StepPlan& plan, const Readings& readings);

  // The verdict. Does not allocate for up to kStackStatements statements and resources of kStackResource bytes.
  [[nodiscard]] Verdict decide(const StepPlan& plan, const Request& request) const;

  static constexpr std::size_t kStackStatements = 4096;
  static constexpr std::size_t kStackResource = 1024;

 private:
  static constexpr std::uint32_t kUnconditional = 0xffffffffU;
  static constexpr std::size_t kCachedKeys = 16;

  struct CompiledAtom {
    const Atom* atom{};  // of a document that the policies keep alive
    PseudoKey pseudo{PseudoKey::kNone};
    std::uint32_t key{};  // number of the distinct key, for the cache of facts
  };
  struct CompiledCondition {
    std::uint32_t begin{};  // into atoms_
    std::uint32_t end{};
  };
  struct SetRange {
    std::uint32_t denies{};    // [denies, doubtful) certain Denies
    std::uint32_t doubtful{};  // [doubtful, allows) not evaluable, or of an unknown document
    std::uint32_t allows{};    // [allows, end) certain Allows
    std::uint32_t end{};
  };
  struct BitInfo {
    std::uint32_t condition{kUnconditional};
    std::uint32_t group_end{};  // the bit after the last one with this condition
    bool could_deny{};          // doubtful ones only
    bool could_allow{};
  };
  struct Scratch;
  struct Builder;

  void match_resource(const Request& request, std::uint64_t* candidates, std::uint64_t* scratch) const;
  [[nodiscard]] SetResult evaluate_set(const SetRange& range, Scratch& scratch) const;
  // The strongest result of the candidates in [begin, end): OR over their conditions, ended by the first that holds.
  [[nodiscard]] Tri any_holds(std::uint32_t begin, std::uint32_t end, Scratch& scratch) const;
  [[nodiscard]] Tri evaluate_condition(std::uint32_t condition, Scratch& scratch) const;

  Readings readings_;
  std::vector<SetRange> ranges_;  // as StepPlan::sets
  std::vector<BitInfo> bits_;
  std::vector<CompiledCondition> conditions_;
  std::vector<CompiledAtom> atoms_;
  StatementIndex actions_;
  StatementIndex resources_;
  // Which statements fit the resource `*`: as a request's resource, and for an action that has no resource level.
  std::vector<std::uint64_t> star_resource_;
  std::vector<std::uint64_t> all_resources_;
};

}  // namespace imagewarden::ram
