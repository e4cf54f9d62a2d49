// Bad rule files: each is refused with file, line, column, JSON pointer, what and what was expected. Every file is one
// line, so that the column can be held against the text.

#include <catch2/catch.hpp>

#include "engine/rules/ruleset.h"
#include "tests/unit/rules/support.h"

namespace imagewarden::rules {
namespace {

using test::load_text;
using test::user_file;

// The column in which `piece` begins, from 1.
std::string column_of(const std::string& text, std::string_view piece) {
  const std::size_t at = text.find(piece);
  if (at == std::string::npos || text.find(piece, at + 1) != std::string::npos) {
    throw std::logic_error("the piece is not there exactly once: " + std::string(piece));
  }
  return std::to_string(at + 1);
}

struct Row {
  const char* why;
  std::string text;
  std::string_view at;  // what the column points to; appears once in `text`
  const char* message;  // after the column
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto rules = load_text(row.text);
    REQUIRE_FALSE(rules.has_value());
    CHECK(rules.error().code == Errc::kMalformedInput);
    CHECK(rules.error().message == "acme.json:1:" + column_of(row.text, row.at) + ' ' + row.message);
    CHECK(rules.error().message.find('\n') == std::string::npos);
  }
}

std::string file_with(std::string_view members) { return user_file(members); }

std::string guard(std::string_view condition, std::string_view more = "") {
  return file_with(R"("guards": [{"id": "g", "when": [{"condition": )" + std::string(condition) + "}]" +
                   std::string(more) + R"(, "explanation": "e", "remedy": "r"}])");
}

TEST_CASE("bad files as a whole", "[rules][messages][table]") {
  check_rows({
      {"no JSON", R"({"schema" x)", "x", "/schema: `x`, expected `:` after a key"},
      {"no object", "[]", "[", "/: an array, expected an object"},
      {"misspelt member", file_with(R"("guard": [])"), R"("guard")",
       "/guard: unknown key `guard`, did you mean `guards`?"},
      {"preconditions are the built-in file's", file_with(R"("preconditions": [])"), R"("preconditions")",
       "/preconditions: unknown key `preconditions`, expected one of `schema`, `name`, `version`, `operation`, "
       "`description`, `errors`, `guards`, `override`, …"},
      {"wrong type", file_with(R"("guards": {})"), "{}", "/guards: an object, expected an array"},
      {"a member is missing",
       R"({"schema": "imagewarden-rules/1", "name": "x", "operation": "appstreaming:DeleteImage"})", "{",
       "/: no member `version`, expected a string"},
      {"other schema", R"({"schema": "rules/2", "name": "x", "version": "1", "operation": "appstreaming:DeleteImage"})",
       R"("rules/2")", "/schema: schema `rules/2`, expected `imagewarden-rules/1`"},
      {"other operation",
       R"({"schema": "imagewarden-rules/1", "name": "x", "version": "1", "operation": "ecd:DeleteImages"})",
       R"("ecd:DeleteImages")", "/operation: operation `ecd:DeleteImages`, expected `appstreaming:DeleteImage`"},
      {"name with a blank", user_file("", "my rules"), R"("my rules")",
       "/name: name `my rules`, expected up to 64 of a-z, 0-9 and `-`"},
      {"name of the built-in file", user_file("", "appstreaming-delete-image"), R"("appstreaming-delete-image")",
       "/name: name `appstreaming-delete-image` is taken by `built-in`, expected another"},
      {"empty text", file_with(R"("description": "")"), R"("")", "/description: empty string, expected some text"},
  });
}

TEST_CASE("bad conditions", "[rules][messages][table]") {
  check_rows({
      {"unknown fact", guard(R"({"StringEquals": {"image:Statsu": "x"}})"), R"("image:Statsu")",
       "/guards/0/when/0/condition: unknown fact `image:Statsu`, did you mean `image:Status`?"},
      {"unknown key", guard(R"({"IpAddress": {"acs:SorceIp": "10.0.0.0/8"}})"), R"("acs:SorceIp")",
       "/guards/0/when/0/condition: unknown key `acs:SorceIp`, did you mean `acs:SourceIp`?"},
      {"a tag of the request without a name", guard(R"({"StringEquals": {"acs:RequestTag/": "x"}})"),
       R"("acs:RequestTag/")",
       "/guards/0/when/0/condition: unknown key `acs:RequestTag/`, expected `acs:RequestTag/KEY`"},
      {"a tag without a name", guard(R"({"StringEquals": {"image:Tag/": "x"}})"), R"("image:Tag/")",
       "/guards/0/when/0/condition: unknown fact `image:Tag/`, expected `image:Tag/KEY`"},
      {"operator of another type", guard(R"({"StringEquals": {"image:AgeDays": "30"}})"), R"("image:AgeDays")",
       "/guards/0/when/0/condition: operator `StringEquals` on `image:AgeDays`, which is a number, expected a Numeric… "
       "operator"},
      {"number on a date", guard(R"({"NumericLessThan": {"image:CreatedAt": "30"}})"), R"("image:CreatedAt")",
       "/guards/0/when/0/condition: operator `NumericLessThan` on `image:CreatedAt`, which is a date, expected a Date… "
       "operator"},
      {"text on a truth value", guard(R"({"StringEquals": {"image:OwnedByAccount": "true"}})"),
       R"("image:OwnedByAccount")",
       "/guards/0/when/0/condition: operator `StringEquals` on `image:OwnedByAccount`, which is true or false, "
       "expected "
       "`Bool`"},
      {"number on text", guard(R"({"NumericEquals": {"image:Name": "1"}})"), R"("image:Name")",
       "/guards/0/when/0/condition: operator `NumericEquals` on `image:Name`, which is text, expected a String… "
       "operator"},
      {"unknown operator", guard(R"({"StringEqual": {"image:Name": "1"}})"), R"("StringEqual")",
       "/guards/0/when/0/condition: operator `StringEqual` is not one of RAM's, expected `StringEquals`"},
      {"no operator", guard("{}"), "{}",
       "/guards/0/when/0/condition: condition without an operator, expected at least one"},
      {"no number", guard(R"({"NumericLessThan": {"image:AgeDays": "a month"}})"), R"("a month")",
       "/guards/0/when/0/condition: value `a month` of condition key `image:AgeDays` does not fit `NumericLessThan`, "
       "expected a decimal number"},
      {"no zone", guard(R"({"DateLessThan": {"acs:CurrentTime": "2026-12-24"}})"), R"("2026-12-24")",
       "/guards/0/when/0/condition: value `2026-12-24` of condition key `acs:CurrentTime` does not fit `DateLessThan`, "
       "expected a date such as `2026-08-12T17:00:00+08:00`"},
      {"no alternative", file_with(R"("guards": [{"id": "g", "when": [], "explanation": "e", "remedy": "r"}])"), "[]",
       "/guards/0/when: empty array, expected at least one alternative"},
      {"bad unknown_when", guard(R"({"Bool": {"image:Exists": "true"}})", R"(, "unknown_when": [{}])"), "{}]",
       "/guards/0/unknown_when/0: condition without an operator, expected at least one"},
      {"unknown basis", file_with(R"("override": [{"id": "custom", "basis": "documentd"}])"), R"("documentd")",
       "/override/0/basis: `documentd`, did you mean `documented`?"},
  });
}

TEST_CASE("bad guards, overrides, orders, readings", "[rules][messages][table]") {
  check_rows({
      {"a guard has no code",
       file_with(R"("guards": [{"id": "g", "code": "X", "when": [], "explanation": "e", "remedy": "r"}])"), R"("code")",
       "/guards/0/code: unknown key `code`, expected one of `id`, `when`, `unknown_when`, `explanation`, `remedy`, "
       "`source`"},
      {"id in capitals",
       file_with(
           R"("guards": [{"id": "Keep", "when": [{"condition": {"Bool": {"image:Exists": "true"}}}], "explanation": "e", "remedy": "r"}])"),
       R"("Keep")", "/guards/0/id: id `Keep`, expected up to 64 of a-z, 0-9 and `-`"},
      {"an id that is taken",
       file_with(
           R"("guards": [{"id": "custom", "when": [{"condition": {"Bool": {"image:Exists": "true"}}}], "explanation": "e", "remedy": "r"}])"),
       R"("custom")", "/guards/0/id: id `custom` is taken by a rule of `appstreaming-delete-image`, expected another"},
      {"unknown placeholder", file_with(R"("override": [{"id": "custom", "remedy": "ask {owner}"}])"),
       R"("ask {owner}")",
       "/override/0/remedy: placeholder `{owner}`, expected one of `{values}`, `{image}`, `{account}`, `{principal}`"},
      {"open brace", file_with(R"("override": [{"id": "custom", "remedy": "ask {image"}])"), R"("ask {image")",
       "/override/0/remedy: placeholder `{image`, expected one of `{values}`, `{image}`, `{account}`, `{principal}`"},
      {"unknown rule", file_with(R"("override": [{"id": "custm", "remedy": "r"}])"), R"("custm")",
       "/override/0/id: no rule `custm`, did you mean `custom`?"},
      {"nothing to change", file_with(R"("override": [{"id": "custom"}])"), R"({"id": "custom"})",
       "/override/0: override without a change, expected a member beside `id`"},
      {"twice", file_with(R"("override": [{"id": "custom", "remedy": "r"}, {"remedy": "r", "id": "custom" }])"),
       R"("custom" })", "/override/1/id: rule `custom` twice, expected one override a rule"},
      {"unknown code", file_with(R"("override": [{"id": "custom", "code": "ImageDeleteFailed.NotAlow"}])"),
       R"("ImageDeleteFailed.NotAlow")",
       "/override/0/code: code `ImageDeleteFailed.NotAlow` is not in the catalogue, did you mean "
       "`ImageDeleteFailed.NotAllow`?"},
      {"status that is not the code's", file_with(R"("override": [{"id": "custom", "http_status": 403}])"), "403",
       "/override/0/http_status: status 403, expected 400 as the catalogue has it for `ImageDeleteFailed.NotAllow`"},
      {"unknown rule in the order", file_with(R"("order": ["not-in-usse"])"), R"("not-in-usse")",
       "/order/0: no rule `not-in-usse`, did you mean `not-in-use`?"},
      {"empty order", file_with(R"("order": [])"), "[]", "/order: empty array, expected at least one rule id"},
      {"twice in the order", file_with(R"("order": ["exists", "exists" ])"), R"("exists" ])",
       "/order/1: `exists` twice, expected it once"},
      {"unknown reading", file_with(R"("readings": {"deny-narow-resource": "applies"})"), R"("deny-narow-resource")",
       "/readings/deny-narow-resource: unknown reading `deny-narow-resource`, did you mean `deny-narrow-resource`?"},
      {"unknown choice", file_with(R"("readings": {"denial-code": "AccessDenied"})"), R"("AccessDenied")",
       "/readings/denial-code: choice `AccessDenied`, expected one of `NoPermission`, `Forbidden.RAM`, "
       "`NotAuthorized`"},
      {"a choice that is no text", file_with(R"("readings": {"denial-http-status": 403})"), "403",
       "/readings/denial-http-status: no string, expected one of `403`, `400`"},
      {"a code of the catalogue again",
       file_with(
           R"("errors": [{"code": "InternalError", "http_status": 500, "message": "m", "predictable": "no", "cause": "c", "remedy": "r"}])"),
       R"("InternalError")", "/errors/0/code: code `InternalError` is there already, expected it once"},
      {"no HTTP status",
       file_with(
           R"("errors": [{"code": "X", "http_status": 42, "message": "m", "predictable": "no", "cause": "c", "remedy": "r"}])"),
       "42", "/errors/0/http_status: `42`, expected an integer from 100 to 599"},
  });
}

TEST_CASE("a guard in the order, a member of preconditions in a guard's override", "[rules][messages]") {
  const std::string guards =
      R"("guards": [{"id": "g", "when": [{"condition": {"Bool": {"image:Exists": "true"}}}], "explanation": "e", "remedy": "r"}], )";
  check_rows({
      {"guard in the order", file_with(guards + R"("order": ["g" ])"), R"("g" ])",
       "/order/0: `g` is a guard, and guards come after all preconditions, expected a precondition"},
      {"code of a guard", file_with(guards + R"("override": [{"id": "g", "code": "X"}])"), R"("X")",
       "/override/0/code: `code` of the guard `g`, expected it only with preconditions"},
  });
}

TEST_CASE("line and column count in the file as it is", "[rules][messages]") {
  const auto rules = load_text("{\n  \"schema\": \"imagewarden-rules/1\",\n  \"nam\": \"x\"\n}\n");
  REQUIRE_FALSE(rules.has_value());
  CHECK(rules.error().message == "acme.json:3:3 /nam: unknown key `nam`, did you mean `name`?");
}

}  // namespace
}  // namespace imagewarden::rules
