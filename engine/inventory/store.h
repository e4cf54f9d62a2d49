#pragma once
// What the readers gather before it is joined: records as they came, each with the page that it stands on. Everything
// that needs a second record (accounts, totals, contradictions) is worked out by the SnapshotBuilder.

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "engine/base/intern.h"
#include "engine/inventory/chunks.h"
#include "engine/inventory/snapshot.h"

namespace imagewarden::inventory {

// Values of one column, coded as in DictionaryColumn. A few recent values are found by comparing bytes.
class DictionaryBuilder {
 public:
  // Precondition: fewer than 65,534 distinct values, see full().
  std::uint16_t code(Interner& strings, std::string_view text);
  [[nodiscard]] bool full() const { return values_.size() >= std::numeric_limits<std::uint16_t>::max(); }
  [[nodiscard]] const std::vector<StringId>& values() const { return values_; }

 private:
  struct Recent {
    std::string_view text;
    std::uint16_t code{};
  };
  std::vector<StringId> values_{StringId{}, StringId{}};
  std::unordered_map<std::uint32_t, std::uint16_t> codes_;
  std::array<Recent, 32> recent_;
};

// Lists of small values, each distinct one stored once. The empty list is 0.
template <class T>
class ListBuilder {
 public:
  std::uint32_t intern(const std::vector<T>& list);
  [[nodiscard]] std::vector<std::vector<T>>& lists() { return lists_; }

 private:
  void grow();
  static std::uint64_t hash_of(const std::vector<T>& list);

  std::vector<std::vector<T>> lists_{{}};
  std::vector<std::uint32_t> slots_ =
      std::vector<std::uint32_t>(64);  // open addressing, power of two; 0: free, else the list
  std::uint32_t last_{};
};

enum class ImageColumn : std::uint8_t { kType, kStatus, kProduct, kOwner, kSession, kBiz, kCount };

struct ImageSighting {
  StringId id;
  StringId name;
  StringId parent;
  StringId base;
  std::array<std::uint16_t, static_cast<std::size_t>(ImageColumn::kCount)> codes{};
  std::uint32_t regions{};  // ImageRegionList
  std::uint32_t distribution{};
  std::uint32_t tags{};  // TagList, see Store::tag_lists
  std::int64_t created_us{ImageTable::kNoTime};
  std::int32_t size_gib{-1};
  std::int32_t shared_count{-1};
  Provenance source;
  [[nodiscard]] std::uint16_t code(ImageColumn column) const { return codes[static_cast<std::size_t>(column)]; }
};

struct KeyValue {
  StringId key;
  StringId value;
  friend bool operator==(KeyValue, KeyValue) = default;
};

// Something that uses an image.
enum class UseKind : std::uint8_t { kGroup, kServer, kDesktopGroup, kDesktop, kTemplate, kBundle };
struct UseSighting {
  UseKind kind{};
  bool image_known{};  // the record has the field that names the image
  StringId id;
  StringId name;
  StringId image;
  StringId extra;   // DesktopGroupId, region
  StringId status;  // DesktopStatus, Status
  StringId type;    // TemplateType, BundleType
  Provenance source;
};

// An item of a list that is only counted, or an account of DescribeImagePermission.
struct ItemSighting {
  StringId id;
  std::uint32_t page{};
};

// What completeness needs to know of a page, beside Page.
struct PageFacts {
  StringId region;  // of a regional list
  StringId parent;
  StringId code;  // of a recorded failure
  StringId message;
  std::uint32_t subjects{};  // into Store::subjects: what the request names
  bool has_list{};
  bool is_part{};  // a page of several, or it may be
  bool failure{};
  bool too_old{};     // counts as absent
  bool superseded{};  // of an earlier run of a list that was exported again
};

// What only tells whether the pages of a list are all there: let go when that is known.
struct PageExtent {
  StringId filter;     // `ImageType=User&Status=…`, sorted; empty: none
  StringId token_in;   // NextToken or Marker of the request
  StringId token_out;  // of the answer
  std::int64_t total{-1};
  std::int64_t number{-1};
  bool has_request{};  // the parameters are known
  bool has_truncated{};
  bool truncated{};
};

struct FolderAccount {
  StringId id;
  bool has_time{};
  Time time;
  std::vector<StringId> regions;
  bool caller_identity{};
  std::string file;  // that says so
};

struct Store {
  std::unique_ptr<Interner> strings{std::make_unique<Interner>()};
  Chunks<Page> pages;  // `account` indexes account_ids
  Chunks<PageFacts> facts;
  Chunks<PageExtent> extents;  // of the same pages
  std::vector<StringId> account_ids;
  std::unordered_map<std::uint32_t, std::uint32_t> account_index;  // by string id
  std::map<std::string, FolderAccount, std::less<>> folders;       // by display path of the folder
  // Folders whose account file is bad: whose exports they hold is not known, least of all the account's above.
  std::set<std::string, std::less<>> bad_folders;
  std::vector<std::vector<StringId>> subjects{{}};

  std::array<DictionaryBuilder, static_cast<std::size_t>(ImageColumn::kCount)> columns;
  ListBuilder<StringId> region_lists;
  ListBuilder<RegionStatus> distributions;
  ListBuilder<KeyValue> tag_lists;
  Chunks<ImageSighting> images;
  Chunks<UseSighting> uses;
  Chunks<ItemSighting> items;   // of all lists but images and uses
  Chunks<ItemSighting> shared;  // DescribeImagePermission
  RamTables ram;                // account is filled in later, from the page
  struct Place {                // GetAccount
    StringId account;
    StringId folder;
    std::vector<StringId> path;
    std::uint32_t page{};
  };
  std::vector<Place> places;
  std::vector<ItemSighting> named_regions;  // beside those of images and pages
  std::vector<ItemSighting> masters;        // GetResourceDirectory: MasterAccountId
  std::vector<std::string> notes;
  std::vector<StringId> caller_identities;  // accounts with a GetCallerIdentity

  StringId intern(std::string_view text) { return strings->intern(text); }
  // The same for an id that another list named before: lists are mostly in one order, so the string is mostly one of
  // those that follow the last one, and looking there costs less than a place in a large hash table.
  StringId intern_again(std::string_view text);
  AccountId account(StringId id);

 private:
  std::uint32_t last_again_{};
};

template <class T>
std::uint64_t ListBuilder<T>::hash_of(const std::vector<T>& list) {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
  return hash_bytes({reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T)});
}

template <class T>
std::uint32_t ListBuilder<T>::intern(const std::vector<T>& list) {
  if (list.empty()) return 0;
  if (lists_[last_] == list) return last_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash_of(list)) & mask;
  while (slots_[slot] != 0 && lists_[slots_[slot]] != list) slot = (slot + 1) & mask;
  if (slots_[slot] == 0) {
    slots_[slot] = static_cast<std::uint32_t>(lists_.size());
    lists_.push_back(list);
    last_ = slots_[slot];
    if (lists_.size() * 2 > slots_.size()) grow();
    return last_;
  }
  last_ = slots_[slot];
  return last_;
}

template <class T>
void ListBuilder<T>::grow() {
  std::vector<std::uint32_t> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (std::uint32_t i = 1; i < lists_.size(); ++i) {
    std::size_t slot = static_cast<std::size_t>(hash_of(lists_[i])) & mask;
    while (wider[slot] != 0) slot = (slot + 1) & mask;
    wider[slot] = i;
  }
  slots_ = std::move(wider);
}

}  // namespace imagewarden::inventory
