// Each operator, each state of a key, each quantifier.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "engine/condition/condition.h"

using namespace imagewarden;

namespace {

Condition compile(const std::string& json, const Readings& readings = {}) {
  const auto document = JsonDocument::parse(json);
  REQUIRE(document);
  auto condition = compile_condition(document->root(), readings);
  if (!condition) FAIL(condition.error().what);
  return std::move(*condition);
}

std::string quoted_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "\"" : ",\"") + value + "\"";
  return "[" + list + "]";
}

Tri evaluate_one(const std::string& op, const std::vector<std::string>& wanted, KeyState state,
                 const std::vector<std::string>& found, const Readings& readings = {}) {
  const Condition condition = compile("{\"" + op + R"(": {"k:Key": )" + quoted_list(wanted) + "}}", readings);
  std::vector<Value> values;
  for (const std::string& text : found) values.push_back(Value::of(text));
  Context context;
  context.set("K:key", state, std::move(values));
  return evaluate(condition, context, readings);
}

constexpr Tri kNo = Tri::kFalse;
constexpr Tri kOpen = Tri::kUnknown;
constexpr Tri kYes = Tri::kTrue;

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("operators on one known value", "[condition][table]") {
  struct Row {
    const char* op;
    Texts wanted;
    std::string found;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"StringEquals", {"a"}, "a", true},
      {"StringEquals", {"a"}, "A", false},
      {"StringEquals", {"b", "a"}, "a", true},
      {"StringEquals", {"a*"}, "ab", false},
      {"StringNotEquals", {"a"}, "a", false},
      {"StringNotEquals", {"a"}, "b", true},
      {"StringNotEquals", {"a", "b"}, "b", false},
      {"StringEqualsIgnoreCase", {"aB"}, "Ab", true},
      {"StringEqualsIgnoreCase", {"a"}, "b", false},
      {"StringNotEqualsIgnoreCase", {"aB"}, "Ab", false},
      {"StringNotEqualsIgnoreCase", {"a"}, "b", true},
      {"StringLike", {"vpc-*"}, "vpc-1", true},
      {"StringLike", {"vpc-?"}, "vpc-12", false},
      {"StringLike", {"VPC-*"}, "vpc-1", false},
      {"StringNotLike", {"vpc-*"}, "vpc-1", false},
      {"StringNotLike", {"vpc-*", "x*"}, "y", true},
      {"NumericEquals", {"10"}, "1e1", true},
      {"NumericEquals", {"10"}, "11", false},
      {"NumericEquals", {"10"}, "ten", false},
      {"NumericNotEquals", {"10"}, "10.0", false},
      {"NumericNotEquals", {"10"}, "ten", true},
      {"NumericLessThan", {"10"}, "9.99", true},
      {"NumericLessThan", {"10"}, "10", false},
      {"NumericLessThan", {"5", "10"}, "7", true},
      {"NumericLessThan", {"10"}, "abc", false},
      {"NumericLessThanEquals", {"10"}, "10", true},
      {"NumericLessThanEquals", {"10"}, "10.01", false},
      {"NumericGreaterThan", {"10"}, "10", false},
      {"NumericGreaterThan", {"10"}, "11", true},
      {"NumericGreaterThanEquals", {"10"}, "10", true},
      {"NumericGreaterThanEquals", {"10"}, "9", false},
      {"DateEquals", {"2026-08-12T17:00:00+08:00"}, "2026-08-12T09:00:00Z", true},
      {"DateEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00.999Z", true},
      {"DateEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:01Z", false},
      {"DateEquals", {"1969-12-31T23:59:59Z"}, "1969-12-31T23:59:59.5Z", true},
      {"DateNotEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00Z", false},
      {"DateNotEquals", {"2026-08-12T09:00:00Z"}, "yesterday", true},
      {"DateLessThan", {"2026-08-12T09:00:00Z"}, "2026-08-12T08:59:59Z", true},
      {"DateLessThan", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00Z", false},
      {"DateLessThan", {"2026-08-12T09:00:00Z"}, "2026-08-12", false},
      {"DateLessThanEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00.7Z", true},
      {"DateGreaterThan", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00.7Z", false},
      {"DateGreaterThan", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:01Z", true},
      {"DateGreaterThanEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T09:00:00Z", true},
      {"DateGreaterThanEquals", {"2026-08-12T09:00:00Z"}, "2026-08-12T08:00:00Z", false},
      {"Bool", {"true"}, "true", true},
      {"Bool", {"true"}, "false", false},
      {"Bool", {"false"}, "False", false},
      {"Bool", {"true", "false"}, "false", true},
      {"IpAddress", {"203.0.113.0/24"}, "203.0.113.7", true},
      {"IpAddress", {"203.0.113.0/24"}, "203.0.114.7", false},
      {"IpAddress", {"10.0.0.0/8", "203.0.113.7"}, "203.0.113.7", true},
      {"IpAddress", {"203.0.113.0/24"}, "203.0.113.0/25", false},
      {"IpAddress", {"::/0"}, "not an address", false},
      {"NotIpAddress", {"203.0.113.0/24"}, "203.0.113.7", false},
      {"NotIpAddress", {"203.0.113.0/24", "10.0.0.0/8"}, "192.0.2.1", true},
      {"NotIpAddress", {"203.0.113.0/24"}, "not an address", true},
  }));
  CAPTURE(row.op, row.wanted, row.found);
  CHECK(evaluate_one(row.op, row.wanted, KeyState::kKnown, {row.found}) == tri_of(row.want));
  // One value: the quantifiers cannot differ.
  CHECK(evaluate_one("ForAllValues:" + std::string(row.op), row.wanted, KeyState::kKnown, {row.found}) ==
        tri_of(row.want));
  CHECK(evaluate_one("ForAnyValue:" + std::string(row.op), row.wanted, KeyState::kKnown, {row.found}) ==
        tri_of(row.want));
  // One value more could turn it only one way.
  const bool negated = std::string(row.op).find("Not") != std::string::npos;
  CHECK(evaluate_one(row.op, row.wanted, KeyState::kPartial, {row.found}) ==
        (row.want == negated ? kOpen : tri_of(row.want)));
}

TEST_CASE("operators without a value to compare", "[condition][table]") {
  struct Row {
    std::string op;
    std::string wanted;
  };
  const auto row = GENERATE(values<Row>({
      {"StringEquals", "a"},
      {"StringNotEquals", "a"},
      {"StringEqualsIgnoreCase", "a"},
      {"StringNotEqualsIgnoreCase", "a"},
      {"StringLike", "a*"},
      {"StringNotLike", "a*"},
      {"NumericEquals", "1"},
      {"NumericNotEquals", "1"},
      {"NumericLessThan", "1"},
      {"NumericLessThanEquals", "1"},
      {"NumericGreaterThan", "1"},
      {"NumericGreaterThanEquals", "1"},
      {"DateEquals", "2026-08-12T09:00:00Z"},
      {"DateNotEquals", "2026-08-12T09:00:00Z"},
      {"DateLessThan", "2026-08-12T09:00:00Z"},
      {"DateLessThanEquals", "2026-08-12T09:00:00Z"},
      {"DateGreaterThan", "2026-08-12T09:00:00Z"},
      {"DateGreaterThanEquals", "2026-08-12T09:00:00Z"},
      {"Bool", "true"},
      {"IpAddress", "0.0.0.0/0"},
      {"NotIpAddress", "0.0.0.0/0"},
  }));
  CAPTURE(row.op);
  const bool negated = row.op.find("Not") != std::string::npos;
  Readings strict;
  strict.set(Reading::kMissingKeyNegated, 1);
  strict.set(Reading::kForAllValuesAbsent, 1);
  // A known key without a value is as good as absent.
  for (const KeyState state : {KeyState::kAbsent, KeyState::kKnown}) {
    CHECK(evaluate_one(row.op, {row.wanted}, state, {}) == tri_of(negated));
    CHECK(evaluate_one(row.op, {row.wanted}, state, {}, strict) == kNo);
    CHECK(evaluate_one("ForAllValues:" + row.op, {row.wanted}, state, {}) == kYes);
    CHECK(evaluate_one("ForAllValues:" + row.op, {row.wanted}, state, {}, strict) == kNo);
    CHECK(evaluate_one("ForAnyValue:" + row.op, {row.wanted}, state, {}) == kNo);
  }
  for (const KeyState state : {KeyState::kPartial, KeyState::kOpen}) {
    CHECK(evaluate_one(row.op, {row.wanted}, state, {}) == kOpen);
    CHECK(evaluate_one("ForAllValues:" + row.op, {row.wanted}, state, {}) == kOpen);
    CHECK(evaluate_one("ForAnyValue:" + row.op, {row.wanted}, state, {}) == kOpen);
  }
}

TEST_CASE("several values of the request", "[condition][table]") {
  struct Row {
    const char* op;
    Texts found;
    Tri known;
    Tri partial;
  };
  // Wanted: a or b.
  const auto row = GENERATE(values<Row>({
      {"StringEquals", {"x", "a"}, kYes, kYes},
      {"StringEquals", {"x", "y"}, kNo, kOpen},
      {"StringNotEquals", {"x", "a"}, kNo, kNo},
      {"StringNotEquals", {"x", "y"}, kYes, kOpen},
      {"ForAllValues:StringEquals", {"a", "b"}, kYes, kOpen},
      {"ForAllValues:StringEquals", {"a", "x"}, kNo, kNo},
      {"ForAllValues:StringNotEquals", {"x", "y"}, kYes, kOpen},
      {"ForAllValues:StringNotEquals", {"x", "a"}, kNo, kNo},
      {"ForAnyValue:StringEquals", {"x", "a"}, kYes, kYes},
      {"ForAnyValue:StringEquals", {"x", "y"}, kNo, kOpen},
      {"ForAnyValue:StringNotEquals", {"a", "x"}, kYes, kYes},
      {"ForAnyValue:StringNotEquals", {"a", "b"}, kNo, kOpen},
  }));
  CAPTURE(row.op, row.found);
  CHECK(evaluate_one(row.op, {"a", "b"}, KeyState::kKnown, row.found) == row.known);
  CHECK(evaluate_one(row.op, {"a", "b"}, KeyState::kPartial, row.found) == row.partial);
}

TEST_CASE("reading several-request-values", "[condition][readings]") {
  Readings all;
  all.set(Reading::kSeveralRequestValues, 1);
  CHECK(evaluate_one("StringEquals", {"a"}, KeyState::kKnown, {"a", "x"}, all) == kNo);
  CHECK(evaluate_one("StringEquals", {"a", "x"}, KeyState::kKnown, {"a", "x"}, all) == kYes);
  CHECK(evaluate_one("StringEquals", {"a"}, KeyState::kPartial, {"a"}, all) == kOpen);
  CHECK(evaluate_one("StringEquals", {"a"}, KeyState::kPartial, {"x"}, all) == kNo);
  CHECK(evaluate_one("StringNotEquals", {"a"}, KeyState::kKnown, {"a", "x"}, all) == kNo);
  CHECK(evaluate_one("StringEquals", {"a"}, KeyState::kAbsent, {}, all) == kNo);
  CHECK(evaluate_one("ForAnyValue:StringEquals", {"a"}, KeyState::kKnown, {"a", "x"}, all) == kYes);
}

TEST_CASE("an open key does not matter where no value could", "[condition]") {
  Readings strict;
  strict.set(Reading::kMissingKeyNegated, 1);
  strict.set(Reading::kForAllValuesAbsent, 1);
  CHECK(evaluate_one("ForAllValues:StringLike", {"x", "*"}, KeyState::kOpen, {}) == kYes);
  CHECK(evaluate_one("ForAllValues:StringLike", {"*"}, KeyState::kOpen, {}, strict) == kOpen);
  CHECK(evaluate_one("ForAnyValue:StringNotLike", {"*"}, KeyState::kOpen, {}) == kNo);
  CHECK(evaluate_one("StringNotLike", {"**"}, KeyState::kOpen, {}) == kOpen);
  CHECK(evaluate_one("StringNotLike", {"**"}, KeyState::kOpen, {}, strict) == kNo);
  CHECK(evaluate_one("StringLike", {"*"}, KeyState::kOpen, {}) == kOpen);
  CHECK(evaluate_one("StringLike", {"*"}, KeyState::kPartial, {}) == kOpen);
  CHECK(evaluate_one("ForAllValues:StringLike", {"*"}, KeyState::kPartial, {"a"}) == kYes);
}

TEST_CASE("keys and operators are joined by AND", "[condition]") {
  const Condition condition = compile(R"({"StringEquals": {"k:A": "1", "k:B": "2"}, "Bool": {"k:C": true}})");
  CHECK(condition.atoms.size() == 3);
  Context context;
  CHECK(evaluate(condition, context, {}) == kNo);
  context.add_value("k:A", "1");
  context.add_value("k:B", "2");
  context.set("k:C", KeyState::kOpen, {});
  CHECK(evaluate(condition, context, {}) == kOpen);
  context.add_value("k:C", "true");
  CHECK(evaluate(condition, context, {}) == kYes);
  context.set_absent("k:B");
  CHECK(evaluate(condition, context, {}) == kNo);
  CHECK(evaluate(Condition{}, Context{}, {}) == kYes);
}

TEST_CASE("a text without views compares as text only", "[condition]") {
  CHECK(compile(R"({"StringLike": {"Action": "ecs:*"}})").atoms[0].meets_text("ecs:Run"));
  CHECK_FALSE(compile(R"({"StringNotLike": {"Action": "ecs:*"}})").atoms[0].meets_text("ecs:Run"));
  CHECK_FALSE(compile(R"({"NumericEquals": {"Action": "1"}})").atoms[0].meets_text("1"));
  CHECK(compile(R"({"NumericNotEquals": {"Action": "1"}})").atoms[0].meets_text("1"));
}

TEST_CASE("context: keys, values, defaults", "[condition]") {
  Context context;
  context.add_value("acs:SourceIp", "203.0.113.7");
  context.add_value("ACS:sourceip", "203.0.113.8");
  REQUIRE(context.entries().size() == 1);
  CHECK(context.find(Key::of("acs:sourceIP")).values.size() == 2);
  context.set_absent("acs:SourceIp");
  CHECK(context.find(Key::of("acs:SourceIp")).state == KeyState::kAbsent);
  context.add_value("acs:SourceIp", "203.0.113.9");
  CHECK(context.find(Key::of("acs:SourceIp")).state == KeyState::kKnown);
  CHECK(context.find(Key::of("acs:SourceIp")).values.size() == 1);

  // The key of a tag is compared with its case.
  context.add_value("acs:ResourceTag/Team", "x");
  CHECK(context.find(Key::of("ACS:resourcetag/Team")).state == KeyState::kKnown);
  CHECK(context.find(Key::of("acs:ResourceTag/team")).state == KeyState::kAbsent);

  for (const char* name :
       {"acs:SecureTransport", "acs:MFAPresent", "acs:SourceVpc", "acs:VpcSourceIp", "acs:PrincipalRDId",
        "acs:PrincipalRDPath", "acs:UserAgent", "acs:Service", "acs:AccessId", "ACS:useragent"}) {
    CAPTURE(name);
    CHECK(context.find(Key::of(name)).state == KeyState::kOpen);
  }
  for (const char* name : {"acs:RequestTag/a", "acs:ResourceGroupId", "oss:Prefix", "acs:Unheard"}) {
    CAPTURE(name);
    CHECK(context.find(Key::of(name)).state == KeyState::kAbsent);
  }
  for (std::size_t i = 0; i + 1 < context.entries().size(); ++i) {
    CHECK(context.entries()[i].key.hash < context.entries()[i + 1].key.hash);
  }
}

TEST_CASE("operators: names and negation", "[condition]") {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Operator::kCount); ++i) {
    const auto op = static_cast<Operator>(i);
    CAPTURE(operator_name(op));
    CHECK_FALSE(operator_name(op).empty());
    CHECK(is_negated(op) == (operator_name(op).find("Not") != std::string_view::npos));
  }
}
