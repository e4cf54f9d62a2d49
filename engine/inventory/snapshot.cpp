#include "engine/inventory/snapshot.h"

#include <algorithm>

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

std::optional<ImageRow> Snapshot::find_image(AccountId account, std::string_view id) const {
  const StringId string = find_string(id);
  if (string == Interner::kNone || string == StringId{}) return std::nullopt;
  const std::uint32_t row = lookup_->row_of(images_, account, string);
  if (row == Lookup::kNoRow) return std::nullopt;
  return ImageRow{row};
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
