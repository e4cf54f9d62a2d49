// The RAM action catalogue: the built-in one, and the strictness of its reader.

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "engine/base/glob.h"
#include "engine/rules/actions.h"

namespace imagewarden::rules {
namespace {

std::string catalogue(std::string_view actions) {
  return R"({"schema": "imagewarden-actions/1", "date": "2026-07-04", "actions": [)" + std::string(actions) + "]}";
}

TEST_CASE("the built-in action catalogue", "[rules][actions]") {
  const ActionCatalogue& actions = ActionCatalogue::built_in();
  CHECK(actions.date() == "2026-07-04");

  const ActionEntry* delete_image = actions.find("appstreaming:DeleteImage");
  REQUIRE(delete_image != nullptr);
  CHECK(delete_image->access == AccessLevel::kNone);
  CHECK(delete_image->all_resources);
  CHECK(delete_image->dependent_actions.empty());
  CHECK(actions.find("APPSTREAMING:deleteimage") == delete_image);
  CHECK(actions.find("appstreaming:DeleteImages") == nullptr);
  CHECK(actions.find("") == nullptr);

  REQUIRE(actions.find("ram:ListPolicyAttachments") != nullptr);
  CHECK(actions.find("ram:ListPolicyAttachments")->api_names ==
        std::vector<std::string>{"resourcemanager:ListPolicyAttachments"});
  REQUIRE(actions.find("sts:AssumeRole") != nullptr);
  CHECK_FALSE(actions.find("sts:AssumeRole")->all_resources);

  // What an export needs can be granted: every operation that is read has its action.
  for (const char* name : {"appstreaming:ListImage",
                           "appstreaming:ListAppInstanceGroup",
                           "appstreaming:GetAppInstanceGroup",
                           "appstreaming:ListAppInstances",
                           "appstreaming:ListPersistentAppInstances",
                           "appstreaming:ListWuyingServer",
                           "ecd:DescribeImages",
                           "ecd:DescribeImagePermission",
                           "ecd:DescribeDesktops",
                           "ecd:DescribeDesktopGroups",
                           "ecd:DescribeTemplates",
                           "ecd:DescribeBundles",
                           "sts:GetCallerIdentity",
                           "ram:ListUsers",
                           "ram:ListGroups",
                           "ram:ListRoles",
                           "ram:ListGroupsForUser",
                           "ram:ListUsersForGroup",
                           "ram:ListPolicies",
                           "ram:GetPolicy",
                           "ram:GetPolicyVersion",
                           "ram:ListPoliciesForUser",
                           "ram:ListPoliciesForGroup",
                           "ram:ListPoliciesForRole",
                           "ram:GetRole",
                           "ram:ListPolicyAttachments",
                           "resourcemanager:ListControlPolicies",
                           "resourcemanager:GetControlPolicy",
                           "resourcemanager:ListControlPolicyAttachmentsForTarget",
                           "resourcemanager:GetAccount",
                           "resourcemanager:ListAncestors",
                           "actiontrail:LookupEvents"}) {
    CAPTURE(name);
    CHECK(actions.find(name) != nullptr);
  }

  std::map<std::string, int> services;
  for (const ActionEntry& entry : actions.entries()) {
    ++services[entry.name.substr(0, entry.name.find(':'))];
    CHECK(actions.find(entry.name) == &entry);
  }
  CHECK(services["appstreaming"] >= 60);
  CHECK(services["ecd"] >= 60);
  CHECK(std::is_sorted(actions.entries().begin(), actions.entries().end(),
                       [](const ActionEntry& a, const ActionEntry& b) { return to_lower(a.name) < to_lower(b.name); }));
}

TEST_CASE("access levels, resource levels and lists of an action", "[rules][actions][table]") {
  struct Row {
    const char* word;
    AccessLevel level;
  };
  using enum AccessLevel;
  const auto row = GENERATE(values<Row>({{"none", kNone},
                                         {"read", kRead},
                                         {"list", kList},
                                         {"get", kGet},
                                         {"create", kCreate},
                                         {"update", kUpdate},
                                         {"delete", kDelete},
                                         {"write", kWrite}}));
  CAPTURE(row.word);
  const auto parsed = ActionCatalogue::parse(
      catalogue(
          R"({"name": "b:X", "access": ")" + std::string(row.word) +
          R"(", "resource": "resource", "basis": "inferred", "dependent_actions": ["a:Y"], "api_names": ["b:Z", "b:W"]},
                {"name": "A:y", "access": "get", "resource": "all", "basis": "documented", "source": "D-1"})"),
      "f.json");
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->entries().size() == 2);
  CHECK(parsed->entries()[0].name == "A:y");
  CHECK(parsed->entries()[0].all_resources);
  const ActionEntry* entry = parsed->find("B:x");
  REQUIRE(entry != nullptr);
  CHECK(entry->access == row.level);
  CHECK_FALSE(entry->all_resources);
  CHECK(entry->dependent_actions == std::vector<std::string>{"a:Y"});
  CHECK(entry->api_names == std::vector<std::string>{"b:Z", "b:W"});
}

TEST_CASE("bad action catalogues", "[rules][actions][table]") {
  struct Row {
    const char* why;
    std::string text;
    const char* message;
  };
  const std::string good = R"("access": "get", "resource": "all", "basis": "inferred")";
  const std::vector<Row> rows{
      {"no JSON", "{", "f.json:1:2 /: end of input, expected a key in quotes"},
      {"no object", "[]", "f.json:1:1 /: an array, expected an object"},
      {"other schema", R"({"schema": "x", "date": "1", "actions": []})",
       "f.json:1:12 /schema: schema `x`, expected `imagewarden-actions/1`"},
      {"no date", R"({"schema": "imagewarden-actions/1", "actions": []})",
       "f.json:1:1 /: no member `date`, expected a string"},
      {"unknown key", catalogue(R"({"name": "a:X", "acces": "get"})"),
       "f.json:1:87 /actions/0/acces: unknown key `acces`, did you mean `access`?"},
      {"unknown level", catalogue(R"({"name": "a:X", "access": "gett", "resource": "all", "basis": "inferred"})"),
       "f.json:1:97 /actions/0/access: `gett`, did you mean `get`?"},
      {"unknown resource level", catalogue(R"({"name": "a:X", "access": "get", "resource": "1", "basis": "inferred"})"),
       "f.json:1:116 /actions/0/resource: `1`, expected one of `resource`, `all`"},
      {"no service", catalogue(R"({"name": "X", )" + good + "}"),
       "f.json:1:80 /actions/0/name: action `X`, expected `ram-code:Name` without wildcards"},
      {"wildcard", catalogue(R"({"name": "a:*", )" + good + "}"),
       "f.json:1:80 /actions/0/name: action `a:*`, expected `ram-code:Name` without wildcards"},
      {"dependent action", catalogue(R"({"name": "a:X", "dependent_actions": ["b"], )" + good + "}"),
       "f.json:1:108 /actions/0/dependent_actions: action `b`, expected `ram-code:Name` without wildcards"},
      {"dependent action is no string", catalogue(R"({"name": "a:X", "dependent_actions": [1], )" + good + "}"),
       "f.json:1:109 /actions/0/dependent_actions/0: a number, expected a string"},
      {"API name twice", catalogue(R"({"name": "a:X", "api_names": ["b:Y", "b:Y"], )" + good + "}"),
       "f.json:1:108 /actions/0/api_names/1: `b:Y` twice, expected it once"},
      {"twice, in another case", catalogue(R"({"name": "a:X", )" + good + R"(}, {"name": "A:x", )" + good + "}"),
       "f.json:1:145 /actions/1: action `A:x` twice, expected it once"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto parsed = ActionCatalogue::parse(row.text, "f.json");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::kMalformedInput);
    CHECK(parsed.error().message == row.message);
  }
}

}  // namespace
}  // namespace imagewarden::rules
