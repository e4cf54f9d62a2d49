// The SnapshotBuilder's frame: pages and accounts, regions, recorded failures, notes.

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "engine/base/sha256.h"
#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

constexpr std::size_t kMaxContradictions = 1000;  // lines; the rest is counted

}  // namespace

SnapshotBuilder::SnapshotBuilder(inventory::Store store)
    : store_(std::move(store)), lookup_(std::make_shared<Snapshot::Lookup>()) {
  out_.relations_.resize(static_cast<std::size_t>(RelationKind::kCount));
}

Snapshot SnapshotBuilder::build(Origin origin) {
  build_pages(origin.not_before);
  build_regions();
  build_lists();
  build_images();
  build_failures();
  build_relations();
  build_ram();
  note_unfiltered();
  finish_notes(origin);
  leave_out_old_pages(origin);
  out_.digest_ = std::move(origin.digest);
  out_.file_count_ = origin.file_count;
  out_.byte_count_ = origin.byte_count;
  out_.skipped_ = std::move(origin.skipped);
  out_.strings_ = std::move(store_.strings);
  out_.lookup_ = lookup_;
  return std::move(out_);
}

// Accounts in the order of their ids, whatever file named them first; pages with the new numbers.
void SnapshotBuilder::build_pages(const std::optional<Time>& not_before) {
  const std::vector<StringId>& ids = store_.account_ids;
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return text(ids[a]) < text(ids[b]); });
  std::vector<AccountId> renumbered(ids.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    renumbered[order[i]] = {i};
    Account account;
    account.id = ids[order[i]];
    out_.accounts_.push_back(account);
  }
  for (const StringId id : store_.caller_identities) {
    // An identity of a page that failed later on may name an account that has no exports.
    if (const auto found = index_of_account(id)) out_.accounts_[*found].caller_identity = true;
  }
  out_.pages_.reserve(store_.pages.size());
  for (std::size_t i = 0; i < store_.pages.size(); ++i) {
    Page page = store_.pages[i];
    page.account = renumbered[page.account.value];
    page.region = store_.facts[i].region;
    if (not_before && (!page.has_time || page.exported_at < *not_before)) {
      store_.facts[i].too_old = true;
      ++out_.too_old_pages_;
    } else if (page.has_time) {
      out_.oldest_ = out_.oldest_ ? std::min(*out_.oldest_, page.exported_at) : page.exported_at;
      out_.newest_ = out_.newest_ ? std::max(*out_.newest_, page.exported_at) : page.exported_at;
    }
    const bool is_directory = operation_info(page.operation).product == "resourcedirectorymaster";
    out_.has_directory_ = out_.has_directory_ || (is_directory && !store_.facts[i].failure);
    out_.pages_.push_back(page);
  }
  store_.pages.clear();
}

std::optional<std::uint32_t> SnapshotBuilder::index_of_account(StringId id) const {
  const auto found =
      std::lower_bound(out_.accounts_.begin(), out_.accounts_.end(), text(id),
                       [&](const Account& account, std::string_view wanted) { return text(account.id) < wanted; });
  if (found == out_.accounts_.end() || found->id != id) return std::nullopt;
  return static_cast<std::uint32_t>(found - out_.accounts_.begin());
}

// The regions of account.json, else every region that the account's exports name: also those that are too old, as one
// region less would be one list less to miss.
void SnapshotBuilder::build_regions() {
  std::vector<std::set<std::string_view>> named(out_.accounts_.size());
  std::vector<bool> is_given(out_.accounts_.size());
  for (const auto& [path, folder] : store_.folders) {
    const auto account = index_of_account(folder.id);
    for (const StringId region : folder.regions) named[*account].insert(text(region));
    is_given[*account] = is_given[*account] || !folder.regions.empty();
  }
  const auto add = [&](std::uint32_t page, StringId region) {
    const std::uint32_t account = account_of(page).value;
    if (!is_given[account] && region != StringId{}) named[account].insert(text(region));
  };
  for (std::uint32_t page = 0; page < store_.facts.size(); ++page) add(page, store_.facts[page].region);
  for (const auto& [region, page] : store_.named_regions) add(page, region);
  // Images share few lists of regions, so that each account sees each of them once.
  using Lists = std::array<std::uint32_t, 3>;
  std::set<Lists> seen;
  Lists last{~0U, ~0U, ~0U};
  for (std::size_t i = 0; i < store_.images.size(); ++i) {
    const Sighting& image = store_.images[i];
    const std::uint32_t account = account_of(image.source.page).value;
    if (is_given[account] || store_.facts[image.source.page].failure) continue;
    const Lists lists{account, image.regions, image.distribution};
    if (lists == last) continue;
    last = lists;
    if (!seen.insert(lists).second) continue;
    for (const StringId region : store_.region_lists.lists()[image.regions]) add(image.source.page, region);
    for (const RegionStatus& entry : store_.distributions.lists()[image.distribution])
      add(image.source.page, entry.region);
  }
  for (std::size_t i = 0; i < out_.accounts_.size(); ++i) {
    for (const std::string_view region : named[i]) out_.accounts_[i].regions.push_back(store_.intern(region));
  }
}

// A failure is told of by one record, whatever its request named; the relation to images looks at all of it.
void SnapshotBuilder::build_failures() {
  for (std::uint32_t page = 0; page < store_.facts.size(); ++page) {
    const inventory::PageFacts& facts = store_.facts[page];
    if (!facts.failure || facts.too_old) continue;
    RecordedFailure failure;
    failure.operation = out_.pages_[page].operation;
    failure.account = account_of(page);
    failure.region = facts.region;
    failure.code = facts.code;
    failure.message = facts.message;
    const std::vector<StringId>& subjects = store_.subjects[facts.subjects];
    if (!subjects.empty()) {
      // An image says more than a template of it.
      const auto image = std::find_if(subjects.begin(), subjects.end(), [&](StringId id) {
        return row_of(failure.account, id) != Snapshot::Lookup::kNoRow;
      });
      failure.subject = image == subjects.end() ? subjects.front() : *image;
    }
    failure.source = {page, Provenance::kNone};
    out_.failures_.push_back(failure);
  }
}

// What was left out makes another inventory: its digest says so.
void SnapshotBuilder::leave_out_old_pages(Origin& origin) {
  if (out_.too_old_pages_ == 0) return;
  std::string lines = origin.digest + "\n";
  for (std::uint32_t page = 0; page < store_.facts.size(); ++page) {
    if (store_.facts[page].too_old) lines += place({page, Provenance::kNone}, "") + "\n";
  }
  origin.digest = sha256_text(lines);
}

void SnapshotBuilder::finish_notes(Origin& origin) {
  out_.notes_ = std::move(origin.notes);
  out_.notes_.insert(out_.notes_.end(), store_.notes.begin(), store_.notes.end());
  out_.notes_.insert(out_.notes_.end(), notes_.begin(), notes_.end());
  if (notes_left_out_ != 0)
    out_.notes_.push_back(fmt::format("{} more contradictions between exports", notes_left_out_));
}

std::uint32_t SnapshotBuilder::row_of(AccountId account, StringId image) const {
  return image == StringId{} ? Snapshot::Lookup::kNoRow : lookup_->row_of(out_.images_, account, image);
}

void SnapshotBuilder::note(std::string line) {
  if (notes_.size() < kMaxContradictions) {
    notes_.push_back(std::move(line));
  } else {
    ++notes_left_out_;
  }
}

SnapshotBuilder::Winner SnapshotBuilder::newer(std::uint32_t first_page, std::uint32_t second_page) const {
  const Page& first = out_.pages_[first_page];
  const Page& second = out_.pages_[second_page];
  if (!first.has_time || !second.has_time || first.exported_at == second.exported_at) return Winner::kNobody;
  return first.exported_at > second.exported_at ? Winner::kFirst : Winner::kSecond;
}

bool SnapshotBuilder::is_same_list(std::uint32_t first_page, std::uint32_t second_page) const {
  return out_.pages_[first_page].operation == out_.pages_[second_page].operation &&
         store_.facts[first_page].region == store_.facts[second_page].region;
}

std::string SnapshotBuilder::place(Provenance source, std::string_view field) const {
  // source_of() needs the strings, which are the Store's until the end.
  const Page& page = out_.pages_[source.page];
  std::string place(text(page.file));
  if (page.line != 0) place += fmt::format(":{}", page.line);
  place += fmt::format("#{}", text(page.pointer));
  if (source.item != Provenance::kNone) place += fmt::format("/{}", source.item);
  if (!field.empty()) place += fmt::format("/{}", field);
  return place;
}

}  // namespace imagewarden
