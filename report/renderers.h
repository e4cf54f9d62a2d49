#pragma once
// The forms of a ReportModel. The same model makes the same bytes. docs/report.md describes them.

#include <string>
#include <vector>

#include "report/model.h"

namespace imagewarden::report {

// One HTML file that loads nothing, readable without its script; tables are cut where they grow long, and say so.
[[nodiscard]] std::string report_html(const ReportModel& model);
// docs/schema/report.schema.json, everything.
[[nodiscard]] std::string report_json(const ReportModel& model);

// SARIF 2.1.0: a result a finding; fixed ones as absent where the report is compared.
[[nodiscard]] std::string report_sarif(const ReportModel& model);
// JUnit XML: a test case a check and a control.
[[nodiscard]] std::string report_junit(const ReportModel& model);
// OSCAL 1.1.2 assessment results (docs/schema/report-oscal.schema.json): an observation a check, a finding a control.
[[nodiscard]] std::string report_oscal(const ReportModel& model);

struct CsvTable {
  std::string name;  // `images.csv`
  std::string text;
};
// Everything, a file a table.
[[nodiscard]] std::vector<CsvTable> report_tables(const ReportModel& model);

}  // namespace imagewarden::report
