#include "engine/ram/analyse.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "engine/ram/analyse_problem.h"
#include "engine/ram/analyse_search.h"
#include "engine/ram/steps.h"

namespace imagewarden::ram {
namespace {

using Move = Search::Host::Move;

bool differs(Compare compare, Outcome before, Outcome after) {
  return compare == Compare::kOutcome ? before != after : after == Outcome::kAllow && before != Outcome::kAllow;
}

// One side in terms of the search: its outcome, as far as the literals of its sets are decided.
class Replay {
 public:
  Replay(const StepPlan& plan, const std::vector<SetLiterals>& sets, Compare compare)
      : plan_(plan), sets_(sets), compare_(compare) {}

  struct Result {
    std::optional<Literal> open;  // has to be decided first
    Outcome outcome{};
  };

  // Walks the steps as the evaluator does. Literals that the outcome rests on are appended to `used`.
  Result run(const Search& search, const Request& request, std::vector<Literal>& used) const {
    Result result;
    bool is_settled = false;
    const Verdict verdict = walk_steps(plan_, request, [&](std::size_t set) -> SetResult {
      if (is_settled) return {Tri::kTrue, Tri::kFalse};
      const SetResult of_set = evaluate(search, sets_[set], result.open, used);
      // Without an allow at one of the first steps there is none at the end, whatever the later ones say.
      const bool must_allow =
          plan_.sets[set].step == Step::kControlPolicy || plan_.sets[set].step == Step::kSessionPolicy;
      is_settled = result.open.has_value() ||
                   (compare_ == Compare::kNewAccess && must_allow && outcome_of(of_set) != Outcome::kAllow);
      return of_set;
    });
    result.outcome = verdict.outcome;
    return result;
  }

 private:
  static SetResult evaluate(const Search& search, const SetLiterals& set, std::optional<Literal>& open,
                            std::vector<Literal>& used) {
    // False also where it is not decided, which is then noted.
    const auto is_true = [&](Literal literal) {
      const Truth truth = search.value(literal);
      if (truth == Truth::kOpen && !open) open = literal;
      used.push_back(truth == Truth::kFalse ? ~literal : literal);
      return truth == Truth::kTrue;
    };
    SetResult result;
    if (is_true(set.denies)) return {Tri::kTrue, Tri::kFalse};
    if (open) return result;
    result.denies = is_true(set.could_deny) ? Tri::kUnknown : Tri::kFalse;
    if (open) return result;
    if (is_true(set.allows)) {
      result.allows = Tri::kTrue;
    } else if (!open && is_true(set.could_allow)) {
      result.allows = Tri::kUnknown;
    }
    return result;
  }

  const StepPlan& plan_;
  const std::vector<SetLiterals>& sets_;
  Compare compare_;
};

// Tells the search what clauses do not: what the parts of a request cannot be, and that the outcomes have to differ.
class DifferenceHost : public Search::Host {
 public:
  DifferenceHost(const Problem& problem, const Search& search, const StepPlan& before, const StepPlan& after,
                 Compare compare, const Request& frame, Budget& budget)
      : problem_(problem),
        search_(search),
        before_(before, problem.before(), compare),
        after_(after, problem.after(), compare),
        compare_(compare),
        frame_(frame),
        budget_(budget) {}

  Move next_move(std::size_t unchanged) override {
    checked_ = std::min(checked_, unchanged);
    if (unchanged < seen_) justified_ = 0;  // what was taken back may have been the input of any gate
    seen_ = search_.trail().size();
    if (!budget_.spend(1 + search_.trail().size() - checked_)) return {Move::Kind::kOutOfSteps, {}, {}};
    if (auto move = check_parts()) return std::move(*move);
    if (auto move = check_outcomes()) return std::move(*move);
    if (const auto literal = unjustified()) return {Move::Kind::kDecide, *literal, {}};
    return {Move::Kind::kDone, {}, {}};
  }

  // Why something was passed over that could have been a difference.
  [[nodiscard]] const std::string& unsure() const { return unsure_; }

 private:
  [[nodiscard]] bool holds_now(Literal literal) const {
    const VariableMeaning& meaning = problem_.meaning(literal.variable());
    return meaning.part != nullptr && meaning.part->holds(meaning.atom) == literal.positive();
  }

  // Every part has a value for which all that was decided about it is right, or the claims that no value has clash.
  std::optional<Move> check_parts() {
    std::vector<Part*> wrong;
    for (const Literal literal : search_.trail().subspan(checked_)) {
      Part* part = problem_.meaning(literal.variable()).part;
      if (part != nullptr && !holds_now(literal) && std::find(wrong.begin(), wrong.end(), part) == wrong.end()) {
        wrong.push_back(part);
      }
    }
    for (Part* part : wrong) {
      std::vector<Claim> claims;
      std::vector<Literal> literals;
      for (const Literal literal : search_.trail()) {
        const VariableMeaning& meaning = problem_.meaning(literal.variable());
        if (meaning.part != part) continue;
        claims.push_back({meaning.atom, literal.positive()});
        literals.push_back(literal);
      }
      const Settlement settlement = part->settle(claims, budget_);
      if (settlement.settled == Settled::kFound) continue;
      checked_ = 0;  // the part was left with any value
      if (settlement.settled == Settled::kOutOfSteps) return Move{Move::Kind::kOutOfSteps, {}, {}};
      if (settlement.settled == Settled::kUnsure && unsure_.empty()) unsure_ = settlement.why;
      Move move{Move::Kind::kConflict, {}, {}};
      for (const Claim& claim : settlement.core) {
        const auto at =
            std::find_if(claims.begin(), claims.end(), [&](const Claim& other) { return other.atom == claim.atom; });
        move.conflict.push_back(~literals[static_cast<std::size_t>(at - claims.begin())]);
      }
      return move;
    }
    checked_ = search_.trail().size();
    return std::nullopt;
  }

  std::optional<Move> check_outcomes() {
    std::vector<Literal> used;
    const auto after = after_.run(search_, frame_, used);
    if (after.open) return Move{Move::Kind::kDecide, first_try(*after.open, problem_.after()), {}};
    // Where new access is asked for, `before` does not matter unless `after` allows.
    const bool needs_before = compare_ == Compare::kOutcome || after.outcome == Outcome::kAllow;
    if (needs_before) {
      const auto before = before_.run(search_, frame_, used);
      if (before.open) return Move{Move::Kind::kDecide, ~*before.open, {}};
      if (differs(compare_, before.outcome, after.outcome)) return std::nullopt;
    }
    Move move{Move::Kind::kConflict, {}, {}};
    for (const Literal literal : used) move.conflict.push_back(~literal);
    return move;
  }

  // Of `after` an Allow is hoped for, and nothing else.
  static Literal first_try(Literal open, const std::vector<SetLiterals>& sets) {
    const bool is_allow =
        std::any_of(sets.begin(), sets.end(), [&](const SetLiterals& set) { return set.allows == open; });
    return is_allow ? open : ~open;
  }

  // For a gate that was decided without one of its inputs saying so: the input to decide.
  std::optional<Literal> unjustified() {
    for (; justified_ < search_.trail().size(); ++justified_) {
      const Literal decided = search_.trail()[justified_];
      const std::uint32_t index = problem_.meaning(decided.variable()).gate;
      if (index == VariableMeaning::kNoGate || problem_.gates()[index].is_or != decided.positive()) continue;
      if (const auto choice = choose_input(problem_.gates()[index])) return choice;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Literal> choose_input(const Gate& gate) const {
    std::optional<Literal> choice;
    bool fits_now = false;
    for (const Literal input : gate.inputs) {
      const Literal decision = gate.is_or ? input : ~input;
      const Truth truth = search_.value(decision);
      if (truth == Truth::kTrue) return std::nullopt;
      if (truth == Truth::kFalse || fits_now) continue;
      // What the values found so far say anyway costs nothing.
      fits_now = holds_now(decision);
      if (fits_now || !choice) choice = decision;
    }
    return choice;
  }

  const Problem& problem_;
  const Search& search_;
  Replay before_;
  Replay after_;
  Compare compare_;
  const Request& frame_;
  Budget& budget_;
  std::size_t checked_{};    // so many literals of the trail are right for the parts' values
  std::size_t justified_{};  // and in so many every gate has an input that says so
  std::size_t seen_{};       // literals of the trail at the last call
  std::string unsure_;
};

class Analysis {
 public:
  Analysis(const PrincipalPolicies& before, const PrincipalPolicies& after, Compare compare, const Readings& readings,
           const RequestSpace& space, const AnalysisLimits& limits)
      : before_(before),
        after_(after),
        compare_(compare),
        readings_(readings),
        space_(space),
        limits_(limits),
        budget_(limits.steps),
        before_plan_(plan_steps(before, readings)),
        after_plan_(plan_steps(after, readings)) {}

  Difference run() {
    Difference out = search();
    out.steps = limits_.steps - budget_.left();
    return out;
  }

 private:
  Difference search() {
    if (!space_.all_resources_actions.empty()) {
      Problem problem(before_plan_, after_plan_, readings_, space_, ActionRange::kAllResources, principal_arn());
      if (auto found = search_range(problem, ActionRange::kAllResources)) return std::move(*found);
    }
    Problem problem(before_plan_, after_plan_, readings_, space_, ActionRange::kKnown, principal_arn());
    if (auto found = search_range(problem, ActionRange::kKnown)) return std::move(*found);
    problem.widen();
    if (auto found = search_range(problem, ActionRange::kEvery)) return std::move(*found);
    if (unsure_.empty()) return {Found::kNothing, std::nullopt, {}, {}, {}, 0};
    return undecided(unsure_);
  }

  // A witness, or that the limit was reached.
  std::optional<Difference> search_range(Problem& problem, ActionRange range) {
    if (!problem.find_first_values(budget_)) {
      if (budget_.is_spent()) return out_of_steps();
      return std::nullopt;
    }
    for (const std::string& group : resource_groups(range)) {
      Request frame;
      frame.resource_group = group;
      if (range == ActionRange::kAllResources) frame.level = ResourceLevel::kAllResources;
      Search search = problem.search();
      DifferenceHost host(problem, search, before_plan_, after_plan_, compare_, frame, budget_);
      const SearchEnd end = search.run(host, budget_);
      if (unsure_.empty()) unsure_ = host.unsure();
      if (end == SearchEnd::kOutOfSteps) return out_of_steps();
      if (end == SearchEnd::kFound) return confirmed(problem.request(after_, group));
    }
    return std::nullopt;
  }

  // None first: the request's resource then need not be in one.
  std::vector<std::string> resource_groups(ActionRange range) const {
    std::set<std::string> names = {""};
    if (range != ActionRange::kAllResources) {
      for (const StepPlan* plan : {&before_plan_, &after_plan_}) {
        for (const std::size_t set : plan->resource_groups) names.insert(plan->sets[set].resource_group);
      }
    }
    return {names.begin(), names.end()};
  }

  std::optional<std::string> principal_arn() const {
    const Request request = make_request("", "", ResourceLevel::kUnknown, {}, after_, space_.now);
    const KeyFacts facts = request.context.find(Key::of("acs:PrincipalARN"));
    if (facts.values.empty()) return std::nullopt;
    return facts.values.front().text;
  }

  Difference confirmed(Request request) const {
    Difference out;
    out.before = Principal::compile(before_, readings_).decide(request).outcome;
    out.after = Principal::compile(after_, readings_).decide(request).outcome;
    const bool is_difference = differs(compare_, out.before, out.after);
    assert(is_difference && "the evaluator does not confirm the witness");
    if (!is_difference) return undecided("the evaluator did not confirm the request that was found");
    out.found = Found::kWitness;
    out.request = std::move(request);
    return out;
  }

  Difference out_of_steps() const {
    return undecided("the search was ended after " + std::to_string(limits_.steps) + " steps");
  }
  static Difference undecided(std::string why) { return {Found::kUndecided, std::nullopt, {}, {}, std::move(why), 0}; }

  const PrincipalPolicies& before_;
  const PrincipalPolicies& after_;
  Compare compare_;
  const Readings& readings_;
  const RequestSpace& space_;
  AnalysisLimits limits_;
  Budget budget_;
  StepPlan before_plan_;
  StepPlan after_plan_;
  std::string unsure_;
};

}  // namespace

Difference find_difference(const PrincipalPolicies& before, const PrincipalPolicies& after, Compare compare,
                           const Readings& readings, const RequestSpace& space, const AnalysisLimits& limits) {
  return Analysis(before, after, compare, readings, space, limits).run();
}

}  // namespace imagewarden::ram
