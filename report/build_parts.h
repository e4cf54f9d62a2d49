#pragma once
// The parts of build_report(), a file each.

#include <vector>

#include "engine/base/error.h"
#include "engine/policy/who_can.h"
#include "report/build.h"

namespace imagewarden::report {

// The part and what the findings look at beside it.
struct BuiltInventory {
  InventoryPart part;
  policy::WhoCanAnswer access;
};
[[nodiscard]] Result<BuiltInventory> build_inventory(const InventorySource& source, const rules::Ruleset& rules,
                                                     Time now);
[[nodiscard]] LogPart build_log(const LogSource& source);

// Findings and states of all checks, waivers applied. Precondition: the parts of `model` are built.
void assess(ReportModel& model, const policy::WhoCanAnswer* access, const rules::ControlSet& controls);

// Largest first, then by name.
void sort_by_count(std::vector<NamedCount>& counts);

}  // namespace imagewarden::report
