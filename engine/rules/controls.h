#pragma once
// Controls of frameworks, and which checks of a report speak to each (rules/controls.json, and an organisation's own
// files on top): data. The checks themselves are measured by report/. Format: docs/report.md.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::rules {

// What a report can look at. One row a check; report/ switches over it.
enum class Check : std::uint8_t {
  kDeletionDirect,
  kDeletionAdministrator,
  kDeletionUnknown,
  kRoleTrustForeign,
  kImagesSharedOut,
  kImagesUndecided,
  kExportsMissing,
  kInventoryAge,
  kLogVerifies,
  kLogSigned,
  kLogAnchored,
  kLogReach,
  kLogRetention,
  kLogRoot,
  kWaiversExpired,
  kCount,
};

struct CheckInfo {
  Check check{};
  std::string_view name;   // `deletion-direct`
  std::string_view title;  // what holds where it passes, as a sentence
  std::string_view fix;    // what to do where it does not
};

// In the order of the enum.
[[nodiscard]] std::span<const CheckInfo> check_table();
[[nodiscard]] const CheckInfo& check_info(Check check);
// Null: no such check.
[[nodiscard]] const CheckInfo* find_check(std::string_view name);

struct Framework {
  std::string id;      // `iso-27001`
  std::string name;    // `ISO/IEC 27001:2022`
  std::string source;  // where it is published
};

struct Control {
  std::string id;         // `iso-27001-a-5-15`
  std::string framework;  // id of one
  std::string number;     // `A.5.15`
  std::string title;
  std::string explanation;  // what the checks say about it, and what they do not
  std::vector<Check> checks;
};

// A finding that somebody answers for, until a day.
struct ControlWaiver {
  Check check{};
  std::string subject;  // of the finding, as the report names it; `*`: all of the check
  std::string owner;
  std::string reason;
  std::string expires;  // as written: `2027-01-31`
  Time expires_after;   // the last second in which it counts
  std::string file;     // path of the file
};

struct ControlSet {
  std::vector<Framework> frameworks;
  std::vector<Control> controls;
  std::vector<ControlWaiver> waivers;
  std::vector<RuleFile> files;
};

// The built-in controls with `user_files` on top, in order. Strict, as rule files are; an id that is there already is
// refused. kMalformedInput with file, line, column and pointer.
[[nodiscard]] Result<ControlSet> load_controls(std::span<const RuleSource> user_files);

}  // namespace imagewarden::rules
