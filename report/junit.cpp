// JUnit XML: a test case a check, then a suite a framework with a test case a control.

#include <fmt/format.h>

#include "engine/policy/test_report.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

std::string findings_text(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "finding" : "findings");
}

struct Case {
  std::string suite;
  std::string name;
  CheckState state{};
  std::string message;  // of a failure, or why it was not assessed
  std::string text;     // one finding a line
  std::string waived;   // likewise, with who answers for it
};

// Where a line ends is ours: what a finding says stays on its own.
std::string line_of(std::string_view text) { return policy::xml_text(text) + '\n'; }

void write_case(std::string& out, const Case& one) {
  out += fmt::format("    <testcase name=\"{}\" classname=\"{}\">", policy::xml_text(one.name),
                     policy::xml_text(one.suite));
  const std::string message = policy::xml_text(one.message);
  if (one.state == CheckState::kFinding) out += fmt::format("<failure message=\"{}\">{}</failure>", message, one.text);
  if (one.state == CheckState::kNotAssessed) out += fmt::format("<skipped message=\"{}\"/>", message);
  if (!one.waived.empty()) out += fmt::format("<system-out>{}</system-out>", one.waived);
  out += "</testcase>\n";
}

struct Totals {
  std::size_t tests{};
  std::size_t failures{};
  std::size_t skipped{};
  void add(const std::vector<Case>& cases) {
    tests += cases.size();
    for (const Case& one : cases) {
      failures += one.state == CheckState::kFinding ? 1U : 0U;
      skipped += one.state == CheckState::kNotAssessed ? 1U : 0U;
    }
  }
  [[nodiscard]] std::string attributes() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", tests, failures, skipped);
  }
};

void write_suite(std::string& out, const std::string& name, const std::vector<Case>& cases, Time now) {
  Totals totals;
  totals.add(cases);
  out += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n", policy::xml_text(name), totals.attributes(),
                     format_rfc3339(now));
  for (const Case& one : cases) write_case(out, one);
  out += "  </testsuite>\n";
}

std::vector<Case> cases_of_checks(const ReportModel& model) {
  std::vector<Case> cases;
  for (const CheckLine& line : model.checks) {
    const rules::CheckInfo& info = rules::check_info(line.check);
    Case one{"checks", std::string(info.name), line.state, line.because, {}, {}};
    if (line.state == CheckState::kFinding) {
      one.message = findings_text(line.findings);
      one.text = line_of(info.fix);
    }
    cases.push_back(std::move(one));
  }
  for (const ReportFinding& finding : model.findings) {
    Case& one = cases[static_cast<std::size_t>(finding.check)];
    if (!finding.waiver) {
      one.text += line_of(finding.text);
      continue;
    }
    const rules::ControlWaiver& waiver = model.waivers[*finding.waiver].waiver;
    one.waived += line_of(
        fmt::format("waived by {} until {} ({}): {}", waiver.owner, waiver.expires, waiver.reason, finding.text));
  }
  return cases;
}

Case case_of(const ControlLine& line, const rules::Framework& framework, const ReportModel& model) {
  Case one{framework.name, fmt::format("{} {}", line.control.number, line.control.title), line.state, {}, {}, {}};
  if (line.state == CheckState::kNotAssessed) one.message = "not all of its checks were assessed";
  if (line.state != CheckState::kFinding) return one;
  one.message = findings_text(line.findings);
  for (const rules::Check check : line.control.checks) {
    const CheckLine& checked = model.checks[static_cast<std::size_t>(check)];
    if (checked.state == CheckState::kFinding)
      one.text += line_of(fmt::format("{}: {}", rules::check_info(check).name, findings_text(checked.findings)));
  }
  return one;
}

}  // namespace

std::string report_junit(const ReportModel& model) {
  std::vector<std::pair<std::string, std::vector<Case>>> suites{{"checks", cases_of_checks(model)}};
  for (const rules::Framework& framework : model.frameworks) {
    std::vector<Case>& cases = suites.emplace_back(framework.name, std::vector<Case>{}).second;
    for (const ControlLine& line : model.controls) {
      if (line.control.framework == framework.id) cases.push_back(case_of(line, framework, model));
    }
  }
  Totals all;
  for (const auto& [name, cases] : suites) all.add(cases);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"imagewarden report\" {}>\n", all.attributes());
  for (const auto& [name, cases] : suites) write_suite(out, name, cases, model.now);
  return out + "</testsuites>\n";
}

}  // namespace imagewarden::report
