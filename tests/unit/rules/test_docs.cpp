// What docs/ says of rules, facts, readings and sources is what the program has.

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "engine/base/json_tree.h"
#include "engine/rules/controls.h"
#include "engine/rules/embedded.h"
#include "engine/rules/facts.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::rules {
namespace {

std::string document(const std::string& name) {
  std::ifstream in(std::string(IMAGEWARDEN_SOURCE_DIR) + "/docs/" + name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.empty()) throw std::runtime_error("docs/" + name + " cannot be read");
  return text;
}

std::string_view type_words(FactType type) {
  switch (type) {
    case FactType::kString:
      return "text";
    case FactType::kStrings:
      return "list of texts";
    case FactType::kNumber:
      return "number";
    case FactType::kDate:
      return "date";
    case FactType::kBool:
      return "true or false";
  }
  return "";
}

// Every member `source` below the value, its ids one by one.
void collect_sources(const JsonValue& value, std::set<std::string>& ids) {
  for (const JsonMember& member : value.members) {
    if (member.key == "source" && member.value.is(JsonType::kString)) {
      std::istringstream list{std::string(member.value.text)};
      for (std::string id; list >> id;) ids.insert(id.substr(0, id.find(',')));
    }
    collect_sources(member.value, ids);
  }
  for (const JsonValue& item : value.items) collect_sources(item, ids);
}

TEST_CASE("docs/rules.md lists every fact as the program has it", "[rules][docs]") {
  const std::string text = document("rules.md");
  for (const FactInfo& info : fact_table()) {
    const std::string key = info.fact == Fact::kTag ? "image:Tag/KEY" : std::string(info.key);
    const std::string row =
        "| `" + key + "` | " + std::string(type_words(info.type)) + " | " + std::string(info.explanation) + " |\n";
    CAPTURE(row);
    CHECK(text.find(row) != std::string::npos);
  }
}

TEST_CASE("docs/rules.md lists the built-in rules in their order, each with code and basis", "[rules][docs]") {
  const std::string text = document("rules.md");
  const auto rules = Ruleset::load({});
  REQUIRE(rules.has_value());
  std::size_t before = 0;
  for (const Rule& rule : rules->rules()) {
    const std::string code =
        rule.code + (rule.http_status == 400 ? "" : " (" + std::to_string(*rule.http_status) + ')');
    const std::string row = "| `" + rule.id + "` | " + code + " | " + std::string(to_string(rule.basis)) + " | ";
    CAPTURE(row);
    const std::size_t at = text.find(row);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
}

TEST_CASE("docs/report.md lists every check as the program has it, and a controls file that loads", "[rules][docs]") {
  const std::string text = document("report.md");
  std::size_t before = 0;
  for (const CheckInfo& info : check_table()) {
    const std::size_t at = text.find("\n| `" + std::string(info.name) + "` | " + std::string(info.title) + " |\n");
    CAPTURE(info.name);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
  const std::size_t start = text.find("```json\n") + std::string_view("```json\n").size();
  const std::vector<RuleSource> example{{"report.md", text.substr(start, text.find("```", start) - start)}};
  const auto loaded = load_controls(example);
  CHECK((loaded ? std::string{} : loaded.error().message).empty());
}

TEST_CASE("docs/sources.md has an entry for every source that is quoted", "[rules][docs]") {
  const std::string text = document("sources.md");
  std::set<std::string> ids;
  for (const EmbeddedFile& file : embedded_files()) {
    const auto parsed = JsonDocument::parse(file.text);
    REQUIRE(parsed.has_value());
    collect_sources(parsed->root(), ids);
  }
  CHECK(ids.size() >= 20);
  for (const std::string& id : ids) {
    CAPTURE(id);
    CHECK(text.find("\n| " + id + " | ") != std::string::npos);
  }
}

}  // namespace
}  // namespace imagewarden::rules
