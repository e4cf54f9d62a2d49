// OSCAL 1.1.2, assessment-results: an observation a check with its findings as evidence, a finding a control, a risk a
// waiver that is in force.

#include <algorithm>

#include <fmt/format.h>

#include "audit/oscal.h"
#include "engine/base/printable.h"
#include "engine/base/sha256.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

class Oscal {
 public:
  // The JSON form holds all that the report says: another report, other UUIDs.
  Oscal(const ReportModel& model, std::string& out)
      : model_(model), json_(out), seed_(to_hex(sha256(report_json(model)))) {
    for (std::size_t i = 0; i < model.waivers.size(); ++i) {
      if (!model.waivers[i].is_expired && model.waivers[i].findings > 0) risks_.push_back(i);
    }
  }

  void write() {
    json_.begin_object().key("assessment-results").begin_object().member("uuid", uuid("document"));
    json_.key("metadata").begin_object().member("title", "Compliance report of imagewarden");
    json_.member("last-modified", now()).member("version", audit::oscal_value(model_.version));
    json_.member("oscal-version", audit::kOscalVersion).end_object();
    json_.key("import-ap").begin_object().member("href", "#" + uuid("plan")).end_object();
    json_.key("results").begin_array().begin_object().member("uuid", uuid("result"));
    json_.member("title", "Who can delete images, what a deletion would meet, and what was decided");
    json_.member("description", "What the exports and the audit log show, by checks that a program makes.");
    json_.member("start", now()).member("end", now());
    write_reviewed();
    json_.key("observations").begin_array();
    for (const CheckLine& line : model_.checks) write_observation(line);
    json_.end_array();
    if (!risks_.empty()) {
      json_.key("risks").begin_array();
      for (const std::size_t risk : risks_) write_risk(risk);
      json_.end_array();
    }
    json_.key("findings").begin_array();
    for (const ControlLine& line : model_.controls) write_finding(line);
    json_.end_array().end_object().end_array();
    write_back_matter();
    json_.end_object().end_object();
  }

 private:
  [[nodiscard]] std::string now() const { return format_rfc3339(model_.now); }
  [[nodiscard]] std::string uuid(std::string_view part) const {
    return audit::oscal_uuid(fmt::format("report/{}/{}", part, seed_));
  }
  [[nodiscard]] std::string check_uuid(rules::Check check) const {
    return uuid(fmt::format("check-{}", rules::check_info(check).name));
  }
  [[nodiscard]] std::string risk_uuid(std::size_t waiver) const { return uuid(fmt::format("waiver-{}", waiver)); }
  void prop(std::string_view name, std::string_view value) { audit::write_oscal_prop(json_, name, value); }

  void write_reviewed() {
    json_.key("reviewed-controls").begin_object().key("control-selections").begin_array();
    for (const rules::Framework& framework : model_.frameworks) {
      const auto is_of = [&](const ControlLine& line) { return line.control.framework == framework.id; };
      if (std::none_of(model_.controls.begin(), model_.controls.end(), is_of)) continue;
      json_.begin_object().member("description", printable(framework.name)).key("include-controls").begin_array();
      for (const ControlLine& line : model_.controls) {
        if (is_of(line)) json_.begin_object().member("control-id", line.control.id).end_object();
      }
      json_.end_array().end_object();
    }
    json_.end_array().end_object();
  }

  void write_observation(const CheckLine& line) {
    const rules::CheckInfo& info = rules::check_info(line.check);
    json_.begin_object().member("uuid", check_uuid(line.check)).member("title", info.name);
    json_.member("description", info.title).key("props").begin_array();
    prop("state", to_string(line.state));
    prop("findings", fmt::format("{}", line.findings));
    prop("waived", fmt::format("{}", line.waived));
    if (!line.because.empty()) prop("because", line.because);
    json_.end_array().key("methods").begin_array().string("TEST").end_array().member("collected", now());
    if (line.findings + line.waived > 0) {
      json_.key("relevant-evidence").begin_array();
      for (const ReportFinding& finding : model_.findings) {
        if (finding.check == line.check) write_evidence(finding);
      }
      json_.end_array().member("remarks", info.fix);
    }
    json_.end_object();
  }

  void write_evidence(const ReportFinding& finding) {
    json_.begin_object().member("description", "What was found.").key("props").begin_array();
    prop("subject", finding.subject);
    prop("text", finding.text);
    if (!finding.source.empty()) prop("source", finding.source);
    if (finding.waiver) prop("waived-by", model_.waivers[*finding.waiver].waiver.owner);
    if (finding.change != Change::kNone) prop("change", to_string(finding.change));
    json_.end_array().end_object();
  }

  void write_risk(std::size_t index) {
    const rules::ControlWaiver& waiver = model_.waivers[index].waiver;
    json_.begin_object().member("uuid", risk_uuid(index));
    json_.member("title", fmt::format("Waiver of {}", rules::check_info(waiver.check).name));
    json_.member("description", "Somebody answers for what was found, until a day.");
    json_.member("statement", "See the properties: who, why, and until when.").key("props").begin_array();
    prop("subject", waiver.subject);
    prop("owner", waiver.owner);
    prop("reason", waiver.reason);
    prop("expires", waiver.expires);
    json_.end_array().member("status", "deviation-approved");
    json_.member("deadline", format_rfc3339(waiver.expires_after));
    json_.key("related-observations").begin_array().begin_object();
    json_.member("observation-uuid", check_uuid(waiver.check)).end_object().end_array().end_object();
  }

  void write_finding(const ControlLine& line) {
    const rules::Control& control = line.control;
    json_.begin_object().member("uuid", uuid(fmt::format("control-{}", control.id)));
    json_.member("title", printable(fmt::format("{} {}", control.number, control.title)));
    json_.member("description", printable(control.explanation)).key("target").begin_object();
    json_.member("type", "objective-id").member("target-id", control.id).key("status").begin_object();
    const bool is_met = line.state == CheckState::kPass;
    json_.member("state", is_met ? "satisfied" : "not-satisfied");
    json_.member("reason", is_met ? "pass" : line.state == CheckState::kFinding ? "fail" : "other");
    json_.member("remarks", fmt::format("{}, {} {}", to_string(line.state), line.findings,
                                        line.findings == 1 ? "finding" : "findings"));
    json_.end_object().end_object().key("related-observations").begin_array();
    for (const rules::Check check : control.checks)
      json_.begin_object().member("observation-uuid", check_uuid(check)).end_object();
    json_.end_array();
    const auto bears = [&](std::size_t risk) {
      const auto& checks = control.checks;
      return std::find(checks.begin(), checks.end(), model_.waivers[risk].waiver.check) != checks.end();
    };
    if (std::any_of(risks_.begin(), risks_.end(), bears)) {
      json_.key("related-risks").begin_array();
      for (const std::size_t risk : risks_) {
        if (bears(risk)) json_.begin_object().member("risk-uuid", risk_uuid(risk)).end_object();
      }
      json_.end_array();
    }
    json_.end_object();
  }

  void write_back_matter() {
    json_.key("back-matter").begin_object().key("resources").begin_array();
    json_.begin_object().member("uuid", uuid("plan")).member("title", "Assessment plan");
    json_.member("description", "There is none: every check that the inputs allow was made.").end_object();
    for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
      const InputLine& input = model_.inputs[i];
      json_.begin_object().member("uuid", uuid(fmt::format("input-{}", i)));
      json_.member("title", fmt::format("Input: {}", input.what)).key("props").begin_array();
      prop("name", input.name);
      if (!input.version.empty()) prop("version", input.version);
      prop("digest", input.digest);
      json_.end_array().end_object();
    }
    json_.end_array().end_object();
  }

  const ReportModel& model_;
  JsonWriter json_;
  std::string seed_;
  std::vector<std::size_t> risks_;  // waivers in force that cover something
};

}  // namespace

std::string report_oscal(const ReportModel& model) {
  std::string out;
  Oscal(model, out).write();
  return out + '\n';
}

}  // namespace imagewarden::report
