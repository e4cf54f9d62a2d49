#include "audit/log.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/frontier.h"
#include "audit/layout.h"
#include "audit/record.h"
#include "audit/store.h"
#include "audit/tree.h"

namespace imagewarden::audit {
namespace {

constexpr std::size_t kSliceBytes = std::size_t{4} << 20U;  // of one read transaction
constexpr std::size_t kMaxDetailBytes = std::size_t{256} << 20U;

std::string lock_path(const std::string& path) { return path + ".lock"; }

tl::unexpected<Error> damaged(const std::string& path, std::uint64_t seq, std::string_view problem) {
  return fail(Errc::kMalformedInput, fmt::format("{}: record {}: {}", path, seq, problem));
}

// The origin names the log in every record and, one day, in the first line of a signed checkpoint.
Status check_origin(std::string_view origin) {
  if (origin.empty()) return fail(Errc::kUsage, "the origin of an audit log cannot be empty");
  if (!is_utf8(origin)) return fail(Errc::kUsage, "the origin of an audit log must be UTF-8");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(origin.begin(), origin.end(), is_control)) {
    return fail(Errc::kUsage, "the origin of an audit log cannot hold control characters");
  }
  return {};
}

Status check_draft(const Draft& draft) {
  if (draft.count < 0 || draft.count > kMaxInteger)
    return fail(Errc::kUsage, fmt::format("audit record: count {}", draft.count));
  if (draft.detail.empty()) return {};
  if (!is_utf8(draft.detail)) return fail(Errc::kUsage, "audit record: the detail is not UTF-8");
  if (draft.detail.size() > kMaxDetailBytes) {
    return fail(Errc::kLimit,
                fmt::format("audit record: a detail of {} bytes, at most {}", draft.detail.size(), kMaxDetailBytes));
  }
  // The leaf holds the digest and so vouches for what stands beside it.
  if (draft.decision_digest != "sha256:" + to_hex(sha256(draft.detail))) {
    return fail(Errc::kUsage, "audit record: the decision digest is not that of the detail");
  }
  return {};
}

bool is_writable_time(Time time) { return parse_rfc3339(format_rfc3339_us(time)) == time; }

}  // namespace

struct Log::Impl {
  explicit Impl(Store opened) : store(std::move(opened)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The last writer who leaves empties the write-ahead log; one who is at work at this moment does it in our place.
  ~Impl() {
    if (!has_written || !lock || !lock->try_lock()) return;
    const Unlocker unlocker(*lock);
    store.checkpoint_all();
  }

  Store store;
  std::optional<FileLock> lock;  // opened for writing
  WriterIdentity identity;
  std::string writer;
  std::uint64_t pseq{};
  bool has_written{};
  Frontier frontier;  // as of the last look under the lock
  Time last_time;     // of record frontier.size() - 1

  Result<std::uint64_t> size();
  Status refresh();
  Result<std::uint64_t> append_in_transaction(std::span<const Draft> drafts);
  Result<std::uint64_t> append(std::span<const Draft> drafts);
};

Result<std::uint64_t> Log::Impl::size() {
  const auto last = store.last_run();
  if (!last) return tl::make_unexpected(last.error());
  if (!*last) return std::uint64_t{0};
  const auto [first_seq, count] = **last;
  if (first_seq < 0 || count < 1 || count > static_cast<std::int64_t>(kMaxRunRecords) || first_seq > kMaxInteger) {
    return fail(Errc::kMalformedInput, fmt::format("{}: the last run has no possible place or length", store.name()));
  }
  return static_cast<std::uint64_t>(first_seq + count);
}

// Others may have written since the last look.
Status Log::Impl::refresh() {
  const auto now = size();
  if (!now) return tl::make_unexpected(now.error());
  if (*now == 0) return fail(Errc::kMalformedInput, fmt::format("{}: its first record is missing", store.name()));
  if (*now == frontier.size()) return {};
  auto loaded = load_frontier(store, *now);
  if (!loaded) return tl::make_unexpected(loaded.error());
  const auto leaf = load_leaf(store, *now - 1);
  if (!leaf) return tl::make_unexpected(leaf.error());
  LeafView view;
  std::string problem;
  if (!scan_leaf(*leaf, view, problem)) return damaged(store.name(), *now - 1, problem);
  if (view.seq != *now - 1)
    return damaged(store.name(), *now - 1, fmt::format("it says that it is record {}", view.seq));
  frontier = std::move(*loaded);
  last_time = view.time;
  return {};
}

Result<std::uint64_t> Log::Impl::append_in_transaction(std::span<const Draft> drafts) {
  if (const auto fresh = refresh(); !fresh) return tl::make_unexpected(fresh.error());
  const std::uint64_t first_seq = frontier.size();
  if (first_seq + drafts.size() > static_cast<std::uint64_t>(kMaxInteger))
    return fail(Errc::kLimit, "the audit log is full");
  const Time time = std::max(identity.clock(), last_time);
  if (!is_writable_time(time)) return fail(Errc::kUsage, "audit record: the clock is outside the years 0001 to 9999");
  const std::string time_text = format_rfc3339_us(time);
  Stamp stamp{.schema = kRecordSchema,
              .origin = store.origin(),
              .seq = first_seq,
              .time = time_text,
              .writer = writer,
              .pseq = pseq,
              .host = identity.host,
              .user = identity.user};
  Frontier grown = frontier;
  std::vector<Sha256Digest> completed;
  Run run;
  run.first_seq = static_cast<std::int64_t>(first_seq);
  const auto flush = [&]() -> Status {
    for (const Sha256Digest& node : completed) run.nodes += digest_bytes(node);
    const auto inserted = store.insert_run(run);
    run.first_seq += run.count;
    run.count = 0;
    run.nodes.clear();
    run.leaves.clear();
    completed.clear();
    return inserted;
  };
  for (const Draft& draft : drafts) {
    const std::size_t begin = run.leaves.size();
    if (!append_leaf(run.leaves, draft, stamp)) return fail(Errc::kUsage, "audit record: a text that is not UTF-8");
    const std::string_view leaf = std::string_view(run.leaves).substr(begin);
    if (leaf.size() > kMaxLeafBytes) {
      return fail(Errc::kLimit, fmt::format("audit record: {} bytes, at most {}", leaf.size(), kMaxLeafBytes));
    }
    const Sha256Digest hash = leaf_hash(leaf);
    completed.push_back(hash);
    grown.append(hash, completed);
    run.leaves += '\n';
    ++run.count;
    ++stamp.seq;
    ++stamp.pseq;
    if (run.count < static_cast<std::int64_t>(kMaxRunRecords) && run.leaves.size() < kMaxRunBytes) continue;
    if (const auto flushed = flush(); !flushed) return tl::make_unexpected(flushed.error());
  }
  if (run.count > 0) {
    if (const auto flushed = flush(); !flushed) return tl::make_unexpected(flushed.error());
  }
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (drafts[i].detail.empty()) continue;
    const auto inserted = store.insert_detail(static_cast<std::int64_t>(first_seq + i), drafts[i].detail);
    if (!inserted) return tl::make_unexpected(inserted.error());
  }
  if (const auto committed = store.commit(); !committed) return tl::make_unexpected(committed.error());
  frontier = std::move(grown);
  last_time = time;
  pseq = stamp.pseq;
  has_written = true;
  return first_seq;
}

Result<std::uint64_t> Log::Impl::append(std::span<const Draft> drafts) {
  if (!lock) return fail(Errc::kUsage, fmt::format("{}: opened for reading only", store.name()));
  for (const Draft& draft : drafts) {
    if (const auto checked = check_draft(draft); !checked) return tl::make_unexpected(checked.error());
  }
  if (const auto locked = lock->lock(); !locked) return tl::make_unexpected(locked.error());
  const Unlocker unlocker(*lock);
  if (const auto in_place = store.check_in_place(); !in_place) return tl::make_unexpected(in_place.error());
  if (const auto begun = store.begin(); !begun) return tl::make_unexpected(begun.error());
  auto first = append_in_transaction(drafts);
  if (!first) {
    store.rollback();
    return first;
  }
  store.checkpoint_if_large();
  return first;
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::create(const std::string& path, std::string_view origin, WriterIdentity identity) {
  if (const auto checked = check_origin(origin); !checked) return tl::make_unexpected(checked.error());
  const auto target = new_path(path);
  if (!target) return tl::make_unexpected(target.error());
  const auto writer = random_id();
  if (!writer) return tl::make_unexpected(writer.error());
  const std::string unfinished = *target + ".new-" + *writer;
  const Time time = identity.clock();
  if (!is_writable_time(time)) return fail(Errc::kUsage, "audit record: the clock is outside the years 0001 to 9999");
  const std::string time_text = format_rfc3339_us(time);
  Run first{0, 1, {}, {}};
  Draft start;
  start.kind = RecordKind::kLogStart;
  const Stamp stamp{.schema = kRecordSchema,
                    .origin = origin,
                    .seq = 0,
                    .time = time_text,
                    .writer = *writer,
                    .pseq = 0,
                    .host = identity.host,
                    .user = identity.user};
  if (!append_leaf(first.leaves, start, stamp)) return fail(Errc::kUsage, "audit record: host or user is not UTF-8");
  first.nodes = digest_bytes(leaf_hash(first.leaves));
  first.leaves += '\n';

  auto lock = FileLock::open(lock_path(*target), lock_path(path));
  if (!lock) return tl::make_unexpected(lock.error());
  if (const auto locked = lock->lock(); !locked) return tl::make_unexpected(locked.error());
  // SQLite would take frames of an earlier log of this name for this one's, and they may be all that is left of that
  // log.
  for (const char* const suffix : {"-wal", "-journal"}) {
    const auto leftover = file_state(*target + suffix);
    if (leftover && leftover->size_bytes > 0 && !file_state(*target)) {
      return fail(Errc::kIo,
                  fmt::format("{}: `{}{}` of an earlier log stands beside it; move it away first", path, path, suffix));
    }
  }
  // The file appears under its name when it is whole, so that nobody ever sees half a log.
  if (const auto made = Store::make_file(unfinished, path, origin, first); !made)
    return tl::make_unexpected(made.error());
  if (const auto published = publish_file(unfinished, *target, path); !published) {
    std::remove(unfinished.c_str());
    return tl::make_unexpected(published.error());
  }
  auto store = Store::open(*target, path, Access::kWrite);
  if (!store) return tl::make_unexpected(store.error());
  lock->unlock();
  auto impl = std::make_unique<Impl>(std::move(*store));
  impl->lock = std::move(*lock);
  impl->identity = std::move(identity);
  impl->writer = *writer;
  impl->pseq = 1;
  return Log(std::move(impl));
}

Result<Log> Log::open(const std::string& path, WriterIdentity identity) {
  const auto canonical = canonical_path(path);
  if (!canonical) return tl::make_unexpected(canonical.error());
  // Looked at without a lock first, so that no lock file is made beside a file that is no log.
  {
    const auto looked_at = Store::open(*canonical, path, Access::kRead);
    if (!looked_at) return tl::make_unexpected(looked_at.error());
  }
  auto writer = random_id();
  if (!writer) return tl::make_unexpected(writer.error());
  auto lock = FileLock::open(lock_path(*canonical), lock_path(path));
  if (!lock) return tl::make_unexpected(lock.error());
  if (const auto locked = lock->lock(); !locked) return tl::make_unexpected(locked.error());
  auto store = Store::open(*canonical, path, Access::kWrite);
  if (!store) return tl::make_unexpected(store.error());
  auto impl = std::make_unique<Impl>(std::move(*store));
  impl->lock = std::move(*lock);
  impl->identity = std::move(identity);
  impl->writer = std::move(*writer);
  const auto fresh = impl->refresh();
  impl->lock->unlock();
  if (!fresh) return tl::make_unexpected(fresh.error());
  return Log(std::move(impl));
}

Result<Log> Log::open_read_only(const std::string& path) {
  const auto canonical = canonical_path(path);
  if (!canonical) return tl::make_unexpected(canonical.error());
  auto store = Store::open(*canonical, path, Access::kRead);
  if (!store) return tl::make_unexpected(store.error());
  return Log(std::make_unique<Impl>(std::move(*store)));
}

Result<std::uint64_t> Log::append(std::span<const Draft> drafts) {
  if (drafts.empty()) return impl_->size();
  return impl_->append(drafts);
}

const std::string& Log::origin() const { return impl_->store.origin(); }

Result<Head> Log::head() {
  const auto size = impl_->size();
  if (!size) return tl::make_unexpected(size.error());
  if (*size == impl_->frontier.size()) return Head{*size, impl_->frontier.root()};
  const auto frontier = load_frontier(impl_->store, *size);
  if (!frontier) return tl::make_unexpected(frontier.error());
  return Head{*size, frontier->root()};
}

Result<std::uint64_t> Log::read(std::uint64_t first, std::uint64_t count,
                                const std::function<bool(std::uint64_t, std::string_view)>& visit) {
  const auto size = impl_->size();
  if (!size) return tl::make_unexpected(size.error());
  if (first >= *size || count == 0) return std::uint64_t{0};
  const std::uint64_t end = first + std::min(count, *size - first);
  const auto start = impl_->store.run_before(static_cast<std::int64_t>(first), Store::Part::kNodes);
  if (!start) return tl::make_unexpected(start.error());
  if (!*start) return damaged(impl_->store.name(), first, "missing");
  std::uint64_t visited = 0;
  auto next_run = static_cast<std::uint64_t>((*start)->first_seq);
  Slice slice;
  std::vector<std::string_view> leaves;
  while (next_run < end) {
    const auto read = impl_->store.read_runs(static_cast<std::int64_t>(next_run), static_cast<std::int64_t>(end) - 1,
                                             kSliceBytes, slice);
    if (!read) return tl::make_unexpected(read.error());
    if (slice.used == 0) return damaged(impl_->store.name(), next_run, "missing");
    for (const Run& run : std::span(slice.runs).first(slice.used)) {
      const auto run_first = static_cast<std::uint64_t>(run.first_seq);
      if (run_first != next_run) return damaged(impl_->store.name(), next_run, "missing");
      if (!split_leaves(run.leaves, leaves) || leaves.size() != static_cast<std::uint64_t>(run.count)) {
        return damaged(impl_->store.name(), run_first,
                       "the run that starts here does not hold the records that it counts");
      }
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        const std::uint64_t seq = run_first + i;
        if (seq < first || seq >= end) continue;
        ++visited;
        if (!visit(seq, leaves[i])) return visited;
      }
      next_run = run_first + leaves.size();
    }
  }
  return visited;
}

Result<std::optional<std::string>> Log::detail(std::uint64_t seq) {
  if (seq > static_cast<std::uint64_t>(kMaxInteger)) return std::optional<std::string>{};
  return impl_->store.detail(static_cast<std::int64_t>(seq));
}

}  // namespace imagewarden::audit
