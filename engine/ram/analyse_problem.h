#pragma once
// Two sides as yes-no questions: which statements of which set match, in terms of what the parts of a request answer.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/ram/analyse.h"
#include "engine/ram/analyse_parts.h"
#include "engine/ram/analyse_search.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {

// The actions of one search. What RAM authorizes a request on depends on it.
enum class ActionRange : std::uint8_t {
  kAllResources,  // the actions without a resource level: the resource is `*`
  kKnown,         // the other known ones
  kEvery,         // all but those of kAllResources, known or not
};

// A variable that is the AND, or the OR, of literals.
struct Gate {
  std::uint32_t variable{};
  bool is_or{};
  std::vector<Literal> inputs;
};

// What a variable stands for: a question to a part, or a gate.
struct VariableMeaning {
  static constexpr std::uint32_t kNoGate = 0xffffffffU;
  Part* part{};
  std::uint32_t atom{};
  std::uint32_t gate{kNoGate};
};

// What the statements of one set do: whether one of a kind matches.
struct SetLiterals {
  Literal denies;
  Literal could_deny;  // not evaluable, or of an unknown document
  Literal allows;
  Literal could_allow;
  friend auto operator<=>(const SetLiterals&, const SetLiterals&) = default;
};

// INVARIANT: points into the policies that the plans point into. Not thread-safe.
class Problem {
 public:
  // Sets of both sides that hold the same statements share their literals.
  Problem(const StepPlan& before, const StepPlan& after, const Readings& readings, const RequestSpace& space,
          ActionRange range, const std::optional<std::string>& principal_arn);
  Problem(const Problem&) = delete;  // variables point to its parts
  Problem& operator=(const Problem&) = delete;

  // From kKnown to kEvery.
  void widen();

  [[nodiscard]] const Search& search() const { return search_; }
  [[nodiscard]] const std::vector<Gate>& gates() const { return gates_; }
  [[nodiscard]] const VariableMeaning& meaning(std::uint32_t variable) const { return meanings_[variable]; }
  // As StepPlan::sets.
  [[nodiscard]] const std::vector<SetLiterals>& before() const { return before_; }
  [[nodiscard]] const std::vector<SetLiterals>& after() const { return after_; }

  // Gives every part a first value. False: there is none, so the range is empty.
  [[nodiscard]] bool find_first_values(Budget& budget);
  // The request of the parts' current values.
  [[nodiscard]] Request request(const PrincipalPolicies& principal, const std::string& resource_group) const;

 private:
  using AtomId = std::tuple<Operator, Quantifier, std::vector<std::string>>;

  struct Keyed {
    std::string name;
    KeyPart part;
    std::map<AtomId, Literal> known;
  };

  std::vector<SetLiterals> add_side(const StepPlan& plan);
  SetLiterals add_set(const PolicySet& set);
  Literal statement(const Statement& statement);
  Literal actions(const Statement& statement);
  Literal resources(const Statement& statement);
  Literal condition_atom(const Atom& atom);
  Literal pseudo_atom(const Atom& atom);
  Literal any_of(std::vector<Literal> inputs);
  Literal all_of(std::vector<Literal> inputs);
  Literal gate(bool is_or, std::vector<Literal> inputs);
  Literal variable_for(Part& part, std::uint32_t atom);

  Readings readings_;
  const RequestSpace& space_;
  ActionRange range_;
  std::optional<std::string> principal_arn_;
  Search search_;
  std::vector<Gate> gates_;
  std::vector<VariableMeaning> meanings_;  // by variable
  TextPart action_;
  TextPart resource_;
  std::map<std::string, std::unique_ptr<Keyed>> keys_;  // by Key::lower
  std::map<std::vector<std::string>, Literal> action_lists_;
  std::map<std::vector<std::string>, Literal> resource_lists_;
  std::map<AtomId, Literal> pseudo_actions_;
  std::map<AtomId, Literal> pseudo_resources_;
  std::map<std::pair<bool, std::vector<Literal>>, Literal> known_gates_;
  std::vector<SetLiterals> before_;
  std::vector<SetLiterals> after_;
};

}  // namespace imagewarden::ram
