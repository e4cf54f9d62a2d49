#pragma once
// Turns what the readers gathered (Store) into the Snapshot: joins the records of one image and of one thing that uses
// it, settles contradictions between exports, works out which lists are complete, and says in notes what it could not
// settle. Parts of the Store are let go as soon as they are in the Snapshot, so that the peak of memory is about one of
// the two.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/inventory/lookup.h"
#include "engine/inventory/snapshot.h"
#include "engine/inventory/store.h"

namespace imagewarden {

// For one Snapshot. Not thread-safe.
class SnapshotBuilder {
 public:
  // What the reading itself knows.
  struct Origin {
    std::vector<std::string> notes;  // of files that are none of ours
    std::vector<SkippedFile> skipped;
    std::string digest;
    std::uint64_t file_count{};
    std::uint64_t byte_count{};
    std::optional<Time> not_before;
  };

  explicit SnapshotBuilder(inventory::Store store);
  [[nodiscard]] Snapshot build(Origin origin);

 private:
  using Sighting = inventory::ImageSighting;
  using Use = inventory::UseSighting;

  // The pages of one list: what it is told apart by, and what it was asked with.
  struct ListPage {
    Operation operation{};
    AccountId account;
    StringId key;  // region or parent
    StringId filter;
    std::uint32_t page{};
    friend auto operator<=>(const ListPage&, const ListPage&) = default;
  };
  // One list, or the part of it that one filter shows.
  struct Part {
    StringId filter;
    bool complete{};
    std::uint64_t items{};
    std::int64_t total{-1};
    std::string reason;
  };
  // One image as one list, or several, tell of it.
  struct Joined {
    Sighting image;
    bool has_time{};  // of every record that is in it
    Time time;        // the newest
    bool regions_disputed{};
    std::uint32_t disputed{};  // fields, see join_images.cpp
  };
  // Which of two records holds where they contradict each other.
  enum class Winner : std::uint8_t { kFirst, kSecond, kNobody };

  // build.cpp
  void build_pages(const std::optional<Time>& not_before);
  void leave_out_old_pages(Origin& origin);
  void build_regions();
  void build_failures();
  void finish_notes(Origin& origin);
  [[nodiscard]] bool is_live(std::uint32_t page) const {
    const inventory::PageFacts& facts = store_.facts[page];
    return !facts.failure && !facts.too_old && !facts.superseded;
  }
  [[nodiscard]] AccountId account_of(std::uint32_t page) const { return out_.pages_[page].account; }
  [[nodiscard]] std::optional<std::uint32_t> index_of_account(StringId id) const;
  [[nodiscard]] std::uint32_t row_of(AccountId account, StringId image) const;
  [[nodiscard]] std::string_view text(StringId id) const { return store_.strings->text(id); }
  // A contradiction, with what became of it. After many of them only their number is kept.
  void note(std::string line);
  // Which of two records is the newer one, if both have a time and the times differ.
  [[nodiscard]] Winner newer(std::uint32_t first_page, std::uint32_t second_page) const;
  [[nodiscard]] bool is_same_list(std::uint32_t first_page, std::uint32_t second_page) const;
  [[nodiscard]] std::string place(Provenance source, std::string_view field) const;

  // build_lists.cpp
  void build_lists();
  void add_lists(std::span<const ListPage> pages);
  void find_item_ranges();
  std::uint64_t count_items(std::span<const ListPage> pages, std::vector<std::uint32_t>& seen);
  [[nodiscard]] std::uint64_t records_of(const ListPage& at) const;
  [[nodiscard]] bool begins_run(const ListPage& at, std::int64_t first_number) const;
  void leave_out_earlier_runs(std::span<const ListPage> pages);
  [[nodiscard]] Part build_part(std::span<const ListPage> pages, std::uint64_t items) const;
  [[nodiscard]] std::string missing_page(std::span<const ListPage> pages) const;
  [[nodiscard]] std::string broken_chain(std::span<const ListPage> pages) const;
  [[nodiscard]] static std::int64_t sum_of_totals(std::span<const Part> parts);
  ListStatus build_list(std::span<const ListPage> pages);
  [[nodiscard]] std::string filtered_reason(Operation operation, std::span<const Part> parts) const;
  void add_parent(ListStatus list, StringId parent);
  void add_absent_lists();
  void note_unfiltered();

  // build_images.cpp
  void build_images();
  [[nodiscard]] std::vector<std::uint32_t> order_sightings();
  void resize_columns(std::size_t rows);
  void fill_row(std::uint32_t row, std::span<const std::uint32_t> sightings);
  void set_values(std::uint32_t row, const Joined* list, const Joined* described);
  void set_state(std::uint32_t row, const Joined& list, const Joined& described);
  void set_regions(std::uint32_t row, const Joined* list, std::span<const std::uint32_t> described);
  [[nodiscard]] std::uint32_t region_set(std::vector<StringId> regions);
  void set_tags();
  void find_too_old_images();

  // join_images.cpp
  [[nodiscard]] Joined join_list(std::span<const std::uint32_t> sightings);
  [[nodiscard]] Joined join_described(std::span<const std::uint32_t> in_order);
  void join_same_list(Joined& kept, const Sighting& other);
  void settle_creating(Joined& one, Joined& other) const;
  void join_other_list(Joined& kept, const Joined& other);
  void absorb_time(Joined& kept, const Sighting& other) const;
  [[nodiscard]] bool is_contradiction(inventory::ImageColumn column, std::uint16_t first, std::uint16_t second) const;
  void classify(inventory::ImageColumn column);
  void note_images(const Sighting& first, const Sighting& second, std::string_view what, std::string_view outcome);

  // build_relations.cpp
  void build_relations();
  void add_uses();
  void add_use(const Use& use);
  [[nodiscard]] bool is_same_use(const Use& first, const Use& second) const;
  void settle_uses(std::span<const std::uint32_t> same);
  void doubt_use(const Use& use);
  void doubt(RelationKind kind, AccountId account, StringId image);
  void add_children();
  void cut_off_imageless();
  void mark_complete();
  void mark_by_region(RelationKind kind, Operation operation);
  void finish_relations();
  [[nodiscard]] Relation& relation(RelationKind kind) { return out_.relations_[static_cast<std::size_t>(kind)]; }

  // build_sharing.cpp
  void add_permissions();
  void add_permission(std::uint32_t row, std::span<const std::uint32_t> pages);
  [[nodiscard]] std::vector<StringId> accounts_of(std::uint32_t page) const;
  void add_recorded_errors();

  // build_ram.cpp
  void build_ram();
  void build_principals();
  void build_attachments();
  void build_policies(std::vector<PolicyText>& policies);
  void build_trusts();
  void build_paths();
  template <class T>
  void take_live(std::vector<T>& records);

  inventory::Store store_;
  Snapshot out_;
  std::shared_ptr<Snapshot::Lookup> lookup_;
  std::vector<std::vector<StringId>> account_regions_;
  std::vector<std::uint32_t> seen_in_list_;  // of each string: the list that counted it last
  std::vector<std::uint32_t> seen_in_part_;
  std::vector<std::uint32_t> first_item_;  // of each page, in the Chunks that hold its items
  // Of ImageType and Status: what the codes mean, so that the spellings of two products agree.
  std::array<std::vector<std::uint32_t>, static_cast<std::size_t>(inventory::ImageColumn::kCount)> meanings_;
  std::vector<std::uint32_t> tag_lists_;  // of each row
  std::vector<std::uint32_t> listed_;     // the records of the row that is filled
  std::vector<std::uint32_t> described_;
  std::map<std::vector<StringId>, std::uint32_t> region_sets_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> joined_regions_;  // by region list and distribution
  std::vector<std::pair<RelationKind, std::uint32_t>> doubts_;  // rows whose entries are not all known
  std::vector<std::pair<AccountId, StringId>> disputed_parents_;
  struct Imageless {
    std::uint64_t records{};
    Provenance first;
  };
  std::map<std::pair<RelationKind, AccountId>, Imageless> imageless_;  // records that do not name their image
  std::map<std::tuple<Operation, AccountId, StringId>, Imageless> imageless_lists_;  // the same, by their list
  std::unordered_map<std::uint32_t, std::uint32_t> first_shared_;                    // of each page, in Store::shared
  std::vector<std::string> notes_;
  std::uint64_t notes_left_out_{};
};

}  // namespace imagewarden
