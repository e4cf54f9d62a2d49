// Streams a log and checks all that it says of itself. The log is cut into chunks of runs; each is checked by itself,
// on any thread: its records among themselves, its hashes on top of the stored nodes before it. What ties the chunks
// together (times, counters, the roots that checkpoints name) is small, and looked at in their order.

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/frontier.h"
#include "audit/layout.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/store.h"
#include "audit/tree.h"

namespace imagewarden::audit {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{4} << 20U;
constexpr std::size_t kDetailsAtOnce = 64;
constexpr std::size_t kCheckpointsAtOnce = 256;

struct Fault {
  std::uint64_t seq{};
  std::string problem;
};

void keep_first(std::optional<Fault>& kept, std::optional<Fault> other) {
  if (other && (!kept || other->seq < kept->seq)) kept = std::move(other);
}

// A run, cut into leaves.
struct Cut {
  const Run* run{};
  std::vector<std::string_view> leaves;
  bool is_ended{};  // the last leaf has its line feed
};

// Where a writer stands in one chunk.
struct WriterSpan {
  std::uint64_t first_seq{};  // of its first record in the chunk
  std::uint64_t first_pseq{};
  std::uint64_t next_pseq{};
};

// What a chunk says to the whole.
struct Outcome {
  std::optional<Fault> fault;  // of the chunk in itself
  std::uint64_t first_seq{};
  std::uint64_t next_seq{};
  Time first_time;
  Time last_time;
  std::unordered_map<std::string, WriterSpan> writers;
  std::vector<std::pair<std::uint64_t, VerifierKey>> keys;    // seq of a key-change and what it announces
  std::vector<std::pair<std::uint64_t, Sha256Digest>> roots;  // of the sizes that were asked for
  Frontier grown;
};

// Runs as they were read, and what stands before them.
struct Chunk {
  std::size_t number{};
  Slice slice;
  std::vector<DetailDigest> details;
  std::uint64_t first_seq{};
  Frontier base;  // of stored nodes: those before are checked by others
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

// Canonical form, place, counters, time, origin of the records of one chunk.
class RecordCheck {
 public:
  RecordCheck(std::string_view origin, std::uint64_t first_seq, Outcome& outcome)
      : origin_(origin), seq_(first_seq), first_seq_(first_seq), outcome_(outcome) {}

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
    if (is_closed_) return std::string("a record after the `rotation` that closed the log");
    if (seq_ == first_seq_) {
      outcome_.first_time = view_.time;
    } else if (view_.time < outcome_.last_time) {
      return std::string(kTimeBack);
    }
    outcome_.last_time = view_.time;
    if (view_.kind == RecordKind::kKeyChange && !note_key()) return std::string("it announces no verifier key");
    is_closed_ = view_.kind == RecordKind::kRotation;
    return check_writer();
  }

  bool note_key() {
    const auto key = parse_vkey(unescape_text(view_.text(Field::kNote)));
    if (key) outcome_.keys.emplace_back(seq_, *key);
    return key.has_value();
  }

  // A writer's records are counted without a gap; the last writer is looked up once, not once a record.
  std::optional<std::string> check_writer() {
    const std::string_view writer = view_.text(Field::kWriter);
    if (last_writer_ == nullptr || last_writer_->first != writer) {
      last_writer_ =
          &*outcome_.writers.try_emplace(std::string(writer), WriterSpan{seq_, view_.pseq, view_.pseq}).first;
    }
    std::uint64_t& next = last_writer_->second.next_pseq;
    if (view_.pseq != next) return pseq_problem(view_.pseq, next);
    ++next;
    return std::nullopt;
  }

 public:
  static constexpr std::string_view kTimeBack = "its time is before that of the record before it";
  static std::string pseq_problem(std::uint64_t found, std::uint64_t next) {
    return fmt::format("its pseq is {}, the writer's next is {}", found, next);
  }

 private:
  std::string_view origin_;  // as it stands in a leaf
  std::uint64_t seq_{};
  std::uint64_t first_seq_{};
  Outcome& outcome_;
  LeafView view_;
  bool is_closed_{};
  std::pair<const std::string, WriterSpan>* last_writer_{};  // elements of the map do not move
};

// Every leaf hashed, every stored node compared.
class TreeCheck {
 public:
  TreeCheck(const Frontier& base, std::span<const std::uint64_t> sizes, Outcome& outcome)
      : frontier_(base), sizes_(sizes), outcome_(outcome) {
    while (!sizes_.empty() && sizes_.front() < frontier_.size()) sizes_ = sizes_.subspan(1);
    note_root();
  }

  std::optional<Fault> check(std::span<const Cut> cuts) {
    for (const Cut& cut : cuts) {
      std::string_view stored = cut.run->nodes;
      for (const std::string_view leaf : cut.leaves) {
        hashes_.clear();
        frontier_.append(leaf_hash(leaf), hashes_);
        if (!stored.starts_with(hashes_)) {
          const bool is_leaf = !stored.starts_with(std::string_view(hashes_).substr(0, sizeof(Sha256Digest)));
          return Fault{frontier_.size() - 1, is_leaf ? "its bytes have another hash than the stored one"
                                                     : "a node that it completes has another hash than the stored one"};
        }
        stored.remove_prefix(hashes_.size());
        note_root();
      }
      if (!stored.empty()) {
        return Fault{frontier_.size() - (cut.leaves.empty() ? 0U : 1U),
                     "its run holds more hashes than leaves and nodes"};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] const Frontier& frontier() const { return frontier_; }

 private:
  void note_root() {
    if (sizes_.empty() || sizes_.front() != frontier_.size()) return;
    outcome_.roots.emplace_back(frontier_.size(), frontier_.root());
    sizes_ = sizes_.subspan(1);
  }

  Frontier frontier_;
  std::span<const std::uint64_t> sizes_;  // sorted, each once
  Outcome& outcome_;
  std::string hashes_;
};

// The leaf holds the digest of the detail. That a detail was kept, it does not say: a missing one is no fault.
std::optional<Fault> check_details(std::span<const DetailDigest> details, std::span<const Cut> cuts) {
  for (const DetailDigest& detail : details) {
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
    if (!is_record || view.text(Field::kDecision) != "sha256:" + to_hex(detail.digest)) {
      return Fault{seq, "the detail stored beside it has another digest than the decision that it holds"};
    }
  }
  return std::nullopt;
}

Outcome check_chunk(const Chunk& chunk, std::string_view origin, std::span<const std::uint64_t> sizes) {
  std::vector<Cut> cuts(chunk.slice.used);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    cuts[i].run = &chunk.slice.runs[i];
    cuts[i].is_ended = split_leaves(chunk.slice.runs[i].leaves, cuts[i].leaves);
  }
  Outcome outcome;
  outcome.first_seq = chunk.first_seq;
  RecordCheck records(origin, chunk.first_seq, outcome);
  outcome.fault = records.check(cuts);
  outcome.next_seq = records.next_seq();
  TreeCheck tree(chunk.base, sizes, outcome);
  keep_first(outcome.fault, tree.check(cuts));
  keep_first(outcome.fault, check_details(chunk.details, cuts));
  outcome.grown = tree.frontier();
  return outcome;
}

// Moves `frontier` over a run by its stored hashes alone. False where the run is not one that can follow.
bool advance_stored(Frontier& frontier, const Run& run) {
  const std::uint64_t first = frontier.size();
  if (run.first_seq != static_cast<std::int64_t>(first) || run.count < 1 ||
      run.count > static_cast<std::int64_t>(kMaxRunRecords))
    return false;
  const std::uint64_t end = first + static_cast<std::uint64_t>(run.count);
  if (run.nodes.size() != (nodes_before(end) - nodes_before(first)) * sizeof(Sha256Digest)) return false;
  const std::vector<Sha256Digest>& subtrees = frontier.subtrees();
  const std::string_view nodes = run.nodes;
  // Level by level: of each complete subtree at `end` the last node that lies in this run, or the one from before.
  std::vector<Sha256Digest> grown;
  std::uint64_t covered = 0;
  std::size_t kept = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((end >> level & 1U) == 0) continue;
    const std::uint64_t index = covered >> level;
    const std::uint64_t completes = completing_leaf(level, index);
    if (completes < first) {
      grown.push_back(subtrees[kept++]);  // not touched by this run
    } else {
      grown.push_back(digest_from(nodes.substr(node_offset(first, level, index), sizeof(Sha256Digest))));
    }
    covered += std::uint64_t{1} << level;
  }
  frontier = Frontier(end, std::move(grown));
  return true;
}

// The whole check of one log.
class Verifier {
 public:
  Verifier(Store store, const VerifyOptions& options)
      : store_(std::move(store)), options_(options), origin_(escape_text(store_.origin())) {}

  Result<VerifyReport> run();

 private:
  // What the threads share, all under mutex_.
  Result<bool> read_chunk(Chunk& chunk);
  Status read_details(std::int64_t from, std::int64_t to, std::vector<DetailDigest>& details);
  void work();
  void check_chunks();
  void merge(Outcome outcome);
  std::optional<Fault> join(const Outcome& outcome);

  Status start();
  Status collect_checkpoints();
  Result<std::optional<Fault>> check_orphans();
  void check_stored_checkpoints();
  void check_anchor();
  [[nodiscard]] std::string missing_records(std::uint64_t size) const;

  Store store_;
  const VerifyOptions& options_;
  std::string origin_;
  VerifyReport report_;

  std::vector<StoredCheckpoint> stored_;
  std::vector<SignedCheckpoint> checkpoints_;  // of stored_, as far as they parse
  std::vector<std::uint64_t> sizes_;

  std::mutex mutex_;
  std::condition_variable merged_;
  std::uint64_t total_{};
  std::int64_t last_first_{-1};  // where the last run starts
  std::int64_t next_run_{};
  Frontier stored_edge_;
  std::size_t chunks_read_{};
  bool is_read_{};  // nothing more is to be read
  Status failure_;

  std::map<std::size_t, Outcome> waiting_;  // outcomes whose turn has not come
  std::size_t chunks_joined_{};
  std::optional<Fault> fault_;
  bool joined_any_{};
  Time last_time_;
  std::uint64_t first_seq_{};
  std::uint64_t next_seq_{};
  std::unordered_map<std::string, std::uint64_t> next_pseq_;
  std::vector<std::pair<std::uint64_t, VerifierKey>> keys_;
  std::map<std::uint64_t, Sha256Digest> roots_;
  Frontier grown_;
};

Status Verifier::read_details(std::int64_t from, std::int64_t to, std::vector<DetailDigest>& details) {
  details.clear();
  while (from <= to) {
    auto some = store_.details(from, to, kDetailsAtOnce);
    if (!some) return tl::make_unexpected(some.error());
    const bool is_last = some->size() < kDetailsAtOnce;
    if (!some->empty()) from = some->back().seq + 1;
    details.insert(details.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    if (is_last) break;
  }
  return {};
}

// The next runs, and the stored edge before them; false at the end. Under the mutex.
Result<bool> Verifier::read_chunk(Chunk& chunk) {
  if (is_read_ || fault_ || !failure_ || next_run_ > last_first_) return false;
  chunk.number = chunks_read_;
  chunk.first_seq = stored_edge_.size();
  chunk.base = stored_edge_;
  const auto read = store_.read_runs(next_run_, last_first_, kChunkBytes, chunk.slice);
  if (!read) return tl::make_unexpected(read.error());
  if (chunk.slice.used == 0) {
    is_read_ = true;
    return false;
  }
  const std::int64_t from = chunks_read_ == 0 ? next_run_ : static_cast<std::int64_t>(chunk.first_seq);
  for (const Run& run : std::span(chunk.slice.runs).first(chunk.slice.used)) {
    if (advance_stored(stored_edge_, run)) continue;
    is_read_ = true;  // what follows stands on nothing; the check of this chunk says what is wrong
    break;
  }
  const std::int64_t last = chunk.slice.runs[chunk.slice.used - 1].first_seq;
  if (last == std::numeric_limits<std::int64_t>::max()) is_read_ = true;
  next_run_ = is_read_ ? last : last + 1;
  const std::int64_t to = static_cast<std::int64_t>(stored_edge_.size()) - 1;
  if (const auto details = read_details(std::max<std::int64_t>(from, 0), to, chunk.details); !details)
    return tl::make_unexpected(details.error());
  ++chunks_read_;
  return true;
}

void Verifier::work() {
  try {
    check_chunks();
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    failure_ = fail(Errc::kIo, "no memory to verify with");
  }
  const std::lock_guard lock(mutex_);
  merged_.notify_one();
}

void Verifier::check_chunks() {
  Chunk chunk;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      const auto read = read_chunk(chunk);
      if (!read) {
        // A page that SQLite cannot make sense of is a fault of the record that should come from it.
        if (read.error().code == Errc::kMalformedInput) {
          Outcome outcome;
          outcome.first_seq = outcome.next_seq = chunk.first_seq;
          outcome.fault = Fault{chunk.first_seq, read.error().message};
          waiting_.emplace(chunks_read_++, std::move(outcome));
          is_read_ = true;
        } else {
          failure_ = tl::make_unexpected(read.error());
        }
      }
      if (!read || !*read) break;
    }
    Outcome outcome = check_chunk(chunk, origin_, sizes_);
    const std::lock_guard lock(mutex_);
    waiting_.emplace(chunk.number, std::move(outcome));
    merged_.notify_one();
  }
}

// What holds from chunk to chunk. A writer that was at work before the place where a resumed check starts is taken as
// it is found.
std::optional<Fault> Verifier::join(const Outcome& outcome) {
  std::optional<Fault> fault = outcome.fault;
  if (joined_any_ && outcome.next_seq > outcome.first_seq && outcome.first_time < last_time_)
    keep_first(fault, Fault{outcome.first_seq, std::string(RecordCheck::kTimeBack)});
  for (const auto& [writer, span] : outcome.writers) {
    const auto [known, is_new] = next_pseq_.try_emplace(writer, 0);
    if (is_new && first_seq_ > 0) known->second = span.first_pseq;
    if (span.first_pseq != known->second)
      keep_first(fault, Fault{span.first_seq, RecordCheck::pseq_problem(span.first_pseq, known->second)});
    known->second = span.next_pseq;
  }
  return fault;
}

void Verifier::merge(Outcome outcome) {
  fault_ = join(outcome);
  joined_any_ = true;
  last_time_ = outcome.last_time;
  next_seq_ = outcome.next_seq;
  for (const auto& [size, root] : outcome.roots) roots_.emplace(size, root);
  keys_.insert(keys_.end(), outcome.keys.begin(), outcome.keys.end());
  grown_ = std::move(outcome.grown);
}

// Where a resumed check starts: the run that holds the first record after the anchor, on the stored edge before it.
// That this edge is the anchor's, its root shows, which comes out of the hashes from here on.
Status Verifier::start() {
  const auto last = store_.last_run();
  if (!last) return tl::make_unexpected(last.error());
  next_run_ = std::numeric_limits<std::int64_t>::min();
  if (!*last) return {};
  last_first_ = (*last)->first_seq;
  // What others append from now on is not looked at.
  total_ = static_cast<std::uint64_t>(std::max<std::int64_t>((*last)->first_seq, 0)) +
           static_cast<std::uint64_t>(std::max<std::int64_t>((*last)->count, 0));
  if (!options_.resume || !options_.anchor) return {};
  const std::uint64_t size = options_.anchor->checkpoint.size;
  if (size == 0 || size > total_) return {};
  const auto run = store_.run_before(static_cast<std::int64_t>(size) - 1, Store::Part::kNodes);
  if (!run) return tl::make_unexpected(run.error());
  if (!*run || (*run)->first_seq <= 0) return {};
  auto edge = load_frontier(store_, static_cast<std::uint64_t>((*run)->first_seq));
  if (!edge) return tl::make_unexpected(edge.error());
  next_run_ = (*run)->first_seq;
  stored_edge_ = std::move(*edge);
  first_seq_ = stored_edge_.size();
  return {};
}

Status Verifier::collect_checkpoints() {
  std::int64_t id = std::numeric_limits<std::int64_t>::min();
  while (true) {
    auto some = store_.checkpoints(id, kCheckpointsAtOnce);
    if (!some) return tl::make_unexpected(some.error());
    if (some->empty()) break;
    const bool is_last = some->back().id == std::numeric_limits<std::int64_t>::max();
    id = is_last ? some->back().id : some->back().id + 1;
    stored_.insert(stored_.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    if (is_last) break;
  }
  for (const StoredCheckpoint& stored : stored_) {
    if (stored.size >= 0) sizes_.push_back(static_cast<std::uint64_t>(stored.size));
  }
  if (options_.anchor) sizes_.push_back(options_.anchor->checkpoint.size);
  std::sort(sizes_.begin(), sizes_.end());
  sizes_.erase(std::unique(sizes_.begin(), sizes_.end()), sizes_.end());
  return {};
}

// Nothing before the first record, nothing after the last one. A detail beyond the records that were looked at is one
// of a record that was appended meanwhile, as both are committed together, unless no such record is there by now.
Result<std::optional<Fault>> Verifier::check_orphans() {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  const auto before = store_.details(std::numeric_limits<std::int64_t>::min(), -1, 1);
  if (!before) return tl::make_unexpected(before.error());
  if (!before->empty()) return check_details(*before, {});
  auto end = static_cast<std::int64_t>(next_seq_);
  while (true) {
    const auto some = store_.details(end, kLast, 1);
    if (!some) return tl::make_unexpected(some.error());
    if (some->empty()) return std::optional<Fault>{};
    const auto last = store_.last_run();
    if (!last) return tl::make_unexpected(last.error());
    const bool is_possible = *last && (*last)->first_seq <= kMaxInteger && (*last)->count <= kMaxInteger;
    const std::int64_t now = is_possible ? (*last)->first_seq + (*last)->count : 0;
    if (now <= some->front().seq) return check_details(*some, {});
    end = now;
  }
}

// Which records are in doubt where the root at `size` is another one: those since the last size that fits.
std::string Verifier::missing_records(std::uint64_t size) const {
  std::uint64_t good = 0;
  for (const SignedCheckpoint& checkpoint : checkpoints_) {
    const auto root = roots_.find(checkpoint.checkpoint.size);
    if (root != roots_.end() && root->second == checkpoint.checkpoint.root && checkpoint.checkpoint.size < size)
      good = std::max(good, checkpoint.checkpoint.size);
  }
  return size == good + 1 ? fmt::format("record {} is not", good)
                          : fmt::format("the records {} to {} are not all", good, size - 1);
}

// Each note is of this log, in order, with the root that the records have, signed by a key that a record before its
// size announces.
void Verifier::check_stored_checkpoints() {
  // What is announced before the place where a resumed check starts is not read: there the caller's keys count, too.
  std::vector<VerifierKey> keys = first_seq_ > 0 ? options_.keys : std::vector<VerifierKey>{};
  std::size_t announced = 0;
  std::int64_t last_size = 0;
  for (const StoredCheckpoint& stored : stored_) {
    const auto bad = [&](std::string_view why) {
      report_.problem = fmt::format("stored checkpoint {}: {}", stored.id, why);
    };
    auto parsed = parse_signed_checkpoint(stored.note);
    if (!parsed) return bad(parsed.error().message);
    const Checkpoint& checkpoint = parsed->checkpoint;
    if (checkpoint.origin != store_.origin()) return bad(fmt::format("it is of the log `{}`", checkpoint.origin));
    if (stored.size < 0 || checkpoint.size != static_cast<std::uint64_t>(stored.size))
      return bad(fmt::format("it is stored as one of {} records, and covers {}", stored.size, checkpoint.size));
    if (stored.size < last_size)
      return bad(fmt::format("it covers {} records, one before it {}", stored.size, last_size));
    last_size = stored.size;
    if (checkpoint.size > next_seq_)
      return bad(fmt::format("it covers {} records, the log holds {}", checkpoint.size, next_seq_));
    if (checkpoint.size < first_seq_ + 1 && first_seq_ > 0) continue;  // before the place where a resumed check starts
    if (roots_.at(checkpoint.size) != checkpoint.root)
      return bad(fmt::format("{} those that it covers", missing_records(checkpoint.size)));
    for (; announced < keys_.size() && keys_[announced].first < checkpoint.size; ++announced)
      keys.push_back(keys_[announced].second);
    const auto good = verify_note(parsed->note, keys);
    if (!good) return bad(good.error().message);
    const bool by_log = std::any_of(good->begin(), good->end(), [&](const GoodSignature& signature) {
      return keys[signature.key].kind == SignatureKind::kEd25519 && keys[signature.key].name == checkpoint.origin;
    });
    if (!by_log) return bad("it is not signed by a key that the log announces");
    checkpoints_.push_back(std::move(*parsed));
    ++report_.checkpoints;
  }
}

void Verifier::check_anchor() {
  if (!options_.anchor) return;
  const Checkpoint& anchor = options_.anchor->checkpoint;
  const auto endorsement = verify_checkpoint(*options_.anchor, options_.keys);
  if (!endorsement) {
    report_.problem = fmt::format("the checkpoint from outside: {}", endorsement.error().message);
  } else if (anchor.origin != store_.origin()) {
    report_.problem =
        fmt::format("the checkpoint from outside is of the log `{}`, this one is `{}`", anchor.origin, store_.origin());
  } else if (anchor.size > next_seq_) {
    report_.first_bad = next_seq_;
    report_.problem =
        fmt::format("the checkpoint from outside covers {} records, the log holds {}: records {} to {} are missing",
                    anchor.size, next_seq_, next_seq_, anchor.size - 1);
  } else if (roots_.at(anchor.size) != anchor.root) {
    report_.problem = fmt::format("{} those that the checkpoint from outside covers", missing_records(anchor.size));
  } else {
    report_.anchored = anchor.size;
    report_.endorsement = *endorsement;
  }
}

Result<VerifyReport> Verifier::run() {
  report_.origin = store_.origin();
  // In this order: checkpoints that are signed meanwhile cover records that are not looked at.
  if (const auto collected = collect_checkpoints(); !collected) return tl::make_unexpected(collected.error());
  if (const auto started = start(); !started) return tl::make_unexpected(started.error());
  roots_.emplace(0, sha256({}));
  next_seq_ = first_seq_;
  std::vector<std::thread> threads;
  try {
    for (unsigned i = 0; i < std::max(options_.threads, 1U); ++i) threads.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // As many as the system gives; with none the work is done here.
    if (threads.empty()) work();
  }
  {
    // Joined here, in order, while the others work.
    std::unique_lock lock(mutex_);
    while (!fault_) {
      const bool is_done = (is_read_ || !failure_ || next_run_ > last_first_) && chunks_joined_ == chunks_read_;
      if (is_done) break;
      const auto next = waiting_.find(chunks_joined_);
      if (next == waiting_.end()) {
        if (!failure_) break;
        merged_.wait(lock);
        continue;
      }
      Outcome outcome = std::move(next->second);
      waiting_.erase(next);
      ++chunks_joined_;
      merge(std::move(outcome));
      if (options_.progress) options_.progress(std::min(next_seq_, total_), total_);
    }
  }
  for (std::thread& thread : threads) thread.join();
  if (!failure_) return tl::make_unexpected(failure_.error());
  if (!fault_ && next_seq_ == 0) fault_ = Fault{0, "the log has no record, not even its `log-start`"};
  if (!fault_) {
    auto orphans = check_orphans();
    if (!orphans) return tl::make_unexpected(orphans.error());
    fault_ = std::move(*orphans);
  }
  if (fault_) {
    const std::uint64_t good = std::min(next_seq_, fault_->seq);
    report_.records = good - std::min(good, first_seq_);
    report_.first_bad = fault_->seq;
    report_.problem = fmt::format("record {}: {}", fault_->seq, fault_->problem);
    return std::move(report_);
  }
  report_.head = {grown_.size(), grown_.root()};
  report_.records = next_seq_ - first_seq_;
  if (store_.schema_problem()) {
    report_.problem = *store_.schema_problem();
    return std::move(report_);
  }
  check_stored_checkpoints();
  if (report_.ok()) check_anchor();
  return std::move(report_);
}

}  // namespace

Result<VerifyReport> verify(const std::string& path, const VerifyOptions& options) {
  const auto canonical = canonical_path(path);
  if (!canonical) return tl::make_unexpected(canonical.error());
  auto store = Store::open(*canonical, path, Access::kRead);
  if (!store) return tl::make_unexpected(store.error());
  return Verifier(std::move(*store), options).run();
}

}  // namespace imagewarden::audit
