#include "engine/ram/deciding.h"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/base/glob.h"
#include "engine/ram/compiled.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

bool segment_match(std::string_view pattern, std::string_view text) {
  Readings readings;
  readings.set(Reading::kWildcardCrossing, 1);
  return resource_glob_matches(pattern, text, readings);
}

PatternIndex::Matcher resource_matcher(const Readings& readings) {
  return readings.is_default(Reading::kWildcardCrossing) ? PatternIndex::Matcher{glob_matches} : segment_match;
}

bool is_evaluable(const Statement& statement) { return !statement.not_evaluable && statement.effect_known; }

std::size_t count_evaluable(const StepPlan& plan) {
  std::size_t count = 0;
  for (const PolicySet& set : plan.sets) {
    for (const AttachedPolicy* policy : set.policies) {
      if (!policy->document) continue;
      const auto& statements = policy->document->statements;
      count += static_cast<std::size_t>(std::count_if(statements.begin(), statements.end(), is_evaluable));
    }
  }
  return count;
}

Tri evaluate_condition(const Condition& condition, const Request& request, const Readings& readings) {
  Tri result = Tri::kTrue;
  for (const Atom& atom : condition.atoms) {
    result = tri_and(result, evaluate_atom(atom, request, readings));
    if (result == Tri::kFalse) break;
  }
  return result;
}

// The candidates of bits [begin, end), in ascending order.
template <class Visit>
void for_each_candidate(const std::uint64_t* candidates, std::uint32_t begin, std::uint32_t end, Visit&& visit) {
  for (std::size_t word = begin / kWordBits; word * kWordBits < end; ++word) {
    std::uint64_t bits = candidates[word];
    while (bits != 0) {
      const auto bit = static_cast<std::uint32_t>(word * kWordBits + static_cast<std::size_t>(std::countr_zero(bits)));
      bits &= bits - 1;
      if (bit >= begin && bit < end) visit(bit);
    }
  }
}

}  // namespace

DecidingStatements::DecidingStatements(const PrincipalPolicies& policies, const Readings& readings)
    : readings_(readings),
      plan_(plan_steps(policies, readings)),
      actions_(count_evaluable(plan_), glob_matches),
      resources_(count_evaluable(plan_), resource_matcher(readings)),
      all_resources_(actions_.word_count()) {
  for (const PolicySet& set : plan_.sets) {
    const auto begin = static_cast<std::uint32_t>(entries_.size());
    for (const AttachedPolicy* policy : set.policies) {
      if (!policy->document) continue;
      const auto count = static_cast<std::uint32_t>(policy->document->statements.size());
      for (std::uint32_t index = 0; index < count; ++index) add_statement(set.step, *policy, index);
    }
    ranges_.push_back({begin, static_cast<std::uint32_t>(entries_.size())});
  }
  actions_.build();
  resources_.build();
}

void DecidingStatements::add_statement(Step step, const AttachedPolicy& policy, std::uint32_t index) {
  const Statement& statement = policy.document->statements[index];
  if (!is_evaluable(statement)) return;
  const auto bit = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({step, &policy, index, &statement});
  std::vector<std::string> patterns;
  for (const Pattern& pattern : statement.actions) patterns.push_back(to_lower(pattern.text));
  actions_.add(bit, statement.not_action, patterns);
  patterns.clear();
  for (const Pattern& pattern : statement.resources) {
    patterns.push_back(normal_resource_pattern(pattern.text, readings_));
  }
  resources_.add(bit, statement.not_resource, patterns);
  // The plain comparison knows what the reading deny-narrow-resource makes of it.
  Request request;
  request.level = ResourceLevel::kAllResources;
  if (resource_matches(statement, request, readings_)) set_bit(all_resources_.data(), bit);
}

void DecidingStatements::match(const Request& request, std::uint64_t* candidates, std::uint64_t* fitting) const {
  const std::size_t words = actions_.word_count();
  actions_.match(request.action_lower, candidates);
  if (request.level == ResourceLevel::kAllResources) {
    for (std::size_t w = 0; w < words; ++w) candidates[w] &= all_resources_[w];
    return;
  }
  if (needs_normal_form(request.resource, readings_)) {
    std::string normal(request.resource);
    write_normal_resource(request.resource, readings_, normal.data());
    resources_.match(normal, fitting);
  } else {
    resources_.match(request.resource, fitting);
  }
  for (std::size_t w = 0; w < words; ++w) candidates[w] &= fitting[w];
}

void DecidingStatements::find(const Request& request, const Verdict& verdict, std::vector<std::uint32_t>& found) const {
  if (verdict.outcome == Outcome::kIndeterminate) return;
  const bool near_misses = verdict.outcome == Outcome::kImplicitDeny;
  const Effect effect = verdict.outcome == Outcome::kExplicitDeny ? Effect::kDeny : Effect::kAllow;
  const Tri wanted = near_misses ? Tri::kFalse : Tri::kTrue;
  constexpr std::size_t kStackWords = CompiledSets::kStackStatements / kWordBits;
  std::array<std::uint64_t, kStackWords * 2> on_stack;
  std::vector<std::uint64_t> on_heap;
  std::uint64_t* candidates = on_stack.data();
  const std::size_t words = actions_.word_count();
  if (words > kStackWords) {
    on_heap.resize(words * 2);
    candidates = on_heap.data();
  }
  match(request, candidates, candidates + words);
  const auto group = resource_group_set(plan_, request);
  for (std::size_t set = 0; set < ranges_.size(); ++set) {
    const Step step = plan_.sets[set].step;
    // Policies of other resource groups are about other resources.
    if (step == Step::kResourceGroupLevel && group != set) continue;
    if (!near_misses && step != verdict.step) continue;
    for_each_candidate(candidates, ranges_[set].begin, ranges_[set].end, [&](std::uint32_t entry) {
      const Statement& statement = *entries_[entry].statement;
      if (statement.effect != effect) return;
      if (evaluate_condition(statement.condition, request, readings_) == wanted) found.push_back(entry);
    });
  }
}

std::vector<AtomResult> failed_atoms(const Statement& statement, const Request& request, const Readings& readings) {
  std::vector<AtomResult> failed;
  for (const Atom& atom : statement.condition.atoms) {
    const Tri result = evaluate_atom(atom, request, readings);
    if (result == Tri::kTrue) continue;
    AtomResult& out = failed.emplace_back(AtomResult{&atom, result, {}, KeyState::kAbsent});
    const PseudoKey pseudo = pseudo_key(atom.key);
    if (pseudo == PseudoKey::kNone) {
      const KeyFacts facts = request.context.find(atom.key);
      out.state = facts.state;
      for (const Value& value : facts.values) out.found.push_back(value.text);
    } else if (readings.is_default(Reading::kPseudoKeys)) {
      out.state = KeyState::kKnown;
      out.found.emplace_back(pseudo == PseudoKey::kAction ? std::string_view(request.action)
                                                          : authorization_resource(request));
    }
  }
  return failed;
}

}  // namespace imagewarden::ram
