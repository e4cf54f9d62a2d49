// Operators, values, and the three-valued evaluation of one key.

#include "engine/condition/condition.h"

#include <algorithm>

#include "engine/base/glob.h"

namespace imagewarden {
namespace {

constexpr std::string_view kOperatorNames[] = {
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
};
static_assert(std::size(kOperatorNames) == static_cast<std::size_t>(Operator::kCount));

enum class Comparison : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

bool holds(Comparison comparison, std::strong_ordering order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

bool compare_numbers(Comparison comparison, const Value& found, const Value& wanted) {
  return found.number && wanted.number && holds(comparison, *found.number <=> *wanted.number);
}

// Dates have the precision of a second: both sides are cut, towards the past also before 1970.
std::int64_t whole_second(Time time) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  return time.unix_us / kSecondUs - (time.unix_us % kSecondUs < 0 ? 1 : 0);
}

bool compare_dates(Comparison comparison, const Value& found, const Value& wanted) {
  return found.date && wanted.date && holds(comparison, whole_second(*found.date) <=> whole_second(*wanted.date));
}

bool is_within(const Value& found, const Value& wanted) {
  constexpr std::uint8_t kOneAddress = 128;
  return found.ip && wanted.ip && found.ip->prefix_bits == kOneAddress && wanted.ip->contains(*found.ip);
}

// Whether the text equals one wanted value, as the operator or, of a negated one, its positive form sees it. False for
// operators of other families.
bool text_matches(Operator op, std::string_view found, std::string_view wanted) {
  switch (op) {
    case Operator::kStringEquals:
    case Operator::kStringNotEquals:
      return found == wanted;
    case Operator::kStringEqualsIgnoreCase:
    case Operator::kStringNotEqualsIgnoreCase:
      return equals_ignore_case(found, wanted);
    case Operator::kStringLike:
    case Operator::kStringNotLike:
      return glob_matches(wanted, found);
    case Operator::kNumericEquals:
    case Operator::kNumericNotEquals:
    case Operator::kNumericLessThan:
    case Operator::kNumericLessThanEquals:
    case Operator::kNumericGreaterThan:
    case Operator::kNumericGreaterThanEquals:
    case Operator::kDateEquals:
    case Operator::kDateNotEquals:
    case Operator::kDateLessThan:
    case Operator::kDateLessThanEquals:
    case Operator::kDateGreaterThan:
    case Operator::kDateGreaterThanEquals:
    case Operator::kBool:
    case Operator::kIpAddress:
    case Operator::kNotIpAddress:
    case Operator::kCount:
      break;
  }
  return false;
}

bool value_matches(Operator op, const Value& found, const Value& wanted) {
  switch (op) {
    case Operator::kStringEquals:
    case Operator::kStringNotEquals:
    case Operator::kStringEqualsIgnoreCase:
    case Operator::kStringNotEqualsIgnoreCase:
    case Operator::kStringLike:
    case Operator::kStringNotLike:
      return text_matches(op, found.text, wanted.text);
    case Operator::kNumericEquals:
    case Operator::kNumericNotEquals:
      return compare_numbers(Comparison::kEqual, found, wanted);
    case Operator::kNumericLessThan:
      return compare_numbers(Comparison::kLess, found, wanted);
    case Operator::kNumericLessThanEquals:
      return compare_numbers(Comparison::kLessOrEqual, found, wanted);
    case Operator::kNumericGreaterThan:
      return compare_numbers(Comparison::kGreater, found, wanted);
    case Operator::kNumericGreaterThanEquals:
      return compare_numbers(Comparison::kGreaterOrEqual, found, wanted);
    case Operator::kDateEquals:
    case Operator::kDateNotEquals:
      return compare_dates(Comparison::kEqual, found, wanted);
    case Operator::kDateLessThan:
      return compare_dates(Comparison::kLess, found, wanted);
    case Operator::kDateLessThanEquals:
      return compare_dates(Comparison::kLessOrEqual, found, wanted);
    case Operator::kDateGreaterThan:
      return compare_dates(Comparison::kGreater, found, wanted);
    case Operator::kDateGreaterThanEquals:
      return compare_dates(Comparison::kGreaterOrEqual, found, wanted);
    case Operator::kBool:
      return found.boolean && found.boolean == wanted.boolean;
    case Operator::kIpAddress:
    case Operator::kNotIpAddress:
      return is_within(found, wanted);
    case Operator::kCount:
      break;
  }
  return false;
}

// An operator that no value can change: a Like whose pattern is every text. Whether each value then meets it.
std::optional<bool> constant_result(const Atom& atom) {
  if (atom.op != Operator::kStringLike && atom.op != Operator::kStringNotLike) return std::nullopt;
  const bool takes_all = std::any_of(atom.values.begin(), atom.values.end(), [](const Value& wanted) {
    return !wanted.text.empty() && wanted.text.find_first_not_of('*') == std::string::npos;
  });
  if (!takes_all) return std::nullopt;
  return atom.op == Operator::kStringLike;
}

Tri result_if_absent(const Atom& atom, const Readings& readings) {
  switch (atom.quantifier) {
    case Quantifier::kNone:
      return tri_of(is_negated(atom.op) && readings.is_default(Reading::kMissingKeyNegated));
    case Quantifier::kForAllValues:
      return tri_of(readings.is_default(Reading::kForAllValuesAbsent));
    case Quantifier::kForAnyValue:
      break;
  }
  return Tri::kFalse;
}

// Whether every value of the request must meet the operator, or one is enough. "None equals", which a negated operator
// asks for, is that every value meets it.
bool needs_every_value(const Atom& atom, const Readings& readings) {
  switch (atom.quantifier) {
    case Quantifier::kNone:
      return is_negated(atom.op) || !readings.is_default(Reading::kSeveralRequestValues);
    case Quantifier::kForAllValues:
      return true;
    case Quantifier::kForAnyValue:
      break;
  }
  return false;
}

}  // namespace

OperatorFamily family_of(Operator op) {
  switch (op) {
    case Operator::kStringEquals:
    case Operator::kStringNotEquals:
    case Operator::kStringEqualsIgnoreCase:
    case Operator::kStringNotEqualsIgnoreCase:
    case Operator::kStringLike:
    case Operator::kStringNotLike:
    case Operator::kCount:
      return OperatorFamily::kString;
    case Operator::kNumericEquals:
    case Operator::kNumericNotEquals:
    case Operator::kNumericLessThan:
    case Operator::kNumericLessThanEquals:
    case Operator::kNumericGreaterThan:
    case Operator::kNumericGreaterThanEquals:
      return OperatorFamily::kNumeric;
    case Operator::kDateEquals:
    case Operator::kDateNotEquals:
    case Operator::kDateLessThan:
    case Operator::kDateLessThanEquals:
    case Operator::kDateGreaterThan:
    case Operator::kDateGreaterThanEquals:
      return OperatorFamily::kDate;
    case Operator::kBool:
      return OperatorFamily::kBool;
    case Operator::kIpAddress:
    case Operator::kNotIpAddress:
      return OperatorFamily::kIp;
  }
  return OperatorFamily::kString;
}

std::string_view operator_name(Operator op) {
  const auto index = static_cast<std::size_t>(op);
  return index < std::size(kOperatorNames) ? kOperatorNames[index] : std::string_view{};
}

bool is_negated(Operator op) {
  return op == Operator::kStringNotEquals || op == Operator::kStringNotEqualsIgnoreCase ||
         op == Operator::kStringNotLike || op == Operator::kNumericNotEquals || op == Operator::kDateNotEquals ||
         op == Operator::kNotIpAddress;
}

Value Value::of(std::string_view text) {
  Value value = of_string(text);
  value.number = Decimal::parse(text);
  value.date = parse_rfc3339(text);
  value.ip = IpBlock::parse(text);
  if (text == "true") value.boolean = true;
  if (text == "false") value.boolean = false;
  return value;
}

Value Value::of_string(std::string_view text) {
  Value value;
  value.text = text;
  return value;
}

Value Value::of_integer(std::int64_t integer) {
  Value value = of_string(std::to_string(integer));
  value.number = Decimal::of(integer);
  return value;
}

Value Value::of_time(Time time) {
  Value value = of_string(format_rfc3339(time));
  value.date = time;
  return value;
}

Value Value::of_bool(bool boolean) {
  Value value = of_string(boolean ? "true" : "false");
  value.boolean = boolean;
  return value;
}

bool Atom::meets(const Value& found) const {
  const bool matches =
      std::any_of(values.begin(), values.end(), [&](const Value& wanted) { return value_matches(op, found, wanted); });
  return matches != is_negated(op);
}

bool Atom::meets_text(std::string_view found) const {
  const bool matches = std::any_of(values.begin(), values.end(),
                                   [&](const Value& wanted) { return text_matches(op, found, wanted.text); });
  return matches != is_negated(op);
}

Tri Atom::evaluate(const KeyFacts& facts, const Readings& readings) const {
  const bool is_absent = facts.state == KeyState::kAbsent || (facts.state == KeyState::kKnown && facts.values.empty());
  if (is_absent) return result_if_absent(*this, readings);
  if (facts.state == KeyState::kKnown || facts.state == KeyState::kPartial) {
    const bool every = needs_every_value(*this, readings);
    // One value can settle it: the first that fails where every one is needed, the first that meets it else.
    for (const Value& found : facts.values) {
      if (meets(found) != every) return tri_of(!every);
    }
    if (facts.state == KeyState::kKnown) return tri_of(every);
  }
  const auto constant = constant_result(*this);
  if (!constant) return Tri::kUnknown;
  // The key may still be absent, unless a value is known.
  const Tri present = tri_of(*constant);
  if (!facts.values.empty() || present == result_if_absent(*this, readings)) return present;
  return Tri::kUnknown;
}

Tri evaluate(const Condition& condition, const Context& context, const Readings& readings) {
  Tri result = Tri::kTrue;
  for (const Atom& atom : condition.atoms) {
    result = tri_and(result, atom.evaluate(context.find(atom.key), readings));
    if (result == Tri::kFalse) break;
  }
  return result;
}

}  // namespace imagewarden
