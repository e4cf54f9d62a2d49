// Who an image is shared with, and the failures that were recorded for it.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/inventory/builder.h"

namespace imagewarden {

void SnapshotBuilder::add_permissions() {
  ImageTable& images = out_.images_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> answers;  // row, page
  for (std::uint32_t page = 0; page < out_.pages_.size(); ++page) {
    if (out_.pages_[page].operation != Operation::kDescribeImagePermission || !is_live(page)) continue;
    const std::uint32_t row = row_of(account_of(page), store_.facts[page].parent);
    if (row != Snapshot::Lookup::kNoRow) answers.emplace_back(row, page);
  }
  std::sort(answers.begin(), answers.end());
  // Where the accounts of each answer begin.
  std::unordered_map<std::uint32_t, std::uint32_t> first;
  for (std::uint32_t i = 0; i < store_.shared.size(); ++i) first.try_emplace(store_.shared[i].page, i);
  first_shared_ = std::move(first);
  std::vector<std::uint32_t> pages;
  for (std::size_t begin = 0; begin < answers.size();) {
    const std::uint32_t row = answers[begin].first;
    pages.clear();
    for (; begin < answers.size() && answers[begin].first == row; ++begin) pages.push_back(answers[begin].second);
    add_permission(row, pages);
  }
  first_shared_.clear();
  RowBits& complete = relation(RelationKind::kSharedWith).complete;
  for (std::uint32_t row = 0; row < images.rows(); ++row) {
    if (images.shared_count[row] == 0) complete.set(row);
  }
}

std::vector<StringId> SnapshotBuilder::accounts_of(std::uint32_t page) const {
  std::vector<StringId> accounts;
  const auto first = first_shared_.find(page);
  if (first == first_shared_.end()) return accounts;
  for (std::size_t i = first->second; i < store_.shared.size() && store_.shared[i].page == page; ++i)
    accounts.push_back(store_.shared[i].id);
  return accounts;
}

// Answers for two regions add up. Two for one region that differ contradict each other: the newer one counts.
void SnapshotBuilder::add_permission(std::uint32_t row, std::span<const std::uint32_t> pages) {
  ImageTable& images = out_.images_;
  images.permission_exported.set(row);
  bool is_known = lookup_->state_of(Operation::kDescribeImagePermission, images.account[row], images.id[row]) ==
                  ListState::kComplete;
  std::vector<std::uint32_t> counting;
  std::map<StringId, std::size_t> whole;  // by region: an answer in one page, in `counting`
  std::set<StringId> uncertain;           // accounts that only one of two contradicting answers has
  const auto sorted = [&](std::uint32_t page) {
    std::vector<StringId> accounts = accounts_of(page);
    std::sort(accounts.begin(), accounts.end());
    accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
    return accounts;
  };
  for (const std::uint32_t page : pages) {
    const bool is_whole = !store_.facts[page].is_part;
    const auto known = is_whole ? whole.find(store_.facts[page].region) : whole.end();
    if (known == whole.end()) {
      if (is_whole) whole.emplace(store_.facts[page].region, counting.size());
      counting.push_back(page);
      continue;
    }
    std::uint32_t& same = counting[known->second];
    const std::vector<StringId> mine = sorted(same);
    const std::vector<StringId> others = sorted(page);
    if (mine == others) continue;
    const Winner winner = newer(same, page);
    note(fmt::format("image {}: {} and {} contradict each other in whom it is shared with: {}", text(images.id[row]),
                     place({same, Provenance::kNone}, ""), place({page, Provenance::kNone}, ""),
                     winner == Winner::kNobody ? "which one holds is not known" : "the newer export counts"));
    if (winner == Winner::kSecond) same = page;
    if (winner != Winner::kNobody) continue;
    is_known = false;
    std::vector<StringId> differing;
    std::set_symmetric_difference(mine.begin(), mine.end(), others.begin(), others.end(),
                                  std::back_inserter(differing));
    uncertain.insert(differing.begin(), differing.end());
  }
  std::set<StringId> added;
  for (const std::uint32_t page : counting) {
    std::uint32_t index = 0;
    for (const StringId account : accounts_of(page)) {
      const StringId field = store_.intern(fmt::format("AliUids/{}", index++));
      if (uncertain.contains(account) || !added.insert(account).second) continue;
      relation(RelationKind::kSharedWith).entries.push_back({row, account, {}, {}, {page, Provenance::kNone}, field});
    }
  }
  if (is_known) {
    relation(RelationKind::kSharedWith).complete.set(row);
  } else if (!uncertain.empty()) {
    doubts_.emplace_back(RelationKind::kSharedWith, row);
  }
}

// A failure belongs to an image if its request named the image, or a template of it.
void SnapshotBuilder::add_recorded_errors() {
  std::vector<std::uint32_t> failed;
  std::set<std::pair<AccountId, StringId>> named;
  for (const RecordedFailure& failure : out_.failures_) {
    const std::string_view product = operation_info(failure.operation).product;
    if (failure.subject == StringId{} || (product != "appstream-center" && product != "ecd")) continue;
    failed.push_back(failure.source.page);
    for (const StringId id : store_.subjects[store_.facts[failure.source.page].subjects])
      named.insert({failure.account, id});
  }
  if (failed.empty()) return;
  std::set<std::pair<std::pair<AccountId, StringId>, std::uint32_t>> rows;  // of templates that are named
  for (std::size_t i = 0; i < store_.uses.size(); ++i) {
    const Use& use = store_.uses[i];
    if (use.kind != inventory::UseKind::kTemplate && use.kind != inventory::UseKind::kBundle) continue;
    const std::pair key{account_of(use.source.page), use.id};
    if (!is_live(use.source.page) || !named.contains(key)) continue;
    const std::uint32_t row = row_of(key.first, use.image);
    if (row != Snapshot::Lookup::kNoRow) rows.insert({key, row});
  }
  std::set<std::pair<std::uint32_t, StringId>> added;
  const StringId field = store_.intern("Code");
  const auto add = [&](std::uint32_t row, std::uint32_t page) {
    const StringId code = store_.facts[page].code;
    if (!added.insert({row, code}).second) return;
    relation(RelationKind::kRecordedErrors).entries.push_back({row, code, {}, {}, {page, Provenance::kNone}, field});
  };
  for (const std::uint32_t page : failed) {
    for (const StringId id : store_.subjects[store_.facts[page].subjects]) {
      const std::pair key{account_of(page), id};
      if (const std::uint32_t row = row_of(key.first, id); row != Snapshot::Lookup::kNoRow) add(row, page);
      for (auto at = rows.lower_bound({key, 0}); at != rows.end() && at->first == key; ++at) add(at->second, page);
    }
  }
}

}  // namespace imagewarden
