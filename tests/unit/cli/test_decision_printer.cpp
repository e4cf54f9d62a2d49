// Decisions in each format: what stands in a line, what is guarded, what waits for the end.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/decision_printer.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using nlohmann::json;
using test::MemoryEnvironment;

namespace {

Decision denied() {
  Decision decision;
  decision.image = "img-1";
  decision.image_name = "=HYPERLINK(\"x\")";
  decision.account = "1";
  decision.principal = "user/alice";
  decision.operation = "appstreaming:DeleteImage";
  decision.outcome = Outcome::kDeny;
  decision.code = "ImageDeleteFailed.NotAllow";
  decision.http_status = 400;
  decision.possible_codes = {"ImageDeleteFailed.NotAllow"};
  Finding finding;
  finding.rule = "not-in-use";
  finding.code = decision.code;
  finding.evidence = {{"image:DeliveryGroups", {"aig-1"}, "a.json#/0"},
                      {"image:DeliveryGroups", {"aig-2"}, "a.json#/1"},
                      {"image:Workstations", {"ws-1"}, "b.json#/0"}};
  decision.violations = {finding};
  decision.permission.decision = "allow";
  decision.effects.templates = std::vector<std::string>{"b-1", "b-2"};
  decision.effects.regions = {"cn-hangzhou", "cn-shanghai"};
  return decision;
}

Decision open_one() {
  Decision decision = denied();
  decision.image_name = "桌面";
  decision.outcome = Outcome::kIndeterminate;
  decision.code.clear();
  decision.http_status.reset();
  decision.violations.clear();
  decision.unknowns = {{"not-shared-out", {"DescribeImagePermission ImageId=img-1"}, "not exported", {}}};
  decision.effects.templates.reset();
  decision.assumptions = {"no control policies"};
  return decision;
}

// Everything that a printer makes of the decisions, without a log.
std::string printed(Format format, const std::vector<Decision>& decisions) {
  MemoryEnvironment memory;
  Options options;
  options.format = format;
  auto sink = Sink::open("", memory.environment);
  if (!sink) throw std::runtime_error(sink.error().message);
  const auto printer = make_decision_printer(options, memory.environment, *sink);
  PrintHeader header;
  for (const Decision& decision : decisions) {
    header.summary.count(decision.outcome);
    if (decision.outcome == Outcome::kDeny) ++header.codes[decision.code];
  }
  printer->begin(header);
  for (const Decision& decision : decisions) printer->print(decision, {}, nullptr);
  printer->end();
  if (!sink->finish()) throw std::runtime_error("not written");
  return memory.out;
}

}  // namespace

TEST_CASE("each decision has the age of its own facts", "[cli][printer]") {
  std::vector<Decision> decisions(4, denied());
  const std::vector<std::string> times{"2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z", "2026-11-20T08:00:00Z",
                                       "2026-11-20T08:00:00Z"};
  for (std::size_t i = 0; i < times.size(); ++i) decisions[i].facts = {parse_rfc3339(times[i]), i == 3};
  std::istringstream lines(printed(Format::kNdjson, decisions));
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    CAPTURE(i);
    const json facts = json::parse(line)["facts"];
    CHECK(facts["oldest"] == times[i]);
    CHECK(facts["undated"] == (i == 3));
  }
}

TEST_CASE("the first reason in words", "[cli][printer]") {
  Decision decision = denied();
  CHECK(reason_of(decision) == "not-in-use: image:DeliveryGroups aig-1 aig-2 and 1 more");
  decision.violations[0].evidence.erase(decision.violations[0].evidence.begin());
  CHECK(reason_of(decision) == "not-in-use: image:DeliveryGroups aig-2, image:Workstations ws-1");

  decision.violations[0].rule = "permission";
  decision.permission.decision = "implicit-deny";
  CHECK(reason_of(decision) == "permission: implicit-deny");
  decision.permission.decision = "explicit-deny";
  decision.permission.statements = {{"Custom/no-deletion#0", "Deny", "user/alice", "p.json#/Policy"}};
  CHECK(reason_of(decision) == "permission: explicit-deny by Custom/no-deletion#0");

  decision.guards = {decision.violations[0]};
  decision.guards[0].rule = "keep-tag";
  decision.guards[0].evidence = {{"image:Tag/keep", {"true"}, ""}};
  decision.violations.clear();
  CHECK(reason_of(decision) == "keep-tag: image:Tag/keep true");
  decision.guards[0].evidence.clear();  // no tag at all: nothing to quote
  CHECK(reason_of(decision) == "keep-tag");
  CHECK(reason_of(open_one()) == "not-shared-out is not known: not exported");
  CHECK(reason_of(Decision{}).empty());
}

TEST_CASE("CSV: one line a decision, formulas guarded", "[cli][printer]") {
  const std::string text = printed(Format::kCsv, {denied(), open_one()});
  CHECK(
      text ==
      "image,name,account,principal,outcome,code,http_status,possible_codes,violations,unknown,guards,reason,templates,"
      "regions,seq,oldest_fact,undated_facts\r\n"
      "img-1,\"'=HYPERLINK(\"\"x\"\")\",1,user/alice,deny,ImageDeleteFailed.NotAllow,400,ImageDeleteFailed.NotAllow,"
      "not-in-use,,,not-in-use: image:DeliveryGroups aig-1 aig-2 and 1 more,b-1 b-2,cn-hangzhou cn-shanghai,,,no\r\n"
      "img-1,桌面,1,user/alice,indeterminate,,,ImageDeleteFailed.NotAllow,,not-shared-out,,not-shared-out is not "
      "known: "
      "not exported,not known,cn-hangzhou cn-shanghai,,,no\r\n");
}

TEST_CASE("NDJSON: one document a line", "[cli][printer]") {
  std::istringstream lines(printed(Format::kNdjson, {denied(), open_one()}));
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["code"] == "ImageDeleteFailed.NotAllow");
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["code"].is_null());
  CHECK_FALSE(json::parse(line).contains("audit"));
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("the table ends with the summary and what to export", "[cli][printer]") {
  const std::string text = printed(Format::kTable, {denied(), open_one()});
  CHECK(text.find("deny           ImageDeleteFailed.NotAllow  img-1  =HYPERLINK(\"x\")  not-in-use: ") !=
        std::string::npos);
  CHECK(
      text.ends_with("\n2 images: 0 allow, 1 deny, 1 indeterminate\n"
                     "       1  ImageDeleteFailed.NotAllow\n"
                     "assumed: no control policies\n"
                     "to decide what is indeterminate, export or give:\n"
                     "  DescribeImagePermission ImageId=img-1\n"));
  CHECK(text.find('\x1b') == std::string::npos);
  // What would not change the answer is not asked for.
  Decision both = open_one();
  both.outcome = Outcome::kDeny;
  both.code = "ImageDeleteFailed.NotAllow";
  CHECK(printed(Format::kTable, {both}).find("to decide") == std::string::npos);
}
