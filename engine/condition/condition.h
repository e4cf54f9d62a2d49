#pragma once
// The condition language: the Condition element of a RAM statement, and of our own rules. Operators, their values
// compiled once, three-valued evaluation. Source: RAM "Conditional operators" and "Permission policy elements";
// docs/ram.md. Everything here is immutable after construction and safe to share between threads.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_tree.h"
#include "engine/base/time.h"
#include "engine/base/tri.h"
#include "engine/condition/readings.h"

namespace imagewarden {

enum class Operator : std::uint8_t {
  kStringEquals,
  kStringNotEquals,
  kStringEqualsIgnoreCase,
  kStringNotEqualsIgnoreCase,
  kStringLike,
  kStringNotLike,
  kNumericEquals,
  kNumericNotEquals,
  kNumericLessThan,
  kNumericLessThanEquals,
  kNumericGreaterThan,
  kNumericGreaterThanEquals,
  kDateEquals,
  kDateNotEquals,
  kDateLessThan,
  kDateLessThanEquals,
  kDateGreaterThan,
  kDateGreaterThanEquals,
  kBool,
  kIpAddress,
  kNotIpAddress,
  kCount,
};

enum class Quantifier : std::uint8_t { kNone, kForAllValues, kForAnyValue };

// What an operator compares. kCount counts as kString.
enum class OperatorFamily : std::uint8_t { kString, kNumeric, kDate, kBool, kIp };

[[nodiscard]] OperatorFamily family_of(Operator op);
[[nodiscard]] std::string_view operator_name(Operator op);
[[nodiscard]] bool is_negated(Operator op);

// A decimal number of any length, compared exactly (no binary floating point): sign, digits without leading zeros,
// and the power of ten of the first digit.
class Decimal {
 public:
  // `-12`, `0.50`, `1e3`; at most 256 characters, exponent within ±10,000.
  static std::optional<Decimal> parse(std::string_view text);
  static Decimal of(std::int64_t value);
  // Whether it is a number by its form that parse() does not take. A request with such a value is refused: no condition
  // on a number would be met by it, not even one that denies.
  static bool is_beyond_limits(std::string_view text);
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  bool negative_{};
  std::int32_t exponent_{};
  std::string digits_;  // no leading and no trailing zeros; empty: zero
};

// IPv4 as an IPv4-mapped IPv6 address, so that there is one comparison. A single address is a block of one.
struct IpBlock {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t prefix_bits{128};
  bool is_v4{};
  // `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`. Host bits may be set; they are ignored.
  static std::optional<IpBlock> parse(std::string_view text);
  // Precondition: `address` is a block of one. IPv4 and IPv6 blocks never hold each other's addresses.
  [[nodiscard]] bool contains(const IpBlock& address) const;
};

// One value that a request or a fact carries, with every typed view of it made once. A view is empty if the text is
// not of that type; an operator that needs it then does not match.
struct Value {
  std::string text;
  std::optional<Decimal> number;
  std::optional<Time> date;
  std::optional<IpBlock> ip;
  std::optional<bool> boolean;

  static Value of(std::string_view text);         // all views tried
  static Value of_string(std::string_view text);  // no view but the text (facts that are names)
  static Value of_integer(std::int64_t value);
  static Value of_time(Time time);
  static Value of_bool(bool value);
};

// What is known of a key.
enum class KeyState : std::uint8_t {
  kAbsent,   // the request does not carry the key
  kKnown,    // its values are exactly `values`; none at all is the same as kAbsent
  kPartial,  // it has `values`, and there may be more (a list that was cut off)
  kOpen,     // nothing is known: neither whether it is there nor what it holds
};

struct KeyFacts {
  KeyState state{KeyState::kAbsent};
  std::span<const Value> values;
};

// A condition key as policies spell it, ready for look-up. Compared without regard to case, but for what follows a
// slash: the key of a tag (`acs:ResourceTag/KEY`), whose case counts.
struct Key {
  std::string name;      // as written
  std::string lower;     // lower case up to the first slash
  std::uint64_t hash{};  // of `lower`
  static Key of(std::string_view name);
};

// `Operator: {key: [values]}` for one key.
struct Atom {
  Operator op{Operator::kStringEquals};
  Quantifier quantifier{Quantifier::kNone};
  Key key;
  std::vector<Value> values;  // wanted values, at least one, typed as the operator needs
  std::uint32_t offset{};     // of the key in the document, for positions
  std::vector<std::uint32_t> value_offsets;

  // Whether the single value meets the operator for at least one wanted value (a negated operator: for none).
  [[nodiscard]] bool meets(const Value& found) const;
  // The same for a text that has no typed views (a name); operators of other families see a value of the wrong type.
  [[nodiscard]] bool meets_text(std::string_view found) const;
  [[nodiscard]] Tri evaluate(const KeyFacts& facts, const Readings& readings) const;
};

// A whole Condition element: every atom must be met. Empty: always met.
struct Condition {
  std::vector<Atom> atoms;
};

// Why a Condition cannot be evaluated: an unknown operator, a malformed value.
struct ConditionFault {
  std::string what;  // `operator `BoolIfExists` is not one of RAM's`
  std::uint32_t offset{};
};

// Compiles the JSON of a Condition element. A fault makes the whole statement not evaluable (RAM) or the file bad
// (rules).
[[nodiscard]] tl::expected<Condition, ConditionFault> compile_condition(const JsonValue& json,
                                                                        const Readings& readings);

// The keys of one request. Values given by the user plus what the engine knows itself.
// INVARIANT: entries are sorted by key hash, each key once.
class Context {
 public:
  struct Entry {
    Key key;
    KeyState state{KeyState::kKnown};
    std::vector<Value> values;
  };
  // Replaces what was set for the key.
  void set(std::string_view name, KeyState state, std::vector<Value> values);
  void add_value(std::string_view name, std::string_view value);  // `--context KEY=VALUE`, repeated
  void set_absent(std::string_view name);                         // `--no-context KEY`
  // A key never set: kOpen for the keys that ram-policy calls open (acs:SourceIp, acs:SecureTransport, acs:MFAPresent,
  // acs:SourceVpc, acs:VpcSourceIp, acs:PrincipalRDId, acs:PrincipalRDPath, acs:UserAgent, acs:Service, acs:AccessId),
  // else kAbsent.
  [[nodiscard]] KeyFacts find(const Key& key) const;
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

[[nodiscard]] bool is_open_by_default(const Key& key);

// The AND of the atoms.
[[nodiscard]] Tri evaluate(const Condition& condition, const Context& context, const Readings& readings);

// What a value of the key has to look like, in words; nothing where it does, or where the key holds any text. Who asks
// with another form means something that no condition would be met by, not even one that denies.
[[nodiscard]] std::string_view expected_form(const Key& key, const Value& value);

}  // namespace imagewarden
