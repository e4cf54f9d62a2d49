#include "audit/stats.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/record.h"
#include "audit/store.h"

namespace imagewarden::audit {
namespace {

constexpr std::uint64_t kProgressEvery = 16'384;
constexpr std::size_t kDetailsAtOnce = 8;  // a detail can be large
constexpr std::size_t kCheckpointsAtOnce = 256;
constexpr std::size_t kMinCompaction = 1U << 16U;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Counts texts as the leaves hold them, escaped; what they say is decoded once for each.
class Counter {
 public:
  explicit Counter(Field field) : field_(field) {}

  void add(const LeafView& view) {
    const std::string_view text = view.text(field_);
    if (text.empty()) return;
    auto entry = counts_.find(text);
    if (entry == counts_.end()) entry = counts_.emplace(text, NamedCount{unescape_text(text), 0}).first;
    ++entry->second.count;
  }
  [[nodiscard]] std::uint64_t size() const { return counts_.size(); }
  [[nodiscard]] Counts by_name() const {
    Counts counts;
    for (const auto& [text, named] : counts_) counts[named.name] = named.count;
    return counts;
  }
  [[nodiscard]] std::vector<NamedCount> largest(std::size_t count) const {
    std::vector<NamedCount> all;
    for (const auto& [text, named] : counts_) all.push_back(named);
    const auto is_before = [](const NamedCount& a, const NamedCount& b) {
      return a.count != b.count ? a.count > b.count : a.name < b.name;
    };
    const std::size_t kept = std::min(count, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), is_before);
    all.resize(kept);
    return all;
  }

 private:
  Field field_;
  std::unordered_map<std::string, NamedCount, TextHash, std::equal_to<>> counts_;
};

// Different hashes, in a vector that is made unique whenever it has doubled: a fifth of the memory of a set.
class Distinct {
 public:
  void add(std::string_view text) {
    if (text.empty()) return;
    hashes_.push_back(std::hash<std::string_view>{}(text));
    if (hashes_.size() >= next_) compact();
  }
  std::uint64_t size() {
    compact();
    return hashes_.size();
  }

 private:
  void compact() {
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
    next_ = std::max(kMinCompaction, 2 * hashes_.size());
  }
  std::vector<std::uint64_t> hashes_;
  std::size_t next_{kMinCompaction};
};

// What stands beside the records.
Status add_stored(const std::string& path, const std::string& log_path, LogStats& stats) {
  auto store = Store::open(path, log_path, Access::kRead);
  if (!store) return tl::make_unexpected(store.error());
  for (std::int64_t next = 0;;) {
    const auto details = store->details(next, kMaxInteger, kDetailsAtOnce);
    if (!details) return tl::make_unexpected(details.error());
    if (details->empty()) break;
    stats.details += details->size();
    for (const DetailDigest& detail : *details) stats.detail_bytes += detail.bytes;
    next = details->back().seq + 1;
  }
  for (std::int64_t next = 0;;) {
    const auto checkpoints = store->checkpoints(next, kCheckpointsAtOnce);
    if (!checkpoints) return tl::make_unexpected(checkpoints.error());
    if (checkpoints->empty()) break;
    stats.checkpoints += checkpoints->size();
    // Whoever can write the file can store one at the last place there is: nothing comes after it.
    if (checkpoints->back().id == std::numeric_limits<std::int64_t>::max()) break;
    next = checkpoints->back().id + 1;
  }
  return {};
}

}  // namespace

Result<LogStats> collect_stats(Log& log, const std::string& log_path, const StatsOptions& options) {
  const auto head = log.head();
  if (!head) return tl::make_unexpected(head.error());
  LogStats stats;
  stats.origin = log.origin();
  Counter outcomes(Field::kOutcome);
  Counter codes(Field::kCode);
  Counter verbs(Field::kVerb);
  Counter principals(Field::kPrincipal);
  Counter writers(Field::kWriter);
  Counter hosts(Field::kHost);
  Counter users(Field::kUser);
  Distinct images;
  LeafView view;
  std::string problem;
  Status status;
  const auto visited = log.read(0, head->size, [&](std::uint64_t seq, std::string_view leaf) {
    if (!scan_leaf(leaf, view, problem)) {
      status = fail(Errc::kMalformedInput, fmt::format("{}: record {}: {}", log_path, seq, problem));
      return false;
    }
    ++stats.records;
    stats.leaf_bytes += leaf.size();
    if (!stats.first_time) stats.first_time = view.time;
    stats.last_time = view.time;
    ++stats.kinds[std::string(to_string(view.kind))];
    if (view.kind == RecordKind::kDecision) {
      constexpr std::size_t kDayBytes = 10;
      ++stats.decisions_by_day[std::string(view.text(Field::kTime).substr(0, kDayBytes))];
    }
    for (Counter* const counter : {&outcomes, &codes, &verbs, &principals, &writers, &hosts, &users})
      counter->add(view);
    images.add(view.text(Field::kImage));
    if (options.progress && stats.records % kProgressEvery == 0) options.progress(stats.records, head->size);
    return true;
  });
  if (!visited) return tl::make_unexpected(visited.error());
  if (!status) return tl::make_unexpected(status.error());
  stats.outcomes = outcomes.by_name();
  stats.codes = codes.by_name();
  stats.verbs = verbs.by_name();
  stats.principals = principals.largest(options.principals);
  stats.principals_count = principals.size();
  stats.images_count = images.size();
  stats.writers_count = writers.size();
  stats.hosts_count = hosts.size();
  stats.users_count = users.size();
  const auto path = canonical_path(log_path);
  if (!path) return tl::make_unexpected(path.error());
  for (const char* const suffix : {"", "-wal"}) {
    if (const auto state = file_state(*path + suffix))
      stats.file_bytes += static_cast<std::uint64_t>(state->size_bytes);
  }
  if (const auto stored = add_stored(*path, log_path, stats); !stored) return tl::make_unexpected(stored.error());
  return stats;
}

}  // namespace imagewarden::audit
