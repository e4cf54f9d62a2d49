#pragma once
// The result of a test run for other programs: JSON (docs/schema/policy-test.schema.json), JUnit XML, TAP 14.

#include <string>
#include <string_view>

#include "engine/policy/coverage.h"
#include "engine/policy/mutate.h"
#include "engine/policy/test_run.h"
#include "engine/policy/test_suite.h"

namespace imagewarden::policy {

// What one run came to. Coverage and mutation may be null: not asked for.
struct TestReport {
  const TestSuite* suite{};
  const RunResult* run{};
  const Coverage* coverage{};
  const MutationResult* mutation{};
};

// One document, ended by a line break. `version` is the program's.
[[nodiscard]] std::string report_json(const TestReport& report, std::string_view version);
// One `testsuite` a file, one `testcase` a case.
[[nodiscard]] std::string report_junit(const TestReport& report);
[[nodiscard]] std::string report_tap(const TestReport& report);

// For attributes and text: printable, and U+FFFD for the two characters besides that XML 1.0 cannot hold.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace imagewarden::policy
