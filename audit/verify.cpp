// Streams a log and checks all that it says of itself. Two halves work on each slice side by side: one takes the
// records apart, the other one hashes.

#include <algorithm>
#include <future>
#include <limits>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/layout.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/store.h"
#include "audit/tree.h"

namespace imagewarden::audit {
namespace {

constexpr std::size_t kSliceBytes = std::size_t{8} << 20U;
constexpr std::size_t kDetailsAtOnce = 64;

struct Fault {
  std::uint64_t seq{};
  std::string problem;
};

// The runs of a slice, cut into leaves once for both halves.
struct Cut {
  const Run* run{};
  std::vector<std::string_view> leaves;
  bool is_ended{};  // the last leaf has its line feed
};

// What is wrong with a run besides its records, if the records up to its end are good.
std::optional<Fault> check_length(const Cut& cut, std::uint64_t first_seq) {
  const std::uint64_t found = cut.leaves.size();
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(cut.run->count, 0));
  if (!cut.is_ended && found > 0) return Fault{first_seq + found - 1, "its bytes do not end with a line feed"};
  if (found != count || count == 0) {
    return Fault{first_seq + std::min(found, count),
                 fmt::format("its run counts {} records and holds {}", cut.run->count, found)};
  }
  if (count > kMaxRunRecords) return Fault{first_seq + kMaxRunRecords, fmt::format("a run of {} records", count)};
  return std::nullopt;
}

// Canonical form, place, counters, time, origin: one record after the other.
class RecordCheck {
 public:
  explicit RecordCheck(const std::string& origin) : origin_(escape_text(origin)) {}

  std::optional<Fault> check(std::span<const Cut> cuts) {
    for (const Cut& cut : cuts) {
      if (cut.run->first_seq != static_cast<std::int64_t>(seq_)) {
        return Fault{seq_, fmt::format("the next run starts at record {}", cut.run->first_seq)};
      }
      const std::uint64_t first_seq = seq_;
      for (const std::string_view leaf : cut.leaves) {
        if (auto problem = check_record(leaf)) return Fault{seq_, std::move(*problem)};
        ++seq_;
      }
      if (auto fault = check_length(cut, first_seq)) return fault;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::uint64_t next_seq() const { return seq_; }

 private:
  std::optional<std::string> check_record(std::string_view leaf) {
    std::string problem;
    if (!scan_leaf(leaf, view_, problem)) return problem;
    if (view_.text(Field::kOrigin) != origin_) return fmt::format("its origin is `{}`", view_.text(Field::kOrigin));
    if (view_.seq != seq_) return fmt::format("it says that it is record {}", view_.seq);
    if ((view_.kind == RecordKind::kLogStart) != (seq_ == 0)) {
      return std::string(seq_ == 0 ? "the first record is no `log-start`"
                                   : "a `log-start` that is not the first record");
    }
    if (seq_ > 0 && view_.time < last_time_) return std::string("its time is before that of the record before it");
    last_time_ = view_.time;
    return check_writer();
  }

  // A writer's records are counted without a gap; the last writer is looked up once, not once a record.
  std::optional<std::string> check_writer() {
    const std::string_view writer = view_.text(Field::kWriter);
    if (last_writer_ == nullptr || last_writer_->first != writer)
      last_writer_ = &*next_pseq_.try_emplace(std::string(writer), 0).first;
    std::uint64_t& next = last_writer_->second;
    if (view_.pseq != next) return fmt::format("its pseq is {}, the writer's next is {}", view_.pseq, next);
    ++next;
    return std::nullopt;
  }

  std::string origin_;  // as it stands in a leaf
  std::uint64_t seq_{};
  Time last_time_;
  LeafView view_;
  std::unordered_map<std::string, std::uint64_t> next_pseq_;
  std::pair<const std::string, std::uint64_t>* last_writer_{};  // elements of the map do not move
};

// Every leaf hashed, every stored node compared.
class TreeCheck {
 public:
  std::optional<Fault> check(std::span<const Cut> cuts) {
    for (const Cut& cut : cuts) {
      std::string_view nodes = cut.run->nodes;
      for (const std::string_view leaf : cut.leaves) {
        const Sha256Digest hash = leaf_hash(leaf);
        if (!take(nodes, hash)) return Fault{frontier_.size(), "its bytes have another hash than the stored one"};
        completed_.clear();
        frontier_.append(hash, completed_);
        for (const Sha256Digest& node : completed_) {
          if (!take(nodes, node))
            return Fault{frontier_.size() - 1, "a node that it completes has another hash than the stored one"};
        }
      }
      if (!nodes.empty()) {
        return Fault{frontier_.size() - (cut.leaves.empty() ? 0U : 1U),
                     "its run holds more hashes than leaves and nodes"};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Head head() const { return {frontier_.size(), frontier_.root()}; }

 private:
  static bool take(std::string_view& stored, const Sha256Digest& hash) {
    if (!stored.starts_with(digest_bytes(hash))) return false;
    stored.remove_prefix(hash.size());
    return true;
  }

  Frontier frontier_;
  std::vector<Sha256Digest> completed_;
};

void keep_first(std::optional<Fault>& kept, std::optional<Fault> other) {
  if (other && (!kept || other->seq < kept->seq)) kept = std::move(other);
}

class Verifier {
 public:
  explicit Verifier(Store store) : store_(std::move(store)), records_(store_.origin()) {}

  Result<VerifyReport> run(const std::function<void(std::uint64_t, std::uint64_t)>& progress);

 private:
  Result<std::optional<Fault>> check_slice(const Slice& slice);
  Result<std::optional<Fault>> check_details(std::int64_t from, std::int64_t to, std::span<const Cut> cuts);

  Store store_;
  RecordCheck records_;
  TreeCheck tree_;
};

// The leaf holds the digest of the detail. That a detail was kept, it does not say: a missing one is no fault.
Result<std::optional<Fault>> Verifier::check_details(std::int64_t from, std::int64_t to, std::span<const Cut> cuts) {
  while (from <= to) {
    const auto details = store_.details(from, to, kDetailsAtOnce);
    if (!details) return tl::make_unexpected(details.error());
    for (const Detail& detail : *details) {
      const auto cut = std::find_if(cuts.begin(), cuts.end(), [&](const Cut& c) {
        return detail.seq >= c.run->first_seq &&
               detail.seq - c.run->first_seq < static_cast<std::int64_t>(c.leaves.size());
      });
      const auto seq = static_cast<std::uint64_t>(std::max<std::int64_t>(detail.seq, 0));
      if (cut == cuts.end()) return Fault{seq, "a detail is stored for a record that does not exist"};
      LeafView view;
      std::string problem;
      const bool is_record =
          scan_leaf(cut->leaves[static_cast<std::size_t>(detail.seq - cut->run->first_seq)], view, problem);
      if (!is_record || view.text(Field::kDecision) != "sha256:" + to_hex(sha256(detail.text))) {
        return Fault{seq, "the detail stored beside it has another digest than the decision that it holds"};
      }
    }
    if (details->size() < kDetailsAtOnce) break;
    from = details->back().seq + 1;
  }
  return std::optional<Fault>{};
}

Result<std::optional<Fault>> Verifier::check_slice(const Slice& slice) {
  std::vector<Cut> cuts(slice.used);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    cuts[i].run = &slice.runs[i];
    cuts[i].is_ended = split_leaves(slice.runs[i].leaves, cuts[i].leaves);
  }
  auto hashing = std::async(std::launch::async, [&] { return tree_.check(cuts); });
  const auto first = static_cast<std::int64_t>(records_.next_seq());
  auto fault = records_.check(cuts);
  auto details = check_details(first, static_cast<std::int64_t>(records_.next_seq()) - 1, cuts);
  keep_first(fault, hashing.get());
  if (!details) return details;
  keep_first(fault, std::move(*details));
  return fault;
}

Result<VerifyReport> Verifier::run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  VerifyReport report;
  report.origin = store_.origin();
  const auto last = store_.last_run();
  if (!last) return tl::make_unexpected(last.error());
  std::optional<Fault> fault;
  std::uint64_t total = 0;
  if (*last) {
    // What others append from now on is not looked at.
    total = static_cast<std::uint64_t>(std::max<std::int64_t>((*last)->first_seq, 0)) +
            static_cast<std::uint64_t>(std::max<std::int64_t>((*last)->count, 0));
    Slice slice;
    std::int64_t from = std::numeric_limits<std::int64_t>::min();
    while (!fault && from <= (*last)->first_seq) {
      const auto read = store_.read_runs(from, (*last)->first_seq, kSliceBytes, slice);
      // A page that SQLite cannot make sense of is a fault of the record that should come from it.
      if (!read && read.error().code != Errc::kMalformedInput) return tl::make_unexpected(read.error());
      if (!read) {
        fault = Fault{records_.next_seq(), read.error().message};
        break;
      }
      if (slice.used == 0) break;
      auto checked = check_slice(slice);
      if (!checked && checked.error().code != Errc::kMalformedInput) return tl::make_unexpected(checked.error());
      fault = checked ? std::move(*checked) : Fault{records_.next_seq(), checked.error().message};
      if (progress) progress(std::min(records_.next_seq(), total), total);
      const std::int64_t last_first = slice.runs[slice.used - 1].first_seq;
      if (last_first == std::numeric_limits<std::int64_t>::max()) break;
      from = last_first + 1;
    }
  }
  if (!fault && records_.next_seq() == 0) fault = Fault{0, "the log has no record, not even its `log-start`"};
  if (!fault) {
    // Nothing before the first record, nothing after the last one.
    for (const auto& [from, to] :
         {std::pair{std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}},
          std::pair{static_cast<std::int64_t>(records_.next_seq()), std::numeric_limits<std::int64_t>::max()}}) {
      auto orphans = check_details(from, to, {});
      if (!orphans) return tl::make_unexpected(orphans.error());
      keep_first(fault, std::move(*orphans));
    }
  }
  if (fault) {
    report.records = std::min(records_.next_seq(), fault->seq);
    report.first_bad = fault->seq;
    report.problem = fmt::format("record {}: {}", fault->seq, fault->problem);
    return report;
  }
  report.head = tree_.head();
  report.records = report.head.size;
  if (store_.schema_problem()) {
    report.problem = *store_.schema_problem();
    return report;
  }
  const auto checkpoints = store_.checkpoint_count();
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  if (*checkpoints > 0)
    report.problem = fmt::format("it holds {} checkpoints, which this program cannot check", *checkpoints);
  return report;
}

}  // namespace

Result<VerifyReport> verify(const std::string& path,
                            const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const auto canonical = canonical_path(path);
  if (!canonical) return tl::make_unexpected(canonical.error());
  auto store = Store::open(*canonical, path, Access::kRead);
  if (!store) return tl::make_unexpected(store.error());
  return Verifier(std::move(*store)).run(progress);
}

}  // namespace imagewarden::audit
