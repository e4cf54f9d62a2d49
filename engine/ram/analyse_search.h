#pragma once
// A small satisfiability search (conflict-driven: learns from each conflict and jumps back) over yes-no variables, with
// a host that knows more than the clauses say.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/ram/analyse_text.h"

namespace imagewarden::ram {

// A variable, or its negation.
struct Literal {
  std::uint32_t code{};

  static constexpr Literal of(std::uint32_t variable, bool positive = true) {
    return {variable * 2U + (positive ? 0U : 1U)};
  }
  [[nodiscard]] constexpr std::uint32_t variable() const { return code / 2U; }
  [[nodiscard]] constexpr bool positive() const { return code % 2U == 0; }
  constexpr Literal operator~() const { return {code ^ 1U}; }
  friend constexpr auto operator<=>(Literal, Literal) = default;
};

using Clause = std::vector<Literal>;  // one of them is true

enum class Truth : std::int8_t { kFalse = -1, kOpen = 0, kTrue = 1 };

enum class SearchEnd : std::uint8_t { kNone, kFound, kOutOfSteps };

// Not thread-safe.
class Search {
 public:
  // Asked whenever the clauses leave nothing to be concluded.
  class Host {
   public:
    struct Move {
      enum class Kind : std::uint8_t { kDecide, kConflict, kDone, kOutOfSteps } kind{Kind::kDone};
      Literal decision;  // kDecide: an open literal
      Clause conflict;   // kConflict: a clause that has to hold, and of which every literal is false now
    };
    virtual ~Host() = default;
    // The first `unchanged` literals of the trail are those of the last call.
    [[nodiscard]] virtual Move next_move(std::size_t unchanged) = 0;
  };

  std::uint32_t add_variable();
  // Before run() only.
  void add_clause(Clause clause);

  [[nodiscard]] Truth value(Literal literal) const {
    const Truth truth = values_[literal.variable()];
    return literal.positive() ? truth : static_cast<Truth>(-static_cast<std::int8_t>(truth));
  }
  // What is true now, in the order in which it became so.
  [[nodiscard]] std::span<const Literal> trail() const { return trail_; }

  [[nodiscard]] SearchEnd run(Host& host, Budget& budget);

 private:
  static constexpr std::uint32_t kNoClause = 0xffffffffU;

  [[nodiscard]] std::uint32_t level() const { return static_cast<std::uint32_t>(level_begins_.size()); }
  void assign(Literal literal, std::uint32_t reason);
  void attach(std::uint32_t clause);
  // The clause that is false, if one is.
  [[nodiscard]] std::optional<std::uint32_t> propagate();
  void back_to(std::uint32_t level);
  // False: the conflict needs no decision, so there is no solution.
  [[nodiscard]] bool learn_from(const Clause& conflict);

  std::vector<Clause> clauses_;                      // the first two literals of each are watched
  std::vector<std::vector<std::uint32_t>> watches_;  // by literal code: clauses to look at once it is false
  std::vector<Truth> values_;
  std::vector<std::uint32_t> levels_;
  std::vector<std::uint32_t> reasons_;
  std::vector<bool> seen_;
  std::vector<Literal> trail_;
  std::vector<std::size_t> level_begins_;
  std::size_t propagated_{};
  std::size_t unchanged_{};  // literals at the front of the trail that the host has seen
  bool is_contradiction_{};
};

}  // namespace imagewarden::ram
