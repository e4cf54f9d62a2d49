#pragma once
// What DeleteImage needs of an inventory and does not find there, for all images and principals at once.

#include <optional>
#include <span>
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

// The lists that show an account's images, and those of its users and roles.
inline constexpr Operation kImageLists[] = {Operation::kListImage, Operation::kDescribeImages};
inline constexpr Operation kPrincipalLists[] = {Operation::kListUsers, Operation::kListRoles};
// Those of these lists that are not complete, of the account or (without one) of all; a regional one for each region.
[[nodiscard]] std::vector<MissingExport> list_gaps(const Snapshot& snapshot, std::optional<AccountId> account,
                                                   std::span<const Operation> lists);

// Sorted, each call once. Per account: the image lists, what may use or share an image, templates' lists for the
// effects, and for every user and role what its permission rests on.
[[nodiscard]] std::vector<MissingExport> missing_exports(const Snapshot& snapshot, const Readings& readings);

}  // namespace imagewarden
