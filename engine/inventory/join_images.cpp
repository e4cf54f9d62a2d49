// Several records of one image: what they agree in, which of them holds where they contradict each other.

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

using inventory::ImageColumn;

constexpr std::string_view kUnknown = "which one holds is not known";

// AVAILABLE and Available, CREATE_FAILED and CreateFailed, User and CUSTOM mean the same.
std::string meaning(ImageColumn column, std::string_view word) {
  std::string plain;
  for (const char c : word) {
    if (c != '_') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return column == ImageColumn::kType && plain == "custom" ? "user" : plain;
}

std::string_view field_name(ImageColumn column) {
  switch (column) {
    case ImageColumn::kType:
      return "ImageType";
    case ImageColumn::kStatus:
      return "Status";
    case ImageColumn::kProduct:
      return "ProductType";
    case ImageColumn::kOwner:
      return "AliUid";
    case ImageColumn::kSession:
      return "SessionType";
    case ImageColumn::kBiz:
    case ImageColumn::kCount:
      break;
  }
  return "BizType";
}

// Takes what only one of two records says. True: they contradict each other.
template <class T>
bool contradicts(T& kept, const T& other, const T& nothing) {
  if (kept == other || other == nothing) return false;
  if (kept == nothing) {
    kept = other;
    return false;
  }
  return true;
}

// The fields that are no codes, as bits of Joined::disputed: once they are, no further record settles them.
enum Disputable : std::uint32_t {
  kParent = 1,
  kBase = 2,
  kRegionList = 4,
  kDistribution = 8,
  kCreated = 16,
  kSize = 32,
  kShared = 64
};

// The same; where they contradict each other nothing is known from then on. True: that is so since now.
template <class T>
bool differs(T& kept, const T& other, const T& nothing, Disputable field, std::uint32_t& disputed) {
  if ((disputed & field) != 0 || !contradicts(kept, other, nothing)) return false;
  kept = nothing;
  disputed |= field;
  return true;
}

}  // namespace

void SnapshotBuilder::classify(ImageColumn column) {
  const std::vector<StringId>& values = store_.columns[static_cast<std::size_t>(column)].values();
  std::unordered_map<std::string, std::uint32_t> known;
  std::vector<std::uint32_t>& meanings = meanings_[static_cast<std::size_t>(column)];
  for (const StringId value : values) {
    meanings.push_back(
        known.try_emplace(meaning(column, text(value)), static_cast<std::uint32_t>(known.size())).first->second);
  }
}

bool SnapshotBuilder::is_contradiction(ImageColumn column, std::uint16_t first, std::uint16_t second) const {
  const std::vector<std::uint32_t>& meanings = meanings_[static_cast<std::size_t>(column)];
  return meanings[first] != meanings[second];
}

void SnapshotBuilder::note_images(const Sighting& first, const Sighting& second, std::string_view what,
                                  std::string_view outcome) {
  note(fmt::format("image {}: {} and {} contradict each other in {}: {}", text(first.id), place(first.source, ""),
                   place(second.source, ""), what, outcome));
}

void SnapshotBuilder::absorb_time(Joined& kept, const Sighting& other) const {
  const Page& page = out_.pages_[other.source.page];
  kept.has_time = kept.has_time && page.has_time;
  if (page.has_time) kept.time = std::max(kept.time, page.exported_at);
}

// The same id twice in one list, with different content: what differs is not known. A field that only one record has is
// no contradiction.
void SnapshotBuilder::join_same_list(Joined& kept, const Sighting& other) {
  Sighting& image = kept.image;
  std::string fields;
  const auto dispute = [&](std::string_view field) { fields += (fields.empty() ? "" : ", ") + std::string(field); };
  for (std::size_t i = 0; i < image.codes.size(); ++i) {
    if (image.codes[i] == DictionaryColumn::kOpen ||
        !contradicts(image.codes[i], other.codes[i], DictionaryColumn::kAbsent))
      continue;
    image.codes[i] = DictionaryColumn::kOpen;
    dispute(field_name(static_cast<ImageColumn>(i)));
  }
  for (const auto& [mine, others, bit, field] : {std::tuple{&image.parent, other.parent, kParent, "ParentImageId"},
                                                 std::tuple{&image.base, other.base, kBase, "BaseImageId"}}) {
    const StringId known = *mine;
    if (differs(*mine, others, StringId{}, bit, kept.disputed)) dispute(field);
    // Any of them may have a child: none is known to have none.
    if ((kept.disputed & bit) == 0) continue;
    for (const StringId parent : {known, others}) disputed_parents_.emplace_back(account_of(other.source.page), parent);
  }
  const bool is_elsewhere = differs(image.regions, other.regions, 0U, kRegionList, kept.disputed);
  const bool is_spread = differs(image.distribution, other.distribution, 0U, kDistribution, kept.disputed);
  // A status may be hidden in there.
  if (is_spread) image.codes[static_cast<std::size_t>(ImageColumn::kStatus)] = DictionaryColumn::kOpen;
  if (is_elsewhere || is_spread) {
    kept.regions_disputed = true;
    dispute("its regions");
  }
  if (image.tags != other.tags) {
    // Either list may hold: a tag counts if one of them has it.
    std::vector<inventory::KeyValue> both = store_.tag_lists.lists()[image.tags];
    for (const inventory::KeyValue& tag : store_.tag_lists.lists()[other.tags]) {
      if (std::find(both.begin(), both.end(), tag) == both.end()) both.push_back(tag);
    }
    const std::uint32_t joined = store_.tag_lists.intern(both);
    if (joined != image.tags) dispute("TagList");
    image.tags = joined;
  }
  if (contradicts(image.name, other.name, StringId{})) dispute("its name");
  if (differs(image.created_us, other.created_us, ImageTable::kNoTime, kCreated, kept.disputed))
    dispute("its time of creation");
  if (differs(image.size_gib, other.size_gib, -1, kSize, kept.disputed)) dispute("its size");
  if (differs(image.shared_count, other.shared_count, -1, kShared, kept.disputed)) dispute("SharedCount");
  if (!fields.empty()) note_images(image, other, fields, kUnknown);
  absorb_time(kept, other);
}

SnapshotBuilder::Joined SnapshotBuilder::join_list(std::span<const std::uint32_t> sightings) {
  Joined joined;
  joined.image = store_.images[sightings.front()];
  const Page& page = out_.pages_[joined.image.source.page];
  joined.has_time = page.has_time;
  joined.time = page.exported_at;
  for (const std::uint32_t i : sightings.subspan(1)) join_same_list(joined, store_.images[i]);
  return joined;
}

// An image stands in the lists of all its regions; each list counts as one export.
SnapshotBuilder::Joined SnapshotBuilder::join_described(std::span<const std::uint32_t> in_order) {
  if (in_order.size() == 1) return join_list(in_order);
  std::vector<std::uint32_t> sightings(in_order.begin(), in_order.end());
  const auto region = [&](std::uint32_t i) { return store_.facts[store_.images[i].source.page].region; };
  std::stable_sort(sightings.begin(), sightings.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return text(region(a)) < text(region(b)); });
  std::vector<Joined> lists;
  for (std::size_t begin = 0; begin < sightings.size();) {
    std::size_t end = begin;
    while (end < sightings.size() && region(sightings[end]) == region(sightings[begin])) ++end;
    lists.push_back(join_list(std::span(sightings).subspan(begin, end - begin)));
    begin = end;
  }
  // From the oldest to the newest, those without a time first: what the newest says then holds.
  std::stable_sort(lists.begin(), lists.end(), [](const Joined& a, const Joined& b) {
    return a.has_time != b.has_time ? !a.has_time : a.has_time && a.time < b.time;
  });
  Joined joined = lists.front();
  for (std::size_t i = 1; i < lists.size(); ++i) {
    settle_creating(joined, lists[i]);
    join_other_list(joined, lists[i]);
  }
  return joined;
}

// A copy that is being made in one region is no contradiction to one that is there in another: it holds for the image.
void SnapshotBuilder::settle_creating(Joined& one, Joined& other) const {
  constexpr auto kColumn = static_cast<std::size_t>(ImageColumn::kStatus);
  const auto is_creating = [&](std::uint16_t code) {
    if (code < DictionaryColumn::kFirst) return false;
    const std::string_view status = text(store_.columns[kColumn].values()[code]);
    return status == "CREATING" || status == "Creating" || status == "INIT";
  };
  std::uint16_t& first = one.image.codes[kColumn];
  std::uint16_t& second = other.image.codes[kColumn];
  if (is_creating(first) == is_creating(second)) return;
  (is_creating(first) ? second : first) = is_creating(first) ? first : second;
}

// Precondition: `other` is not older than `kept`.
void SnapshotBuilder::join_other_list(Joined& kept, const Joined& other) {
  const bool is_newer = kept.has_time && other.has_time && other.time > kept.time;
  Sighting joined = is_newer ? other.image : kept.image;
  std::string fields;
  for (const ImageColumn column : {ImageColumn::kType, ImageColumn::kStatus, ImageColumn::kSession}) {
    const std::uint16_t first = kept.image.code(column);
    const std::uint16_t second = other.image.code(column);
    std::uint16_t& code = joined.codes[static_cast<std::size_t>(column)];
    if (first == DictionaryColumn::kAbsent || second == DictionaryColumn::kAbsent) {
      code = std::max(first, second);  // the one that is there
      continue;
    }
    const bool is_open = first == DictionaryColumn::kOpen || second == DictionaryColumn::kOpen;
    const bool differ = column == ImageColumn::kSession ? first != second : is_contradiction(column, first, second);
    if (!is_open && !differ) continue;
    if (!is_newer) code = DictionaryColumn::kOpen;
    if (!is_open) fields += (fields.empty() ? "" : ", ") + std::string(field_name(column));
  }
  if (!fields.empty()) note_images(kept.image, other.image, fields, is_newer ? "the newer export counts" : kUnknown);
  // Shared in one region is shared.
  if (kept.image.shared_count > 0 || other.image.shared_count > 0) {
    joined.shared_count = std::max(kept.image.shared_count, other.image.shared_count);
  } else {
    joined.shared_count = std::min(kept.image.shared_count, other.image.shared_count);
  }
  kept.image = joined;
  kept.has_time = kept.has_time && other.has_time;
  kept.time = std::max(kept.time, other.time);
}

}  // namespace imagewarden
