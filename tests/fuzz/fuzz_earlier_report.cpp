// An earlier report, as --compare reads it: what is read is written and read again.

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "report/compare.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

std::string write(const report::EarlierReport& report) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("schema", "imagewarden-report/1").member("time", report.time);
  json.key("findings").begin_array();
  for (const report::FixedFinding& one : report.findings) {
    json.begin_object().member("check", one.check).member("subject", one.subject).member("text", one.text).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto report = report::parse_earlier_report(text, "r.json");
  if (!report) {
    fuzz::require(report.error().message.starts_with("r.json:"), "an error names its file");
    fuzz::require(report.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  fuzz::require(JsonDocument::parse(text).has_value(), "what is no JSON is refused");
  const auto again = report::parse_earlier_report(write(*report), "r.json");
  fuzz::require(again && write(*again) == write(*report), "reading and writing a report give the same");
  fuzz::require(again->findings.size() == report->findings.size(), "no finding is lost");
  return 0;
}
