#include "engine/ram/lint_contradiction.h"

#include <algorithm>

#include "engine/ram/lint_containment.h"

namespace imagewarden::ram::lint {
namespace {

// Beyond these numbers of pairs nothing is said: lists of this length are not compared value by value.
constexpr std::size_t kMostPairs = 250'000;
constexpr std::size_t kMostGlobPairs = 400;

bool too_many(const Atom& a, const Atom& b) {
  const bool globs =
      a.op == Operator::kStringLike && (b.op == Operator::kStringLike || b.op == Operator::kStringNotLike);
  return a.values.size() * b.values.size() > (globs ? kMostGlobPairs : kMostPairs);
}

std::int64_t second_of(Time time) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  return time.unix_us / kSecondUs - (time.unix_us % kSecondUs < 0 ? 1 : 0);
}

template <class Test>
bool all_values(const Atom& atom, const Test& test) {
  return std::all_of(atom.values.begin(), atom.values.end(), test);
}
template <class Test>
bool any_value(const Atom& atom, const Test& test) {
  return std::any_of(atom.values.begin(), atom.values.end(), test);
}

// The bounds that a number operator sets: (bound, whether the bound itself counts).
struct NumberBounds {
  const Decimal* least{};
  bool least_counts{};
  const Decimal* most{};
  bool most_counts{};
};

const Decimal* extreme(const Atom& atom, bool smallest) {
  const Decimal* best = nullptr;
  for (const Value& value : atom.values) {
    if (!value.number) return nullptr;
    if (best == nullptr || (smallest ? *value.number < *best : *value.number > *best)) best = &*value.number;
  }
  return best;
}

NumberBounds bounds_of(const Atom& atom) {
  NumberBounds bounds;
  const bool at_least = atom.op == Operator::kNumericGreaterThan || atom.op == Operator::kNumericGreaterThanEquals;
  const bool at_most = atom.op == Operator::kNumericLessThan || atom.op == Operator::kNumericLessThanEquals;
  const bool equal = atom.op == Operator::kNumericEquals;
  // Several values are alternatives: the weakest of them is the bound.
  if (at_least || equal) bounds.least = extreme(atom, true);
  if (at_most || equal) bounds.most = extreme(atom, false);
  bounds.least_counts = equal || atom.op == Operator::kNumericGreaterThanEquals;
  bounds.most_counts = equal || atom.op == Operator::kNumericLessThanEquals;
  return bounds;
}

bool is_above(const NumberBounds& upper, const NumberBounds& lower) {
  if (upper.least == nullptr || lower.most == nullptr) return false;
  return *upper.least > *lower.most || (*upper.least == *lower.most && !(upper.least_counts && lower.most_counts));
}

// Operators whose wanted values are the only ones that meet them, with every view of a request's value made from the
// text: what one of these texts does not meet, no request can.
bool is_exact_text(Operator op) { return op == Operator::kStringEquals; }

// A value that an operator of these wants stands for every value that is equal to it.
bool is_exact_typed(Operator op) {
  return op == Operator::kNumericEquals || op == Operator::kDateEquals || op == Operator::kBool;
}

bool same_family(Operator a, Operator b) {
  const auto family = [](Operator op) {
    const std::string_view name = operator_name(op);
    return name.starts_with("Not") ? std::string_view("Ip") : name.substr(0, 2);
  };
  return family(a) == family(b);
}

bool is_number(Operator op) { return operator_name(op).starts_with("Numeric"); }
bool is_date(Operator op) { return operator_name(op).starts_with("Date"); }

// No value meets both operators.
bool no_common_value(const Atom& a, const Atom& b) {
  if (too_many(a, b)) return false;
  if (is_exact_text(a.op)) {
    return all_values(a, [&](const Value& value) { return !b.meets(Value::of(value.text)); });
  }
  if (is_exact_typed(a.op) && same_family(a.op, b.op)) {
    return all_values(a, [&](const Value& value) { return !b.meets(Value::of(value.text)); });
  }
  if (a.op == Operator::kStringEqualsIgnoreCase && b.op == Operator::kStringEqualsIgnoreCase) {
    return all_values(a, [&](const Value& value) { return !b.meets(value); });
  }
  if (a.op == Operator::kStringEqualsIgnoreCase && b.op == Operator::kStringNotEqualsIgnoreCase) {
    return all_values(a, [&](const Value& value) { return !b.meets(value); });
  }
  if (a.op == Operator::kStringLike && b.op == Operator::kStringLike) {
    return all_values(a, [&](const Value& x) {
      return all_values(b, [&](const Value& y) { return globs_disjoint(x.text, y.text) == Decided::kYes; });
    });
  }
  if (a.op == Operator::kStringLike && b.op == Operator::kStringNotLike) {
    return all_values(a, [&](const Value& x) {
      return any_value(b, [&](const Value& y) { return glob_within(x.text, y.text) == Decided::kYes; });
    });
  }
  if (a.op == Operator::kIpAddress && b.op == Operator::kIpAddress) {
    return all_values(a, [&](const Value& x) {
      return x.ip &&
             all_values(b, [&](const Value& y) { return y.ip && !x.ip->contains(*y.ip) && !y.ip->contains(*x.ip); });
    });
  }
  if (a.op == Operator::kIpAddress && b.op == Operator::kNotIpAddress) {
    return all_values(a, [&](const Value& x) {
      return x.ip && any_value(b, [&](const Value& y) {
               return y.ip && y.ip->prefix_bits <= x.ip->prefix_bits && y.ip->contains(*x.ip);
             });
    });
  }
  if (is_number(a.op) && is_number(b.op) && !is_negated(a.op) && !is_negated(b.op)) {
    const NumberBounds x = bounds_of(a);
    const NumberBounds y = bounds_of(b);
    return is_above(x, y) || is_above(y, x);
  }
  if (is_date(a.op) && is_date(b.op) && !is_negated(a.op) && !is_negated(b.op)) {
    TimeWindow window;
    narrow(window, a);
    narrow(window, b);
    return window.empty();
  }
  return false;
}

// Positive operators whose alternatives are each within one alternative of the other.
bool every_value_within(const Atom& narrow, const Atom& wide) {
  if (too_many(narrow, wide)) return false;
  if (narrow.op == Operator::kStringEquals || (is_exact_typed(narrow.op) && same_family(narrow.op, wide.op))) {
    return all_values(narrow, [&](const Value& value) { return wide.meets(Value::of(value.text)); });
  }
  if (narrow.op == Operator::kStringLike && wide.op == Operator::kStringLike) {
    return all_values(narrow, [&](const Value& x) {
      return any_value(wide, [&](const Value& y) { return glob_within(x.text, y.text) == Decided::kYes; });
    });
  }
  if (narrow.op == Operator::kIpAddress && wide.op == Operator::kIpAddress) {
    return all_values(narrow, [&](const Value& x) {
      return x.ip && any_value(wide, [&](const Value& y) {
               return y.ip && y.ip->prefix_bits <= x.ip->prefix_bits && y.ip->contains(*x.ip);
             });
    });
  }
  return false;
}

bool same_values(const Atom& a, const Atom& b) {
  const auto within = [](const Atom& x, const Atom& y) {
    return all_values(x, [&](const Value& value) {
      return any_value(y, [&](const Value& other) { return other.text == value.text; });
    });
  };
  return within(a, b) && within(b, a);
}

// Every value that the negated `wide` excludes is excluded by the negated `narrow` of the same operator.
bool excludes_as_much(const Atom& narrow, const Atom& wide) {
  return narrow.op == wide.op && is_negated(narrow.op) && all_values(wide, [&](const Value& value) {
           return any_value(narrow, [&](const Value& other) { return other.text == value.text; });
         });
}

}  // namespace

bool excludes(const Atom& a, const Atom& b, bool single) {
  if (a.quantifier != Quantifier::kNone || b.quantifier != Quantifier::kNone) return false;
  // A negated operator is met by a request without the key, and two of them by any other value.
  if (is_negated(a.op) && is_negated(b.op)) return false;
  if (is_negated(a.op)) return excludes(b, a, single);
  // One value meets the positive operator, and a negated one has to be met by that value too; two positive ones may be
  // met by different values.
  if (!is_negated(b.op) && !single) return false;
  return no_common_value(a, b) || (!is_negated(b.op) && no_common_value(b, a));
}

bool implies(const Atom& narrow, const Atom& wide) {
  if (narrow.key.lower != wide.key.lower || narrow.quantifier != wide.quantifier) return false;
  if (narrow.values.size() * wide.values.size() > kMostPairs) return false;
  if (narrow.op == wide.op && same_values(narrow, wide)) return true;
  if (narrow.quantifier != Quantifier::kNone) return false;
  if (is_negated(narrow.op) || is_negated(wide.op)) return excludes_as_much(narrow, wide);
  return every_value_within(narrow, wide);
}

bool implies(const Condition& narrow, const Condition& wide) {
  return std::all_of(wide.atoms.begin(), wide.atoms.end(), [&](const Atom& wanted) {
    return std::any_of(narrow.atoms.begin(), narrow.atoms.end(),
                       [&](const Atom& given) { return implies(given, wanted); });
  });
}

void narrow(TimeWindow& window, const Atom& atom) {
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  for (const Value& value : atom.values) {
    if (!value.date) return;
    const std::int64_t second = second_of(*value.date);
    first = first ? std::min(*first, second) : second;
    last = last ? std::max(*last, second) : second;
  }
  if (!first) return;
  const auto from = [&](std::int64_t second) { window.from = window.from ? std::max(*window.from, second) : second; };
  const auto until = [&](std::int64_t second) {
    window.until = window.until ? std::min(*window.until, second) : second;
  };
  // Several values are alternatives: the weakest of them is the bound.
  if (atom.op == Operator::kDateGreaterThan) from(*first + 1);
  if (atom.op == Operator::kDateGreaterThanEquals) from(*first);
  if (atom.op == Operator::kDateLessThan) until(*last - 1);
  if (atom.op == Operator::kDateLessThanEquals) until(*last);
  if (atom.op == Operator::kDateEquals) {
    from(*first);
    until(*last);
  }
}

}  // namespace imagewarden::ram::lint
