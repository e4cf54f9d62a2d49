// `policy lint` from the command line: exit status, formats, waivers, inventory, bad input.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/support.h"

namespace imagewarden::cli {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;
using test::Folder;
using test::MemoryEnvironment;
using test::write_file;

constexpr std::string_view kDelete =
    R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "appstreaming:DeleteImage", "Resource": "*"}]})";
constexpr std::string_view kGood =
    R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "appstreaming:ListImage", "Resource": "*"}]})";

std::string waivers(const std::string& items) {
  return R"({"schema": "imagewarden-lint-waivers/1", "waivers": [)" + items + "]}";
}
std::string waiver(const std::string& rule, const std::string& expires, const std::string& more = "") {
  return R"({"rule": ")" + rule + R"(", "owner": "team-images", "reason": "reviewed", "expires": ")" + expires + '"' +
         more + "}";
}

struct Run {
  int status;
  std::string out;
  std::string err;
};
Run lint(std::vector<std::string> arguments) {
  MemoryEnvironment memory;
  arguments.insert(arguments.begin(), {"policy", "lint"});
  const int status = memory.run(arguments);
  return {status, memory.out, memory.err};
}

TEST_CASE("policy lint fails from the level on that is asked for", "[cli][lint][table]") {
  Folder folder;
  write_file(folder.at("ops.json"), kDelete);  // RAM051, security
  write_file(folder.at("read.json"), kGood);
  struct Row {
    const char* level;
    int status;
  };
  const auto row =
      GENERATE(values<Row>({{"error", 0}, {"security", 1}, {"warning", 1}, {"suggestion", 1}, {"never", 0}}));
  CAPTURE(row.level);
  CHECK(lint({folder.at("ops.json"), "--fail-level", row.level}).status == row.status);
  CHECK(lint({folder.at("read.json"), "--fail-level", row.level}).status == 0);
  CHECK(lint({folder.at("ops.json"), "--fail-level", "most"}).status == 2);
}

TEST_CASE("policy lint shows severity, rule, place, message and repair", "[cli][lint]") {
  Folder folder;
  write_file(folder.at("ops.json"), kDelete);
  const Run run = lint({folder.at("ops.json")});
  CHECK(run.status == 1);
  CHECK_THAT(run.out,
             Contains("security  RAM051  " + folder.at("ops.json") + ":1:62  Allow of `appstreaming:DeleteImage`"));
  CHECK_THAT(run.out, Contains("> add a condition"));
  CHECK_THAT(run.out, Contains("1 policy: 0 errors, 1 security, 0 warnings, 0 suggestions, 0 waived"));
  CHECK_THAT(run.out, Contains("tables: actions 2026-"));
}

TEST_CASE("policy lint reads folders in order and passes over lists and waivers", "[cli][lint]") {
  Folder folder;
  std::filesystem::create_directory(folder.at("sub"));
  write_file(folder.at("sub/z.json"), kDelete);
  write_file(folder.at("b.json"), kDelete);
  write_file(folder.at("a.json"), "{");
  write_file(folder.at("index.json"), "[1]");
  write_file(folder.at("b.waivers.json"), waivers(waiver("RAM051", "2027-01-31")));
  write_file(folder.at("notes.txt"), "x");
  const Run run = lint({folder.at(""), "--format", "json"});
  CHECK(run.status == 1);
  const auto document = json::parse(run.out);
  REQUIRE(document["policies"].size() == 3);
  CHECK(document["policies"][0]["name"] == "a");
  CHECK(document["policies"][1]["name"] == "b");
  CHECK(document["policies"][2]["name"] == "z");
  CHECK(document["skipped"].size() == 1);
  CHECK_THAT(run.err, Contains("index.json: skipped"));
  REQUIRE(document["findings"].size() == 3);
  CHECK(document["findings"][0]["rule"] == "RAM001");
  CHECK(document["findings"][1]["waived"]["owner"] == "team-images");
  CHECK(document["findings"][2]["waived"].is_null());
  CHECK(document["summary"]["waived"] == 1);
  CHECK(document["summary"]["security"] == 1);
  CHECK(document["failed"] == true);
}

TEST_CASE("waivers: whom they cover, expired ones, unused ones", "[cli][lint][table]") {
  Folder folder;
  write_file(folder.at("ops.json"), kDelete);
  struct Row {
    const char* why;
    std::string items;
    int status;
    const char* shows;
  };
  const std::string ops = R"(, "policy": "ops")";
  const std::vector<Row> rows{
      {"covers", waiver("RAM051", "2027-01-31", ops), 0, "waived by team-images until 2027-01-31: reviewed"},
      {"its last day counts", waiver("RAM051", "2026-11-24", ops), 0, "waived"},
      {"the day after it does not", waiver("RAM051", "2026-11-23", ops), 1, "WAIVER-EXPIRED"},
      {"of that statement", waiver("RAM051", "2027-01-31", ops + R"(, "statement": 0)"), 0, "waived by"},
      {"of another statement", waiver("RAM051", "2027-01-31", ops + R"(, "statement": 1)"), 1, "WAIVER-UNUSED"},
      {"of another rule", waiver("RAM051", "2027-01-31", ops) + ", " + waiver("RAM047", "2027-01-31", ops), 1,
       "WAIVER-UNUSED"},
      {"of a policy that is not looked at",
       waiver("RAM051", "2027-01-31", ops) + ", " + waiver("RAM047", "2027-01-31", R"(, "policy": "x")"), 0,
       "1 waived"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    write_file(folder.at("w.json"), waivers(row.items));
    const Run run = lint({folder.at("ops.json"), "--waivers", folder.at("w.json")});
    CHECK(run.status == row.status);
    CHECK_THAT(run.out, Contains(row.shows));
  }
}

TEST_CASE("bad waiver files and tables are told with their place", "[cli][lint][table]") {
  Folder folder;
  write_file(folder.at("ops.json"), kDelete);
  const std::vector<std::pair<std::string, const char*>> rows{
      {waivers(waiver("RAM099", "2027-01-31", R"(, "policy": "ops")")), "no rule `RAM099`"},
      {waivers(waiver("RAM051", "soon", R"(, "policy": "ops")")), "expected a day as"},
      {waivers(waiver("RAM051", "2027-01-31")), "`policy` is missing"},
      {waivers(R"({"rule": "RAM051", "policy": "ops", "reason": "x", "expires": "2027-01-31"})"), "owner"},
      {waivers(waiver("RAM051", "2027-01-31", R"(, "policy": "ops", "till": "x")")), "till"},
      {R"({"schema": "x", "waivers": []})", "imagewarden-lint-waivers/1"},
      {"{", "w.json:1:2"},
  };
  for (const auto& [text, message] : rows) {
    CAPTURE(text);
    write_file(folder.at("w.json"), text);
    const Run run = lint({folder.at("ops.json"), "--waivers", folder.at("w.json")});
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK_THAT(run.err, Contains(message));
  }
  CHECK(lint({}).status == 2);
  CHECK(lint({folder.at("nothing.json")}).status == 2);
  std::filesystem::create_directory(folder.at("empty"));
  CHECK(lint({folder.at("empty")}).status == 2);
  write_file(folder.at("actions.json"), "{}");
  CHECK(lint({folder.at("ops.json"), "--actions", folder.at("actions.json")}).status == 2);
}

TEST_CASE("policy lint: --actions brings a newer table", "[cli][lint]") {
  Folder folder;
  write_file(
      folder.at("p.json"),
      R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["zzz:New", "zzz:Newer"], "Resource": "*"}]})");
  CHECK_THAT(lint({folder.at("p.json")}).out, Contains("RAM010"));
  write_file(folder.at("actions.json"), R"({"schema": "imagewarden-actions/1", "date": "2027-02-03", "actions": [
      {"name": "zzz:New", "access": "get", "resource": "all", "basis": "documented"}]})");
  const Run run = lint({folder.at("p.json"), "--actions", folder.at("actions.json")});
  CHECK_THAT(run.out, !Contains("RAM010"));
  CHECK_THAT(run.out, Contains("action `zzz:Newer` is not in the table of 2027-02-03"));
  CHECK_THAT(run.out, Contains("actions 2027-02-03 (" + folder.at("actions.json") + ")"));
}

TEST_CASE("policy lint: --explain prints a rule", "[cli][lint]") {
  const Run run = lint({"--explain", "RAM017"});
  CHECK(run.status == 0);
  CHECK_THAT(run.out, Contains("RAM017") && Contains("security") && Contains("never applies"));
  const auto rule = json::parse(lint({"--explain", "RAM031", "--format", "json"}).out);
  CHECK(rule["ram_name"] == "Invalid condition multiple Boolean");
  const Run unknown = lint({"--explain", "RAM17"});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Contains("did you mean"));
}

TEST_CASE("policy lint of an inventory shows attachments", "[cli][lint]") {
  const std::string acme = std::string(IMAGEWARDEN_SOURCE_DIR) + "/examples/acme";
  const Run run = lint({"--inventory", acme, "--format", "json"});
  CHECK(run.status == 1);
  const auto document = json::parse(run.out);
  CHECK(document["inventory"]["digest"].get<std::string>().rfind("sha256:", 0) == 0);
  bool narrowed = false;
  for (const auto& finding : document["findings"]) {
    CHECK(finding["in_file"] == false);
    narrowed = narrowed || (finding["rule"] == "RAM017" && finding["policy"] == "Custom/hangzhou-images-only");
  }
  CHECK(narrowed);
  std::map<std::string, std::string> remarks;
  for (const auto& note : document["attachments"]) remarks[note["policy"]] = note["remark"];
  CHECK_THAT(remarks.at("Custom/hangzhou-images-only"), Contains("directly on user/erin"));
  CHECK(remarks.at("Custom/janitor").empty());
}

// What a reader of SARIF relies on; tests/golden holds the whole against the schema.
TEST_CASE("SARIF has rules, regions and suppressions, also where a file is no JSON", "[cli][lint]") {
  Folder folder;
  write_file(folder.at("a b.json"), "{\"Version\": \"1\",\n \"Statement\": [,]}");
  write_file(folder.at("ops.json"), kDelete);
  write_file(folder.at("ops.waivers.json"), waivers(waiver("RAM051", "2027-01-31")));
  const Run run = lint({folder.at("a b.json"), folder.at("ops.json"), "--format", "sarif"});
  CHECK(run.status == 1);
  const auto log = json::parse(run.out);
  CHECK(log["version"] == "2.1.0");
  const auto& sarif = log["runs"][0];
  const auto& rules = sarif["tool"]["driver"]["rules"];
  CHECK(rules.size() == 68);
  for (const auto& rule : rules) {
    CHECK_FALSE(rule["shortDescription"]["text"].get<std::string>().empty());
    CHECK_FALSE(rule["help"]["text"].get<std::string>().empty());
  }
  REQUIRE(sarif["results"].size() == 2);
  const auto& syntax = sarif["results"][0];
  CHECK(syntax["ruleId"] == "RAM001");
  CHECK(syntax["level"] == "error");
  CHECK(syntax["suppressions"].empty());
  const auto& location = syntax["locations"][0]["physicalLocation"];
  CHECK_THAT(location["artifactLocation"]["uri"].get<std::string>(),
             Catch::Matchers::StartsWith("file:///") && Catch::Matchers::EndsWith("/a%20b.json"));
  CHECK(location["region"]["startLine"] == 2);
  CHECK(location["region"]["startColumn"] == 16);
  const auto& waived = sarif["results"][1];
  CHECK(waived["suppressions"][0]["justification"] == "reviewed (by team-images, until 2027-01-31)");
  CHECK(waived["locations"][0]["physicalLocation"]["region"]["endColumn"] == 88);
  for (const auto& result : sarif["results"])
    CHECK(rules[result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
  // A catalogue of no findings is a run of no results.
  write_file(folder.at("good.json"), kGood);
  const Run good = lint({folder.at("good.json"), "--format", "sarif"});
  CHECK(good.status == 0);
  CHECK(json::parse(good.out)["runs"][0]["results"].empty());
}

}  // namespace
}  // namespace imagewarden::cli
