// From the JSON of a Condition element to atoms. Strict: what RAM would refuse is a fault, never ignored.

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/condition/condition.h"

namespace imagewarden {
namespace {

constexpr std::string_view kForAll = "ForAllValues:";
constexpr std::string_view kForAny = "ForAnyValue:";

struct OperatorUse {
  Operator op{};
  Quantifier quantifier{Quantifier::kNone};
};

std::string quoted(std::string_view text) { return "`" + one_line(text) + "`"; }

std::optional<Operator> find_operator(std::string_view name) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Operator::kCount); ++i) {
    const auto op = static_cast<Operator>(i);
    if (operator_name(op) == name) return op;
  }
  return std::nullopt;
}

// Why a name is no operator, with what was probably meant.
std::string unknown_operator(std::string_view written, std::string_view name) {
  std::string what = "operator " + quoted(written) + " is not one of RAM's";
  if (name.ends_with("IfExists") || name == "Null") return what + ", which cannot ask whether a key is there";
  if (name.starts_with("Arn") || name.starts_with("Binary")) return what;
  std::array<std::string_view, static_cast<std::size_t>(Operator::kCount)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = operator_name(static_cast<Operator>(i));
  if (const auto nearest = nearest_name(name, names)) what += ", expected " + quoted(*nearest);
  return what;
}

std::string_view type_name(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "a boolean";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "a list";
    case JsonType::kObject:
      return "an object";
  }
  return "something else";
}

// A wanted value with the one view that its operator compares; nothing if the text is not of the type.
std::optional<Value> typed_value(Operator op, std::string_view text) {
  Value value = Value::of_string(text);
  switch (family_of(op)) {
    case OperatorFamily::kString:
      return value;
    case OperatorFamily::kNumeric:
      value.number = Decimal::parse(text);
      if (!value.number) return std::nullopt;
      return value;
    case OperatorFamily::kDate:
      value.date = parse_rfc3339(text);
      if (!value.date) return std::nullopt;
      return value;
    case OperatorFamily::kBool:
      if (text != "true" && text != "false") return std::nullopt;
      value.boolean = text == "true";
      return value;
    case OperatorFamily::kIp:
      value.ip = IpBlock::parse(text);
      if (!value.ip) return std::nullopt;
      return value;
  }
  return std::nullopt;
}

std::string_view expected_value(Operator op) {
  const std::string_view name = operator_name(op);
  if (name.starts_with("Numeric")) return "a decimal number";
  if (name.starts_with("Date")) return "a date such as `2026-08-12T17:00:00+08:00`";
  if (name.starts_with("Bool")) return "`true` or `false`";
  return "an IP address or CIDR block";
}

class Compiler {
 public:
  explicit Compiler(const Readings& readings) : readings_(readings) {}

  tl::expected<Condition, ConditionFault> run(const JsonValue& json) {
    if (!json.is(JsonType::kObject)) {
      refuse(json.offset, "Condition is " + std::string(type_name(json.type)) + ", expected an object of operators");
    }
    for (const JsonMember& member : json.members) read_operator(member);
    if (fault_) return tl::make_unexpected(std::move(*fault_));
    return std::move(condition_);
  }

 private:
  // Only the first fault is kept: the order of the document is the order of the reports.
  void refuse(std::uint32_t offset, std::string what) {
    if (!fault_) fault_ = ConditionFault{std::move(what), offset};
  }

  void read_operator(const JsonMember& member) {
    if (fault_) return;
    OperatorUse use;
    std::string_view name = member.key;
    if (name.starts_with(kForAll)) {
      use.quantifier = Quantifier::kForAllValues;
      name.remove_prefix(kForAll.size());
    } else if (name.starts_with(kForAny)) {
      use.quantifier = Quantifier::kForAnyValue;
      name.remove_prefix(kForAny.size());
    }
    const auto op = find_operator(name);
    if (!op) return refuse(member.key_offset, unknown_operator(member.key, name));
    use.op = *op;
    if (!member.value.is(JsonType::kObject)) {
      return refuse(member.value.offset, "operator " + quoted(member.key) + " holds " +
                                             std::string(type_name(member.value.type)) +
                                             ", expected an object of keys");
    }
    if (member.value.members.empty()) {
      return refuse(member.value.offset, "operator " + quoted(member.key) + " without a key, expected at least one");
    }
    for (const JsonMember& key : member.value.members) read_key(use, key);
  }

  void read_key(const OperatorUse& use, const JsonMember& member) {
    if (fault_) return;
    if (member.key.empty()) return refuse(member.key_offset, "empty condition key");
    Atom atom;
    atom.op = use.op;
    atom.quantifier = use.quantifier;
    atom.key = Key::of(member.key);
    atom.offset = member.key_offset;
    if (member.value.is(JsonType::kArray)) {
      if (member.value.items.empty()) {
        return refuse(member.value.offset,
                      "condition key " + quoted(member.key) + " without a value, expected at least one");
      }
      for (const JsonValue& item : member.value.items) read_value(atom, item);
    } else {
      read_value(atom, member.value);
    }
    if (!fault_) condition_.atoms.push_back(std::move(atom));
  }

  void read_value(Atom& atom, const JsonValue& json) {
    if (fault_) return;
    std::string_view text = json.text;
    if (!json.is(JsonType::kString)) {
      const bool is_loose = json.is(JsonType::kBool) || json.is(JsonType::kNumber);
      if (!is_loose || !readings_.is_default(Reading::kLooseConditionValue)) {
        return refuse(json.offset, "value of condition key " + quoted(atom.key.name) + " is " +
                                       std::string(type_name(json.type)) + ", expected a string");
      }
      if (json.is(JsonType::kBool)) text = json.boolean ? "true" : "false";
    }
    auto value = typed_value(atom.op, text);
    if (!value) {
      return refuse(json.offset, "value " + quoted(text) + " of condition key " + quoted(atom.key.name) +
                                     " does not fit " + quoted(operator_name(atom.op)) + ", expected " +
                                     std::string(expected_value(atom.op)));
    }
    atom.values.push_back(std::move(*value));
    atom.value_offsets.push_back(json.offset);
  }

  const Readings& readings_;
  Condition condition_;
  std::optional<ConditionFault> fault_;
};

}  // namespace

tl::expected<Condition, ConditionFault> compile_condition(const JsonValue& json, const Readings& readings) {
  return Compiler(readings).run(json);
}

}  // namespace imagewarden
