// Decides every case of the case files twice: through the engine, and through the command line with an audit log, whose
// record is read back.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "audit/log.h"
#include "cli/app.h"
#include "cli/environment.h"
#include "engine/decide/decide.h"
#include "engine/inventory/read.h"
#include "tests/cases/case_file.h"

namespace {

using namespace imagewarden;
using cases::Case;
using cases::Json;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(IMAGEWARDEN_SOURCE_DIR) / "tests/cases";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": unreadable");
  return {std::istreambuf_iterator<char>(in), {}};
}

cases::Fragments load_fragments() {
  return cases::read_fragments("fragments.json", read_file(kFolder / "fragments.json"));
}

std::vector<Case> load(const std::string& file) {
  return cases::read_cases(file, read_file(kFolder / file), load_fragments());
}

// A folder of its own that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int serial = 0;
    path_ =
        fs::temp_directory_path() / ("imagewarden-cases-" + std::to_string(getpid()) + "-" + std::to_string(++serial));
    fs::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> rules_of(const auto& findings) {
  std::vector<std::string> rules;
  for (const auto& finding : findings) rules.push_back(finding.rule);
  return rules;
}

void check_decision(const Decision& decision, const cases::Want& want) {
  CHECK(std::string(to_string(decision.outcome)) == want.outcome);
  CHECK(decision.code == want.code);
  CHECK(decision.possible_codes == want.possible_codes);
  CHECK(rules_of(decision.violations) == want.violations);
  CHECK(rules_of(decision.unknowns) == want.unknowns);
  CHECK(decision.permission.decision == want.permission);
}

Decision decide(const Case& one) {
  std::vector<MemoryFile> files;
  for (const auto& [path, bytes] : one.files) files.push_back({path, bytes});
  const auto snapshot = read_inventory(files, {});
  if (!snapshot) throw std::runtime_error(snapshot.error().message);
  const auto ruleset = rules::Ruleset::load({});
  REQUIRE(ruleset);
  const auto principal = parse_principal(one.ask.principal);
  REQUIRE(principal);
  const auto now = parse_rfc3339(one.ask.now);
  REQUIRE(now);
  Question question{*principal, {}, *now, one.ask.strict};
  for (const auto& [key, values] : one.ask.context) {
    for (const std::string& value : values) question.context.add_value(key, value);
  }
  for (const std::string& key : one.ask.no_context) question.context.set_absent(key);
  const auto decider = Decider::create(*snapshot, *ruleset, question);
  if (!decider) throw std::runtime_error(decider.error().message);
  return decider->decide_image(one.ask.image);
}

std::map<std::string, std::string> fields_of(const audit::Draft& draft) {
  return {{"outcome", draft.outcome},
          {"code", draft.code},
          {"possible_codes", draft.possible_codes},
          {"permission", draft.permission},
          {"principal", draft.principal},
          {"account", draft.account},
          {"image", draft.image},
          {"decided_at", draft.decided_at},
          {"verb", draft.verb},
          {"operation", draft.operation}};
}

int exit_status(const std::string& outcome) {
  if (outcome == "allow") return cli::kExitAllowed;
  return outcome == "deny" ? cli::kExitDenied : cli::kExitIndeterminate;
}

// What is left of a printed decision without the place in the log, which the digest does not cover.
Json printed_decision(const std::string& text) {
  const Json document = Json::parse(text);
  REQUIRE(document.at("decisions").size() == 1);
  return document["decisions"][0];
}

// The same question on the command line; the printed answer, the exit status and the audit record.
void check_command_line(const Case& one, const Decision& decision) {
  const TemporaryFolder folder;
  for (const auto& [path, bytes] : one.files) {
    fs::create_directories((folder.path() / "exports" / path).parent_path());
    std::ofstream(folder.path() / "exports" / path, std::ios::binary) << bytes;
  }
  const std::string log_path = (folder.path() / "log.db").string();
  std::vector<std::string> arguments{"check",
                                     one.ask.image,
                                     "--as",
                                     one.ask.principal,
                                     "--now",
                                     one.ask.now,
                                     "--format",
                                     "json",
                                     "--quiet",
                                     "--inventory",
                                     (folder.path() / "exports").string(),
                                     "--audit-log",
                                     log_path};
  for (const auto& [key, values] : one.ask.context) {
    for (const std::string& value : values) arguments.insert(arguments.end(), {"--context", key + "=" + value});
  }
  for (const std::string& key : one.ask.no_context) arguments.insert(arguments.end(), {"--no-context", key});
  if (one.ask.strict) arguments.emplace_back("--strict");

  std::string out;
  std::string err;
  std::istringstream in;
  cli::Environment environment;
  environment.out = [&](std::string_view text) { return out += text, true; };
  environment.err = [&](std::string_view text) { return err += text, true; };
  environment.in = &in;
  environment.clock = [] { return *parse_rfc3339("2026-12-01T00:00:00Z"); };
  environment.host = "host";
  environment.user = "user";
  const int status = cli::run(arguments, environment);
  INFO("standard error: " << err);
  REQUIRE(status == exit_status(one.want.outcome));

  const Json printed = printed_decision(out);
  CHECK(printed["outcome"] == one.want.outcome);
  CHECK(printed["code"] == (one.want.code.empty() ? Json() : Json(one.want.code)));
  CHECK(printed["possible_codes"] == Json(one.want.possible_codes));
  CHECK(printed["permission"]["decision"] == one.want.permission);
  Json violated = Json::array();
  for (const Json& finding : printed["violations"]) violated.push_back(finding["rule"]);
  CHECK(violated == Json(one.want.violations));
  Json unknown = Json::array();
  for (const Json& finding : printed["unknown"]) unknown.push_back(finding["rule"]);
  CHECK(unknown == Json(one.want.unknowns));

  auto log = audit::Log::open_read_only(log_path);
  REQUIRE(log);
  std::vector<audit::Record> records;
  const auto head = log->head();
  REQUIRE(head);
  const auto visited = log->read(0, head->size, [&](std::uint64_t, std::string_view leaf) {
    auto record = audit::decode_record(leaf);
    REQUIRE(record);
    if (record->draft.kind == audit::RecordKind::kDecision) records.push_back(*record);
    return true;
  });
  REQUIRE(visited);
  REQUIRE(records.size() == 1);
  CHECK(fields_of(records[0].draft) == one.want.record);
  CHECK(records[0].seq == printed["audit"]["seq"]);
  CHECK(records[0].draft.decision_digest == decision_digest(decision));
  CHECK(records[0].draft.request_digest.starts_with("sha256:"));
  const auto report = audit::verify(log_path, {});
  REQUIRE(report);
  CHECK(report->problem.empty());
}

void run_file(const std::string& file) {
  for (const Case& one : load(file)) {
    INFO(file << ": " << one.name);
    const Decision decision = decide(one);
    check_decision(decision, one.want);
    check_command_line(one, decision);
  }
}

TEST_CASE("cases: every rule in each of its values", "[cases]") { run_file("rules.json"); }
TEST_CASE("cases: of two violated rules the first one decides", "[cases]") { run_file("violated-violated.json"); }
TEST_CASE("cases: an unknown rule before a violated one leaves its code possible", "[cases]") {
  run_file("unknown-violated.json");
}

TEST_CASE("cases: the files hold every rule in each of its values", "[cases]") {
  const auto ruleset = rules::Ruleset::load({});
  REQUIRE(ruleset);
  std::set<std::string> violated;
  std::set<std::string> unknown;
  std::set<std::string> held;
  for (const Case& one : load("rules.json")) {
    violated.insert(one.want.violations.begin(), one.want.violations.end());
    unknown.insert(one.want.unknowns.begin(), one.want.unknowns.end());
    if (one.want.outcome != "allow") continue;
    for (const rules::Rule& rule : ruleset->rules()) held.insert(rule.id);
  }
  for (const rules::Rule& rule : ruleset->rules()) {
    INFO(rule.id);
    CHECK(violated.count(rule.id) == 1);
    CHECK(held.count(rule.id) == 1);
    // What was recorded is recorded: these two cannot be open.
    const bool can_be_open = rule.id != "templates-exist" && rule.id != "templates-deletable";
    CHECK(unknown.count(rule.id) == (can_be_open ? 1U : 0U));
  }
}

TEST_CASE("cases: a malformed case file is refused in one clear line", "[cases]") {
  const cases::Fragments fragments = load_fragments();
  const std::string start = R"({"schema":"imagewarden-cases/1","cases":[)";
  const std::string want =
      R"("want":{"outcome":"allow","code":"200","possible_codes":["200"],"violations":[],"unknowns":[],"permission":"allow",)"
      R"("record":{"outcome":"","code":"","possible_codes":"","permission":"","principal":"","account":"","image":"","decided_at":"","verb":"","operation":""}})";
  struct Row {
    std::string text;
    std::string message;
  };
  const std::vector<Row> rows = {
      {"{", "x.json: not JSON: "},
      {R"({"schema":"imagewarden-cases/2","cases":[]})",
       R"(x.json: top: schema "imagewarden-cases/2", expected "imagewarden-cases/1")"},
      {R"({"schema":"imagewarden-cases/1"})", "x.json: top: `cases` is missing"},
      {start + "]}", "x.json: top: `cases` is not a list of cases"},
      {start + R"({"name":"a"}]})", "x.json: case 0: `want` is missing"},
      {start + R"({"name":"a",)" + want + R"(,"uses":[]}]})", "x.json: case 0: unknown key `uses`"},
      {start + R"({"name":"a",)" + want + R"(,"use":["nothing"]}]})", "x.json: case `a`: no fragment `nothing`"},
      {start + R"({"name":"a",)" + want + R"(},{"name":"a",)" + want + "}]}",
       "x.json: case `a`: a second case of this name"},
      {start + R"({"name":"a",)" + want + R"(,"edit":{"ask":{"who":"root"}}}]})",
       "x.json: case `a`, edit, ask: unknown key `who`"},
      {start + R"({"name":"a","want":{"outcome":"maybe"}}]})", "x.json: case `a`, want: `code` is missing"},
      {start + R"({"name":"a",)" + want + R"(,"edit":{"list_total":"2"}}]})",
       "x.json: case `a`, edit: `list_total` is not a number"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    std::string message;
    try {
      static_cast<void>(cases::read_cases("x.json", row.text, fragments));
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    CHECK(message.substr(0, row.message.size()) == row.message);
    CHECK(message.find('\n') == std::string::npos);
  }
}

}  // namespace
