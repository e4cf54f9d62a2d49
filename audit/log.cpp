// Opening, appending, reading.

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/frontier.h"
#include "audit/layout.h"
#include "audit/log_impl.h"
#include "audit/record.h"
#include "audit/store.h"
#include "audit/tree.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

constexpr std::size_t kSliceBytes = std::size_t{4} << 20U;  // of one read transaction

std::string lock_path(const std::string& path) { return path + ".lock"; }

// The origin names the log in every record and in the first line of a signed checkpoint.
Status check_origin(std::string_view origin) {
  if (origin.empty()) return fail(Errc::kUsage, "the origin of an audit log cannot be empty");
  if (!is_utf8(origin)) return fail(Errc::kUsage, "the origin of an audit log must be UTF-8");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(origin.begin(), origin.end(), is_control)) {
    return fail(Errc::kUsage, "the origin of an audit log cannot hold control characters");
  }
  return {};
}

Run& next_run(Prepared& batch) {
  if (batch.used == batch.runs.size()) batch.runs.emplace_back();
  Run& run = batch.runs[batch.used++];
  run.first_seq = static_cast<std::int64_t>(batch.end.edge.size());
  run.count = 0;
  run.nodes.clear();
  run.leaves.clear();
  return run;
}

// What prepare() takes back where a draft is refused.
struct Mark {
  std::size_t used{};
  std::int64_t count{};
  std::size_t nodes{};
  std::size_t leaves{};
};

Mark mark_of(const Prepared& batch) {
  if (batch.used == 0) return {};
  const Run& run = batch.runs[batch.used - 1];
  return {batch.used, run.count, run.nodes.size(), run.leaves.size()};
}

void take_back(Prepared& batch, const Mark& mark) {
  batch.used = mark.used;
  if (mark.used == 0) return;
  Run& run = batch.runs[mark.used - 1];
  run.count = mark.count;
  run.nodes.resize(mark.nodes);
  run.leaves.resize(mark.leaves);
}

}  // namespace

tl::unexpected<Error> damaged(const std::string& path, std::uint64_t seq, std::string_view problem) {
  return fail(Errc::kMalformedInput, fmt::format("{}: record {}: {}", path, seq, problem));
}

void start_after(const Tail& tail, Prepared& batch) {
  batch.used = 0;
  batch.count = 0;
  batch.base = tail.edge;
  batch.end = tail;
}

Log::Impl::~Impl() {
  // One who is at work at this moment does it in our place.
  if (!has_written || !lock || !lock->try_lock()) return;
  const Unlocker unlocker(*lock);
  store.checkpoint_all();
}

NodeSource Log::Impl::nodes() {
  return [this](unsigned level, std::uint64_t index) { return load_node(store, level, index); };
}

Result<std::uint64_t> Log::Impl::size() {
  const auto last = store.last_run();
  if (!last) return tl::make_unexpected(last.error());
  if (!*last) return fail(Errc::kMalformedInput, fmt::format("{}: its first record is missing", store.name()));
  const auto [first_seq, count] = **last;
  if (first_seq < 0 || count < 1 || count > static_cast<std::int64_t>(kMaxRunRecords) || first_seq > kMaxInteger) {
    return fail(Errc::kMalformedInput, fmt::format("{}: the last run has no possible place or length", store.name()));
  }
  return static_cast<std::uint64_t>(first_seq + count);
}

Status Log::Impl::refresh() {
  const auto now = size();
  if (!now) return tl::make_unexpected(now.error());
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
  closed.reset();
  if (view.kind == RecordKind::kRotation) closed = unescape_text(view.text(Field::kNote));
  return {};
}

Status Log::Impl::prepare(const DraftBatch& drafts, Prepared& batch) const {
  if (drafts.empty()) return {};
  const Time time = std::max(identity.clock(), batch.end.last_time);
  if (!is_writable(time)) return fail(Errc::kUsage, "audit record: the clock is outside the years 0001 to 9999");
  const std::string time_text = format_rfc3339_us(time);
  if (!stamp) return fail(Errc::kUsage, "audit record: host or user is not UTF-8");
  std::uint64_t seq = batch.end.edge.size();
  std::uint64_t next_pseq = batch.end.pseq;
  if (seq + drafts.size() > static_cast<std::uint64_t>(kMaxInteger)) return fail(Errc::kLimit, "the audit log is full");
  const Mark mark = mark_of(batch);
  const Frontier before = batch.end.edge;
  Run* run = batch.used == 0 ? &next_run(batch) : &batch.runs[batch.used - 1];
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (run->count == static_cast<std::int64_t>(kMaxRunRecords) || run->leaves.size() >= kMaxRunBytes)
      run = &next_run(batch);
    const std::size_t begin = run->leaves.size();
    stamp->append_leaf(run->leaves, drafts.pieces(i), time_text, seq++, next_pseq++);
    const std::string_view leaf = std::string_view(run->leaves).substr(begin);
    if (leaf.size() > limits::kMaxRecordBytes) {
      Error error{Errc::kLimit,
                  fmt::format("audit record: {} bytes, at most {}", leaf.size(), limits::kMaxRecordBytes)};
      take_back(batch, mark);
      batch.end.edge = before;
      return tl::make_unexpected(std::move(error));
    }
    batch.end.edge.append(leaf_hash(leaf), run->nodes);
    run->leaves += '\n';
    ++run->count;
  }
  batch.end.last_time = time;
  batch.end.pseq = next_pseq;
  batch.count += drafts.size();
  return {};
}

Status Log::Impl::insert(const Prepared& batch) {
  for (const Run& run : std::span(batch.runs).first(batch.used)) {
    if (auto inserted = store.insert_run(run); !inserted) return inserted;
  }
  return {};
}

Status Log::Impl::insert_details(std::uint64_t first_seq, const DraftBatch& drafts) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (drafts.detail(i).empty()) continue;
    auto inserted = store.insert_detail(static_cast<std::int64_t>(first_seq + i), drafts.detail(i));
    if (!inserted) return inserted;
  }
  return {};
}

Status Log::Impl::commit(const Prepared& batch) {
  if (auto committed = store.commit(); !committed) return committed;
  frontier = batch.end.edge;
  last_time = batch.end.last_time;
  pseq = batch.end.pseq;
  has_written = true;
  return {};
}

Status Log::Impl::write(std::span<const Draft> drafts) {
  if (auto done = encoded.assign(drafts); !done) return done;
  return write(encoded);
}

Status Log::Impl::write(const DraftBatch& drafts) {
  const std::uint64_t first_seq = frontier.size();
  start_after(tail(), scratch);
  if (auto prepared = prepare(drafts, scratch); !prepared) return prepared;
  if (auto inserted = insert(scratch); !inserted) return inserted;
  if (auto inserted = insert_details(first_seq, drafts); !inserted) return inserted;
  return commit(scratch);
}

Status Log::Impl::hold_lock(const std::function<Status()>& body) {
  if (!lock) return fail(Errc::kUsage, fmt::format("{}: opened for reading only", store.name()));
  if (auto locked = lock->lock(); !locked) return locked;
  const Unlocker unlocker(*lock);
  return body();
}

Status Log::Impl::transact(const std::function<Status()>& body) {
  return hold_lock([&] { return transact_locked(body); });
}

Status Log::Impl::transact_locked(const std::function<Status()>& body) {
  if (auto in_place = store.check_in_place(); !in_place) return in_place;
  if (auto begun = store.begin(); !begun) return begun;
  auto done = [&]() -> Status {
    if (auto fresh = refresh(); !fresh) return fresh;
    return body();
  }();
  if (!done) {
    store.rollback();
    return done;
  }
  store.checkpoint_if_large();
  return {};
}

tl::unexpected<Error> Log::Impl::refuse_closed() const {
  return fail(Errc::kConflict,
              fmt::format("{}: closed by its last record; the log goes on in `{}`", store.name(), *closed));
}

Result<std::uint64_t> Log::Impl::append(std::span<const Draft> drafts) {
  if (const auto good = encoded.assign(drafts); !good) return tl::make_unexpected(good.error());
  std::uint64_t first_seq = 0;
  const auto done = transact([&]() -> Status {
    if (closed) return refuse_closed();
    first_seq = frontier.size();
    return write(encoded);
  });
  if (!done) return tl::make_unexpected(done.error());
  return first_seq;
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::create(const std::string& path, std::string_view origin, WriterIdentity identity,
                        const std::optional<Predecessor>& previous) {
  if (const auto checked = check_origin(origin); !checked) return tl::make_unexpected(checked.error());
  const auto target = new_path(path);
  if (!target) return tl::make_unexpected(target.error());
  const auto writer = random_id();
  if (!writer) return tl::make_unexpected(writer.error());
  const std::string unfinished = *target + ".new-" + *writer;
  const Time time = identity.clock();
  if (!is_writable(time)) return fail(Errc::kUsage, "audit record: the clock is outside the years 0001 to 9999");
  const std::string time_text = format_rfc3339_us(time);
  Run first{0, 1, {}, {}};
  Draft start;
  start.kind = RecordKind::kLogStart;
  if (previous) start.note = format_predecessor(*previous);
  auto stamp = EncodedStamp::of({.origin = origin, .writer = *writer, .host = identity.host, .user = identity.user});
  if (!stamp) return fail(Errc::kUsage, "audit record: host or user is not UTF-8");
  const auto encoded = DraftBatch::of({&start, 1});
  if (!encoded) return tl::make_unexpected(encoded.error());
  stamp->append_leaf(first.leaves, encoded->pieces(0), time_text, 0, 0);
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
    static_cast<void>(std::remove(unfinished.c_str()));
    return tl::make_unexpected(published.error());
  }
  auto store = Store::open(*target, path, Access::kWrite);
  if (!store) return tl::make_unexpected(store.error());
  auto impl = std::make_unique<Impl>(std::move(*store));
  impl->lock = std::move(*lock);
  impl->identity = std::move(identity);
  impl->stamp = std::move(stamp);
  impl->pseq = 1;
  const auto fresh = impl->refresh();
  impl->lock->unlock();
  if (!fresh) return tl::make_unexpected(fresh.error());
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
  const auto writer = random_id();
  if (!writer) return tl::make_unexpected(writer.error());
  auto lock = FileLock::open(lock_path(*canonical), lock_path(path));
  if (!lock) return tl::make_unexpected(lock.error());
  if (const auto locked = lock->lock(); !locked) return tl::make_unexpected(locked.error());
  auto store = Store::open(*canonical, path, Access::kWrite);
  if (!store) return tl::make_unexpected(store.error());
  auto impl = std::make_unique<Impl>(std::move(*store));
  impl->lock = std::move(*lock);
  impl->identity = std::move(identity);
  impl->stamp = EncodedStamp::of(
      {.origin = impl->store.origin(), .writer = *writer, .host = impl->identity.host, .user = impl->identity.user});
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

Result<std::string> Log::leaf(std::uint64_t seq) {
  const auto size = impl_->size();
  if (!size) return tl::make_unexpected(size.error());
  if (seq >= *size)
    return fail(Errc::kNotFound, fmt::format("{}: no record {}, it holds {}", impl_->store.name(), seq, *size));
  return load_leaf(impl_->store, seq);
}

Result<std::optional<std::string>> Log::detail(std::uint64_t seq) {
  if (seq > static_cast<std::uint64_t>(kMaxInteger)) return std::optional<std::string>{};
  return impl_->store.detail(static_cast<std::int64_t>(seq));
}

}  // namespace imagewarden::audit
