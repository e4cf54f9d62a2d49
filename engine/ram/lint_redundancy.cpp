// Statements that another one makes useless, and entries that stand twice. Decided: a statement is named only where
// every request that it matches is matched by the other.

#include <algorithm>
#include <unordered_map>

#include "engine/base/glob.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_contradiction.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

// Work on one document, counted the same on every machine. What is not reached is not looked at, which can only cost
// findings.
constexpr std::size_t kMostPairs = 2'000'000;
constexpr std::size_t kMostGlobs = 50'000;

// A statement in the form that is compared.
struct Form {
  const StatementView* statement{};
  std::vector<std::string> actions;    // lower case
  std::vector<std::string> resources;  // normal form
  Condition condition;
};

class Comparer {
 public:
  // Whether every text of `inner` is one of `outer`.
  bool within(std::string_view inner, std::string_view outer) {
    if (inner == outer || takes_everything(outer)) return true;
    if (!has_wildcard(outer)) return false;
    if (has_wildcard(inner) && ++globs_ > kMostGlobs) return false;
    return glob_within(inner, outer) == Decided::kYes;
  }
  bool each_within(const std::vector<std::string>& inner, const std::vector<std::string>& outer) {
    if (inner.size() * outer.size() > kMostPairs) return false;
    return std::all_of(inner.begin(), inner.end(), [&](const std::string& one) {
      return std::any_of(outer.begin(), outer.end(), [&](const std::string& other) { return within(one, other); });
    });
  }
  bool all_apart(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    if (some.size() * others.size() > kMostPairs) return false;
    return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
      return std::all_of(others.begin(), others.end(), [&](const std::string& other) {
        return ++globs_ <= kMostGlobs && globs_disjoint(one, other) == Decided::kYes;
      });
    });
  }
  // Sets of texts, each given by patterns or by the complement of patterns.
  bool set_within(const std::vector<std::string>& inner, bool inner_not, const std::vector<std::string>& outer,
                  bool outer_not) {
    if (!inner_not && !outer_not) return each_within(inner, outer);
    if (inner_not && outer_not) return each_within(outer, inner);
    if (!inner_not) return all_apart(inner, outer);
    return std::any_of(outer.begin(), outer.end(), [](const std::string& one) { return takes_everything(one); });
  }
  // Whether every request that `inner` matches is matched by `outer`.
  bool statement_within(const Form& inner, const Form& outer) {
    return set_within(inner.actions, inner.statement->not_action, outer.actions, outer.statement->not_action) &&
           set_within(inner.resources, inner.statement->not_resource, outer.resources, outer.statement->not_resource) &&
           implies(inner.condition, outer.condition);
  }
  bool take_pair() { return ++pairs_ <= kMostPairs; }
  // Whether something was left uncompared.
  [[nodiscard]] bool gave_up() const { return pairs_ > kMostPairs || globs_ > kMostGlobs; }

 private:
  std::size_t pairs_{};
  std::size_t globs_{};
};

Form form_of(const StatementView& statement) {
  Form form;
  form.statement = &statement;
  for (const Word& word : statement.action.words) form.actions.push_back(word.lower);
  for (const Word& word : statement.resource.words)
    form.resources.push_back(normal_resource_pattern(word.text, Readings{}));
  for (const ConditionEntry& entry : statement.conditions) form.condition.atoms.push_back(*entry.atom);
  return form;
}

// The text before the first wildcard: what stands around a pattern begins with a part of it.
std::string_view head_of(std::string_view pattern) { return pattern.substr(0, pattern.find_first_of("*?")); }

// Which statements can hold a given one, found by the heads of their patterns.
class HeadIndex {
 public:
  void add(std::size_t form, const std::vector<std::string>& patterns, bool complement) {
    if (complement) {
      loose_.push_back(form);
      return;
    }
    for (const std::string& pattern : patterns) {
      auto& list = by_head_[std::string(head_of(pattern))];
      if (list.empty() || list.back() != form) list.push_back(form);
    }
  }
  // The number of candidates for a pattern, and the candidates themselves.
  template <class Use>
  void each(std::string_view pattern, const Use& use) const {
    const std::string_view head = head_of(pattern);
    for (std::size_t length = 0; length <= head.size(); ++length) {
      const auto found = by_head_.find(std::string(head.substr(0, length)));
      if (found == by_head_.end()) continue;
      if (!use(found->second)) return;
    }
    use(loose_);
  }
  [[nodiscard]] std::size_t count(std::string_view pattern) const {
    std::size_t sum = 0;
    each(pattern, [&](const std::vector<std::size_t>& list) {
      sum += list.size();
      return true;
    });
    return sum;
  }

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> by_head_;
  std::vector<std::size_t> loose_;  // complements: anything can be within them
};

// Statements with one effect, ready to be asked for a holder of another.
struct Holders {
  HeadIndex by_action;
  HeadIndex by_resource;
  void add(std::size_t index, const Form& form) {
    by_action.add(index, form.actions, form.statement->not_action);
    by_resource.add(index, form.resources, form.statement->not_resource || form.resources.empty());
  }
};

class Redundancy {
 public:
  Redundancy(const Job& job, Comparer& comparer) : job_(job), comparer_(comparer) {
    for (const StatementView& statement : job.view.statements) {
      if (statement.is_sound() && statement.resource.readable && statement.principal == nullptr)
        forms_.push_back(form_of(statement));
    }
    for (std::size_t i = 0; i < forms_.size(); ++i)
      (forms_[i].statement->allows() ? allows_ : denies_).add(i, forms_[i]);
  }

  void run() {
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      const Form& form = forms_[i];
      if (form.statement->allows()) {
        if (const Form* deny = holder_of(i, denies_)) {
          job_.report.add(52, place_of(*form.statement),
                          "this Allow is dead: the Deny at " + quoted(deny->statement->pointer) +
                              " covers everything that it allows",
                          "take it out, or narrow the Deny");
          continue;
        }
      }
      if (const Form* other = holder_of(i, form.statement->allows() ? allows_ : denies_)) {
        const bool same = comparer_.statement_within(*other, form);
        job_.report.add(53, place_of(*form.statement),
                        (same ? "the same as the statement at " : "contained in the statement at ") +
                            quoted(other->statement->pointer),
                        "take it out: it changes nothing");
      }
    }
  }

 private:
  // A statement that holds the one at `index`; of two that are equal only the first counts as a holder.
  const Form* holder_of(std::size_t index, const Holders& holders) {
    const Form& form = forms_[index];
    const bool by_action = !form.statement->not_action;
    const bool by_resource = !form.statement->not_resource && !form.resources.empty();
    // Whichever names fewer candidates.
    const HeadIndex* heads = &holders.by_action;
    std::string_view pattern = by_action ? std::string_view(form.actions.front()) : std::string_view();
    if (by_resource &&
        (!by_action || holders.by_resource.count(form.resources.front()) < holders.by_action.count(pattern))) {
      heads = &holders.by_resource;
      pattern = form.resources.front();
    }
    const Form* found = nullptr;
    heads->each(pattern, [&](const std::vector<std::size_t>& candidates) {
      for (const std::size_t candidate : candidates) {
        if (candidate == index) continue;
        if (!comparer_.take_pair()) return false;
        const Form& other = forms_[candidate];
        if (!comparer_.statement_within(form, other)) continue;
        const bool same_effect = other.statement->effect == form.statement->effect;
        if (same_effect && candidate > index && comparer_.statement_within(other, form)) continue;
        found = &other;
        return false;
      }
      return true;
    });
    return found;
  }

  const Job& job_;
  std::vector<Form> forms_;
  Holders allows_;
  Holders denies_;
  Comparer& comparer_;
};

// Entries of one list. Exact repetitions are found in one pass, patterns that hold another entry by comparing.
void check_list(const Job& job, const StatementView& statement, const Element& element,
                const std::vector<std::string>& normal, Comparer& comparer) {
  constexpr std::size_t kMostWide = 64;  // patterns with a wildcard that are compared with every entry
  std::unordered_map<std::string_view, std::size_t> first;
  std::vector<std::size_t> wide;
  for (std::size_t i = 0; i < normal.size(); ++i) {
    if (has_wildcard(normal[i]) && wide.size() < kMostWide) wide.push_back(i);
  }
  for (std::size_t i = 0; i < normal.size(); ++i) {
    const auto [at, is_new] = first.emplace(normal[i], i);
    if (!is_new) {
      job.report.add(53, place_of(statement, element, element.words[i]),
                     "entry " + quoted(element.words[i].text) + " stands in the list already", "take it out");
      continue;
    }
    const auto holder = std::find_if(wide.begin(), wide.end(), [&](std::size_t j) {
      if (j == i || normal[i] == normal[j] || !comparer.take_pair() || !comparer.within(normal[i], normal[j]))
        return false;
      return !(j > i && comparer.within(normal[j], normal[i]));  // `a*` and `a**`: the later one is the repetition
    });
    if (holder == wide.end()) continue;
    job.report.add(53, place_of(statement, element, element.words[i]),
                   "entry " + quoted(element.words[i].text) + " is contained in " +
                       quoted(element.words[*holder].text) + " of the same list",
                   "take it out");
  }
}

void check_values(const Job& job, const StatementView& statement, const ConditionEntry& entry) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (const ConditionValue& value : entry.values) {
    if (!value.json->is(JsonType::kString) || seen.emplace(value.json->text, 0).second) continue;
    job.report.add(53, place_of(statement, entry, value),
                   "value " + quoted(value.json->text) + " stands in the list already", "take it out");
  }
}

}  // namespace

void lint_redundancy(const Job& job) {
  Comparer comparer;
  for (const StatementView& statement : job.view.statements) {
    std::vector<std::string> normal;
    for (const Word& word : statement.action.words) normal.push_back(word.lower);
    check_list(job, statement, statement.action, normal, comparer);
    normal.clear();
    for (const Word& word : statement.resource.words) normal.push_back(normal_resource_pattern(word.text, Readings{}));
    check_list(job, statement, statement.resource, normal, comparer);
    for (const ConditionEntry& entry : statement.conditions) check_values(job, statement, entry);
  }
  Comparer statements;
  Redundancy(job, statements).run();
  if (!comparer.gave_up() && !statements.gave_up()) return;
  job.report.add(53, {job.view.document->root().offset, ""},
                 "too many entries and statements to compare each with each: some that change nothing may not be named",
                 "split the policy");
}

}  // namespace imagewarden::ram::lint
