// What stands in a relation to an image: what uses it, what was made from it.

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

using inventory::UseKind;
using inventory::UseSighting;

constexpr std::array<RelationKind, static_cast<std::size_t>(RelationKind::kCount)> kKinds{
    RelationKind::kDeliveryGroups,    RelationKind::kWorkstations,   RelationKind::kDesktopGroups,
    RelationKind::kPooledDesktops,    RelationKind::kCloudComputers, RelationKind::kTemplates,
    RelationKind::kCommunityChildren, RelationKind::kSharedWith,     RelationKind::kRecordedErrors};

// What the services provide is nobody's, and a computer that is deleted uses nothing any more.
bool counts(const UseSighting& use, const inventory::Store& store) {
  const auto text = [&](StringId id) { return store.strings->text(id); };
  switch (use.kind) {
    case UseKind::kDesktop:
      return text(use.status) != "Deleted";
    case UseKind::kTemplate:
      return text(use.type) != "SYSTEM_TEMPLATE";
    case UseKind::kBundle:
      return text(use.type) != "SYSTEM";
    case UseKind::kGroup:
    case UseKind::kServer:
    case UseKind::kDesktopGroup:
      break;
  }
  return true;
}

RelationKind relation_of(const UseSighting& use) {
  switch (use.kind) {
    case UseKind::kGroup:
      return RelationKind::kDeliveryGroups;
    case UseKind::kServer:
      return RelationKind::kWorkstations;
    case UseKind::kDesktopGroup:
      return RelationKind::kDesktopGroups;
    case UseKind::kDesktop:
      return use.extra == StringId{} ? RelationKind::kCloudComputers : RelationKind::kPooledDesktops;
    case UseKind::kTemplate:
    case UseKind::kBundle:
      break;
  }
  return RelationKind::kTemplates;
}

std::string_view kind_name(UseKind kind) {
  switch (kind) {
    case UseKind::kGroup:
      return "delivery group";
    case UseKind::kServer:
      return "workstation";
    case UseKind::kDesktopGroup:
      return "desktop group";
    case UseKind::kDesktop:
      return "cloud computer";
    case UseKind::kTemplate:
      return "template";
    case UseKind::kBundle:
      break;
  }
  return "bundle";
}

}  // namespace

void SnapshotBuilder::build_relations() {
  for (const RelationKind kind : kKinds) relation(kind).complete = RowBits(out_.images_.rows());
  add_uses();
  add_recorded_errors();
  store_.uses.clear();
  add_permissions();
  store_.shared.clear();
  mark_complete();
  add_children();
  finish_relations();
}

void SnapshotBuilder::doubt(RelationKind kind, AccountId account, StringId image) {
  const std::uint32_t row = row_of(account, image);
  if (row != Snapshot::Lookup::kNoRow) doubts_.emplace_back(kind, row);
}

void SnapshotBuilder::add_uses() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < store_.uses.size(); ++i) {
    if (is_live(store_.uses[i].source.page)) order.push_back(i);
  }
  const auto key = [&](std::uint32_t i) {
    const Use& use = store_.uses[i];
    return std::tuple{use.kind, account_of(use.source.page), use.id, i};
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  for (std::size_t begin = 0; begin < order.size();) {
    const Use& first = store_.uses[order[begin]];
    std::size_t end = begin + 1;
    while (end < order.size()) {
      const Use& next = store_.uses[order[end]];
      if (next.kind != first.kind || next.id != first.id ||
          account_of(next.source.page) != account_of(first.source.page))
        break;
      ++end;
    }
    if (end - begin == 1) {
      add_use(first);
    } else {
      settle_uses(std::span(order).subspan(begin, end - begin));
    }
    begin = end;
  }
}

bool SnapshotBuilder::is_same_use(const Use& first, const Use& second) const {
  return first.image_known == second.image_known && first.image == second.image &&
         relation_of(first) == relation_of(second) && counts(first, store_) == counts(second, store_) &&
         (first.kind != UseKind::kDesktop || first.extra == second.extra);
}

// Several records of one thing: pages that were saved twice, or a list and the answer for the one thing.
void SnapshotBuilder::settle_uses(std::span<const std::uint32_t> same) {
  const Use* kept = &store_.uses[same.front()];
  std::vector<const Use*> doubtful;  // records that contradict another one and are not known to be outdated
  for (const std::uint32_t i : same.subspan(1)) {
    const Use& other = store_.uses[i];
    if (is_same_use(*kept, other)) {
      const bool is_plain = kept->name == other.name && kept->status == other.status && kept->type == other.type;
      if (!is_plain && is_same_list(kept->source.page, other.source.page)) {
        note(fmt::format("{} {}: {} and {} contradict each other in its name or state", kind_name(other.kind),
                         text(other.id), place(kept->source, ""), place(other.source, "")));
      }
      // What is said twice is as new as the newer of the two.
      if (newer(kept->source.page, other.source.page) == Winner::kSecond) kept = &other;
      continue;
    }
    // One that does not name its image may use any, unless a newer record names it.
    if (kept->image_known != other.image_known && counts(*kept, store_) && counts(other, store_)) {
      const bool is_outdated =
          newer(kept->source.page, other.source.page) == (other.image_known ? Winner::kSecond : Winner::kFirst);
      if (!is_outdated) add_use(other.image_known ? *kept : other);
      if (other.image_known) kept = &other;
      continue;
    }
    const Winner winner = is_same_list(kept->source.page, other.source.page)
                              ? Winner::kNobody
                              : newer(kept->source.page, other.source.page);
    note(fmt::format("{} {}: {} and {} contradict each other in what it uses: {}", kind_name(other.kind),
                     text(other.id), place(kept->source, ""), place(other.source, ""),
                     winner == Winner::kNobody ? "which one holds is not known" : "the newer export counts"));
    if (winner == Winner::kNobody) {
      doubtful.push_back(kept);
      doubtful.push_back(&other);
    } else if (winner == Winner::kSecond) {
      kept = &other;
    }
  }
  if (doubtful.empty()) return add_use(*kept);
  for (const Use* use : doubtful) doubt_use(*use);
  doubt_use(*kept);
}

// It may be true, or not: then neither its image's entries are all known, nor is it one of them.
void SnapshotBuilder::doubt_use(const Use& use) {
  if (!counts(use, store_)) return;
  doubt(relation_of(use), account_of(use.source.page), use.image);
}

void SnapshotBuilder::add_use(const Use& use) {
  if (!counts(use, store_)) return;
  const AccountId account = account_of(use.source.page);
  const RelationKind kind = relation_of(use);
  if (!use.image_known) {
    Imageless& imageless = imageless_[{kind, account}];
    if (imageless.records++ == 0) imageless.first = use.source;
    if (kind == RelationKind::kCloudComputers)
      return;  // its list is also that of pools, whose computers are told apart
    const Operation from = out_.pages_[use.source.page].operation;
    const Operation list = from == Operation::kGetAppInstanceGroup ? Operation::kListAppInstanceGroup : from;
    const bool is_regional = operation_info(list).scope == ListScope::kRegion;
    const StringId region = is_regional ? store_.facts[use.source.page].region : StringId{};
    Imageless& of_list = imageless_lists_[{list, account, region}];
    if (of_list.records++ == 0) of_list.first = use.source;
    return;
  }
  const std::uint32_t row = row_of(account, use.image);
  if (row == Snapshot::Lookup::kNoRow) return;  // mostly an image of the services, which they do not list
  RelatedEntry entry;
  entry.row = row;
  entry.id = use.id;
  entry.name = use.name;
  if (use.kind == UseKind::kDesktop || use.kind == UseKind::kServer) entry.extra = use.extra;
  entry.source = use.source;
  entry.field = store_.intern(use.kind == UseKind::kGroup ? "AppCenterImageId" : "ImageId");
  relation(kind).entries.push_back(entry);
}

// Community images by the images that they were made from.
void SnapshotBuilder::add_children() {
  const ImageTable& images = out_.images_;
  const StringId parent_field = store_.intern("ParentImageId");
  const StringId base_field = store_.intern("BaseImageId");
  for (std::uint32_t row = 0; row < images.rows(); ++row) {
    if (images.parent[row] == StringId{} && images.base[row] == StringId{}) continue;
    const std::uint16_t type = images.type.codes[row];
    const std::string_view name = type >= DictionaryColumn::kFirst ? text(images.type.values[type]) : "";
    constexpr std::array<std::string_view, 6> kOthers{"User", "CUSTOM", "Shared", "SHARED", "System", "SYSTEM"};
    if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) continue;
    const bool is_community = name == "Community";
    const std::uint32_t parent = row_of(images.account[row], images.parent[row]);
    std::uint32_t base = row_of(images.account[row], images.base[row]);
    if (base == parent) base = Snapshot::Lookup::kNoRow;
    for (const auto& [origin, field] : {std::pair{parent, parent_field}, std::pair{base, base_field}}) {
      if (origin == Snapshot::Lookup::kNoRow || origin == row) continue;
      if (is_community) {
        relation(RelationKind::kCommunityChildren)
            .entries.push_back({origin, images.id[row], images.name[row], {}, images.list_source[row], field});
      } else {
        doubts_.emplace_back(RelationKind::kCommunityChildren, origin);  // it may be one
      }
    }
  }
  for (const auto& [account, parent] : disputed_parents_) doubt(RelationKind::kCommunityChildren, account, parent);
}

// Sets a row's bit where the list of every region of the image is complete.
void SnapshotBuilder::mark_by_region(RelationKind kind, Operation operation) {
  const ImageTable& images = out_.images_;
  for (std::uint32_t i = 0; i < out_.accounts_.size(); ++i) {
    if (imageless_.contains({kind, AccountId{i}})) continue;
    const Account& account = out_.accounts_[i];
    std::unordered_map<std::uint32_t, bool> known;  // by region set
    for (std::uint32_t row = account.first_row; row < account.first_row + account.row_count; ++row) {
      const auto [at, added] = known.try_emplace(images.region_set[row], false);
      if (added) {
        const std::vector<StringId>& regions = images.region_sets[at->first];
        at->second = !regions.empty() && std::all_of(regions.begin(), regions.end(), [&](StringId region) {
          return lookup_->state_of(operation, {i}, region) == ListState::kComplete;
        });
      }
      if (at->second) relation(kind).complete.set(row);
    }
  }
}

// A list with records that do not say which image they use tells no more than one that was cut off there.
void SnapshotBuilder::cut_off_imageless() {
  for (const auto& [key, imageless] : imageless_lists_) {
    const auto& [operation, account, region] = key;
    for (ListStatus& list : out_.lists_) {
      if (std::tie(list.operation, list.account, list.region) != key || list.state != ListState::kComplete) continue;
      list.state = ListState::kCutOff;
      list.reason = fmt::format("{} {} without its image, first {}", imageless.records,
                                imageless.records == 1 ? "record" : "records", place(imageless.first, ""));
    }
    for (auto& state : lookup_->states) {
      if (state.place() == std::tuple{operation, account, region}) state.state = ListState::kCutOff;
    }
  }
}

void SnapshotBuilder::mark_complete() {
  cut_off_imageless();
  mark_by_region(RelationKind::kDesktopGroups, Operation::kDescribeDesktopGroups);
  mark_by_region(RelationKind::kCloudComputers, Operation::kDescribeDesktops);
  mark_by_region(RelationKind::kPooledDesktops, Operation::kDescribeDesktops);
  mark_by_region(RelationKind::kTemplates, Operation::kDescribeBundles);
  for (std::uint32_t i = 0; i < out_.accounts_.size(); ++i) {
    const AccountId account{i};
    const bool template_failed =
        std::any_of(out_.failures_.begin(), out_.failures_.end(), [&](const RecordedFailure& failure) {
          return failure.account == account && failure.operation == Operation::kDescribeTemplates &&
                 failure.subject == StringId{};
        });
    const Account& owner = out_.accounts_[i];
    const auto mark = [&](RelationKind kind, bool is_complete) {
      if (!is_complete || imageless_.contains({kind, account})) return;
      for (std::uint32_t row = owner.first_row; row < owner.first_row + owner.row_count; ++row)
        relation(kind).complete.set(row);
    };
    const auto is_complete = [&](Operation operation) {
      return lookup_->state_of(operation, account, {}) == ListState::kComplete;
    };
    mark(RelationKind::kDeliveryGroups, is_complete(Operation::kListAppInstanceGroup));
    mark(RelationKind::kWorkstations, is_complete(Operation::kListWuyingServer));
    mark(RelationKind::kCommunityChildren, is_complete(Operation::kListImage));
    // The bundles of the regions alone are not all.
    if (!is_complete(Operation::kDescribeTemplates) || template_failed) {
      for (std::uint32_t row = owner.first_row; row < owner.first_row + owner.row_count; ++row)
        relation(RelationKind::kTemplates).complete.reset(row);
    }
    mark(RelationKind::kRecordedErrors, true);  // what was recorded is what there is
  }
  for (const auto& [key, imageless] : imageless_) {
    note(fmt::format("{} {} without the image that it uses (first {}): what uses an image is not fully known",
                     imageless.records, imageless.records == 1 ? "record" : "records", place(imageless.first, "")));
  }
}

void SnapshotBuilder::finish_relations() {
  for (const auto& [kind, row] : doubts_) relation(kind).complete.reset(row);
  for (const RelationKind kind : kKinds) {
    Relation& made = relation(kind);
    made.any = RowBits(out_.images_.rows());
    std::sort(made.entries.begin(), made.entries.end(), [&](const RelatedEntry& a, const RelatedEntry& b) {
      if (a.row != b.row) return a.row < b.row;
      if (a.id != b.id) return text(a.id) < text(b.id);
      return a.source.page != b.source.page ? a.source.page < b.source.page : a.source.item < b.source.item;
    });
    made.entries.shrink_to_fit();
    for (const RelatedEntry& entry : made.entries) made.any.set(entry.row);
  }
}

}  // namespace imagewarden
