#include "engine/rules/facts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/glob.h"

namespace imagewarden::rules {
namespace {

constexpr std::array<FactInfo, static_cast<std::size_t>(Fact::kCount)> kFacts{{
    {Fact::kCallerAllowed, "caller:Allowed", FactType::kBool,
     "whether RAM allows the operation to the caller; not known where RAM's decision is indeterminate"},
    {Fact::kExists, "image:Exists", FactType::kBool,
     "false: a complete list of the account's images does not show the id; not known without a complete list"},
    {Fact::kId, "image:Id", FactType::kString, "the image id of the request"},
    {Fact::kName, "image:Name", FactType::kString, "ImageName (ListImage) or Name (DescribeImages)"},
    {Fact::kImageType, "image:ImageType", FactType::kString,
     "as spelled: User, Shared, System, Community (ListImage); CUSTOM, SHARED, SYSTEM (DescribeImages)"},
    {Fact::kStatus, "image:Status", FactType::kString,
     "as spelled: INIT, CREATING, AVAILABLE, CREATE_FAILED (ListImage); Creating, Available, CreateFailed "
     "(DescribeImages)"},
    {Fact::kRegionStatus, "image:RegionStatus", FactType::kStrings,
     "Status of every entry of ImageRegionDistributeList; an entry without one counts as the empty string"},
    {Fact::kProductType, "image:ProductType", FactType::kString,
     "product line: CloudApp, CloudDesktop, WuyingServer; an image that only DescribeImages shows is CloudDesktop"},
    {Fact::kOwner, "image:Owner", FactType::kString, "AliUid, the account that owns the image, in decimal"},
    {Fact::kOwnedByAccount, "image:OwnedByAccount", FactType::kBool,
     "whether AliUid is the caller's account; absent where the record has no AliUid"},
    {Fact::kParentImageId, "image:ParentImageId", FactType::kString, "ParentImageId"},
    {Fact::kBaseImageId, "image:BaseImageId", FactType::kString, "BaseImageId"},
    {Fact::kSessionType, "image:SessionType", FactType::kString, "SINGLE_SESSION or MULTIPLE_SESSION"},
    {Fact::kBizType, "image:BizType", FactType::kString, "BizType, in decimal"},
    {Fact::kSizeGib, "image:SizeGiB", FactType::kNumber, "size of the system disk in GiB"},
    {Fact::kAgeDays, "image:AgeDays", FactType::kNumber,
     "whole days from the creation of the image to the time of the question"},
    {Fact::kCreatedAt, "image:CreatedAt", FactType::kDate, "when the image was created"},
    {Fact::kRegions, "image:Regions", FactType::kStrings,
     "regions that the image is in: ImageRegionList and ImageRegionDistributeList together"},
    {Fact::kTag, "image:Tag/", FactType::kString,
     "value of the tag named after the slash; absent if the image has no such tag; not known for an image that only "
     "DescribeImages shows"},
    {Fact::kDeliveryGroups, "image:DeliveryGroups", FactType::kStrings,
     "ids of the delivery groups (cloud applications) that use the image"},
    {Fact::kWorkstations, "image:Workstations", FactType::kStrings, "ids of the workstations that use the image"},
    {Fact::kDesktopGroups, "image:DesktopGroups", FactType::kStrings,
     "ids of the cloud computer pools (desktop groups) that use the image"},
    {Fact::kPooledDesktops, "image:PooledDesktops", FactType::kStrings,
     "ids of the cloud computers that use the image and belong to a pool"},
    {Fact::kCloudComputers, "image:CloudComputers", FactType::kStrings,
     "ids of the single cloud computers that use the image"},
    {Fact::kTemplates, "image:Templates", FactType::kStrings,
     "ids of the templates and user bundles that reference the image"},
    {Fact::kCommunityChildren, "image:CommunityChildren", FactType::kStrings,
     "ids of the community images that name it as ParentImageId or BaseImageId"},
    {Fact::kSharedWith, "image:SharedWith", FactType::kStrings, "accounts that the image is shared with"},
    {Fact::kSharedCount, "image:SharedCount", FactType::kNumber,
     "number of accounts that it is shared with; absent where DescribeImagePermission lists them, else not known if "
     "DescribeImages does not say"},
    {Fact::kRecordedErrors, "image:RecordedErrors", FactType::kStrings,
     "codes of the failures that the exports recorded for templates of this image"},
    {Fact::kTemplateQueryError, "account:TemplateQueryError", FactType::kString,
     "code of the failure that the exports recorded for DescribeTemplates"},
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kFacts.size(); ++i) {
    if (static_cast<std::size_t>(kFacts[i].fact) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

// Lower-case key names with their rows, sorted by name; made once.
const std::vector<std::pair<std::string, const FactInfo*>>& fact_index() {
  static const auto kIndex = [] {
    std::vector<std::pair<std::string, const FactInfo*>> made;
    made.reserve(kFacts.size());
    for (const FactInfo& info : kFacts) made.emplace_back(to_lower(info.key), &info);
    std::sort(made.begin(), made.end());
    return made;
  }();
  return kIndex;
}

}  // namespace

std::span<const FactInfo> fact_table() { return kFacts; }

const FactInfo* find_fact(const Key& key) {
  constexpr std::string_view kTagPrefix = "image:tag/";
  if (key.lower.starts_with(kTagPrefix)) {
    // A tag key has at least one character.
    return key.lower.size() > kTagPrefix.size() ? &kFacts[static_cast<std::size_t>(Fact::kTag)] : nullptr;
  }
  const auto& index = fact_index();
  const auto found = std::lower_bound(index.begin(), index.end(), key.lower,
                                      [](const auto& entry, const std::string& name) { return entry.first < name; });
  return found != index.end() && found->first == key.lower ? found->second : nullptr;
}

}  // namespace imagewarden::rules
