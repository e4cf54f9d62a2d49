// explain(): every statement by the plain comparison, so that what it says rests on nothing but the statement's text.

#include <algorithm>

#include "engine/ram/impl.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

bool is_doubtful(const ConsideredStatement& considered) {
  const Statement* statement = considered.ref.statement;
  return statement == nullptr || statement->not_evaluable || !statement->effect_known;
}

bool could_be(const ConsideredStatement& considered, Effect effect) {
  const Statement* statement = considered.ref.statement;
  return statement == nullptr || !statement->effect_known || statement->effect == effect;
}

AtomResult describe_atom(const Atom& atom, Tri result, const Request& request, const Readings& readings) {
  AtomResult out{&atom, result, {}, KeyState::kAbsent};
  const PseudoKey pseudo = pseudo_key(atom.key);
  if (pseudo != PseudoKey::kNone) {
    if (!readings.is_default(Reading::kPseudoKeys)) return out;
    out.state = KeyState::kKnown;
    out.found.emplace_back(pseudo == PseudoKey::kAction ? std::string_view(request.action)
                                                        : authorization_resource(request));
    return out;
  }
  const KeyFacts facts = request.context.find(atom.key);
  out.state = facts.state;
  for (const Value& value : facts.values) out.found.push_back(value.text);
  return out;
}

class Explainer {
 public:
  Explainer(const StepPlan& plan, const Request& request, const Readings& readings)
      : plan_(plan), request_(request), readings_(readings) {}

  Evaluation run() {
    const auto group = resource_group_set(plan_, request_);
    std::vector<SetResult> results;
    for (std::size_t i = 0; i < plan_.sets.size(); ++i) {
      // Policies of other resource groups are shown, but they are about other resources.
      const bool applies = plan_.sets[i].step != Step::kResourceGroupLevel || group == i;
      set_begin_.push_back(out_.considered.size());
      results.push_back(consider_set(plan_.sets[i], applies));
    }
    set_begin_.push_back(out_.considered.size());
    out_.verdict = walk_steps(plan_, request_, [&](std::size_t set) { return results[set]; });
    for (std::size_t i = 0; i < out_.considered.size(); ++i) note_near_miss(i);
    note_deciding(results);
    return std::move(out_);
  }

 private:
  SetResult consider_set(const PolicySet& set, bool applies) {
    SetResult result;
    for (const AttachedPolicy* policy : set.policies) {
      const std::size_t count = policy->document ? policy->document->statements.size() : 1;
      for (std::uint32_t index = 0; index < count; ++index) {
        const Statement* statement = policy->document ? &policy->document->statements[index] : nullptr;
        ConsideredStatement considered = consider({set.step, policy, index, statement}, applies);
        if (could_be(considered, Effect::kDeny)) result.denies = tri_or(result.denies, considered.matches);
        if (could_be(considered, Effect::kAllow)) result.allows = tri_or(result.allows, considered.matches);
        if (is_doubtful(considered) && considered.matches != Tri::kFalse) note_not_known(considered);
        out_.considered.push_back(std::move(considered));
      }
    }
    return result;
  }

  ConsideredStatement consider(const StatementRef& ref, bool applies) const {
    ConsideredStatement out;
    out.ref = ref;
    out.action_matches = ref.statement == nullptr || action_matches(*ref.statement, request_.action_lower);
    out.resource_matches =
        applies && (ref.statement == nullptr || resource_matches(*ref.statement, request_, readings_));
    const bool fits = out.action_matches && out.resource_matches;
    if (is_doubtful(out)) {
      out.condition = Tri::kUnknown;
    } else if (fits) {
      for (const Atom& atom : ref.statement->condition.atoms) {
        const Tri result = evaluate_atom(atom, request_, readings_);
        out.condition = tri_and(out.condition, result);
        if (result != Tri::kTrue) out.failed.push_back(describe_atom(atom, result, request_, readings_));
      }
    }
    out.matches = fits ? out.condition : Tri::kFalse;
    return out;
  }

  void note_not_known(const ConsideredStatement& considered) {
    const StatementRef& ref = considered.ref;
    if (ref.statement == nullptr) {
      const std::string& why = ref.policy->unknown_because;
      out_.not_known.push_back(ref.policy->name + ": " + (why.empty() ? "its document is not known" : why));
    } else {
      out_.not_known.push_back(ref.policy->name + '#' + std::to_string(ref.index) + ": " +
                               ref.statement->not_evaluable.value_or("not evaluable"));
    }
  }

  void note_near_miss(std::size_t index) {
    const ConsideredStatement& considered = out_.considered[index];
    if (!is_doubtful(considered) && considered.ref.statement->effect == Effect::kAllow && considered.action_matches &&
        considered.resource_matches && considered.condition == Tri::kFalse) {
      out_.near_misses.push_back(index);
    }
  }

  // The statements that made the verdict, and what an open one waits for.
  void note_deciding(const std::vector<SetResult>& results) {
    const Verdict verdict = out_.verdict;
    if (verdict.outcome == Outcome::kImplicitDeny) return;
    for (std::size_t set = 0; set < results.size(); ++set) {
      const Step step = plan_.sets[set].step;
      if (verdict.outcome == Outcome::kIndeterminate) {
        note_open_set(set, results);
        continue;
      }
      if (step != verdict.step) continue;
      const Effect effect = verdict.outcome == Outcome::kAllow ? Effect::kAllow : Effect::kDeny;
      for_each(set, [&](std::size_t index, const ConsideredStatement& considered) {
        if (considered.matches == Tri::kTrue && considered.ref.statement->effect == effect)
          out_.deciding.push_back(index);
      });
    }
    std::sort(out_.open_keys.begin(), out_.open_keys.end());
  }

  // Where an Allow is certain, only the Denies that could match keep the answer open; else everything that could.
  void note_open_set(std::size_t set, const std::vector<SetResult>& results) {
    const bool is_identity =
        plan_.sets[set].step == Step::kAccountLevel || plan_.sets[set].step == Step::kResourceGroupLevel;
    if (is_identity && !identity_is_open(results)) return;
    if (!is_identity && outcome_of(results[set]) != Outcome::kIndeterminate) return;
    // An account level that settles the identity step leaves the resource group's policies out of it.
    if (plan_.sets[set].step == Step::kResourceGroupLevel && !asks_resource_group(plan_, results[*plan_.account]))
      return;
    const bool denies_only = results[set].allows == Tri::kTrue;
    for_each(set, [&](std::size_t index, const ConsideredStatement& considered) {
      if (considered.matches != Tri::kUnknown || (denies_only && !could_be(considered, Effect::kDeny))) return;
      out_.deciding.push_back(index);
      for (const AtomResult& failed : considered.failed) {
        if (failed.result == Tri::kUnknown) note_open_key(failed.atom->key);
      }
    });
  }

  [[nodiscard]] bool identity_is_open(const std::vector<SetResult>& results) const {
    // What the identity step alone comes to: the plan without the steps before it.
    StepPlan identity = plan_;
    identity.control_count = 0;
    identity.session.reset();
    const Verdict verdict = walk_steps(identity, request_, [&](std::size_t set) { return results[set]; });
    return verdict.outcome == Outcome::kIndeterminate;
  }

  void note_open_key(const Key& key) {
    const bool is_noted = std::any_of(out_.open_keys.begin(), out_.open_keys.end(),
                                      [&](const std::string& name) { return Key::of(name).lower == key.lower; });
    if (!is_noted) out_.open_keys.push_back(key.name);
  }

  template <class Visit>
  void for_each(std::size_t set, Visit&& visit) {
    for (std::size_t i = set_begin_[set]; i < set_begin_[set + 1]; ++i) visit(i, out_.considered[i]);
  }

  const StepPlan& plan_;
  const Request& request_;
  const Readings& readings_;
  std::vector<std::size_t> set_begin_;
  Evaluation out_;
};

}  // namespace

Evaluation explain_request(const StepPlan& plan, const Request& request, const Readings& readings) {
  return Explainer(plan, request, readings).run();
}

}  // namespace imagewarden::ram
