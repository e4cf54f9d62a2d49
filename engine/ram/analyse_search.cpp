#include "engine/ram/analyse_search.h"

#include <algorithm>
#include <utility>

namespace imagewarden::ram {

std::uint32_t Search::add_variable() {
  const auto variable = static_cast<std::uint32_t>(values_.size());
  values_.push_back(Truth::kOpen);
  levels_.push_back(0);
  reasons_.push_back(kNoClause);
  seen_.push_back(false);
  watches_.resize(values_.size() * 2);
  return variable;
}

void Search::add_clause(Clause clause) {
  std::sort(clause.begin(), clause.end());
  clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
  for (std::size_t i = 0; i + 1 < clause.size(); ++i) {
    if (clause[i + 1] == ~clause[i]) return;  // always true
  }
  // What is certain by now is left out.
  const bool is_true =
      std::any_of(clause.begin(), clause.end(), [&](Literal literal) { return value(literal) == Truth::kTrue; });
  if (is_true) return;
  clause.erase(
      std::remove_if(clause.begin(), clause.end(), [&](Literal literal) { return value(literal) == Truth::kFalse; }),
      clause.end());
  if (clause.empty()) {
    is_contradiction_ = true;
  } else if (clause.size() == 1) {
    assign(clause.front(), kNoClause);
  } else {
    clauses_.push_back(std::move(clause));
    attach(static_cast<std::uint32_t>(clauses_.size() - 1));
  }
}

void Search::attach(std::uint32_t clause) {
  watches_[clauses_[clause][0].code].push_back(clause);
  watches_[clauses_[clause][1].code].push_back(clause);
}

void Search::assign(Literal literal, std::uint32_t reason) {
  values_[literal.variable()] = literal.positive() ? Truth::kTrue : Truth::kFalse;
  levels_[literal.variable()] = level();
  reasons_[literal.variable()] = reason;
  trail_.push_back(literal);
}

std::optional<std::uint32_t> Search::propagate() {
  while (propagated_ < trail_.size()) {
    const Literal now_false = ~trail_[propagated_++];
    std::vector<std::uint32_t>& watching = watches_[now_false.code];
    std::size_t kept = 0;
    for (std::size_t i = 0; i < watching.size(); ++i) {
      const std::uint32_t index = watching[i];
      Clause& clause = clauses_[index];
      if (clause[0] == now_false) std::swap(clause[0], clause[1]);
      if (value(clause[0]) == Truth::kTrue) {
        watching[kept++] = index;
        continue;
      }
      const auto other = std::find_if(clause.begin() + 2, clause.end(),
                                      [&](Literal literal) { return value(literal) != Truth::kFalse; });
      if (other != clause.end()) {
        std::swap(clause[1], *other);
        watches_[clause[1].code].push_back(index);
        continue;
      }
      watching[kept++] = index;
      if (value(clause[0]) == Truth::kFalse) {
        watching.erase(std::copy(watching.begin() + static_cast<std::ptrdiff_t>(i) + 1, watching.end(),
                                 watching.begin() + static_cast<std::ptrdiff_t>(kept)),
                       watching.end());
        return index;
      }
      assign(clause[0], index);
    }
    watching.resize(kept);
  }
  return std::nullopt;
}

void Search::back_to(std::uint32_t level) {
  if (level >= this->level()) return;
  const std::size_t begin = level_begins_[level];
  for (std::size_t i = begin; i < trail_.size(); ++i) values_[trail_[i].variable()] = Truth::kOpen;
  trail_.resize(begin);
  level_begins_.resize(level);
  propagated_ = begin;
  unchanged_ = std::min(unchanged_, begin);
}

bool Search::learn_from(const Clause& conflict) {
  std::uint32_t top = 0;
  for (const Literal literal : conflict) top = std::max(top, levels_[literal.variable()]);
  if (top == 0) return false;
  back_to(top);
  // Resolves with the reasons of what the last decision entailed until one literal of its level is left.
  Clause learned(1);
  std::vector<std::uint32_t> marked;
  std::size_t at_top = 0;
  const auto add = [&](const Clause& clause) {
    for (const Literal literal : clause) {
      const std::uint32_t variable = literal.variable();
      if (seen_[variable] || levels_[variable] == 0 || value(literal) == Truth::kTrue) continue;
      seen_[variable] = true;
      marked.push_back(variable);
      if (levels_[variable] == top) {
        ++at_top;
      } else {
        learned.push_back(literal);
      }
    }
  };
  add(conflict);
  std::size_t at = trail_.size();
  while (true) {
    do {
      --at;
    } while (!seen_[trail_[at].variable()]);
    if (--at_top == 0) break;
    add(clauses_[reasons_[trail_[at].variable()]]);
  }
  learned[0] = ~trail_[at];
  for (const std::uint32_t variable : marked) seen_[variable] = false;

  if (learned.size() == 1) {
    back_to(0);
    assign(learned[0], kNoClause);
    return true;
  }
  const auto second = std::max_element(learned.begin() + 1, learned.end(), [&](Literal a, Literal b) {
    return levels_[a.variable()] < levels_[b.variable()];
  });
  std::swap(learned[1], *second);
  back_to(levels_[learned[1].variable()]);
  clauses_.push_back(std::move(learned));
  const auto index = static_cast<std::uint32_t>(clauses_.size() - 1);
  attach(index);
  assign(clauses_[index][0], index);
  return true;
}

SearchEnd Search::run(Host& host, Budget& budget) {
  if (is_contradiction_) return SearchEnd::kNone;
  while (true) {
    const std::size_t before = trail_.size();
    const auto clash = propagate();
    if (!budget.spend(1 + trail_.size() - std::min(before, trail_.size()))) return SearchEnd::kOutOfSteps;
    if (clash) {
      const Clause conflict = clauses_[*clash];
      if (!learn_from(conflict)) return SearchEnd::kNone;
      continue;
    }
    Host::Move move = host.next_move(std::exchange(unchanged_, trail_.size()));
    switch (move.kind) {
      case Host::Move::Kind::kDone:
        return SearchEnd::kFound;
      case Host::Move::Kind::kOutOfSteps:
        return SearchEnd::kOutOfSteps;
      case Host::Move::Kind::kConflict:
        if (!learn_from(move.conflict)) return SearchEnd::kNone;
        break;
      case Host::Move::Kind::kDecide:
        level_begins_.push_back(trail_.size());
        assign(move.decision, kNoClause);
        break;
    }
  }
}

}  // namespace imagewarden::ram
