#pragma once
// What an earlier report found, read back from its JSON form.

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "report/model.h"

namespace imagewarden::report {

struct EarlierReport {
  std::string path;
  std::string digest;  // `sha256:HEX` of its bytes
  std::string time;
  std::vector<FixedFinding> findings;
};

// kMalformedInput where it is no report in JSON.
[[nodiscard]] Result<EarlierReport> parse_earlier_report(std::string_view text, std::string_view path);

// Marks what is new and what was there, and lists what is gone. A check that is not assessed now fixes nothing.
void compare_with(const EarlierReport& earlier, ReportModel& model);

}  // namespace imagewarden::report
