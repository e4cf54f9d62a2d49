// The compliance report: what is found, what that says of controls, and that no form lets a hostile text act.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/inventory/read.h"
#include "report/build.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

const Time kNow = *parse_rfc3339("2026-11-24T08:00:00Z");
constexpr std::string_view kHostile = "</td><script>alert(1)</script>\"'&\x1b[31m\n\xE2\x80\xAE=1+1";

std::string json_text(std::string_view text) { return nlohmann::json(text).dump(); }

// One account with one image, shared with another account, and nothing else exported.
Snapshot example(std::string_view name = "name") {
  const std::vector<MemoryFile> files{
      {"account.json", R"({"AccountId": "1", "Regions": ["cn-hangzhou"]})"},
      {"ListImage.json", R"({"Count": 1, "Data": [{"AppCenterImageId": "img-1", "ImageId": "img-1", "ImageName": )" +
                             json_text(name) + R"(, "Name": )" + json_text(name) +
                             R"(, "ImageType": "User", "Status": "AVAILABLE", "ProductType": )" + json_text(name) +
                             R"(}]})"},
  };
  auto snapshot = read_inventory(files, {});
  REQUIRE(snapshot.has_value());
  return std::move(*snapshot);
}

struct Made {
  rules::Ruleset rules = rules::Ruleset::load({}).value();
  rules::ControlSet controls = rules::load_controls({}).value();
  ReportSources sources;
  Made() {
    sources.version = "0";
    sources.now = kNow;
    sources.rules = &rules;
    sources.controls = &controls;
  }
  ReportModel build() const {
    auto model = build_report(sources);
    REQUIRE(model.has_value());
    return std::move(*model);
  }
  void add(const Snapshot& snapshot) {
    sources.inventory = InventorySource{
        &snapshot, std::nullopt, {}, false, [](std::string_view call) { return "run " + std::string(call); }};
  }
  void add_log(std::string problem) {
    LogSource log;
    log.path = "log.db";
    log.verified.origin = "example.com/log";
    log.verified.problem = std::move(problem);
    log.verified.head.size = 1;
    log.stats.emplace();
    log.stats->records = 1;
    log.stats->first_time = Time{kNow.unix_us - std::int64_t{200} * 86'400'000'000};
    log.stats->principals = {{"root", 3}};
    sources.log = std::move(log);
  }
};

const CheckLine& line(const ReportModel& model, rules::Check check) {
  return model.checks.at(static_cast<std::size_t>(check));
}

TEST_CASE("a report on a log alone assesses nothing of an inventory", "[report]") {
  Made made;
  made.add_log("");
  const ReportModel model = made.build();
  CHECK(line(model, rules::Check::kDeletionDirect).state == CheckState::kNotAssessed);
  CHECK(line(model, rules::Check::kLogVerifies).state == CheckState::kPass);
  CHECK(line(model, rules::Check::kLogReach).state == CheckState::kPass);
  CHECK(line(model, rules::Check::kLogSigned).state == CheckState::kFinding);
  CHECK(line(model, rules::Check::kLogRoot).findings == 1);
}

TEST_CASE("a log that does not verify is one finding, and nothing else is said of it", "[report]") {
  Made made;
  made.add_log("record 7: changed");
  made.sources.log->verified.first_bad = 7;
  const ReportModel model = made.build();
  CHECK(line(model, rules::Check::kLogVerifies).state == CheckState::kFinding);
  CHECK(line(model, rules::Check::kLogRoot).state == CheckState::kNotAssessed);
  CHECK(model.findings.size() == 1);
  CHECK(model.log->root.empty());
  for (const ControlLine& control : model.controls) CHECK(control.state != CheckState::kPass);
  const std::string page = report_html(model);
  CHECK(page.find("class=\"verdict bad\"") < page.find("<ul class=\"tiles\">"));
}

TEST_CASE("what is not exported is named with its command", "[report]") {
  const Snapshot snapshot = example();
  Made made;
  made.add(snapshot);
  const ReportModel model = made.build();
  REQUIRE(model.inventory.has_value());
  CHECK(model.inventory->indeterminate == 1);
  CHECK(!model.inventory->missing.empty());
  CHECK(model.inventory->missing[0].command == "run " + model.inventory->missing[0].call);
  CHECK(line(model, rules::Check::kExportsMissing).findings == model.inventory->missing.size());
  CHECK(line(model, rules::Check::kImagesUndecided).state == CheckState::kFinding);
  // Without a principal nobody's permission counts.
  for (const auto& [rule, images] : model.inventory->unknown_rules) CHECK(rule != "permission");
}

TEST_CASE("a waiver covers its finding until its day is over", "[report]") {
  struct Row {
    const char* expires;
    const char* subject;
    CheckState state;
    bool expired;
  };
  const auto row = GENERATE(values<Row>({
      {"2026-11-24", "root", CheckState::kWaived, false},
      {"2026-11-24", "*", CheckState::kWaived, false},
      {"2026-11-24", "user/root", CheckState::kFinding, false},
      {"2026-11-23", "root", CheckState::kFinding, true},
  }));
  CAPTURE(row.expires, row.subject);
  Made made;
  made.add_log("");
  made.controls.waivers.push_back({rules::Check::kLogRoot, row.subject, "owner", "reason", row.expires,
                                   *parse_rfc3339(std::string(row.expires) + "T23:59:59Z"), "own.json"});
  const ReportModel model = made.build();
  CHECK(line(model, rules::Check::kLogRoot).state == row.state);
  CHECK(model.waivers.at(0).is_expired == row.expired);
  CHECK((line(model, rules::Check::kWaiversExpired).state == CheckState::kFinding) == row.expired);
}

TEST_CASE("compared with a report before: new, unchanged, fixed", "[report]") {
  Made made;
  made.add_log("");
  const std::string before = report_json(made.build());
  auto earlier = parse_earlier_report(before, "before.json");
  REQUIRE(earlier.has_value());
  made.sources.earlier = std::move(*earlier);
  const ReportModel same = made.build();
  CHECK(same.comparison->fresh == 0);
  CHECK(same.comparison->fixed.empty());
  CHECK(same.comparison->unchanged == same.findings.size());

  made.sources.log->verified.checkpoints = 1;
  made.sources.log->stats->kinds["retention"] = 1;
  const ReportModel changed = made.build();
  CHECK(changed.comparison->fresh == 1);
  REQUIRE(changed.comparison->fixed.size() == 1);
  CHECK(changed.comparison->fixed[0].check == "log-signed");

  // What is not looked at any more is not fixed.
  made.sources.log.reset();
  CHECK(made.build().comparison->fixed.empty());
  for (const std::string_view bad : {"{}", "[]", R"({"schema": "imagewarden-report/2", "findings": []})",
                                     R"({"schema": "imagewarden-report/1", "findings": [{}]})"}) {
    CHECK(!parse_earlier_report(bad, "bad.json").has_value());
  }
}

TEST_CASE("hostile text stays text in every form", "[report]") {
  const Snapshot snapshot = example(kHostile);
  Made made;
  made.add(snapshot);
  made.add_log(std::string(kHostile));
  const ReportModel model = made.build();
  std::vector<std::string> forms{report_html(model), report_junit(model), report_oscal(model)};
  for (const CsvTable& table : report_tables(model)) forms.push_back(table.text);
  for (const std::string& form : forms) {
    CHECK(form.find('\x1b') == std::string::npos);
    CHECK(form.find("\xE2\x80\xAE") == std::string::npos);
  }
  CHECK(forms[0].find("<script>alert") == std::string::npos);
  CHECK(forms[0].find("&lt;script&gt;alert(1)") != std::string::npos);
  CHECK(forms[0].find("@BODY@") == std::string::npos);
  const auto parsed = nlohmann::json::parse(report_json(model));
  CHECK(parsed["inventory"]["images"][0]["name"] == kHostile);
  CHECK(forms[1].find("<script") == std::string::npos);
  CHECK(nlohmann::json::accept(forms[2]));
  CHECK(nlohmann::json::accept(report_sarif(model)));
  CHECK(report_sarif(model).find('\x1b') == std::string::npos);
}

TEST_CASE("the same sources make the same bytes", "[report]") {
  const Snapshot snapshot = example();
  Made made;
  made.add(snapshot);
  CHECK(report_html(made.build()) == report_html(made.build()));
  CHECK(report_json(made.build()) == report_json(made.build()));
  CHECK(report_sarif(made.build()) == report_sarif(made.build()));
  CHECK(report_junit(made.build()) == report_junit(made.build()));
  CHECK(report_oscal(made.build()) == report_oscal(made.build()));
}

TEST_CASE("another report has other UUIDs, also where its inputs are the same", "[report][oscal]") {
  const Snapshot snapshot = example();
  Made made;
  made.add(snapshot);
  const auto uuid = [&] {
    return nlohmann::json::parse(report_oscal(made.build()))["assessment-results"]["uuid"].get<std::string>();
  };
  const std::string lax = uuid();
  CHECK(lax == uuid());
  made.sources.inventory->principal = PrincipalRef{};
  CHECK(lax != uuid());
}

TEST_CASE("long tables are cut in the page and whole elsewhere", "[report]") {
  const Snapshot snapshot = example();
  Made made;
  made.add(snapshot);
  ReportModel model = made.build();
  model.inventory->images.resize(100'000, model.inventory->images[0]);
  const std::string page = report_html(model);
  CHECK(page.size() < 5'000'000);
  CHECK(page.find("The first 1,000 of 100,000 rows") != std::string::npos);
  for (const CsvTable& table : report_tables(model)) {
    if (table.name != "images.csv") continue;
    CHECK(std::count(table.text.begin(), table.text.end(), '\n') == 100'001);
  }
}

}  // namespace
}  // namespace imagewarden::report
