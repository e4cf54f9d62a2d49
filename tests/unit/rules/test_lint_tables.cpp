// The tables of the linter, and waivers.

#include <algorithm>

#include <catch2/catch.hpp>

#include "engine/rules/actions.h"
#include "engine/rules/embedded.h"
#include "engine/rules/lint_tables.h"
#include "engine/rules/lint_waivers.h"

namespace imagewarden::rules {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST_CASE("the built-in tables of the linter", "[rules][lint]") {
  const LintTableFile& file = built_in_lint_tables();
  CHECK(file.date == "2026-11-24");
  for (const char* code : {"appstreaming", "ecd", "ecs", "oss", "ram", "sts", "yundun-sas"}) {
    CAPTURE(code);
    CHECK(holds(file.services, code));
  }
  // Whatever a table says of a service is said of one that the list knows.
  for (const auto* names : {&file.complete_services, &file.global_services, &file.wide_services}) {
    for (const std::string& name : *names) {
      CAPTURE(name);
      CHECK(holds(file.services, name));
    }
  }
  for (const ActionEntry& entry : ActionCatalogue::built_in().entries()) {
    CHECK(holds(file.services, entry.name.substr(0, entry.name.find(':'))));
  }
  for (const std::string& action : file.escalation_actions) {
    CAPTURE(action);
    CHECK(ActionCatalogue::built_in().find(action) != nullptr);
  }
  const auto key = std::find_if(file.keys.begin(), file.keys.end(),
                                [](const LintKeyEntry& entry) { return entry.name == "acs:SourceIp"; });
  REQUIRE(key != file.keys.end());
  CHECK(key->type == LintKeyType::kIp);
  CHECK(key->single);
  CHECK_FALSE(key->can_be_missing);
  CHECK(holds(file.regions, "cn-hangzhou"));
  CHECK(holds(file.service_principals, "ecs.aliyuncs.com"));
}

TEST_CASE("faults of a table name their place", "[rules][lint][table]") {
  const std::string good(embedded_file("lint-tables.json"));
  REQUIRE(parse_lint_tables(good, "t.json").has_value());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {with("imagewarden-lint-tables/1", "imagewarden-lint-tables/2"),
        with("\"type\": \"ip\"", "\"type\": \"address\""), with("\"can_be_missing\": false", "\"can_be_missing\": 0"),
        with("\"regions\"", "\"Regions\""), with("\"cn-beijing\",", "\"cn-qingdao\","), std::string("[]"),
        std::string("{")}) {
    const auto parsed = parse_lint_tables(text, "t.json");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::kMalformedInput);
    CHECK(parsed.error().message.rfind("t.json:", 0) == 0);
  }
}

TEST_CASE("waivers count to the end of their day", "[rules][lint]") {
  const std::string text = R"({"schema": "imagewarden-lint-waivers/1", "waivers": [
    {"rule": "RAM047", "policy": "ops", "statement": 2, "owner": "o", "reason": "r", "expires": "2027-01-31"}]})";
  const auto waivers = parse_waivers(text, "w.json", true);
  REQUIRE(waivers.has_value());
  REQUIRE(waivers->size() == 1);
  const Waiver& waiver = waivers->front();
  CHECK(waiver.rule == "RAM047");
  CHECK(waiver.statement == 2);
  CHECK(format_rfc3339(waiver.expires_after) == "2027-01-31T23:59:59Z");
  CHECK(waiver.position == TextPosition{2, 5});
  CHECK(waiver.pointer == "/waivers/0");
  for (const char* bad : {"2027-02-30", "2027-1-31", "2027-01-31T00:00:00Z", "never"}) {
    CAPTURE(bad);
    std::string changed = text;
    changed.replace(changed.find("2027-01-31"), 10, bad);
    CHECK_FALSE(parse_waivers(changed, "w.json", true).has_value());
  }
  std::string negative = text;
  negative.replace(negative.find("\"statement\": 2"), 14, "\"statement\": -1");
  CHECK_FALSE(parse_waivers(negative, "w.json", true).has_value());
}

}  // namespace
}  // namespace imagewarden::rules
