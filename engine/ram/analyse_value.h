#pragma once
// One value of a context key that meets some condition atoms and does not meet others.

#include <span>
#include <string>

#include "engine/condition/condition.h"
#include "engine/ram/analyse_text.h"

namespace imagewarden::ram {

struct ValueTest {
  const Atom* atom{};
  bool meets{};  // what Atom::meets() has to say
};

struct ValueQuestion {
  std::span<const ValueTest> tests;
  std::span<const std::string> preferred;  // taken if one of them will do
  bool is_date{};                          // only dates are values of this key
};

enum class ValueFound : std::uint8_t { kNone, kFound, kUnsure, kOutOfSteps };
struct ValueResult {
  ValueFound found{ValueFound::kNone};
  std::string text;  // kUnsure: why
};

// Decides by the family of the operators; kUnsure only where one key is compared both as text and as something else, or
// where numbers lie closer than a Decimal can tell.
[[nodiscard]] ValueResult find_value(const ValueQuestion& question, Budget& budget);

// The patterns of a string operator's wanted values; empty for the operators of other families. Whether the value
// matches one of them is what Atom::meets() says, or for a negated operator the opposite.
[[nodiscard]] std::vector<TextPattern> value_patterns(const Atom& atom);
[[nodiscard]] bool is_string_operator(Operator op);

}  // namespace imagewarden::ram
