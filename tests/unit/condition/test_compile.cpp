// What a Condition may hold, and why it is refused.

#include <catch2/catch.hpp>

#include <string>

#include "engine/condition/condition.h"

using namespace imagewarden;

namespace {

// Empty: compiled.
std::string fault_of(const std::string& json, const Readings& readings = {}) {
  const auto document = JsonDocument::parse(json);
  REQUIRE(document);
  const auto condition = compile_condition(document->root(), readings);
  return condition ? "" : condition.error().what;
}

}  // namespace

TEST_CASE("faults of a condition", "[condition][table]") {
  struct Row {
    const char* why;
    const char* json;
    const char* want;  // part of the reason; empty: good
  };
  const auto row = GENERATE(values<Row>({
      {"no operator", "{}", ""},
      {"one value", R"({"StringEquals":{"k:A":"1"}})", ""},
      {"list", R"({"StringEquals":{"k:A":["1","2"]}})", ""},
      {"quantifiers", R"({"ForAllValues:StringEquals":{"k:A":"1"},"ForAnyValue:IpAddress":{"k:B":"::1"}})", ""},
      {"boolean", R"({"Bool":{"k:A":true}})", ""},
      {"number", R"({"NumericLessThan":{"k:A":[1,2.5e3]}})", ""},
      {"unknown operator", R"({"StringMatches":{"k:A":"1"}})", "is not one of RAM's"},
      {"other case", R"({"stringEquals":{"k:A":"1"}})", "expected `StringEquals`"},
      {"IfExists", R"({"BoolIfExists":{"k:A":"true"}})", "operator `BoolIfExists` is not one of RAM's"},
      {"IfExists with a quantifier", R"({"ForAnyValue:StringLikeIfExists":{"k:A":"1"}})", "is not one of RAM's"},
      {"Null", R"({"Null":{"k:A":"true"}})", "operator `Null` is not one of RAM's"},
      {"Arn", R"({"ArnLike":{"k:A":"acs:*"}})", "operator `ArnLike` is not one of RAM's"},
      {"Binary", R"({"BinaryEquals":{"k:A":"QQ=="}})", "operator `BinaryEquals` is not one of RAM's"},
      {"quantifier in another case", R"({"forAllValues:StringEquals":{"k:A":"1"}})", "is not one of RAM's"},
      {"two quantifiers", R"({"ForAnyValue:ForAllValues:StringEquals":{"k:A":"1"}})", "is not one of RAM's"},
      {"unknown quantifier", R"({"ForSome:StringEquals":{"k:A":"1"}})", "is not one of RAM's"},
      {"not an object", R"(["StringEquals"])", "Condition is a list, expected an object"},
      {"null", "null", "Condition is null"},
      {"operator without keys", R"({"StringEquals":{}})", "without a key"},
      {"operator with a string", R"({"StringEquals":"a"})", "holds a string, expected an object"},
      {"empty key", R"({"StringEquals":{"":"a"}})", "empty condition key"},
      {"empty list", R"({"StringEquals":{"k:A":[]}})", "without a value"},
      {"null value", R"({"StringEquals":{"k:A":null}})", "is null, expected a string"},
      {"object", R"({"StringEquals":{"k:A":{}}})", "is an object, expected a string"},
      {"nested list", R"({"StringEquals":{"k:A":[["a"]]}})", "is a list, expected a string"},
      {"bad number", R"({"NumericEquals":{"k:A":"ten"}})",
       "value `ten` of condition key `k:A` does not fit `NumericEquals`"},
      {"date without a zone", R"({"DateLessThan":{"acs:CurrentTime":"2026-08-12T17:00:00"}})", "expected a date"},
      {"date without a time", R"({"DateLessThan":{"acs:CurrentTime":"2026-08-12"}})", "expected a date"},
      {"bad address", R"({"IpAddress":{"acs:SourceIp":"10.0.0.0/33"}})", "expected an IP address or CIDR block"},
      {"Bool in another case", R"({"Bool":{"acs:MFAPresent":"True"}})", "expected `true` or `false`"},
      {"Bool with a number", R"({"Bool":{"acs:MFAPresent":1}})", "expected `true` or `false`"},
      {"one of several is bad", R"({"IpAddress":{"acs:SourceIp":["10.0.0.1","x"]}})", "value `x`"},
      {"first of several faults", R"({"Bool":{"k:A":"x"},"Null":{"k:A":"true"}})", "value `x`"},
  }));
  CAPTURE(row.why, row.json);
  const std::string fault = fault_of(row.json);
  CAPTURE(fault);
  if (std::string_view(row.want).empty()) {
    CHECK(fault.empty());
  } else {
    CHECK(fault.find(row.want) != std::string::npos);
  }
}

TEST_CASE("reading loose-condition-value", "[condition][readings]") {
  Readings strict;
  strict.set(Reading::kLooseConditionValue, 1);
  CHECK(fault_of(R"({"Bool":{"k:A":true}})", strict).find("is a boolean, expected a string") != std::string::npos);
  CHECK(fault_of(R"({"NumericEquals":{"k:A":1}})", strict).find("is a number, expected a string") != std::string::npos);
  CHECK(fault_of(R"({"Bool":{"k:A":"true"}})", strict).empty());
}

TEST_CASE("a fault and an atom know their place", "[condition]") {
  const std::string text = R"({"Bool":{"k:A":"true"},"Null":{"k:B":"true"}})";
  const auto bad = JsonDocument::parse(text);
  REQUIRE(bad);
  const auto fault = compile_condition(bad->root(), {});
  REQUIRE_FALSE(fault);
  CHECK(fault.error().offset == text.find("\"Null\""));

  const std::string good_text = R"({"StringEquals":{"k:A":["x","y"]}})";
  const auto good = JsonDocument::parse(good_text);
  REQUIRE(good);
  const auto condition = compile_condition(good->root(), {});
  REQUIRE(condition);
  REQUIRE(condition->atoms.size() == 1);
  CHECK(condition->atoms[0].offset == good_text.find("\"k:A\""));
  CHECK(condition->atoms[0].key.name == "k:A");
  CHECK(condition->atoms[0].key.lower == "k:a");
  REQUIRE(condition->atoms[0].value_offsets.size() == 2);
  CHECK(condition->atoms[0].value_offsets[1] == good_text.find("\"y\""));
}
