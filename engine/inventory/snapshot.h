#pragma once
// The Snapshot: everything that the exports say, columnar and immutable. Strings are interned, images are rows,
// relations are sorted entries with a bitmap over the rows; after loading nothing compares strings. Built by
// read_inventory() (read.h). Const members are safe from any number of threads. docs/exports.md is the input format.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/intern.h"
#include "engine/base/sha256.h"
#include "engine/base/time.h"
#include "engine/inventory/operations.h"

namespace imagewarden {

using AccountId = Id<struct AccountTag>;  // index into Snapshot::accounts()
using ImageRow = Id<struct ImageTag>;     // index into the columns of ImageTable
using PageId = Id<struct PageTag>;        // index into Snapshot::pages()

// Where a record stands: which response, and which item of its list. source_of() spells it.
struct Provenance {
  static constexpr std::uint32_t kNone = 0xffffffffU;
  std::uint32_t page{kNone};
  std::uint32_t item{kNone};  // kNone: the body itself, no list item
  [[nodiscard]] bool known() const { return page != kNone; }
  friend bool operator==(Provenance, Provenance) = default;
};

// One response body.
struct Page {
  StringId file;         // path as shown to the user
  std::uint32_t line{};  // of an envelope, from 1; 0: the file is the body
  Operation operation{};
  StringId pointer;  // JSON pointer of the list (or of the object) inside the file or line: `/Response/Data`
  AccountId account;
  StringId region;  // of a regional list; empty: not regional
  bool has_time{};
  Time exported_at;
};

// A column of few distinct values. codes[row] indexes `values`.
struct DictionaryColumn {
  static constexpr std::uint16_t kAbsent = 0;  // the record does not carry the field
  static constexpr std::uint16_t kOpen = 1;    // exports contradict each other: not known
  static constexpr std::uint16_t kFirst = 2;   // values[code] is the text
  std::vector<std::uint16_t> codes;
  std::vector<StringId> values{StringId{}, StringId{}};
};

// One bit a row.
class RowBits {
 public:
  RowBits() = default;
  explicit RowBits(std::size_t rows, bool value = false) : words_((rows + 63) / 64, value ? ~std::uint64_t{0} : 0) {}
  [[nodiscard]] bool test(std::size_t row) const { return (words_[row / 64] >> (row % 64)) & 1U; }
  void set(std::size_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  void reset(std::size_t row) { words_[row / 64] &= ~(std::uint64_t{1} << (row % 64)); }
  [[nodiscard]] std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::vector<std::uint64_t> words_;  // bits past the last row are unspecified
};

// What stands in a relation to an image: things that use it, accounts it is shared with, …
struct RelatedEntry {
  std::uint32_t row{};  // of the image
  StringId id;          // of the related thing
  StringId name;        // its name, if it has one
  StringId extra;       // DesktopGroupId of a pooled desktop; region of a workstation; else empty
  Provenance source;
  StringId field;  // the field that makes the relation: `AppCenterImageId`, `ImageId`, `AliUids/3`, …
};

// INVARIANT: entries are sorted by row, then by id text; `any` has a row's bit exactly if it has an entry.
struct Relation {
  std::vector<RelatedEntry> entries;
  RowBits any;
  RowBits complete;  // whether the exports show all of the row's entries; else there may be more
  [[nodiscard]] std::span<const RelatedEntry> of(ImageRow row) const;
};

enum class RelationKind : std::uint8_t {
  kDeliveryGroups,  // ListAppInstanceGroup / GetAppInstanceGroup: AppCenterImageId
  kWorkstations,    // ListWuyingServer: ImageId
  kDesktopGroups,   // DescribeDesktopGroups: ImageId; complete: in every region of the image
  kPooledDesktops,  // DescribeDesktops with a DesktopGroupId, not Deleted; complete: DescribeDesktops in every region
                    // of the image
  kCloudComputers,  // the same without a DesktopGroupId
  kTemplates,       // DescribeTemplates (no SYSTEM_TEMPLATE) and DescribeBundles (no SYSTEM) of the image's regions
  kCommunityChildren,  // other images of type Community with it as ParentImageId or BaseImageId; complete: ListImage
  kSharedWith,         // DescribeImagePermission: AliUids; complete: it was exported for the image, or SharedCount is 0
  kRecordedErrors,     // codes of recorded failures for this image or a template of it; id is the code
  kCount,
};

struct RegionStatus {
  StringId region;
  StringId status;  // empty: the entry has none
  friend bool operator==(RegionStatus, RegionStatus) = default;
};

struct Tag {
  std::uint32_t row{};
  StringId key;
  StringId value;
  std::uint32_t index{};  // in TagList
};

// Which records tell of an image.
enum class SeenIn : std::uint8_t { kListImage = 1, kDescribeImages = 2 };

// All columns have one entry a row. Rows of one account are contiguous; within an account they stand in the order of
// the sorted files, so the order does not depend on directory order or threads.
struct ImageTable {
  std::vector<AccountId> account;
  std::vector<StringId> id;
  std::vector<StringId> name;
  DictionaryColumn type;         // ImageType as spelled: User, CUSTOM, System, …
  DictionaryColumn status;       // Status as spelled
  DictionaryColumn product;      // ProductType; an image known only from DescribeImages: CloudDesktop
  DictionaryColumn owner;        // AliUid in decimal
  std::vector<StringId> parent;  // ParentImageId, BaseImageId
  std::vector<StringId> base;
  DictionaryColumn session_type;
  DictionaryColumn biz_type;
  std::vector<std::int64_t> created_us;    // kNoTime: not known
  std::vector<std::int32_t> size_gib;      // SystemDiskSize or Size; -1: not known
  std::vector<std::int32_t> shared_count;  // SharedCount of DescribeImages; -1: not known
  std::vector<std::uint32_t>
      region_set;  // into region_sets: the image's regions, together, in sorted order; {} = not known
  std::vector<std::uint32_t> distribution;  // into distributions: ImageRegionDistributeList in order
  std::vector<Provenance> list_source;      // its ListImage record
  std::vector<Provenance> describe_source;  // its DescribeImages record
  RowBits type_from_describe;               // where the type comes from the DescribeImages record
  RowBits status_from_describe;             // the same of the status
  RowBits permission_exported;              // DescribeImagePermission was exported
  std::vector<std::vector<StringId>> region_sets{{}};
  std::vector<std::vector<RegionStatus>> distributions{{}};
  std::vector<Tag> tags;  // sorted by row, then in the order of TagList

  static constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();
  [[nodiscard]] std::size_t rows() const { return id.size(); }
  [[nodiscard]] std::span<const Tag> tags_of(ImageRow row) const;
};

struct Account {
  StringId id;
  std::vector<StringId> regions;  // of account.json, else every region that the account's exports name; sorted
  std::uint32_t first_row{};      // its images
  std::uint32_t row_count{};
  bool caller_identity{};
};

enum class ListState : std::uint8_t { kAbsent, kCutOff, kComplete };

// One list of one account. For ListScope::kParent there is one for each parent, looked up with list_state(); lists()
// holds their sum: `items` is then the number of parents exported.
struct ListStatus {
  Operation operation{};
  AccountId account;
  StringId region;  // empty: not regional
  ListState state{ListState::kAbsent};
  std::uint64_t items{};   // distinct items seen
  std::int64_t total{-1};  // as the answers say; -1: they do not
  std::uint32_t pages{};
  bool unfiltered_assumed{};  // a raw body without parameters in its name counts as unfiltered
  std::string reason;  // why it is not complete: `40 of 62 items`, `page 2 missing`, `filter ImageType=User only`, …
  bool has_time{};
  Time oldest;
  Time newest;
  bool undated{};  // some of its pages carry no time
};

struct RecordedFailure {
  Operation operation{};
  AccountId account;
  StringId region;
  StringId code;
  StringId message;
  StringId subject;  // what the request named: an image, template, user, …; empty: the list itself
  Provenance source;
};

enum class HolderKind : std::uint8_t { kUser, kGroup, kRole };

struct RamPrincipal {
  AccountId account;
  HolderKind kind{};
  StringId name;
  StringId id;
  StringId arn;
  Provenance source;
};
struct Membership {
  AccountId account;
  StringId user;
  StringId group;
  Provenance source;
};
struct PolicyAttachment {
  AccountId account;
  HolderKind kind{};
  StringId holder;
  StringId policy_type;  // `System`, `Custom`
  StringId policy_name;
  StringId resource_group;  // empty: account level
  Provenance source;
};
struct PolicyText {
  AccountId account;
  StringId type;  // `System`, `Custom`; control policies: `Control`
  StringId name;  // control policies: the PolicyId
  StringId version;
  bool is_default{true};
  std::string document;
  Provenance source;
};
struct RoleTrust {
  AccountId account;
  StringId role;
  std::string document;
  std::int64_t max_session_s{};
  Provenance source;
};
struct ControlAttachment {
  AccountId account;  // whose export it is in
  StringId target;    // folder, root or account id
  StringId policy;    // PolicyId
  StringId policy_name;
  Provenance source;
};

// The RAM part. Sorted by account, then by names' text.
struct RamTables {
  std::vector<RamPrincipal> principals;
  std::vector<Membership> memberships;
  std::vector<PolicyAttachment> attachments;
  std::vector<PolicyText> policies;
  std::vector<RoleTrust> trusts;
  std::vector<PolicyText> control_policies;
  std::vector<ControlAttachment> control_attachments;
  // For each account with a known place in a resource directory: root, folders, account, in that order.
  struct DirectoryPath {
    AccountId account;
    std::vector<StringId> targets;
    bool is_management_account{};
  };
  std::vector<DirectoryPath> paths;
};

// An image that only exports tell of that are too old to count (ReadOptions::not_before): no row shows it.
struct TooOldImage {
  AccountId account;
  StringId id;
};

struct SkippedFile {
  std::string path;
  std::string why;
};

class Snapshot {
 public:
  [[nodiscard]] std::string_view text(StringId id) const { return strings_->text(id); }
  // kNone if the exports never name it.
  [[nodiscard]] StringId find_string(std::string_view text) const { return strings_->find(text); }
  [[nodiscard]] std::span<const Account> accounts() const { return accounts_; }
  [[nodiscard]] std::optional<AccountId> find_account(std::string_view id) const;
  [[nodiscard]] const ImageTable& images() const { return images_; }
  [[nodiscard]] std::optional<ImageRow> find_image(AccountId account, std::string_view id) const;
  // find_image() of each into `rows`, which has their number; many at once do not wait for the memory one by one.
  void find_images(AccountId account, std::span<const std::string_view> ids,
                   std::span<std::optional<ImageRow>> rows) const;
  [[nodiscard]] const Relation& relation(RelationKind kind) const { return relations_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const RamTables& ram() const { return ram_; }
  [[nodiscard]] std::span<const Page> pages() const { return pages_; }
  [[nodiscard]] std::span<const ListStatus> lists() const { return lists_; }
  // The state of one list; `region_or_parent` is the region, or the parent's name or id, or empty.
  [[nodiscard]] ListState list_state(Operation operation, AccountId account, StringId region_or_parent) const;
  [[nodiscard]] std::span<const RecordedFailure> failures() const { return failures_; }
  // `ListImage.p2.json#/Data/12/Status`; `all.ndjson:17#/Response/Data/12/Status`. `field` may be empty.
  [[nodiscard]] std::string source_of(Provenance provenance, std::string_view field) const;

  // How many answers are too old to count, and the images that only those tell of, in the order of the sorted files.
  [[nodiscard]] std::uint64_t too_old_pages() const { return too_old_pages_; }
  [[nodiscard]] std::span<const TooOldImage> too_old_images() const { return too_old_images_; }
  // Whether any answer, of any account or too old, tells of a resource directory: then what is missing of it is not
  // known.
  [[nodiscard]] bool has_directory() const { return has_directory_; }

  // `sha256:HEX` over the sorted lines `HEX  PATH\n` of the files that were read (the form of sha256sum); where answers
  // are too old to count, over that digest's own line and one line `PLACE\n` for each of them.
  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] std::uint64_t file_count() const { return file_count_; }
  [[nodiscard]] std::uint64_t byte_count() const { return byte_count_; }
  [[nodiscard]] std::optional<Time> oldest_export() const { return oldest_; }
  [[nodiscard]] std::optional<Time> newest_export() const { return newest_; }
  // One line each: unknown operations, contradictions between exports, raw bodies that count as unfiltered.
  [[nodiscard]] std::span<const std::string> notes() const { return notes_; }
  // With --skip-bad-files: what counts as absent.
  [[nodiscard]] std::span<const SkippedFile> skipped() const { return skipped_; }

 private:
  [[nodiscard]] std::optional<ImageRow> row_of(AccountId account, StringId id) const;
  friend class SnapshotBuilder;
  std::unique_ptr<Interner> strings_;
  std::vector<Account> accounts_;
  ImageTable images_;
  std::vector<Relation> relations_;
  RamTables ram_;
  std::vector<Page> pages_;
  std::vector<ListStatus> lists_;
  std::vector<RecordedFailure> failures_;
  std::vector<std::string> notes_;
  std::vector<SkippedFile> skipped_;
  std::uint64_t too_old_pages_{};
  std::vector<TooOldImage> too_old_images_;
  bool has_directory_{};
  std::string digest_;
  std::uint64_t file_count_{};
  std::uint64_t byte_count_{};
  std::optional<Time> oldest_;
  std::optional<Time> newest_;
  struct Lookup;
  std::shared_ptr<const Lookup> lookup_;  // image ids and list states; shared only with copies of the builder's making
};

}  // namespace imagewarden
