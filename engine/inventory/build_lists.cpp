// Completeness: which lists the exports hold, and whether they show all of each. docs/exports.md, Completeness.

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "engine/base/release.h"
#include "engine/inventory/builder.h"

namespace imagewarden {
namespace {

// ListImage by each of these is ListImage as a whole.
constexpr std::array<std::string_view, 4> kEveryImageType{"ImageType=Community", "ImageType=Shared", "ImageType=System",
                                                          "ImageType=User"};

// Lists that are named as absent: what a decision, its effects or a permission may rest on.
bool is_expected(const OperationInfo& info) {
  const bool is_product = info.product == "appstream-center" || info.product == "ecd" || info.product == "ram" ||
                          info.product == "resourcemanager";
  return is_product && (info.scope == ListScope::kAccount || info.scope == ListScope::kRegion);
}

// Lists whose answers carry a total, and nothing else that tells their end.
bool needs_total(const OperationInfo& info) {
  return !info.total.empty() && info.operation != Operation::kDescribeDesktops;
}

// Lists of what uses an image.
bool is_use_list(Operation operation) {
  constexpr std::array kUses{Operation::kListAppInstanceGroup, Operation::kListWuyingServer,
                             Operation::kDescribeDesktops,     Operation::kDescribeDesktopGroups,
                             Operation::kDescribeTemplates,    Operation::kDescribeBundles};
  return std::find(kUses.begin(), kUses.end(), operation) != kUses.end();
}

bool announces_more(const inventory::PageExtent& page) {
  return page.has_truncated ? page.truncated : page.token_out != StringId{};
}

// The place of `page` in a chunk whose entries carry their pages, from `first` on, is one run.
template <class T, class PageOf, class IdOf>
std::uint64_t count_new(const inventory::Chunks<T>& items, std::uint32_t first, std::uint32_t page, std::uint32_t stamp,
                        std::vector<std::uint32_t>& seen, PageOf page_of, IdOf id_of) {
  std::uint64_t count = 0;
  for (std::size_t i = first; i < items.size() && page_of(items[i]) == page; ++i) {
    const std::uint32_t id = id_of(items[i]).value;
    if (id != 0 && seen[id] == stamp) continue;
    seen[id] = stamp;
    ++count;
  }
  return count;
}

}  // namespace

void SnapshotBuilder::find_item_ranges() {
  first_item_.assign(out_.pages_.size(), 0xffffffffU);
  const auto find = [&](const auto& items, auto page_of) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::uint32_t& first = first_item_[page_of(items[i])];
      first = std::min(first, static_cast<std::uint32_t>(i));
    }
  };
  find(store_.images, [](const Sighting& image) { return image.source.page; });
  find(store_.uses, [](const Use& use) { return use.source.page; });
  find(store_.items, [](const inventory::ItemSighting& item) { return item.page; });
  find(store_.shared, [](const inventory::ItemSighting& item) { return item.page; });
}

// How many distinct items the pages show. `seen` has an entry a string: the last list that it was seen in.
std::uint64_t SnapshotBuilder::count_items(std::span<const ListPage> pages, std::vector<std::uint32_t>& seen) {
  const std::uint32_t stamp = pages.front().page + 1;  // of this list only
  std::uint64_t count = 0;
  for (const ListPage& at : pages) {
    const std::uint32_t first = first_item_[at.page];
    if (first == 0xffffffffU) continue;
    const auto page_of_record = [](const auto& record) { return record.source.page; };
    const auto id_of = [](const auto& record) { return record.id; };
    if (at.operation == Operation::kListImage || at.operation == Operation::kDescribeImages) {
      count += count_new(store_.images, first, at.page, stamp, seen, page_of_record, id_of);
    } else if (is_use_list(at.operation)) {
      count += count_new(store_.uses, first, at.page, stamp, seen, page_of_record, id_of);
    } else {
      const auto& items = at.operation == Operation::kDescribeImagePermission ? store_.shared : store_.items;
      count += count_new(
          items, first, at.page, stamp, seen, [](const inventory::ItemSighting& item) { return item.page; }, id_of);
    }
  }
  return count;
}

// `page 2 missing`, or nothing. Where not every page has a number nothing is known of gaps.
std::string SnapshotBuilder::missing_page(std::span<const ListPage> pages) const {
  std::vector<std::int64_t> numbers;
  for (const ListPage& at : pages) {
    const std::int64_t number = store_.extents[at.page].number;
    if (number < 0) return {};
    numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::int64_t next = std::min<std::int64_t>(numbers.front(), 1);  // some count from 0
  for (const std::int64_t number : numbers) {
    if (number > next) return fmt::format("page {} missing", next);
    if (number == next) ++next;
  }
  return {};
}

// For lists that go on by tokens: why they do not lead from a first page to a last one; empty: they do.
std::string SnapshotBuilder::broken_chain(std::span<const ListPage> pages) const {
  std::vector<StringId> tokens;       // that requests carried
  std::vector<std::int64_t> numbers;  // of pages whose request carried none, or whose request is not known
  bool has_start = false;
  for (const ListPage& at : pages) {
    const inventory::PageExtent& page = store_.extents[at.page];
    if (page.token_in != StringId{}) {
      tokens.push_back(page.token_in);
    } else {
      has_start = has_start || page.number <= 1;
      if (page.number >= 0) numbers.push_back(page.number);
    }
  }
  if (!has_start) return "page 1 missing";
  std::sort(tokens.begin(), tokens.end());
  std::sort(numbers.begin(), numbers.end());
  for (const ListPage& at : pages) {
    const inventory::PageExtent& page = store_.extents[at.page];
    if (!announces_more(page)) continue;
    const bool by_token =
        page.token_out != StringId{} && std::binary_search(tokens.begin(), tokens.end(), page.token_out);
    const std::int64_t next = page.number < std::numeric_limits<std::int64_t>::max() ? page.number + 1 : page.number;
    const bool by_number =
        page.number >= 0 && next != page.number && std::binary_search(numbers.begin(), numbers.end(), next);
    if (by_token || by_number) continue;
    if (page.number >= 0) return fmt::format("page {} missing", next);
    return page.token_out == StringId{}
               ? std::string("more pages announced")
               : fmt::format("page after token `{}` missing", text(page.token_out).substr(0, 40));
  }
  if (std::all_of(pages.begin(), pages.end(),
                  [&](const ListPage& at) { return announces_more(store_.extents[at.page]); })) {
    return "no last page: each one announces another";
  }
  return missing_page(pages);
}

// Whether a run of the list begins with the page: the first of those that are numbered, one whose request asks for no
// other, or one that is the whole list.
bool SnapshotBuilder::begins_run(const ListPage& at, std::int64_t first_number) const {
  const inventory::PageExtent& page = store_.extents[at.page];
  if (page.token_in != StringId{}) return false;
  if (page.number >= 0) return page.number == first_number;
  if (page.has_request) return true;
  return !announces_more(page) && page.total <= static_cast<std::int64_t>(records_of(at));
}

// How many records the page shows, whatever they are.
std::uint64_t SnapshotBuilder::records_of(const ListPage& at) const {
  const std::uint32_t first = first_item_[at.page];
  if (first == 0xffffffffU) return 0;
  const auto count = [&](const auto& items, auto page_of) {
    std::size_t end = first;
    while (end < items.size() && page_of(items[end]) == at.page) ++end;
    return static_cast<std::uint64_t>(end - first);
  };
  const auto page_of_record = [](const auto& record) { return record.source.page; };
  if (at.operation == Operation::kListImage || at.operation == Operation::kDescribeImages)
    return count(store_.images, page_of_record);
  if (is_use_list(at.operation)) return count(store_.uses, page_of_record);
  return count(at.operation == Operation::kDescribeImagePermission ? store_.shared : store_.items,
               [](const inventory::ItemSighting& item) { return item.page; });
}

// Of a list that was exported again, the last run alone counts: what was taken away meanwhile stands in those before.
// Pages without a time tell nothing of runs. Precondition: the pages are of one operation, sorted.
void SnapshotBuilder::leave_out_earlier_runs(std::span<const ListPage> pages) {
  for (std::size_t begin = 0; begin < pages.size();) {
    std::size_t end = begin;
    const auto is_same = [&](const ListPage& at) {
      return at.account == pages[begin].account && at.key == pages[begin].key && at.filter == pages[begin].filter;
    };
    while (end < pages.size() && is_same(pages[end])) ++end;
    const std::span part = pages.subspan(begin, end - begin);
    begin = end;
    if (part.size() == 1) continue;
    std::int64_t first_number = 1;
    bool has_times = true;
    for (const ListPage& at : part) {
      const std::int64_t number = store_.extents[at.page].number;
      if (number >= 0) first_number = std::min(first_number, number);
      has_times = has_times && out_.pages_[at.page].has_time;
    }
    if (!has_times) continue;
    std::optional<Time> last;
    for (const ListPage& at : part) {
      if (begins_run(at, first_number)) last = std::max(last.value_or(Time{0}), out_.pages_[at.page].exported_at);
    }
    if (!last) continue;
    std::size_t left_out = 0;
    for (const ListPage& at : part) {
      inventory::PageFacts& facts = store_.facts[at.page];
      facts.superseded = out_.pages_[at.page].exported_at < *last;
      left_out += facts.superseded ? 1 : 0;
    }
    if (left_out == 0) continue;
    note(fmt::format("{}: {} of an earlier export than that of {} left out",
                     operation_info(part.front().operation).name,
                     left_out == 1 ? "a page" : fmt::format("{} pages", left_out), format_rfc3339(*last)));
  }
}

// Precondition: the pages were asked for with one filter.
SnapshotBuilder::Part SnapshotBuilder::build_part(std::span<const ListPage> pages, std::uint64_t items) const {
  Part part;
  part.items = items;
  part.filter = pages.front().filter;
  const OperationInfo& info = operation_info(pages.front().operation);
  for (const ListPage& at : pages) part.total = std::max(part.total, store_.extents[at.page].total);
  if (part.total >= 0) {
    if (part.items < static_cast<std::uint64_t>(part.total)) {
      part.reason = missing_page(pages);
      if (part.reason.empty()) part.reason = fmt::format("{} of {} items", part.items, part.total);
    } else if (std::all_of(pages.begin(), pages.end(),
                           [&](const ListPage& at) { return announces_more(store_.extents[at.page]); })) {
      part.reason = broken_chain(pages);  // more is announced than the total tells of
    } else if (part.items > static_cast<std::uint64_t>(part.total)) {
      part.reason = missing_page(pages);  // the total is not what it counts
    }
  } else if (needs_total(info)) {
    part.reason = missing_page(pages);
    if (part.reason.empty()) part.reason = fmt::format("no {} in the answer", info.total);
  } else {
    part.reason = broken_chain(pages);
  }
  part.complete = part.reason.empty();
  return part;
}

// -1 where a part does not tell.
std::int64_t SnapshotBuilder::sum_of_totals(std::span<const Part> parts) {
  std::int64_t sum = 0;
  for (const Part& part : parts) {
    if (part.total < 0) return -1;
    sum = part.total > std::numeric_limits<std::int64_t>::max() - sum ? std::numeric_limits<std::int64_t>::max()
                                                                      : sum + part.total;
  }
  return sum;
}

// Precondition: the pages are those of one list, sorted.
ListStatus SnapshotBuilder::build_list(std::span<const ListPage> pages) {
  const ListPage& first = pages.front();
  const OperationInfo& info = operation_info(first.operation);
  ListStatus list;
  list.operation = first.operation;
  list.account = first.account;
  if (info.scope == ListScope::kRegion) list.region = first.key;
  list.pages = static_cast<std::uint32_t>(pages.size());
  for (const ListPage& at : pages) {
    const Page& page = out_.pages_[at.page];
    list.unfiltered_assumed = list.unfiltered_assumed || !store_.extents[at.page].has_request;
    list.undated = list.undated || !page.has_time;
    if (!page.has_time) continue;
    list.oldest = list.has_time ? std::min(list.oldest, page.exported_at) : page.exported_at;
    list.newest = list.has_time ? std::max(list.newest, page.exported_at) : page.exported_at;
    list.has_time = true;
  }
  list.items = count_items(pages, seen_in_list_);
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin < pages.size();) {
    std::size_t end = begin;
    while (end < pages.size() && pages[end].filter == pages[begin].filter) ++end;
    const auto of_part = pages.subspan(begin, end - begin);
    const bool is_all = of_part.size() == pages.size();
    parts.push_back(build_part(of_part, is_all ? list.items : count_items(of_part, seen_in_part_)));
    begin = end;
  }
  // The part without a filter comes first, as its id is that of the empty text.
  if (parts.front().filter == StringId{}) {
    list.total = parts.front().total;
    list.reason = parts.front().reason;
  } else {
    list.reason = filtered_reason(first.operation, parts);
    list.total = sum_of_totals(parts);
  }
  if (list.reason.empty() && info.scope == ListScope::kRegion && list.region == StringId{})
    list.reason = "no region known";
  list.state = list.reason.empty() ? ListState::kComplete : ListState::kCutOff;
  return list;
}

// Why a list of which only parts were asked for is not complete; empty: the parts cover it.
std::string SnapshotBuilder::filtered_reason(Operation operation, std::span<const Part> parts) const {
  if (operation == Operation::kListImage) {
    std::string broken;
    std::size_t covered = 0;
    for (const std::string_view wanted : kEveryImageType) {
      const auto part =
          std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return text(p.filter) == wanted; });
      if (part == parts.end()) continue;
      ++covered;
      if (!part->complete && broken.empty()) broken = fmt::format("filter {}: {}", wanted, part->reason);
    }
    if (covered == kEveryImageType.size()) return broken;
  }
  std::vector<std::string_view> filters;
  for (const Part& part : parts) filters.push_back(text(part.filter));
  std::sort(filters.begin(), filters.end());
  constexpr std::size_t kShown = 4;
  std::string names;
  for (std::size_t i = 0; i < std::min(kShown, filters.size()); ++i)
    names += fmt::format("{}{}", i == 0 ? "" : ", ", filters[i].substr(0, 80));
  if (filters.size() > kShown) names += fmt::format(" and {} more", filters.size() - kShown);
  return fmt::format("{} {} only", filters.size() == 1 ? "filter" : "filters", names);
}

// The lists of one operation. Precondition: the pages are sorted.
void SnapshotBuilder::add_lists(std::span<const ListPage> pages) {
  for (std::size_t begin = 0; begin < pages.size();) {
    std::size_t end = begin;
    const ListPage first = pages[begin];
    while (end < pages.size() && pages[end].account == first.account && pages[end].key == first.key) ++end;
    ListStatus list = build_list(pages.subspan(begin, end - begin));
    begin = end;
    // A list of a region that nobody knows counts for none.
    const ListScope scope = operation_info(first.operation).scope;
    if (scope != ListScope::kRegion || first.key != StringId{}) {
      lookup_->states.push_back({first.operation, list.state, first.account, first.key});
    }
    if (scope == ListScope::kParent) {
      add_parent(std::move(list), first.key);
    } else {
      out_.lists_.push_back(std::move(list));
    }
  }
}

void SnapshotBuilder::build_lists() {
  find_item_ranges();
  std::array<std::vector<ListPage>, static_cast<std::size_t>(Operation::kCount)> by_operation;
  for (std::uint32_t page = 0; page < out_.pages_.size(); ++page) {
    const Operation operation = out_.pages_[page].operation;
    const inventory::PageFacts& facts = store_.facts[page];
    const ListScope scope = operation_info(operation).scope;
    if (facts.failure || scope == ListScope::kNone) continue;
    const StringId key = scope == ListScope::kRegion   ? facts.region
                         : scope == ListScope::kParent ? facts.parent
                                                       : StringId{};
    by_operation[static_cast<std::size_t>(operation)].push_back(
        {operation, account_of(page), key, store_.extents[page].filter, page});
  }
  seen_in_list_.assign(store_.strings->size(), 0);
  seen_in_part_.assign(store_.strings->size(), 0);
  for (std::vector<ListPage>& pages : by_operation) {
    // Exports are mostly in order already.
    if (!std::is_sorted(pages.begin(), pages.end())) std::sort(pages.begin(), pages.end());
    leave_out_earlier_runs(pages);
    std::erase_if(pages, [&](const ListPage& at) { return !is_live(at.page); });
    add_lists(pages);
    release(pages);
  }
  release(seen_in_list_);
  release(seen_in_part_);
  release(first_item_);
  store_.extents.clear();
  add_absent_lists();
  std::stable_sort(out_.lists_.begin(), out_.lists_.end(), [&](const ListStatus& a, const ListStatus& b) {
    if (a.account != b.account) return a.account < b.account;
    if (a.operation != b.operation) return a.operation < b.operation;
    return text(a.region) < text(b.region);
  });
}

// Lists of one operation and account come one after the other: they are summed up in the last entry.
void SnapshotBuilder::add_parent(ListStatus list, StringId parent) {
  if (!list.reason.empty()) {
    list.reason = fmt::format("{}={}: {}", operation_info(list.operation).parent, text(parent), list.reason);
  }
  list.items = 1;
  list.total = -1;
  if (out_.lists_.empty() || out_.lists_.back().operation != list.operation ||
      out_.lists_.back().account != list.account) {
    out_.lists_.push_back(std::move(list));
    return;
  }
  ListStatus& sum = out_.lists_.back();
  ++sum.items;
  sum.pages += list.pages;
  sum.unfiltered_assumed = sum.unfiltered_assumed || list.unfiltered_assumed;
  sum.undated = sum.undated || list.undated;
  if (list.state != ListState::kComplete && sum.state == ListState::kComplete) {
    sum.state = list.state;
    sum.reason = std::move(list.reason);
  }
  if (!list.has_time) return;
  sum.oldest = sum.has_time ? std::min(sum.oldest, list.oldest) : list.oldest;
  sum.newest = sum.has_time ? std::max(sum.newest, list.newest) : list.newest;
  sum.has_time = true;
}

void SnapshotBuilder::add_absent_lists() {
  std::set<std::tuple<Operation, AccountId, StringId>> known;
  for (const ListStatus& list : out_.lists_) known.insert({list.operation, list.account, list.region});
  std::map<std::tuple<Operation, AccountId, StringId>, std::string> reasons;
  for (std::uint32_t page = 0; page < store_.facts.size(); ++page) {
    const inventory::PageFacts& facts = store_.facts[page];
    if (!facts.too_old && !(facts.failure && facts.subjects == 0)) continue;
    std::string& reason = reasons[{out_.pages_[page].operation, account_of(page), facts.region}];
    if (facts.too_old) {
      if (reason.empty()) reason = "the export is too old";
    } else {
      reason = fmt::format("the call failed with `{}`", text(facts.code));
    }
  }
  for (std::uint32_t i = 0; i < out_.accounts_.size(); ++i) {
    for (const OperationInfo& info : operation_table()) {
      if (!is_expected(info)) continue;
      const std::vector<StringId> none{StringId{}};
      for (const StringId region : info.scope == ListScope::kRegion ? out_.accounts_[i].regions : none) {
        const std::tuple place{info.operation, AccountId{i}, region};
        if (known.contains(place)) continue;
        ListStatus list;
        list.operation = info.operation;
        list.account = {i};
        list.region = region;
        const auto reason = reasons.find(place);
        list.reason = reason == reasons.end() || reason->second.empty() ? "not exported" : reason->second;
        out_.lists_.push_back(std::move(list));
      }
    }
  }
}

// What the user should know of every raw body that says nothing of its parameters.
void SnapshotBuilder::note_unfiltered() {
  std::set<std::string_view> names;
  for (const ListStatus& list : out_.lists_) {
    if (list.unfiltered_assumed) names.insert(operation_info(list.operation).name);
  }
  if (!names.empty()) {
    notes_.push_back(fmt::format("exports that do not name their request's parameters count as unfiltered: {}",
                                 fmt::join(names, ", ")));
  }
}

}  // namespace imagewarden
