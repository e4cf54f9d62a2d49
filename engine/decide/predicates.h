#pragma once
// The conditions of a ruleset as predicates over the columns of a Snapshot: each distinct atom is compiled once, and
// answers 64 rows at a time as two words. fact_reader.h says the same of one image, slowly; tests hold both equal.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/tri.h"
#include "engine/decide/fact_reader.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {

// Kleene's values of 64 rows: bit i of `holds` where the value is certain, of `may_hold` where it is certain or
// unknown. INVARIANT: holds implies may_hold.
struct TriWord {
  std::uint64_t holds{};
  std::uint64_t may_hold{};
  [[nodiscard]] static constexpr TriWord of(Tri value) {
    return {value == Tri::kTrue ? ~std::uint64_t{0} : 0, value == Tri::kFalse ? 0 : ~std::uint64_t{0}};
  }
  // The value of row 0.
  [[nodiscard]] constexpr Tri first() const {
    return (holds & 1U) != 0 ? Tri::kTrue : (may_hold & 1U) != 0 ? Tri::kUnknown : Tri::kFalse;
  }
  friend constexpr TriWord operator&(TriWord a, TriWord b) { return {a.holds & b.holds, a.may_hold & b.may_hold}; }
  friend constexpr TriWord operator|(TriWord a, TriWord b) { return {a.holds | b.holds, a.may_hold | b.may_hold}; }
};

// An alternative that is open, but settled for certain, does not hold.
constexpr TriWord settle(TriWord alternative, TriWord settled) {
  return {alternative.holds, alternative.may_hold & (alternative.holds | ~settled.holds)};
}

// Whether a rule is violated, from evaluate(condition): the one place that says how alternatives, what settles them and
// unknown_when go together. Calls evaluate() for every condition of the rule, always in the same order.
template <class Evaluate>
TriWord violation_of(const rules::Rule& rule, Evaluate&& evaluate) {
  TriWord violated;
  for (const rules::Alternative& alternative : rule.when) {
    TriWord when = evaluate(alternative.when);
    if (alternative.settled_when) when = settle(when, evaluate(*alternative.settled_when));
    violated = violated | when;
  }
  for (const Condition& condition : rule.unknown_when) violated.may_hold |= evaluate(condition).may_hold;
  return violated;
}

constexpr std::size_t kBlockRows = 64;

// Immutable after construction; safe for any number of threads. What the scope refers to, and the rules, must outlive
// it.
class Predicates {
 public:
  Predicates(const FactScope& scope, std::span<const rules::Rule> rules);
  Predicates(const Predicates&) = delete;
  Predicates& operator=(const Predicates&) = delete;
  ~Predicates();

  // Whether each rule is violated, for rows [first, first + count), count ≤ kBlockRows. `out` has one word for each
  // rule; bits from `count` on are unspecified.
  void violations(std::uint32_t first, std::size_t count, std::span<TriWord> out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden
