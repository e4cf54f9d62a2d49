// SARIF 2.1.0: a result a finding, the checks as rules, the controls as taxonomies.

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/sha256.h"
#include "report/renderers.h"
#include "report/sarif_parts.h"

namespace imagewarden::report {
namespace {

// A log that does not verify is no weakness that can wait.
std::string_view level_of(rules::Check check) { return check == rules::Check::kLogVerifies ? "error" : "warning"; }

class Sarif {
 public:
  Sarif(const ReportModel& model, std::string& out) : model_(model), json_(out) {}

  void write() {
    begin_sarif(json_, model_.version);
    for (const rules::CheckInfo& info : rules::check_table()) write_rule(info);
    json_.end_array().key("supportedTaxonomies").begin_array();
    for (std::size_t i = 0; i < model_.frameworks.size(); ++i) write_component(i);
    json_.end_array().end_object().end_object().key("taxonomies").begin_array();
    for (const rules::Framework& framework : model_.frameworks) write_taxonomy(framework);
    json_.end_array().member("columnKind", "unicodeCodePoints");
    begin_sarif_invocation(json_, model_.now);
    for (const CheckLine& line : model_.checks) {
      if (line.state == CheckState::kNotAssessed)
        write_sarif_notification(json_,
                                 fmt::format("{}: not assessed: {}", rules::check_info(line.check).name, line.because));
    }
    json_.end_array().end_object().end_array().key("results").begin_array();
    for (const ReportFinding& finding : model_.findings) write_finding(finding);
    if (model_.comparison) {
      for (const FixedFinding& finding : model_.comparison->fixed) write_fixed(finding);
    }
    json_.end_array().end_object().end_array().end_object();
  }

 private:
  [[nodiscard]] std::size_t framework_index(std::string_view id) const {
    const auto found = std::find_if(model_.frameworks.begin(), model_.frameworks.end(),
                                    [&](const rules::Framework& framework) { return framework.id == id; });
    return static_cast<std::size_t>(found - model_.frameworks.begin());
  }

  void write_component(std::size_t framework) {
    json_.begin_object().member("name", sarif_text(model_.frameworks[framework].name));
    json_.key("index").integer(static_cast<std::int64_t>(framework)).end_object();
  }

  void write_rule(const rules::CheckInfo& info) {
    json_.begin_object().member("id", info.name);
    write_sarif_text(json_, "shortDescription", info.title);
    write_sarif_text(json_, "fullDescription", info.title);
    write_sarif_text(json_, "help", info.fix);
    json_.key("defaultConfiguration").begin_object().member("level", level_of(info.check)).end_object();
    json_.key("relationships").begin_array();
    for (const ControlLine& line : model_.controls) {
      const auto& checks = line.control.checks;
      if (std::find(checks.begin(), checks.end(), info.check) == checks.end()) continue;
      json_.begin_object().key("target").begin_object().member("id", sarif_text(line.control.id)).key("toolComponent");
      write_component(framework_index(line.control.framework));
      json_.end_object().key("kinds").begin_array().string("relevant").end_array().end_object();
    }
    json_.end_array().end_object();
  }

  void write_taxonomy(const rules::Framework& framework) {
    json_.begin_object().member("name", sarif_text(framework.name));
    write_sarif_text(json_, "fullDescription", sarif_text(fmt::format("{}: {}", framework.name, framework.source)));
    json_.key("taxa").begin_array();
    for (const ControlLine& line : model_.controls) {
      if (line.control.framework != framework.id) continue;
      json_.begin_object().member("id", sarif_text(line.control.id));
      write_sarif_text(json_, "shortDescription",
                       sarif_text(fmt::format("{} {}", line.control.number, line.control.title)));
      write_sarif_text(json_, "fullDescription", sarif_text(line.control.explanation));
      json_.key("properties").begin_object().member("state", to_string(line.state)).end_object().end_object();
    }
    json_.end_array().end_object();
  }

  void begin_result(const rules::CheckInfo& info, std::string_view subject, std::string_view text) {
    json_.begin_object().member("ruleId", info.name).key("ruleIndex").integer(static_cast<std::int64_t>(info.check));
    json_.member("level", level_of(info.check));
    write_sarif_text(json_, "message", sarif_text(fmt::format("{} {}", text, info.fix)));
    // The subject names a finding in every report: what was found before is known again by it.
    json_.key("partialFingerprints").begin_object();
    json_.member("subject/v1", to_hex(sha256(fmt::format("{}\n{}", info.name, subject)))).end_object();
    json_.key("properties").begin_object().member("subject", sarif_text(subject)).end_object();
  }

  void write_location(std::string_view source) {
    json_.key("locations").begin_array();
    if (!source.empty()) {
      json_.begin_object();
      // A fact has a file and, behind the last `#`, a JSON pointer; what is built in has neither.
      if (const std::size_t pointer = source.rfind("#/"); pointer != source.npos) {
        json_.key("physicalLocation").begin_object().key("artifactLocation").begin_object();
        json_.member("uri", sarif_uri(source.substr(0, pointer))).end_object().end_object();
      }
      json_.key("logicalLocations").begin_array().begin_object();
      json_.member("fullyQualifiedName", sarif_text(source)).member("kind", "member");
      json_.end_object().end_array().end_object();
    }
    json_.end_array();
  }

  void write_finding(const ReportFinding& finding) {
    begin_result(rules::check_info(finding.check), finding.subject, finding.text);
    write_location(finding.source);
    const rules::ControlWaiver waiver =
        finding.waiver ? model_.waivers[*finding.waiver].waiver : rules::ControlWaiver{};
    write_sarif_suppression(json_, sarif_text(waiver.reason), sarif_text(waiver.owner), sarif_text(waiver.expires));
    if (finding.change != Change::kNone) json_.member("baselineState", to_string(finding.change));
    json_.end_object();
  }

  void write_fixed(const FixedFinding& finding) {
    const rules::CheckInfo* info = rules::find_check(finding.check);
    if (info == nullptr) return;  // of a report by another version: what is fixed has its check
    begin_result(*info, finding.subject, finding.text);
    write_location({});
    write_sarif_suppression(json_, {}, {}, {});
    json_.member("baselineState", "absent").end_object();
  }

  const ReportModel& model_;
  JsonWriter json_;
};

}  // namespace

std::string report_sarif(const ReportModel& model) {
  std::string out;
  Sarif(model, out).write();
  return out + '\n';
}

}  // namespace imagewarden::report
