#include "engine/decide/needs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/decide/fact_reader.h"
#include "engine/decide/principal.h"

namespace imagewarden {
namespace {

std::string reason(const Snapshot& snapshot, Operation operation, AccountId account, StringId region) {
  for (const ListStatus& list : snapshot.lists()) {
    if (list.operation == operation && list.account == account && list.region == region && !list.reason.empty()) {
      return list.reason;
    }
  }
  return "not exported";
}

class Collector {
 public:
  Collector(const Snapshot& snapshot, AccountId account)
      : snapshot_(snapshot), account_(account), account_text_(snapshot.text(snapshot.accounts()[account.value].id)) {}

  void need_list(Operation operation, StringId region) {
    if (auto gap = list_gap(snapshot_, operation, account_, region)) found_.insert(std::move(*gap));
  }

  void add(std::string call, std::string because) {
    found_.insert({account_text_, std::move(call), std::move(because)});
  }

  std::set<MissingExport>& found() { return found_; }

 private:
  const Snapshot& snapshot_;
  AccountId account_;
  std::string account_text_;
  std::set<MissingExport> found_;
};

// Whether a DescribeImages that is missing may tell how often the image is shared: that call is named then, and one is
// enough.
bool may_show_shared_count(const Snapshot& snapshot, AccountId account, ImageRow row) {
  const ImageTable& images = snapshot.images();
  if (!is_desktop_image_id(snapshot.text(images.id[row.value]))) return false;
  const std::vector<StringId>& own = images.region_sets[images.region_set[row.value]];
  const std::vector<StringId>& regions = own.empty() ? snapshot.accounts()[account.value].regions : own;
  return std::any_of(regions.begin(), regions.end(), [&](StringId region) {
    return snapshot.list_state(Operation::kDescribeImages, account, region) != ListState::kComplete;
  });
}

void need_permissions(const Snapshot& snapshot, AccountId account, Collector& collector) {
  const ImageTable& images = snapshot.images();
  const Relation& shared = snapshot.relation(RelationKind::kSharedWith);
  const Account& owner = snapshot.accounts()[account.value];
  for (std::uint32_t row = owner.first_row; row < owner.first_row + owner.row_count; ++row) {
    if (shared.complete.test(row) || images.shared_count[row] > 0) continue;
    // Images of others are denied by what they are; nobody can say with whom they are shared.
    const StringId type = images.type.values[images.type.codes[row]];
    const StringId image_owner = images.owner.values[images.owner.codes[row]];
    const std::string_view type_text = snapshot.text(type);
    const bool own = (type_text.empty() || type_text == "User" || type_text == "CUSTOM") &&
                     (image_owner == StringId{} || image_owner == owner.id);
    if (own && !may_show_shared_count(snapshot, account, ImageRow{row}))
      collector.add(fmt::format("DescribeImagePermission ImageId={}", snapshot.text(images.id[row])), "not exported");
  }
}

void need_principals(const Snapshot& snapshot, AccountId account, const PrincipalDirectory& directory,
                     Collector& collector) {
  for (const NamedPrincipal& principal : named_principals(snapshot, account)) {
    PrincipalRef ref;
    ref.account = snapshot.text(snapshot.accounts()[account.value].id);
    ref.kind = principal.kind;
    ref.name = snapshot.text(principal.name);
    const auto resolved = directory.resolve(ref, false);
    if (!resolved) continue;  // only possible for a principal that the lists do not hold
    for (const std::string& need : resolved->needs) collector.add(need, fmt::format("{} rests on it", ref.text()));
  }
}

}  // namespace

std::optional<MissingExport> list_gap(const Snapshot& snapshot, Operation operation, AccountId account,
                                      StringId region) {
  if (snapshot.list_state(operation, account, region) == ListState::kComplete) return std::nullopt;
  const std::string_view name = operation_info(operation).name;
  const std::string_view region_text = snapshot.text(region);
  return MissingExport{std::string(snapshot.text(snapshot.accounts()[account.value].id)),
                       region_text.empty() ? std::string(name) : fmt::format("{} RegionId={}", name, region_text),
                       reason(snapshot, operation, account, region)};
}

std::vector<MissingExport> list_gaps(const Snapshot& snapshot, std::optional<AccountId> account,
                                     std::span<const Operation> lists) {
  std::vector<MissingExport> gaps;
  const auto look = [&](AccountId of, Operation list, StringId region) {
    if (auto gap = list_gap(snapshot, list, of, region)) gaps.push_back(std::move(*gap));
  };
  for (std::uint32_t i = 0; i < snapshot.accounts().size(); ++i) {
    if (account && account->value != i) continue;
    for (const Operation list : lists) {
      if (operation_info(list).scope != ListScope::kRegion) {
        look(AccountId{i}, list, StringId{});
        continue;
      }
      for (const StringId region : snapshot.accounts()[i].regions) look(AccountId{i}, list, region);
    }
  }
  return gaps;
}

std::vector<MissingExport> missing_exports(const Snapshot& snapshot, const Readings& readings) {
  std::vector<MissingExport> missing;
  const PrincipalDirectory directory(snapshot, readings);
  for (std::uint32_t index = 0; index < snapshot.accounts().size(); ++index) {
    const AccountId account{index};
    Collector collector(snapshot, account);
    for (const Operation central :
         {Operation::kListImage, Operation::kListAppInstanceGroup, Operation::kListWuyingServer,
          Operation::kDescribeTemplates, Operation::kListUsers, Operation::kListRoles}) {
      collector.need_list(central, StringId{});
    }
    if (snapshot.accounts()[index].regions.empty()) {
      collector.add("account.json", "the account's regions are not known");
    }
    for (const StringId region : snapshot.accounts()[index].regions) {
      collector.need_list(Operation::kDescribeImages, region);
      collector.need_list(Operation::kDescribeDesktopGroups, region);
      collector.need_list(Operation::kDescribeDesktops, region);
      collector.need_list(Operation::kDescribeBundles, region);
    }
    need_permissions(snapshot, account, collector);
    need_principals(snapshot, account, directory, collector);
    missing.insert(missing.end(), collector.found().begin(), collector.found().end());
  }
  return missing;
}

}  // namespace imagewarden
