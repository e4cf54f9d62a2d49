// The image table: one row for each image of an account, joined from all the records that tell of it.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/release.h"
#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

using inventory::ImageColumn;

DictionaryColumn& column_of(ImageTable& images, ImageColumn column) {
  switch (column) {
    case ImageColumn::kType:
      return images.type;
    case ImageColumn::kStatus:
      return images.status;
    case ImageColumn::kProduct:
      return images.product;
    case ImageColumn::kOwner:
      return images.owner;
    case ImageColumn::kSession:
      return images.session_type;
    case ImageColumn::kBiz:
    case ImageColumn::kCount:
      break;
  }
  return images.biz_type;
}

constexpr std::array<ImageColumn, 6> kColumns{ImageColumn::kType,  ImageColumn::kStatus,  ImageColumn::kProduct,
                                              ImageColumn::kOwner, ImageColumn::kSession, ImageColumn::kBiz};

}  // namespace

// The records that count, by account, each account's as they were read: in the order of the sorted files.
std::vector<std::uint32_t> SnapshotBuilder::order_sightings() {
  std::vector<std::uint32_t> begin(out_.accounts_.size() + 1);
  for (std::size_t i = 0; i < store_.images.size(); ++i) {
    const std::uint32_t page = store_.images[i].source.page;
    if (is_live(page)) ++begin[account_of(page).value + 1];
  }
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<std::uint32_t> order(begin.back());
  for (std::size_t i = 0; i < store_.images.size(); ++i) {
    const std::uint32_t page = store_.images[i].source.page;
    if (is_live(page)) order[begin[account_of(page).value]++] = static_cast<std::uint32_t>(i);
  }
  return order;
}

void SnapshotBuilder::resize_columns(std::size_t rows) {
  ImageTable& images = out_.images_;
  images.name.resize(rows);
  images.parent.resize(rows);
  images.base.resize(rows);
  images.created_us.resize(rows);
  images.size_gib.resize(rows);
  images.shared_count.resize(rows);
  images.region_set.resize(rows);
  images.distribution.resize(rows);
  images.list_source.resize(rows);
  images.describe_source.resize(rows);
  images.type_from_describe = RowBits(rows);
  images.status_from_describe = RowBits(rows);
  images.permission_exported = RowBits(rows);
  for (const ImageColumn column : kColumns) column_of(images, column).codes.resize(rows);
  tag_lists_.resize(rows);
}

// Each once; one that a newer export tells of is none of them.
void SnapshotBuilder::find_too_old_images() {
  if (out_.too_old_pages_ == 0) return;
  std::set<std::pair<AccountId, StringId>> seen;
  for (std::size_t i = 0; i < store_.images.size(); ++i) {
    const Sighting& image = store_.images[i];
    const inventory::PageFacts& facts = store_.facts[image.source.page];
    if (!facts.too_old || facts.superseded || image.id == StringId{}) continue;
    const AccountId account = account_of(image.source.page);
    if (row_of(account, image.id) != Snapshot::Lookup::kNoRow || !seen.insert({account, image.id}).second) continue;
    out_.too_old_images_.push_back({account, image.id});
  }
}

void SnapshotBuilder::build_images() {
  ImageTable& images = out_.images_;
  const std::vector<std::uint32_t> order = order_sightings();
  lookup_->reserve(order.size());
  std::vector<std::uint32_t> rows(order.size());  // of each record
  std::vector<std::uint32_t> begin{0, 0};         // of each row in `by_row`, one place late
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Sighting& sighting = store_.images[order[i]];
    const AccountId account = account_of(sighting.source.page);
    const std::size_t slot = lookup_->slot_of(images, account, sighting.id);
    if (lookup_->slots[slot] == 0) {
      const auto row = static_cast<std::uint32_t>(images.rows());
      images.id.push_back(sighting.id);
      images.account.push_back(account);
      lookup_->slots[slot] = row + 1;
      Account& owner = out_.accounts_[account.value];
      if (owner.row_count++ == 0) owner.first_row = row;
      begin.push_back(0);
    }
    rows[i] = lookup_->slots[slot] - 1;
    ++begin[rows[i] + 2];
  }
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<std::uint32_t> by_row(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) by_row[begin[rows[i] + 1]++] = order[i];
  release(rows);
  resize_columns(images.rows());
  classify(ImageColumn::kType);
  classify(ImageColumn::kStatus);
  for (std::uint32_t row = 0; row < images.rows(); ++row) {
    fill_row(row, std::span(by_row).subspan(begin[row], begin[row + 1] - begin[row]));
  }
  find_too_old_images();
  store_.images.clear();
  set_tags();
  for (const ImageColumn column : kColumns) {
    column_of(images, column).values = store_.columns[static_cast<std::size_t>(column)].values();
  }
  images.distributions = std::move(store_.distributions.lists());
}

void SnapshotBuilder::fill_row(std::uint32_t row, std::span<const std::uint32_t> sightings) {
  listed_.clear();
  described_.clear();
  for (const std::uint32_t i : sightings) {
    const bool is_listed = out_.pages_[store_.images[i].source.page].operation == Operation::kListImage;
    (is_listed ? listed_ : described_).push_back(i);
  }
  Joined list;
  Joined describe;
  if (!listed_.empty()) list = join_list(listed_);
  if (!described_.empty()) describe = join_described(described_);
  set_values(row, listed_.empty() ? nullptr : &list, described_.empty() ? nullptr : &describe);
  set_regions(row, listed_.empty() ? nullptr : &list, described_);
}

void SnapshotBuilder::set_values(std::uint32_t row, const Joined* list, const Joined* described) {
  ImageTable& images = out_.images_;
  const Sighting& image = list != nullptr ? list->image : described->image;
  images.name[row] = image.name;
  images.parent[row] = image.parent;
  images.base[row] = image.base;
  images.created_us[row] = image.created_us;
  images.size_gib[row] = image.size_gib;
  images.distribution[row] = image.distribution;
  for (const ImageColumn column : kColumns) column_of(images, column).codes[row] = image.code(column);
  images.shared_count[row] = described == nullptr ? -1 : described->image.shared_count;
  images.list_source[row] = list == nullptr ? Provenance{} : list->image.source;
  images.describe_source[row] = described == nullptr ? Provenance{} : described->image.source;
  tag_lists_[row] = image.tags;
  if (list == nullptr) {
    // The desktop service lists its own images only, and does not say so.
    images.product.codes[row] =
        store_.columns[static_cast<std::size_t>(ImageColumn::kProduct)].code(*store_.strings, "CloudDesktop");
    images.type_from_describe.set(row);
    images.status_from_describe.set(row);
    return;
  }
  if (described == nullptr) return;
  const Sighting& second = described->image;
  if (image.name == StringId{}) images.name[row] = second.name;
  if (image.created_us == ImageTable::kNoTime) images.created_us[row] = second.created_us;
  if (image.size_gib < 0) images.size_gib[row] = second.size_gib;
  if (image.code(ImageColumn::kSession) == DictionaryColumn::kAbsent)
    images.session_type.codes[row] = second.code(ImageColumn::kSession);
  set_state(row, *list, *described);
}

// Type and status, which both records tell: each from the record that holds for it, for either may lack one of them.
void SnapshotBuilder::set_state(std::uint32_t row, const Joined& list, const Joined& described) {
  ImageTable& images = out_.images_;
  const auto is_given = [](std::uint16_t code) { return code >= DictionaryColumn::kFirst; };
  const bool both_timed = list.has_time && described.has_time;
  const bool list_newer = both_timed && list.time > described.time;
  const bool describe_newer = both_timed && described.time > list.time;
  for (const ImageColumn column : {ImageColumn::kType, ImageColumn::kStatus}) {
    const bool is_type = column == ImageColumn::kType;
    const std::uint16_t first = list.image.code(column);
    const std::uint16_t second = described.image.code(column);
    std::uint16_t& code = column_of(images, column).codes[row];
    bool describe_wins = first == DictionaryColumn::kAbsent && is_given(second);
    if (is_given(first) && is_given(second) && is_contradiction(column, first, second)) {
      // The desktop service has no word for a community image: what it calls one cannot replace that word.
      const StringId word = store_.columns[static_cast<std::size_t>(column)].values()[first];
      describe_wins = describe_newer && (!is_type || text(word) != "Community");
      note_images(list.image, described.image, is_type ? "ImageType" : "Status",
                  list_newer || describe_wins ? "the newer export counts" : "which one holds is not known");
      if (!list_newer && !describe_wins) code = DictionaryColumn::kOpen;
    } else if (second == DictionaryColumn::kOpen && (first == DictionaryColumn::kAbsent || !list_newer)) {
      code = DictionaryColumn::kOpen;
    }
    if (!describe_wins) continue;
    code = second;
    (is_type ? images.type_from_describe : images.status_from_describe).set(row);
  }
}

std::uint32_t SnapshotBuilder::region_set(std::vector<StringId> regions) {
  std::erase(regions, StringId{});
  std::sort(regions.begin(), regions.end(), [&](StringId a, StringId b) { return text(a) < text(b); });
  regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
  if (regions.empty()) return 0;
  auto& sets = out_.images_.region_sets;
  const auto [at, added] = region_sets_.try_emplace(regions, static_cast<std::uint32_t>(sets.size()));
  if (added) sets.push_back(std::move(regions));
  return at->second;
}

void SnapshotBuilder::set_regions(std::uint32_t row, const Joined* list, std::span<const std::uint32_t> described) {
  ImageTable& images = out_.images_;
  std::uint32_t set = 0;
  if (list != nullptr && list->regions_disputed) {
    images.region_set[row] = 0;
    return;
  }
  if (list != nullptr) {
    const std::pair lists{list->image.regions, list->image.distribution};
    const auto known = joined_regions_.find(lists);
    if (known != joined_regions_.end()) {
      set = known->second;
    } else {
      std::vector<StringId> regions = store_.region_lists.lists()[lists.first];
      for (const RegionStatus& entry : store_.distributions.lists()[lists.second]) regions.push_back(entry.region);
      set = region_set(std::move(regions));
      joined_regions_.emplace(lists, set);
    }
  } else if (described.size() == 1) {
    set = region_set({store_.facts[store_.images[described.front()].source.page].region});
  } else {
    std::vector<StringId> regions;
    for (const std::uint32_t i : described) regions.push_back(store_.facts[store_.images[i].source.page].region);
    set = region_set(std::move(regions));
  }
  if (set == 0) set = region_set(out_.accounts_[images.account[row].value].regions);
  images.region_set[row] = set;
}

void SnapshotBuilder::set_tags() {
  const auto& lists = store_.tag_lists.lists();
  std::size_t count = 0;
  for (const std::uint32_t list : tag_lists_) count += lists[list].size();
  out_.images_.tags.reserve(count);
  for (std::uint32_t row = 0; row < tag_lists_.size(); ++row) {
    std::uint32_t index = 0;
    for (const inventory::KeyValue& tag : lists[tag_lists_[row]])
      out_.images_.tags.push_back({row, tag.key, tag.value, index++});
  }
  release(tag_lists_);
}

}  // namespace imagewarden
