#pragma once
// What an answer rests on beside the documented language: the verdict under every other choice of every reading, one
// reading at a time.

#include <cstdint>
#include <vector>

#include "engine/condition/readings.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// One reading set to another choice than the given one, and the verdict that it makes.
struct AlternativeVerdict {
  Reading reading{};
  std::uint8_t choice{};
  Verdict verdict;
};

// The same policies, each document read again. Documents whose text does not depend on the readings are shared.
[[nodiscard]] PrincipalPolicies read_again(const PrincipalPolicies& policies, const Readings& readings);

// In the order of reading_table(). Readings that only spell a denial (its code and status) are not among them: they
// change no verdict.
[[nodiscard]] std::vector<AlternativeVerdict> evaluate_alternatives(const PrincipalPolicies& policies,
                                                                    const Request& request, const Readings& readings);

}  // namespace imagewarden::ram
