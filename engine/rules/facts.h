#pragma once
// The vocabulary of rule conditions: one table of the facts that a condition may name, each with its type. Documented
// in docs/rules.md; the key names are API. engine/decide binds each of them to the columns of a Snapshot.

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/condition/condition.h"

namespace imagewarden::rules {

// One row a fact; engine/decide switches over it.
enum class Fact : std::uint8_t {
  kCallerAllowed,   // caller:Allowed       Bool; open where RAM's decision is indeterminate
  kExists,          // image:Exists         Bool; false: a complete list does not show it; open: no complete list
  kId,              // image:Id
  kName,            // image:Name
  kImageType,       // image:ImageType      as spelled: User, CUSTOM, …
  kStatus,          // image:Status         as spelled
  kRegionStatus,    // image:RegionStatus   statuses of ImageRegionDistributeList; an entry without one counts as ``
  kProductType,     // image:ProductType
  kOwner,           // image:Owner          AliUid
  kOwnedByAccount,  // image:OwnedByAccount Bool; absent without an AliUid
  kParentImageId,   // image:ParentImageId
  kBaseImageId,     // image:BaseImageId
  kSessionType,     // image:SessionType
  kBizType,         // image:BizType
  kSizeGib,         // image:SizeGiB        number
  kAgeDays,         // image:AgeDays        number; whole days from creation to the time of the question
  kCreatedAt,       // image:CreatedAt      date
  kRegions,         // image:Regions
  kTag,             // image:Tag/KEY        open for an image that only DescribeImages shows
  kDeliveryGroups,  // image:DeliveryGroups      ids of what uses it; more are possible where the lists are not complete
  kWorkstations,    // image:Workstations
  kDesktopGroups,   // image:DesktopGroups
  kPooledDesktops,  // image:PooledDesktops
  kCloudComputers,  // image:CloudComputers
  kTemplates,       // image:Templates
  kCommunityChildren,   // image:CommunityChildren
  kSharedWith,          // image:SharedWith          accounts
  kSharedCount,         // image:SharedCount    number; absent where DescribeImagePermission answers instead, else open
  kRecordedErrors,      // image:RecordedErrors      codes of recorded failures
  kTemplateQueryError,  // account:TemplateQueryError  code of the recorded failure of DescribeTemplates
  kCount,
};

enum class FactType : std::uint8_t { kString, kStrings, kNumber, kDate, kBool };

struct FactInfo {
  Fact fact{};
  std::string_view key;  // `image:Status`; `image:Tag/` stands for every key below it
  FactType type{};
  std::string_view explanation;
};

// Every fact that a rule's condition may name, beside the acs: keys of the request. In the order of the enum.
[[nodiscard]] std::span<const FactInfo> fact_table();
// `image:Tag/anything` finds kTag. Null: no such fact.
[[nodiscard]] const FactInfo* find_fact(const Key& key);

}  // namespace imagewarden::rules
