#include "engine/inventory/operations.h"

#include <algorithm>
#include <array>

namespace imagewarden {
namespace {

using enum ListScope;

constexpr std::string_view kAppStream = "appstream-center";
constexpr std::string_view kEcd = "ecd";
constexpr std::string_view kRam = "ram";
constexpr std::string_view kDirectory = "resourcedirectorymaster";

// In the order of the enum.
constexpr std::array<OperationInfo, static_cast<std::size_t>(Operation::kCount)> kTable{{
    {Operation::kListImage, "ListImage", kAppStream, kAccount, "/Data", "Count", ""},
    {Operation::kListAppInstanceGroup, "ListAppInstanceGroup", kAppStream, kAccount, "/AppInstanceGroupModels",
     "TotalCount", ""},
    {Operation::kGetAppInstanceGroup, "GetAppInstanceGroup", kAppStream, kNone, "", "", ""},
    {Operation::kListAppInstances, "ListAppInstances", kAppStream, kParent, "/AppInstanceModels", "TotalCount",
     "AppInstanceGroupId"},
    {Operation::kListPersistentAppInstances, "ListPersistentAppInstances", kAppStream, kParent,
     "/PersistentAppInstanceModels", "TotalCount", "AppInstanceGroupId"},
    {Operation::kListWuyingServer, "ListWuyingServer", kAppStream, kAccount, "/WuyingServerList", "TotalCount", ""},
    {Operation::kDescribeImages, "DescribeImages", kEcd, kRegion, "/Images", "", ""},
    {Operation::kDescribeImagePermission, "DescribeImagePermission", kEcd, kParent, "/AliUids", "", "ImageId"},
    {Operation::kDescribeDesktops, "DescribeDesktops", kEcd, kRegion, "/Desktops", "TotalCount", ""},
    {Operation::kDescribeDesktopGroups, "DescribeDesktopGroups", kEcd, kRegion, "/DesktopGroups", "", ""},
    {Operation::kDescribeTemplates, "DescribeTemplates", kEcd, kAccount, "/Data", "TotalCount", ""},
    {Operation::kDescribeBundles, "DescribeBundles", kEcd, kRegion, "/Bundles", "", ""},
    {Operation::kGetCallerIdentity, "GetCallerIdentity", "sts", kNone, "", "", ""},
    {Operation::kListUsers, "ListUsers", kRam, kAccount, "/Users/User", "", ""},
    {Operation::kListGroups, "ListGroups", kRam, kAccount, "/Groups/Group", "", ""},
    {Operation::kListRoles, "ListRoles", kRam, kAccount, "/Roles/Role", "", ""},
    {Operation::kGetUser, "GetUser", kRam, kNone, "", "", ""},
    {Operation::kListGroupsForUser, "ListGroupsForUser", kRam, kParent, "/Groups/Group", "", "UserName"},
    {Operation::kListUsersForGroup, "ListUsersForGroup", kRam, kParent, "/Users/User", "", "GroupName"},
    {Operation::kListPolicies, "ListPolicies", kRam, kAccount, "/Policies/Policy", "", ""},
    {Operation::kGetPolicy, "GetPolicy", kRam, kNone, "", "", ""},
    {Operation::kGetPolicyVersion, "GetPolicyVersion", kRam, kNone, "", "", "PolicyName"},
    {Operation::kListPoliciesForUser, "ListPoliciesForUser", kRam, kParent, "/Policies/Policy", "", "UserName"},
    {Operation::kListPoliciesForGroup, "ListPoliciesForGroup", kRam, kParent, "/Policies/Policy", "", "GroupName"},
    {Operation::kListPoliciesForRole, "ListPoliciesForRole", kRam, kParent, "/Policies/Policy", "", "RoleName"},
    {Operation::kGetRole, "GetRole", kRam, kNone, "", "", ""},
    {Operation::kListPolicyAttachments, "ListPolicyAttachments", "resourcemanager", kAccount,
     "/PolicyAttachments/PolicyAttachment", "TotalCount", ""},
    {Operation::kListControlPolicies, "ListControlPolicies", kDirectory, kAccount, "/ControlPolicies/ControlPolicy",
     "TotalCount", ""},
    {Operation::kGetControlPolicy, "GetControlPolicy", kDirectory, kNone, "", "", ""},
    {Operation::kListControlPolicyAttachmentsForTarget, "ListControlPolicyAttachmentsForTarget", kDirectory, kParent,
     "/ControlPolicyAttachments/ControlPolicyAttachment", "", "TargetId"},
    {Operation::kGetAccount, "GetAccount", kDirectory, kNone, "", "", ""},
    {Operation::kListAncestors, "ListAncestors", kDirectory, kParent, "/Folders/Folder", "", "ChildId"},
    {Operation::kGetResourceDirectory, "GetResourceDirectory", kDirectory, kNone, "", "", ""},
    {Operation::kLookupEvents, "LookupEvents", "actiontrail", kAccount, "/Events", "", ""},
    {Operation::kDeleteImage, "DeleteImage", kAppStream, kNone, "", "", ""},
    {Operation::kDeleteTemplates, "DeleteTemplates", kEcd, kNone, "", "", ""},
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].operation) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

}  // namespace

const OperationInfo& operation_info(Operation operation) { return kTable[static_cast<std::size_t>(operation)]; }

std::optional<Operation> find_operation(std::string_view name) {
  const auto found =
      std::find_if(kTable.begin(), kTable.end(), [&](const OperationInfo& info) { return info.name == name; });
  if (found == kTable.end()) return std::nullopt;
  return found->operation;
}

std::span<const OperationInfo> operation_table() { return kTable; }

}  // namespace imagewarden
