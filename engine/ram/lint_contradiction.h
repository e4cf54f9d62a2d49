#pragma once
// Whether two conditions on one key can both be met. Internal to the linter.

#include <optional>

#include "engine/condition/condition.h"

namespace imagewarden::ram::lint {

// Whether no request meets both. Sound: true only where that is certain; false where it is not, or not decided.
// `single`: a request carries at most one value of the key. Atoms of one key, without a prefix.
[[nodiscard]] bool excludes(const Atom& a, const Atom& b, bool single);

// Whether every request that meets `narrow` meets `wide`. Sound in the same way. Atoms of one key.
[[nodiscard]] bool implies(const Atom& narrow, const Atom& wide);
// The same of whole conditions: each atom of `wide` is implied by one of `narrow`.
[[nodiscard]] bool implies(const Condition& narrow, const Condition& wide);

// The times at which date conditions on one key can be met, in whole seconds.
struct TimeWindow {
  std::optional<std::int64_t> from;   // first second
  std::optional<std::int64_t> until;  // last second
  [[nodiscard]] bool empty() const { return from && until && *from > *until; }
};
// Narrows the window by an atom; DateEquals and DateNotEquals leave it.
void narrow(TimeWindow& window, const Atom& atom);

}  // namespace imagewarden::ram::lint
