// The catalogue: its ids, its examples, and for each rule what shows it and what just does not.

#include <catch2/catch.hpp>

#include "tests/unit/ram/lint_support.h"

namespace imagewarden::ram {
namespace {

using test::find_rule;
using test::ids_of;
using test::lint_text;

TEST_CASE("the catalogue has exactly RAM001 to RAM066", "[ram][lint]") {
  const auto rules = lint_rules();
  REQUIRE(rules.size() == 66);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    CAPTURE(number);
    CHECK(rules[i].id == "RAM" + std::string(3 - number.size(), '0') + number);
    CHECK(rules[i].explanation.size() > 20);
    CHECK(rules[i].explanation.back() == '.');
    CHECK_FALSE(rules[i].fault.empty());
    CHECK_FALSE(rules[i].repair.empty());
    CHECK((rules[i].in_ram || rules[i].ram_name.empty()));
    CHECK(find_lint_rule(rules[i].id) == &rules[i]);
  }
  CHECK(find_lint_rule("RAM067") == nullptr);
  CHECK(find_lint_rule("ram001") == nullptr);
}

TEST_CASE("severities are the catalogue's", "[ram][lint]") {
  // One letter a rule, in order: Error, Warning, Security, suggestIon.
  const std::string wanted = "EEEEEEEEEWWWEEEWSSWWWWWEEEEEWWEEWIEWSWWEWESWWWSSSSSWIWWWWSEEWWWIII";
  const auto rules = lint_rules();
  REQUIRE(wanted.size() == rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    CAPTURE(rules[i].id);
    const std::string name(severity_name(rules[i].severity));
    const char letter = name == "suggestion" ? 'I' : name == "error" ? 'E' : name == "warning" ? 'W' : 'S';
    CHECK(letter == wanted[i]);
  }
  CHECK(Severity::kError > Severity::kSecurity);
  CHECK(Severity::kSecurity > Severity::kWarning);
  CHECK(Severity::kWarning > Severity::kSuggestion);
}

TEST_CASE("the example of each rule shows it, its repair does not", "[ram][lint]") {
  std::size_t shown = 0;
  for (const LintRule& rule : lint_rules()) {
    if (rule.fault.front() != '{') continue;  // takes attachments or a long text: tested elsewhere
    CAPTURE(rule.id);
    const auto fault = lint_text(std::string(rule.fault));
    CAPTURE(ids_of(fault));
    CHECK(find_rule(fault, rule.id) != nullptr);
    const auto repair = lint_text(std::string(rule.repair));
    CAPTURE(ids_of(repair));
    CHECK(find_rule(repair, rule.id) == nullptr);
    for (const Finding& finding : repair) CHECK(finding.severity != Severity::kError);
    ++shown;
  }
  CHECK(shown == 61);
}

TEST_CASE("docs/lint.md lists the catalogue", "[ram][lint][docs]") {
  std::ifstream in(std::string(IMAGEWARDEN_SOURCE_DIR) + "/docs/lint.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::size_t before = 0;
  for (const LintRule& rule : lint_rules()) {
    const std::string name(rule.in_ram ? (rule.ram_name.empty() ? std::string_view("yes") : rule.ram_name) : "");
    const std::string row = "\n| " + std::string(rule.id) + " | " + std::string(severity_name(rule.severity)) + " | " +
                            name + " | " + std::string(rule.explanation) + " |\n";
    CAPTURE(row);
    const std::size_t at = text.find(row);
    REQUIRE(at != std::string::npos);
    CHECK(at >= before);
    before = at;
  }
}

}  // namespace
}  // namespace imagewarden::ram
