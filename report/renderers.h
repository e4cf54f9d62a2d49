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

struct CsvTable {
  std::string name;  // `images.csv`
  std::string text;
};
// Everything, a file a table.
[[nodiscard]] std::vector<CsvTable> report_tables(const ReportModel& model);

}  // namespace imagewarden::report
