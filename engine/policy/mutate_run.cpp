// Puts mutants to the tests. A mutant changes one statement, so every other statement's part in a case is counted once
// for all mutants: what a case comes to with the change is then the counts, less the old statement, plus the new one.
// The unit tests hold this equal to compiling and deciding each mutant anew.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/policy/mutate.h"
#include "engine/ram/matching.h"
#include "engine/ram/steps.h"
#include "engine/rules/actions.h"

namespace imagewarden::policy {
namespace {

// What one statement adds to the set of its policy.
struct Share {
  Tri denies{Tri::kFalse};
  Tri allows{Tri::kFalse};
  friend bool operator==(const Share&, const Share&) = default;
};

// How many statements of a set deny and allow, by certainty.
struct Counts {
  std::array<std::uint32_t, 3> denies{};
  std::array<std::uint32_t, 3> allows{};

  void add(const Share& share) {
    ++denies[static_cast<std::size_t>(share.denies)];
    ++allows[static_cast<std::size_t>(share.allows)];
  }
  void remove(const Share& share) {
    --denies[static_cast<std::size_t>(share.denies)];
    --allows[static_cast<std::size_t>(share.allows)];
  }
  [[nodiscard]] static Tri strongest(const std::array<std::uint32_t, 3>& counts) {
    if (counts[static_cast<std::size_t>(Tri::kTrue)] > 0) return Tri::kTrue;
    return counts[static_cast<std::size_t>(Tri::kUnknown)] > 0 ? Tri::kUnknown : Tri::kFalse;
  }
  [[nodiscard]] ram::SetResult result() const { return {strongest(denies), strongest(allows)}; }
};

Share share_of(const ram::Statement& statement, Tri matches) {
  Share share;
  if (!statement.effect_known || statement.effect == ram::Effect::kDeny) share.denies = matches;
  if (!statement.effect_known || statement.effect == ram::Effect::kAllow) share.allows = matches;
  return share;
}

Tri condition_of(const ram::Statement& statement, const ram::Request& request, const Readings& readings) {
  if (statement.not_evaluable || !statement.effect_known) return Tri::kUnknown;
  Tri holds = Tri::kTrue;
  for (const Atom& atom : statement.condition.atoms) {
    holds = tri_and(holds, ram::evaluate_atom(atom, request, readings));
    if (holds == Tri::kFalse) break;
  }
  return holds;
}

// How one statement met one case, part by part.
struct Parts {
  bool action{};
  bool resource{};
  Tri condition{Tri::kFalse};
  [[nodiscard]] Tri matches() const { return action && resource ? condition : Tri::kFalse; }
};

// A principal's sets, and in which of them each policy stands (once for every time that it is attached).
struct Layout {
  ram::StepPlan plan;
  std::map<const ram::Document*, std::vector<std::size_t>> sets;
};

// One case that passed, with its counts.
struct Subject {
  std::size_t index{};  // into TestSuite::cases
  const TestCase* test_case{};
  const TestDeclaration* test{};
  const Layout* layout{};
  std::vector<Counts> counts;  // as the plan's sets
};

class Tester {
 public:
  Tester(const TestSuite& suite, const RunResult& run) : suite_(suite), readings_(suite.rules->readings()) {
    layouts_.resize(suite.principals.size());
    by_policy_.resize(suite.policies.size());
    for (std::size_t i = 0; i < suite.cases.size(); ++i) {
      const TestCase& test_case = suite.cases[i];
      if (test_case.decider || run.cases[i].status != CaseStatus::kPassed) continue;
      for (const std::size_t policy : suite.principals[test_case.principal].policies)
        by_policy_[policy].push_back(subjects_.size());
      subjects_.push_back({i, &test_case, &suite.declaration(test_case), nullptr, {}});
    }
  }

  // Precondition: the mutants of one statement follow each other.
  std::vector<bool> run(const std::vector<Mutant>& mutants) {
    std::vector<bool> killed(mutants.size());
    for (std::size_t begin = 0; begin < mutants.size();) {
      std::size_t end = begin;
      while (end < mutants.size() && mutants[end].policy == mutants[begin].policy &&
             mutants[end].statement == mutants[begin].statement)
        ++end;
      start_statement(mutants[begin]);
      for (std::size_t i = begin; i < end; ++i) killed[i] = is_killed(mutants[i]);
      begin = end;
    }
    return killed;
  }

 private:
  const Layout& layout_of(std::size_t principal) {
    auto& layout = layouts_[principal];
    if (!layout) {
      layout.emplace();
      layout->plan = ram::plan_steps(suite_.principals[principal].principal.policies(), readings_);
      for (std::size_t set = 0; set < layout->plan.sets.size(); ++set) {
        for (const ram::AttachedPolicy* policy : layout->plan.sets[set].policies) {
          if (policy->document) layout->sets[policy->document.get()].push_back(set);
        }
      }
    }
    return *layout;
  }

  [[nodiscard]] Parts parts_of(const ram::Statement& statement, const ram::Request& request) const {
    Parts parts;
    parts.action = ram::action_matches(statement, request.action_lower);
    parts.resource = parts.action && ram::resource_matches(statement, request, readings_);
    if (parts.resource) parts.condition = condition_of(statement, request, readings_);
    return parts;
  }

  // Counts every statement of every set, at the first mutant that the case is put to.
  void count(Subject& subject) {
    subject.layout = &layout_of(subject.test_case->principal);
    const auto& sets = subject.layout->plan.sets;
    subject.counts.resize(sets.size());
    for (std::size_t set = 0; set < sets.size(); ++set) {
      for (const ram::AttachedPolicy* policy : sets[set].policies) {
        if (!policy->document) {
          subject.counts[set].add({Tri::kUnknown, Tri::kUnknown});
          continue;
        }
        for (const ram::Statement& statement : policy->document->statements) {
          subject.counts[set].add(share_of(statement, parts_of(statement, subject.test_case->request).matches()));
        }
      }
    }
  }

  void start_statement(const Mutant& mutant) {
    const ram::Document* document = suite_.policies[mutant.policy].document.get();
    statement_ = &document->statements[mutant.statement];
    document_ = document;
    const std::vector<std::size_t>& subjects = by_policy_[mutant.policy];
    parts_.clear();
    for (const std::size_t index : subjects) {
      Subject& subject = subjects_[index];
      if (subject.layout == nullptr) count(subject);
      parts_.push_back(parts_of(*statement_, subject.test_case->request));
    }
  }

  // What the changed statement adds to the case.
  [[nodiscard]] Share changed_share(const Mutant& mutant, const Parts& old, const ram::Request& request) const {
    if (mutant.part == MutatedPart::kWhole) return {};
    const ram::Statement& changed = mutant.changed;
    switch (mutant.part) {
      case MutatedPart::kWhole:
        break;
      case MutatedPart::kCondition:
        return share_of(changed, old.action && old.resource ? condition_of(changed, request, readings_) : Tri::kFalse);
      case MutatedPart::kResource: {
        const bool fits = old.action && ram::resource_matches(changed, request, readings_);
        if (!fits) return share_of(changed, Tri::kFalse);
        return share_of(changed, old.resource ? old.condition : condition_of(changed, request, readings_));
      }
      case MutatedPart::kAction:
      case MutatedPart::kEffect:  // the reading deny-narrow-resource may see another resource part
        return share_of(changed, parts_of(changed, request).matches());
    }
    return {};
  }

  [[nodiscard]] ram::Outcome changed_outcome(const Subject& subject, const Share& old, const Share& now) const {
    const std::vector<std::size_t>& places = subject.layout->sets.at(document_);
    const auto evaluate = [&](std::size_t set) {
      const auto times = std::count(places.begin(), places.end(), set);
      if (times == 0) return subject.counts[set].result();
      Counts counts = subject.counts[set];
      for (std::ptrdiff_t i = 0; i < times; ++i) {
        counts.remove(old);
        counts.add(now);
      }
      return counts.result();
    };
    return ram::walk_steps(subject.layout->plan, subject.test_case->request, evaluate).outcome;
  }

  [[nodiscard]] bool is_killed(const Mutant& mutant) const {
    const std::vector<std::size_t>& subjects = by_policy_[mutant.policy];
    std::vector<const Subject*> to_explain;  // the outcome holds, but another statement may decide it
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      const Subject& subject = subjects_[subjects[i]];
      // Not in a set that applies to it: the policies of root, for one.
      if (subject.layout->sets.find(document_) == subject.layout->sets.end()) continue;
      const Share old = share_of(*statement_, parts_[i].matches());
      const Share now = changed_share(mutant, parts_[i], subject.test_case->request);
      if (old == now) continue;
      if (!meets(subject.test->expect, changed_outcome(subject, old, now))) return true;
      if (subject.test->because) to_explain.push_back(&subject);
    }
    if (to_explain.empty()) return false;
    // Without the dropped statement's place, the indexes of those after it would change.
    Mutant in_place = mutant;
    if (mutant.part == MutatedPart::kWhole) {
      in_place.part = MutatedPart::kAction;
      in_place.changed.actions.clear();
      in_place.changed.not_action = false;
    }
    const auto changed = mutated_document(*document_, in_place);
    std::map<std::size_t, ram::Principal> principals;
    for (const Subject* subject : to_explain) {
      const std::size_t principal = subject->test_case->principal;
      auto at = principals.find(principal);
      if (at == principals.end()) {
        const ram::PrincipalPolicies& policies = suite_.principals[principal].principal.policies();
        at = principals
                 .emplace(principal, ram::Principal::compile(mutated_policies(policies, document_, changed), readings_))
                 .first;
      }
      const ram::Evaluation evaluation = at->second.explain(subject->test_case->request);
      if (!is_decided_by(evaluation, subject->test_case->because_policy, subject->test->because->index)) return true;
    }
    return false;
  }

  const TestSuite& suite_;
  const Readings& readings_;
  std::vector<std::optional<Layout>> layouts_;  // by principal
  std::vector<Subject> subjects_;
  std::vector<std::vector<std::size_t>> by_policy_;  // subjects whose principal holds the policy
  const ram::Document* document_{};                  // of the mutants at hand
  const ram::Statement* statement_{};
  std::vector<Parts> parts_;  // as by_policy_ of the mutants at hand
};

// What find_difference() wants to know, kept alive.
struct Space {
  std::vector<std::string> all_resources;
  std::vector<std::string> known;
  ram::RequestSpace space;
};

void fill_space(Space& out, const TestSuite& suite) {
  for (const rules::ActionEntry& entry : rules::ActionCatalogue::built_in().entries()) {
    out.known.push_back(to_lower(entry.name));
    if (entry.all_resources) out.all_resources.push_back(to_lower(entry.name));
  }
  for (const TestCase& test_case : suite.cases) {
    if (!test_case.decider) out.known.push_back(test_case.request.action_lower);
  }
  for (std::vector<std::string>* names : {&out.all_resources, &out.known}) {
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
  out.space = {out.all_resources, out.known, suite.now};
}

// One case of every principal that holds the policy; of those with the same policies only the first.
std::vector<const TestCase*> holders_of(const TestSuite& suite, const RunResult& run, std::size_t policy) {
  std::vector<const TestCase*> holders;
  std::set<std::string> seen;
  std::vector<bool> looked_at(suite.principals.size());
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    const TestCase& test_case = suite.cases[i];
    if (test_case.decider || run.cases[i].status != CaseStatus::kPassed || looked_at[test_case.principal]) continue;
    looked_at[test_case.principal] = true;
    const SuitePrincipal& principal = suite.principals[test_case.principal];
    if (std::find(principal.policies.begin(), principal.policies.end(), policy) == principal.policies.end()) continue;
    const ram::PrincipalPolicies& policies = principal.principal.policies();
    std::string key =
        fmt::format("{}|{}|{}|", static_cast<int>(policies.kind), policies.account, policies.control_levels.size());
    bool asks_for_name = false;
    for (const std::size_t held : principal.policies) {
      key += fmt::format("{},", held);
      for (const ram::Statement& statement : suite.policies[held].document->statements) {
        for (const Atom& atom : statement.condition.atoms)
          asks_for_name = asks_for_name || atom.key.lower == "acs:principalarn";
      }
    }
    if (asks_for_name) key += policies.name;
    if (seen.insert(std::move(key)).second) holders.push_back(&test_case);
  }
  return holders;
}

// Whether a survivor is equivalent, and if not, a test that kills it.
struct Verdict {
  bool is_equivalent{};
  Survivor survivor;
};

Verdict judge(const TestSuite& suite, const std::vector<const TestCase*>& holders, const Mutant& mutant,
              const Space& space, const ram::AnalysisLimits& limits) {
  const SuitePolicy& policy = suite.policies[mutant.policy];
  Verdict out;
  out.survivor = {mutant.policy, mutant.statement, mutant.what, policy.at(mutant.offset), false, {}, {}};
  const auto changed = mutated_document(*policy.document, mutant);
  const std::string name = fmt::format("{}#{}: {}", policy.name, mutant.statement, mutant.what);
  bool is_different = false;
  for (const TestCase* holder : holders) {
    const ram::PrincipalPolicies& before = suite.principals[holder->principal].principal.policies();
    const ram::PrincipalPolicies after = mutated_policies(before, policy.document.get(), changed);
    const ram::Difference found =
        ram::find_difference(before, after, ram::Compare::kOutcome, suite.rules->readings(), space.space, limits);
    if (found.found == ram::Found::kUndecided) {
      out.survivor.is_undecided = true;
      out.survivor.why_no_test = found.why;
    }
    if (found.found != ram::Found::kWitness || !found.request) continue;
    is_different = true;
    out.survivor.test = write_killing_test(suite, *holder, *found.request, after, name);
    if (!out.survivor.test.empty()) break;
    out.survivor.why_no_test = "the request that tells them apart cannot be written as a test of this file";
  }
  if (is_different) out.survivor.is_undecided = false;
  if (!out.survivor.test.empty()) out.survivor.why_no_test.clear();
  out.is_equivalent = !is_different && !out.survivor.is_undecided;
  return out;
}

}  // namespace

std::vector<bool> find_killed(const TestSuite& suite, const RunResult& run, const std::vector<Mutant>& mutants) {
  return Tester(suite, run).run(mutants);
}

MutationResult run_mutants(const TestSuite& suite, const RunResult& run, const MutationOptions& options) {
  MutationResult out;
  const MutantList list = make_mutants(suite, run, options.max_mutants);
  out.possible = list.possible;
  out.tried = list.mutants.size();
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    if (!suite.cases[i].decider && run.cases[i].status == CaseStatus::kPassed) ++out.passing;
  }
  Space space;
  fill_space(space, suite);
  const std::vector<bool> killed = find_killed(suite, run, list.mutants);
  std::vector<const TestCase*> holders;
  std::optional<std::size_t> holders_policy;  // mutants of one policy follow each other
  for (std::size_t i = 0; i < list.mutants.size(); ++i) {
    if (options.progress) options.progress(i, list.mutants.size());
    if (killed[i]) {
      ++out.killed;
      continue;
    }
    const Mutant& mutant = list.mutants[i];
    if (holders_policy != mutant.policy) {
      holders = holders_of(suite, run, mutant.policy);
      holders_policy = mutant.policy;
    }
    Verdict verdict = judge(suite, holders, mutant, space, options.limits);
    if (verdict.is_equivalent) {
      ++out.equivalent;
      continue;
    }
    if (verdict.survivor.is_undecided) ++out.undecided;
    out.survivors.push_back(std::move(verdict.survivor));
  }
  return out;
}

}  // namespace imagewarden::policy
