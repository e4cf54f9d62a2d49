#pragma once
// Which parts of the policies the tests exercise, both ways: every statement, action pattern, resource pattern and
// condition value has to have matched in some case, and not matched in another.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/test_run.h"
#include "engine/policy/test_suite.h"

namespace imagewarden::policy {

enum class CoveredPart : std::uint8_t { kStatement = 0, kAction, kResource, kValue, kCount };
// `statement`, `action`, `resource`, `condition value`.
[[nodiscard]] std::string_view to_string(CoveredPart part);

// A part of a policy. A resource counts in cases whose action fits its statement, a value in those whose resource fits
// too. A way that no request can go (a `*` that does not match) is not asked for.
struct CoverageItem {
  std::size_t policy{};  // into TestSuite::policies
  std::uint32_t statement{};
  CoveredPart part{};
  std::string text;  // `appstreaming:Get*`, `IpAddress acs:SourceIp 203.0.113.0/24`
  TextPosition at;
  bool can_match{true};
  bool can_miss{true};
  std::uint64_t matched{};  // cases
  std::uint64_t missed{};

  [[nodiscard]] std::uint64_t ways() const { return (can_match ? 1U : 0U) + (can_miss ? 1U : 0U); }
  [[nodiscard]] std::uint64_t covered() const {
    return (can_match && matched > 0 ? 1U : 0U) + (can_miss && missed > 0 ? 1U : 0U);
  }
};

struct Coverage {
  std::vector<CoverageItem> items;  // by policy, statement, part, in the order of the document
};

struct CoverageSum {
  std::uint64_t covered{};
  std::uint64_t ways{};
  // Rounded down: 100 is everything. Nothing to cover is all covered.
  [[nodiscard]] std::uint64_t percent() const { return ways == 0 ? 100 : covered * 100 / ways; }
};
[[nodiscard]] CoverageSum sum_of(const Coverage& coverage);
[[nodiscard]] CoverageSum sum_of(const Coverage& coverage, CoveredPart part);

// Over the cases that ran, whatever they came to. System policies of an inventory and cases of images do not count. A
// statement that is not evaluable can never be covered.
[[nodiscard]] Coverage measure_coverage(const TestSuite& suite, const RunResult& run);

// Lines of the policies' sources: a line is hit if all its parts were met, each way of a part is a branch.
[[nodiscard]] std::string coverage_lcov(const TestSuite& suite, const Coverage& coverage);
[[nodiscard]] std::string coverage_cobertura(const TestSuite& suite, const Coverage& coverage,
                                             std::string_view version);

}  // namespace imagewarden::policy
