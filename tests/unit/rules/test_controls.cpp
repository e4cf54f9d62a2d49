// Controls: the built-in mapping, and what a file of one's own may and may not say.

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "engine/rules/controls.h"

namespace imagewarden::rules {
namespace {

std::string own_file(const std::string& members) {
  return R"({"schema": "imagewarden-controls/1", "name": "own", "version": "1", )" + members + "}";
}

Result<ControlSet> load(const std::string& text) { return load_controls(std::vector<RuleSource>{{"own.json", text}}); }

TEST_CASE("built-in controls: the frameworks that a report speaks to", "[rules][controls]") {
  const auto set = load_controls({});
  REQUIRE(set.has_value());
  std::set<std::string> numbers;
  std::set<Check> checks;
  for (const Control& control : set->controls) {
    numbers.insert(control.framework + ' ' + control.number);
    checks.insert(control.checks.begin(), control.checks.end());
  }
  CHECK(numbers == std::set<std::string>{"iso-27001 A.5.15", "iso-27001 A.5.18", "iso-27001 A.8.15", "cis-alibaba 1.1",
                                         "cis-alibaba 1.15", "cis-alibaba 1.16", "mlps-2 8.1.4.2", "mlps-2 8.1.4.3",
                                         "mlps-2 Art. 21 (3)"});
  // All but whether every image is decided, which is about the exports and no control.
  CHECK(checks.size() == check_table().size() - 1);
  CHECK(set->waivers.empty());
  REQUIRE(set->files.size() == 1);
  CHECK(set->files[0].digest.starts_with("sha256:"));
}

TEST_CASE("the check table stands in the order of the enum", "[rules][controls]") {
  for (std::size_t i = 0; i < check_table().size(); ++i) {
    CHECK(static_cast<std::size_t>(check_table()[i].check) == i);
    CHECK(find_check(check_table()[i].name) == &check_table()[i]);
  }
  CHECK(find_check("deletion") == nullptr);
}

TEST_CASE("own controls stand on top", "[rules][controls]") {
  const auto set = load(own_file(R"("frameworks": [{"id": "own", "name": "Own", "source": "wiki"}], "controls": [
    {"id": "own-1", "framework": "own", "number": "1", "title": "T", "explanation": "E", "checks": ["log-root"]},
    {"id": "own-2", "framework": "mlps-2", "number": "2", "title": "T", "explanation": "E", "checks": ["log-reach"]}],
    "waivers": [{"check": "log-root", "subject": "*", "owner": "o", "reason": "r", "expires": "2027-01-31"}])"));
  REQUIRE(set.has_value());
  CHECK(set->controls.back().id == "own-2");
  REQUIRE(set->waivers.size() == 1);
  CHECK(set->waivers[0].expires_after == *parse_rfc3339("2027-01-31T23:59:59Z"));
}

TEST_CASE("what a controls file may not say", "[rules][controls]") {
  struct Row {
    const char* why;
    const char* members;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"an unknown check",
       R"("waivers": [{"check": "log-rot", "subject": "*", "owner": "o", "reason": "r", "expires": "2027-01-31"}])",
       "did you mean `log-root`?"},
      {"an unknown framework",
       R"("controls": [{"id": "a", "framework": "iso", "number": "1", "title": "T", "explanation": "E", "checks": ["log-root"]}])",
       "no framework `iso`"},
      {"a second id",
       R"("controls": [{"id": "mlps-2-retention", "framework": "mlps-2", "number": "1", "title": "T", "explanation": "E", "checks": ["log-root"]}])",
       "a second control"},
      {"no check",
       R"("controls": [{"id": "a", "framework": "mlps-2", "number": "1", "title": "T", "explanation": "E", "checks": []}])",
       "expected at least one"},
      {"no day",
       R"("waivers": [{"check": "log-root", "subject": "*", "owner": "o", "reason": "r", "expires": "soon"}])",
       "expected a day"},
      {"a waiver without an owner",
       R"("waivers": [{"check": "log-root", "subject": "*", "reason": "r", "expires": "2027-01-31"}])", "owner"},
      {"an unknown member", R"("control": [])", "control"},
  }));
  CAPTURE(row.why);
  const auto set = load(own_file(row.members));
  REQUIRE(!set.has_value());
  CHECK(set.error().code == Errc::kMalformedInput);
  CHECK(set.error().message.starts_with("own.json:"));
  CHECK(set.error().message.find(row.message) != std::string::npos);
}

}  // namespace
}  // namespace imagewarden::rules
