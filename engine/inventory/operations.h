#pragma once
// The list and get operations whose answers are read, one table: names, products, list fields, how a list says that
// it is complete. Source: the published SDK models of the products; docs/exports.md.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace imagewarden {

enum class Operation : std::uint8_t {
  kListImage,
  kListAppInstanceGroup,
  kGetAppInstanceGroup,
  kListAppInstances,
  kListPersistentAppInstances,
  kListWuyingServer,
  kDescribeImages,
  kDescribeImagePermission,
  kDescribeDesktops,
  kDescribeDesktopGroups,
  kDescribeTemplates,
  kDescribeBundles,
  kGetCallerIdentity,
  kListUsers,
  kListGroups,
  kListRoles,
  kGetUser,
  kListGroupsForUser,
  kListUsersForGroup,
  kListPolicies,
  kGetPolicy,
  kGetPolicyVersion,
  kListPoliciesForUser,
  kListPoliciesForGroup,
  kListPoliciesForRole,
  kGetRole,
  kListPolicyAttachments,
  kListControlPolicies,
  kGetControlPolicy,
  kListControlPolicyAttachmentsForTarget,
  kGetAccount,
  kListAncestors,
  kGetResourceDirectory,
  kLookupEvents,
  kDeleteImage,
  kDeleteTemplates,  // only their recorded failures are read
  kCount,
};

// What a list is told apart by, beside the account.
enum class ListScope : std::uint8_t {
  kNone,     // no list: a single object
  kAccount,  // one list for the account
  kRegion,   // one list for each region
  kParent,   // one list for each user, group, role, image, target, …: `parent` is the request parameter that names it
};

struct OperationInfo {
  Operation operation;
  std::string_view name;     // `ListImage`
  std::string_view product;  // `appstream-center`
  ListScope scope;
  std::string_view list;    // JSON pointer of the array in the body: `/Data`, `/Users/User`; empty: none
  std::string_view total;   // key of the total at the top of the body: `Count`, `TotalCount`; empty: none
  std::string_view parent;  // request parameter: `UserName`; empty: none
};

[[nodiscard]] const OperationInfo& operation_info(Operation operation);
[[nodiscard]] std::optional<Operation> find_operation(std::string_view name);
[[nodiscard]] std::span<const OperationInfo> operation_table();

}  // namespace imagewarden
