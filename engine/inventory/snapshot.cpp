#include "engine/inventory/snapshot.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "engine/inventory/lookup.h"

namespace imagewarden {
namespace {

// The items of one row in a vector that is sorted by row.
template <class T>
std::span<const T> of_row(const std::vector<T>& items, std::uint32_t row) {
  const auto first =
      std::lower_bound(items.begin(), items.end(), row, [](const T& item, std::uint32_t r) { return item.row < r; });
  auto last = first;
  while (last != items.end() && last->row == row) ++last;
  return {first, last};
}

}  // namespace

std::span<const RelatedEntry> Relation::of(ImageRow row) const {
  if (!any.test(row.value)) return {};
  return of_row(entries, row.value);
}

std::span<const Tag> ImageTable::tags_of(ImageRow row) const { return of_row(tags, row.value); }

std::optional<AccountId> Snapshot::find_account(std::string_view id) const {
  // INVARIANT: the builder sorts the accounts by their ids' text.
  const auto found =
      std::lower_bound(accounts_.begin(), accounts_.end(), id,
                       [&](const Account& account, std::string_view wanted) { return text(account.id) < wanted; });
  if (found == accounts_.end() || text(found->id) != id) return std::nullopt;
  return AccountId{static_cast<std::uint32_t>(found - accounts_.begin())};
}

std::optional<ImageRow> Snapshot::row_of(AccountId account, StringId id) const {
  if (id == Interner::kNone || id == StringId{}) return std::nullopt;
  const std::uint32_t row = lookup_->row_of(images_, account, id);
  return row == Lookup::kNoRow ? std::nullopt : std::optional(ImageRow{row});
}

std::optional<ImageRow> Snapshot::find_image(AccountId account, std::string_view id) const {
  return row_of(account, find_string(id));
}

void Snapshot::find_images(AccountId account, std::span<const std::string_view> ids,
                           std::span<std::optional<ImageRow>> rows) const {
  assert(ids.size() == rows.size());
  constexpr std::size_t kAtOnce = 256;
  std::array<StringId, kAtOnce> strings;
  for (std::size_t begin = 0; begin < ids.size(); begin += kAtOnce) {
    const auto part = ids.subspan(begin, std::min(kAtOnce, ids.size() - begin));
    for (const std::string_view id : part) strings_->prefetch(id);
    for (std::size_t i = 0; i < part.size(); ++i) {
      strings[i] = find_string(part[i]);
      lookup_->prefetch(account, strings[i]);
    }
    for (std::size_t i = 0; i < part.size(); ++i) rows[begin + i] = row_of(account, strings[i]);
  }
}

ListState Snapshot::Lookup::state_of(Operation operation, AccountId account, StringId key) const {
  const std::tuple wanted{operation, account, key};
  const auto found = std::lower_bound(states.begin(), states.end(), wanted,
                                      [](const State& state, const auto& place) { return state.place() < place; });
  return found == states.end() || found->place() != wanted ? ListState::kAbsent : found->state;
}

ListState Snapshot::list_state(Operation operation, AccountId account, StringId region_or_parent) const {
  return lookup_->state_of(operation, account, region_or_parent);
}

std::string Snapshot::source_of(Provenance provenance, std::string_view field) const {
  if (!provenance.known()) return {};
  const Page& page = pages_[provenance.page];
  std::string place(text(page.file));
  if (page.line != 0) place += fmt::format(":{}", page.line);
  std::string pointer(text(page.pointer));
  if (provenance.item != Provenance::kNone) pointer += fmt::format("/{}", provenance.item);
  if (!field.empty()) pointer += fmt::format("/{}", field);
  return pointer.empty() ? place : place + "#" + pointer;
}

}  // namespace imagewarden
