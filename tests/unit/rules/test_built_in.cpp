// The rule files that the program brings along: they load, and say what the reference of the operation says.

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "engine/rules/actions.h"
#include "engine/rules/embedded.h"
#include "engine/rules/facts.h"
#include "engine/rules/ruleset.h"
#include "tests/unit/rules/support.h"

namespace imagewarden::rules {
namespace {

using test::rule_of;

Ruleset built_in() {
  auto rules = Ruleset::load({});
  if (!rules) throw std::runtime_error(rules.error().message);
  return std::move(*rules);
}

TEST_CASE("the built-in ruleset has the twelve preconditions in their order", "[rules][built-in]") {
  struct Row {
    const char* id;
    const char* code;
    std::int32_t status;
    Basis basis;
    bool needs_image;
    std::vector<Basis> alternatives;
    std::size_t unknown_when;
    std::size_t settled;
  };
  using enum Basis;
  const std::vector<Row> rows{
      {"permission", "NoPermission", 403, kDocumented, false, {kDocumented}, 0, 0},
      {"exists", "Image.NotExist", 400, kDocumented, false, {kDocumented}, 0, 0},
      {"not-received", "ImageDeleteFailed.NotAllowSharedImage", 400, kInferred, true, {kInferred, kInferred}, 0, 0},
      {"custom", "ImageDeleteFailed.NotAllow", 400, kDocumented, true, {kDocumented, kInferred}, 1, 0},
      {"not-creating",
       "InvalidImageOperation.ImageIsCreating",
       400,
       kDocumented,
       true,
       {kDocumented, kInferred, kInferred},
       2,
       0},
      {"not-community-parent",
       "ImageDeleteFailed.NotAllowCommunityParent",
       400,
       kDocumented,
       true,
       {kDocumented},
       0,
       0},
      {"not-shared-out", "ImageDeleteFailed.HasSharedImage", 400, kInferred, true, {kInferred, kInferred}, 0, 0},
      {"no-cloud-computer-pool", "ImageNotAllowDelete", 400, kInferred, true, {kInferred, kInferred}, 0, 2},
      {"not-in-use", "ImageDeleteFailed.NotAllow", 400, kInferred, true, {kInferred, kInferred}, 0, 2},
      {"templates-readable", "QueryTemplate.Failed", 400, kInferred, true, {kInferred, kInferred}, 0, 0},
      {"templates-exist", "InvalidTemplate.NotFound", 400, kInferred, true, {kInferred}, 0, 0},
      {"templates-deletable", "DeleteTemplate.Failed", 400, kInferred, true, {kInferred}, 0, 0},
  };
  const Ruleset rules = built_in();
  REQUIRE(rules.rules().size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const Rule& rule = rules.rules()[i];
    CAPTURE(row.id);
    CHECK(rule.id == row.id);
    CHECK(rule.code == row.code);
    CHECK(rule.http_status == row.status);
    CHECK(rule.basis == row.basis);
    CHECK(rule.needs_image == row.needs_image);
    CHECK_FALSE(rule.is_guard);
    CHECK(rule.unknown_when.size() == row.unknown_when);
    CHECK(rule.file == "appstreaming-delete-image");
    CHECK_FALSE(rule.source.empty());
    std::vector<Basis> alternatives;
    std::size_t settled = 0;
    for (const Alternative& alternative : rule.when) {
      alternatives.push_back(alternative.basis);
      settled += alternative.settled_when ? 1U : 0U;
      CHECK_FALSE(alternative.when.atoms.empty());
    }
    CHECK(alternatives == row.alternatives);
    CHECK(settled == row.settled);
  }
}

TEST_CASE("the error catalogue has the twelve codes of the reference and RAM's denial", "[rules][built-in]") {
  struct Row {
    std::int32_t status;
    const char* message;
    Predictable predictable;
  };
  using enum Predictable;
  const std::map<std::string, Row> rows{
      {"InternalError", {400, "Internal error.", kNo}},
      {"Image.NotExist", {400, "The image does not exist.", kYes}},
      {"ImageDeleteFailed.NotAllow", {400, "The image is not allowed to be deleted.", kYes}},
      {"ImageDeleteFailed.NotAllowCommunityParent",
       {400, "The parent image of a community image is not allowed to be deleted.", kYes}},
      {"ImageDeleteFailed.NotAllowSharedImage", {400, "The shared image is not allowed to be deleted.", kYes}},
      {"ImageNotAllowDelete",
       {400, "The image cannot be deleted, because shared cloud computers already exist.", kYes}},
      {"InvalidImageOperation.ImageIsCreating", {400, "Failed to operation the image, it is creating.", kYes}},
      {"DeleteTemplate.Failed", {400, "Delete template failed.", kRecorded}},
      {"QueryTemplate.Failed", {400, "Query template failed.", kRecorded}},
      {"InvalidTemplate.NotFound", {400, "Template not found.", kRecorded}},
      {"ImageDeleteFailed.HasSharedImage", {400, "The shared image is not allowed to be deleted.", kYes}},
      {"ServiceUnavailable", {500, "Service unavailable. Please try again later.", kNo}},
      {"NoPermission", {403, "You are not authorized to do this operation.", kYes}},
  };
  const Ruleset rules = built_in();
  CHECK(rules.errors().size() == rows.size());
  for (const auto& [code, row] : rows) {
    CAPTURE(code);
    const ErrorEntry* entry = rules.find_error(code);
    REQUIRE(entry != nullptr);
    CHECK(entry->http_status == row.status);
    CHECK(entry->message == row.message);
    CHECK(entry->predictable == row.predictable);
    CHECK_FALSE(entry->cause.empty());
    CHECK_FALSE(entry->remedy.empty());
  }
  CHECK(rules.find_error("ImageDeleteFailed") == nullptr);
  // A code is predicted exactly if a rule has it.
  std::set<std::string> codes;
  for (const Rule& rule : rules.rules()) codes.insert(rule.code);
  for (const ErrorEntry& entry : rules.errors()) {
    CAPTURE(entry.code);
    CHECK((entry.predictable != kNo) == codes.contains(entry.code));
  }
}

TEST_CASE("status and type vocabularies are the ones of the reference", "[rules][built-in]") {
  const auto values_of = [](const Condition& condition) {
    std::set<std::string> values;
    for (const Atom& atom : condition.atoms) {
      for (const Value& value : atom.values) values.insert(value.text);
    }
    return values;
  };
  const Ruleset rules = built_in();
  const std::set<std::string> statuses{"CREATING",  "Creating",      "INIT",        "AVAILABLE",
                                       "Available", "CREATE_FAILED", "CreateFailed"};
  for (const Condition& condition : rule_of(rules, "not-creating").unknown_when)
    CHECK(values_of(condition) == statuses);
  const std::set<std::string> types{"User", "CUSTOM", "System", "SYSTEM", "Shared", "SHARED", "Community"};
  CHECK(values_of(rule_of(rules, "custom").unknown_when.at(0)) == types);
  // Every image type that is known either passes or is refused: no type falls between when and unknown_when.
  std::set<std::string> refused;
  for (const Alternative& alternative : rule_of(rules, "custom").when) refused.merge(values_of(alternative.when));
  refused.insert({"User", "CUSTOM"});
  CHECK(refused == types);
}

TEST_CASE("the fact table is complete and found by any case", "[rules][facts]") {
  std::set<std::string_view> keys;
  for (const FactInfo& info : fact_table()) {
    CAPTURE(info.key);
    keys.insert(info.key);
    CHECK_FALSE(info.explanation.empty());
    if (info.fact == Fact::kTag) continue;
    CHECK(find_fact(Key::of(info.key)) == &info);
    std::string upper(info.key);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    CHECK(find_fact(Key::of(upper)) == &info);
  }
  CHECK(keys.size() == static_cast<std::size_t>(Fact::kCount));
  CHECK(find_fact(Key::of("image:Tag/keep"))->fact == Fact::kTag);
  CHECK(find_fact(Key::of("IMAGE:TAG/a/b"))->fact == Fact::kTag);
  CHECK(find_fact(Key::of("image:Tag/")) == nullptr);
  CHECK(find_fact(Key::of("image:Tag")) == nullptr);
  CHECK(find_fact(Key::of("image:Statu")) == nullptr);
  CHECK(find_fact(Key::of("")) == nullptr);
}

TEST_CASE("embedded files are the files of rules/", "[rules][embedded]") {
  std::set<std::string_view> names;
  for (const EmbeddedFile& file : embedded_files()) names.insert(file.name);
  CHECK(names == std::set<std::string_view>{"actions.json", "appstreaming-delete-image.json", "controls.json",
                                            "lint-tables.json", "system-policies.json"});
  CHECK(embedded_file("actions.json").starts_with("{"));
}

TEST_CASE("system policies", "[rules][built-in]") {
  struct Row {
    const char* name;
    const char* version;
    bool control;
    const char* action;
  };
  const std::vector<Row> rows{{"AdministratorAccess", "v1", false, "*"},
                              {"AliyunAppStreamingFullAccess", "v1", false, "appstreaming:*"},
                              {"AliyunAppStreamingReadOnlyAccess", "v2", false, "appstreaming:*List*"},
                              {"FullAliyunAccess", "v1", true, "*"}};
  REQUIRE(system_policies().size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SystemPolicy& policy = system_policies()[i];
    CAPTURE(rows[i].name);
    CHECK(policy.name == rows[i].name);
    CHECK(policy.version == rows[i].version);
    CHECK(policy.is_control_policy == rows[i].control);
    const auto document = JsonDocument::parse(policy.document);
    REQUIRE(document.has_value());
    CHECK(document->root().find("Version")->text == "1");
    const JsonValue& statement = document->root().find("Statement")->items.at(0);
    CHECK(statement.find("Effect")->text == "Allow");
    CHECK(statement.find("Resource")->text == "*");
    const JsonValue& action = *statement.find("Action");
    bool found = action.text == rows[i].action;
    for (const JsonValue& item : action.items) found = found || item.text == rows[i].action;
    CHECK(found);
  }
}

}  // namespace
}  // namespace imagewarden::rules
