// What a policy document may hold, each way in which a statement is not evaluable, and where its parts stand.

#include <catch2/catch.hpp>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::document_of;
using test::parse;

TEST_CASE("a good statement is read whole", "[ram][document]") {
  const auto document = parse(document_of(
      R"({"Sid": "x", "Effect": "Deny", "NotAction": ["ecs:*", "oss:Get?"], "NotResource": ["acs:ecs:*:*:*", "*"],
          "Condition": {"Bool": {"acs:MFAPresent": "true"}}})"));
  REQUIRE(document->statements.size() == 1);
  const Statement& statement = document->statements.front();
  CHECK_FALSE(statement.not_evaluable);
  CHECK(statement.effect_known);
  CHECK(statement.effect == Effect::kDeny);
  CHECK(statement.not_action);
  CHECK(statement.not_resource);
  REQUIRE(statement.actions.size() == 2);
  CHECK(statement.actions[1].text == "oss:Get?");
  REQUIRE(statement.resources.size() == 2);
  CHECK(statement.resources[0].text == "acs:ecs:*:*:*");
  REQUIRE(statement.condition.atoms.size() == 1);
  CHECK(statement.actions_known);
  CHECK(statement.resources_known);
}

TEST_CASE("a single string is a list of one", "[ram][document]") {
  const auto one = parse(document_of(R"({"Effect": "Allow", "Action": "a:B", "Resource": "*"})"));
  const auto list = parse(document_of(R"({"Effect": "Allow", "Action": ["a:B"], "Resource": ["*"]})"));
  REQUIRE(one->statements.front().actions.size() == 1);
  CHECK(one->statements.front().actions[0].text == list->statements.front().actions[0].text);
  CHECK(one->statements.front().resources[0].text == list->statements.front().resources[0].text);
}

TEST_CASE("statements that are not evaluable", "[ram][document][table]") {
  struct Row {
    const char* json;
    const char* why;  // how the reason starts
    bool actions_known;
    bool resources_known;
  };
  const auto row = GENERATE(values<Row>({
      {R"("*")", "statement is not an object", false, false},
      {R"(null)", "statement is not an object", false, false},
      {R"({"Action": "*", "Resource": "*"})", "`Effect` is missing", true, true},
      {R"({"Effect": "Alow", "Action": "*", "Resource": "*"})", "Effect `Alow`", true, true},
      {R"({"Effect": "allow", "Action": "*", "Resource": "*"})", "Effect `allow`", true, true},
      {R"({"Effect": true, "Action": "*", "Resource": "*"})", "`Effect` is not a string", true, true},
      {R"({"Effect": "Allow", "Resource": "*"})", "neither `Action` nor `NotAction`", false, true},
      {R"({"Effect": "Allow", "Action": "*", "NotAction": "ram:*", "Resource": "*"})", "both `Action`", false, true},
      {R"({"Effect": "Allow", "Action": [], "Resource": "*"})", "`Action` is an empty list", false, true},
      {R"({"Effect": "Allow", "Action": "", "Resource": "*"})", "`Action` holds an empty string", false, true},
      {R"({"Effect": "Allow", "Action": ["a:B", 1], "Resource": "*"})", "`Action` holds something else", false, true},
      {R"({"Effect": "Allow", "NotAction": {"a:B": 1}, "Resource": "*"})", "`NotAction` holds something", false, true},
      {R"({"Effect": "Allow", "Action": "DeleteImage", "Resource": "*"})", "Action `DeleteImage`, expected", false,
       true},
      {R"({"Effect": "Deny", "NotAction": "ecs:", "Resource": "*"})", "NotAction `ecs:`, expected", false, true},
      {R"({"Effect": "Deny", "Action": ":DeleteImage", "Resource": "*"})", "Action `:DeleteImage`", false, true},
      {R"({"Effect": "Allow", "Action": "*"})", "`Resource` is missing", true, false},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"})", "both `Resource`", true, false},
      {R"({"Effect": "Allow", "Action": "*", "Resource": []})", "`Resource` is an empty list", true, false},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"})", "Resource `arn:aws:s3:::b`", true, false},
      {R"({"Effect": "Allow", "Action": "*", "NotResource": "bucket"})", "NotResource `bucket`", true, false},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"})", "`Principal` in a permission", true,
       true},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": "*"})", "unknown element `NotPrincipal`",
       true, true},
      {R"({"Effect": "Allow", "Actions": "*", "Resource": "*"})", "unknown element `Actions`, expected `Action`", false,
       true},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": 1})", "`Sid` is not a string", true, true},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []})", "Condition is a list", true, true},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Null": {"a:b": "true"}}})",
       "operator `Null` is not one of RAM's", true, true},
      {R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"acs:CurrentTime": "soon"}}})",
       "value `soon`", true, true},
  }));
  CAPTURE(row.json);
  const auto document = parse(document_of(row.json));
  REQUIRE(document->statements.size() == 1);
  const Statement& statement = document->statements.front();
  REQUIRE(statement.not_evaluable);
  CHECK_THAT(*statement.not_evaluable, Catch::Matchers::StartsWith(row.why));
  CHECK(statement.actions_known == row.actions_known);
  CHECK(statement.resources_known == row.resources_known);
}

TEST_CASE("a fault of one statement leaves the others as they are", "[ram][document]") {
  const auto document = parse(document_of("7, " + test::allow("*") + R"(, {"Effect": "Deny"})"));
  REQUIRE(document->statements.size() == 3);
  CHECK(document->statements[0].not_evaluable);
  CHECK_FALSE(document->statements[1].not_evaluable);
  CHECK(document->statements[2].not_evaluable);
  CHECK(document->statements[2].effect == Effect::kDeny);
  CHECK(document->statements[2].effect_known);
}

TEST_CASE("forms that are accepted", "[ram][document][table]") {
  const auto* const statement = GENERATE(R"({"Effect": "Allow", "Action": "**", "Resource": "***"})",
                                         R"({"Effect": "Allow", "Action": "*:Describe*", "Resource": "*"})",
                                         R"({"Effect": "Allow", "Action": "a:b", "Resource": "acs:oss:*:*:bucket*"})",
                                         R"({"Effect": "Allow", "Action": "a:b", "Resource": "acs:*"})",
                                         R"({"Effect": "Allow", "Action": "a:b", "Resource": "?cs:ecs:*:*:*"})",
                                         R"({"Effect": "Allow", "Action": "a:b", "Resource": "*", "Sid": ""})",
                                         R"({"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {}})");
  CAPTURE(statement);
  CHECK_FALSE(parse(document_of(statement))->statements.front().not_evaluable);
}

TEST_CASE("a fault of the document makes every statement not evaluable", "[ram][document][table]") {
  struct Row {
    const char* frame;
    const char* why;
  };
  const auto row = GENERATE(values<Row>({
      {R"("Statement": )", "`Version` is missing"},
      {R"("Version": 1, "Statement": )", "`Version` is not a string"},
      {R"("Version": "2", "Statement": )", "Version `2`, expected `1`"},
      {R"("Version": "2012-10-17", "Statement": )", "Version `2012-10-17`, expected `1` (this is a document for AWS)"},
      {R"("Version": "1", "Id": "x", "Statement": )", "unknown element `Id`"},
  }));
  CAPTURE(row.frame);
  const auto document = parse("{" + std::string(row.frame) + "[" + test::allow("*") + "," + test::deny("ecs:*") + "]}");
  REQUIRE(document->statements.size() == 2);
  for (const Statement& statement : document->statements) {
    REQUIRE(statement.not_evaluable);
    CHECK_THAT(*statement.not_evaluable, Catch::Matchers::StartsWith(row.why));
    CHECK(statement.actions_known);  // what they are about can still be told
  }
}

TEST_CASE("a document without a statement that can be read holds one that could be anything",
          "[ram][document][table]") {
  struct Row {
    const char* text;
    const char* why;
  };
  const auto row = GENERATE(values<Row>({
      {R"({"Version": "1"})", "`Statement` is missing"},
      {R"({"Version": "1", "Statement": "x"})", "`Statement` is not a list"},
      {R"({"Version": "1", "Statement": []})", "`Statement` is an empty list"},
      {R"({})", "`Version` is missing"},
  }));
  CAPTURE(row.text);
  const auto document = parse(row.text);
  REQUIRE(document->statements.size() == 1);
  const Statement& statement = document->statements.front();
  CHECK(statement.not_evaluable == row.why);
  CHECK_FALSE(statement.effect_known);
  CHECK_FALSE(statement.actions_known);
  CHECK_FALSE(statement.resources_known);
}

TEST_CASE("what is no object in JSON is an error with its place", "[ram][document][table]") {
  struct Row {
    const char* text;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"", "p.json:1:1 /: empty input"},
      {"[]", "p.json:1:1 /: a policy document that is no object"},
      {" \"N/A\"", "p.json:1:2 /: a policy document that is no object"},
      {"{\n  \"Version\": 1,\n  \"Version\": 2}", "p.json:3:3 /Version: duplicate key `Version`"},
      {"{\"Statement\": [{\"Effect\": Allow}]}", "p.json:1:27 /Statement/0/Effect: "},
  }));
  CAPTURE(row.text);
  const auto document = parse_document(row.text, "p.json", DocumentKind::kPermission, {});
  REQUIRE_FALSE(document);
  CHECK(document.error().code == Errc::kMalformedInput);
  CHECK_THAT(document.error().message, Catch::Matchers::StartsWith(row.message));
}

TEST_CASE("parts know their place", "[ram][document]") {
  const std::string text =
      "{\"Version\": \"1\",\n \"Statement\": [\n  {\"Effect\": \"Allow\",\n   \"Action\": [\"a:B\", \"a:C\"],\n"
      "   \"Resource\": \"*\"}]}";
  const auto document = parse(text);
  const Statement& statement = document->statements.front();
  CHECK(document->position(statement.offset) == TextPosition{3, 3});
  CHECK(document->position(statement.actions[1].offset) == TextPosition{4, 22});
  CHECK(document->position(statement.resources[0].offset) == TextPosition{5, 16});
  CHECK(document->text == text);
}

TEST_CASE("trust policies name who they are for", "[ram][document]") {
  const auto trust = [](const std::string& principal) {
    const std::string element = principal.empty() ? "" : R"(, "Principal": )" + principal;
    return parse(document_of(R"({"Effect": "Allow", "Action": "sts:AssumeRole")" + element + "}"), {},
                 DocumentKind::kTrust);
  };
  const auto good = trust(R"({"RAM": ["acs:ram::1:root", "acs:ram::2:root"], "Service": "ecs.aliyuncs.com"})");
  const Statement& statement = good->statements.front();
  CHECK_FALSE(statement.not_evaluable);
  CHECK(statement.resources_known);
  CHECK(statement.principals_known);
  REQUIRE(statement.principals.size() == 3);
  CHECK(statement.principals[1].value == "acs:ram::2:root");
  CHECK(statement.principals[2].type == "Service");

  CHECK(trust("")->statements.front().not_evaluable == "`Principal` is missing");
  CHECK(trust("\"*\"")->statements.front().not_evaluable);
  CHECK(trust("{}")->statements.front().not_evaluable);
  CHECK_THAT(trust(R"({"AWS": "*"})")->statements.front().not_evaluable.value_or(""),
             Catch::Matchers::StartsWith("Principal: unknown element `AWS`"));
  CHECK_FALSE(trust(R"({"RAM": [1]})")->statements.front().principals_known);
}

}  // namespace
}  // namespace imagewarden::ram
