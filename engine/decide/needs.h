#pragma once
// What DeleteImage needs of an inventory and does not find there, for all images and principals at once.

#include <optional>
#include <string>
#include <vector>

#include "engine/condition/readings.h"
#include "engine/inventory/snapshot.h"

namespace imagewarden {

struct MissingExport {
  std::string account;
  std::string call;     // `DescribeDesktopGroups RegionId=cn-hangzhou`: operation and parameters
  std::string because;  // `absent`, `40 of 62 items`, …
  friend auto operator<=>(const MissingExport&, const MissingExport&) = default;
};

// The call that would complete a list, and why it is not; nothing where it is complete. `region` is empty where the
// list is not regional.
[[nodiscard]] std::optional<MissingExport> list_gap(const Snapshot& snapshot, Operation operation, AccountId account,
                                                    StringId region);

// Sorted, each call once. Per account: the image lists, what may use or share an image, templates' lists for the
// effects, and for every user and role what its permission rests on.
[[nodiscard]] std::vector<MissingExport> missing_exports(const Snapshot& snapshot, const Readings& readings);

}  // namespace imagewarden
