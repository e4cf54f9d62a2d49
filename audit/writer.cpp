#include "audit/writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "audit/log_impl.h"

namespace imagewarden::audit {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// After a slow commit it pays to wait a little for those whom it has just woken: their next records go out together.
constexpr microseconds kSlowCommit{500};
constexpr microseconds kLongestGather{200};
constexpr int kGatherShare = 20;  // of the commit
// What may wait for the disk; who hands over more waits.
constexpr std::uint64_t kMaxQueued = 16'384;
// From this many drafts on they are placed and hashed by the thread that hands them over. For fewer the others would
// wait longer for the mutex than the committing thread needs for all of them.
constexpr std::size_t kManyDrafts = 16;

// What one call handed over.
struct Part {
  std::shared_ptr<const DraftBatch> drafts;
  Result<std::uint64_t> offset{0};  // of the first one in its commit, or why it can be no record
};

}  // namespace

// One commit in the making: everything of those who handed over since the last one began.
struct Writer::Ticket::State {
  Prepared batch;
  bool is_prepared{};  // `batch` is all of the parts, as they follow on what was handed over before
  std::deque<Part> parts;
  std::uint64_t drafts{};
  // Not a condition variable: dozens of threads that wake up would all have to take the mutex of the writer first. And
  // no atomic wait: it spins, which takes the processor from those who have work.
  std::promise<Result<std::uint64_t>> promise;
  std::shared_future<Result<std::uint64_t>> first_seq{promise.get_future()};
};

struct Writer::Impl {
  explicit Impl(Log opened) : log(std::move(opened)), tail(log.impl_->tail()) {}

  Log log;
  mutable std::mutex mutex;
  std::optional<Tail> tail;                    // nothing while parts wait that are not prepared
  std::condition_variable work;                // for the committing thread
  std::condition_variable room;                // for those who hand over too much
  std::shared_ptr<Ticket::State> open;         // takes drafts; null where nothing was handed over yet
  Prepared spare;                              // buffers of an earlier commit
  std::vector<std::function<void()>> errands;  // between two commits
  bool is_stopping{};
  WriterCounts counts;
  std::atomic<std::uint64_t> placed{};
  std::thread committer;

  Result<Ticket> add(std::shared_ptr<const DraftBatch> drafts);
  void open_batch();
  Status prepare_ahead(const DraftBatch& drafts);
  void prepare_anew(Ticket::State& state, const Tail& end);
  void follow(const Prepared& batch);
  void acknowledge(Ticket::State& state, Result<std::uint64_t> first_seq);
  void commit(Ticket::State& state);
  void run();
};

void Writer::Impl::open_batch() {
  open = std::make_shared<Ticket::State>();
  std::swap(open->batch, spare);
  open->is_prepared = tail.has_value();
  if (tail) start_after(*tail, open->batch);
}

// Hashes for the place after the last record that was handed over, as if nobody else wrote to the log
// meanwhile; commit() finds out.
Status Writer::Impl::prepare_ahead(const DraftBatch& drafts) {
  if (drafts.size() < kManyDrafts) open->is_prepared = false;
  if (!open->is_prepared) {
    tail.reset();
    return {};
  }
  if (auto prepared = log.impl_->prepare(drafts, open->batch); !prepared) return prepared;
  tail = open->batch.end;
  placed += drafts.size();
  return {};
}

Result<Writer::Ticket> Writer::Impl::add(std::shared_ptr<const DraftBatch> drafts) {
  const std::size_t count = drafts->size();
  std::unique_lock lock(mutex);
  room.wait(lock, [&] { return !open || open->drafts < kMaxQueued; });
  if (!open) open_batch();
  const std::uint64_t offset = open->is_prepared ? open->batch.count : open->drafts;
  if (const auto prepared = prepare_ahead(*drafts); !prepared) {
    if (open->parts.empty()) open = nullptr;
    return tl::make_unexpected(prepared.error());
  }
  open->parts.push_back(Part{std::move(drafts), offset});
  open->drafts += count;
  work.notify_one();
  return Ticket(open, open->parts.size() - 1);
}

// For a log that ends so. A part that can be no record is left out, alone.
void Writer::Impl::prepare_anew(Ticket::State& state, const Tail& end) {
  start_after(end, state.batch);
  for (Part& part : state.parts) {
    part.offset = state.batch.count;
    if (const auto prepared = log.impl_->prepare(*part.drafts, state.batch); !prepared)
      part.offset = tl::make_unexpected(prepared.error());
  }
  placed += state.batch.count;
}

// Another writer's records stand where `batch` was foreseen, and what follows it was prepared for the wrong place as
// well: it is prepared again at once, or each commit of a queue that never empties would find itself misplaced.
void Writer::Impl::follow(const Prepared& batch) {
  const std::lock_guard lock(mutex);
  tail = batch.end;
  if (!open) return;
  if (open->is_prepared) {
    prepare_anew(*open, *tail);
    tail = open->batch.end;
  } else {
    tail.reset();
  }
}

void Writer::Impl::acknowledge(Ticket::State& state, Result<std::uint64_t> first_seq) {
  // Others may still wait for this commit: what was handed over is not theirs to keep.
  for (Part& part : state.parts) part.drafts = nullptr;
  {
    const std::lock_guard lock(mutex);
    if (first_seq) {
      ++counts.commits;
      counts.records += state.batch.count;
    }
    // Where this commit did not come out as it was foreseen, what follows starts from how the log is.
    if (!open) tail = log.impl_->tail();
  }
  state.promise.set_value(std::move(first_seq));
}

void Writer::Impl::commit(Ticket::State& state) {
  Log::Impl& impl = *log.impl_;
  const auto done = impl.transact([&]() -> Status {
    if (impl.closed) return impl.refuse_closed();
    const Prepared& batch = state.batch;
    if (!state.is_prepared) {
      prepare_anew(state, log.impl_->tail());
    } else if (batch.base.size() != impl.frontier.size() || batch.base.subtrees() != impl.frontier.subtrees()) {
      prepare_anew(state, log.impl_->tail());
      follow(batch);
    }
    if (auto inserted = impl.insert(batch); !inserted) return inserted;
    const std::uint64_t first_seq = batch.base.size();
    for (const Part& part : state.parts) {
      if (!part.offset) continue;
      if (auto inserted = impl.insert_details(first_seq + *part.offset, *part.drafts); !inserted) return inserted;
    }
    if (auto committed = impl.commit(batch); !committed) return committed;
    acknowledge(state, first_seq);  // before the write-ahead log is looked after
    return {};
  });
  if (!done) acknowledge(state, tl::make_unexpected(done.error()));
}

void Writer::Impl::run() {
  microseconds gather{};
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [&] { return open || !errands.empty() || is_stopping; });
    if (gather.count() > 0 && !is_stopping) {
      lock.unlock();
      std::this_thread::sleep_for(gather);
      lock.lock();
    }
    if (!open && errands.empty()) break;
    const std::shared_ptr<Ticket::State> state = std::exchange(open, nullptr);
    const auto todo = std::exchange(errands, {});
    room.notify_all();
    lock.unlock();
    gather = {};
    if (state) {
      const auto began = Clock::now();
      commit(*state);
      const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - began);
      // One who is alone gains nothing by waiting.
      if (took > kSlowCommit && state->parts.size() > 1) gather = std::min(kLongestGather, took / kGatherShare);
    }
    for (const auto& errand : todo) errand();
    lock.lock();
    if (state) std::swap(spare, state->batch);  // who waits for it looks at its parts only
    if (!todo.empty() && !open) tail = log.impl_->tail();
  }
}

Writer::Ticket::Ticket(std::shared_ptr<State> state, std::size_t part) : state_(std::move(state)), part_(part) {}
Writer::Ticket::Ticket(Ticket&&) noexcept = default;
Writer::Ticket& Writer::Ticket::operator=(Ticket&&) noexcept = default;
Writer::Ticket::~Ticket() = default;

Writer::Writer(Log log) : impl_(std::make_unique<Impl>(std::move(log))) {
  impl_->committer = std::thread([impl = impl_.get()] { impl->run(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_stopping = true;
  }
  impl_->work.notify_one();
  impl_->committer.join();
}

Result<std::uint64_t> Writer::append(std::span<const Draft> drafts) {
  const auto encoded = DraftBatch::of(drafts);
  if (!encoded) return tl::make_unexpected(encoded.error());
  // Nobody's but this call's, which ends after the commit: what one thread makes and another one frees costs both.
  auto ticket = impl_->add(std::shared_ptr<const DraftBatch>(std::shared_ptr<void>{}, &*encoded));
  if (!ticket) return tl::make_unexpected(ticket.error());
  return wait(std::move(*ticket));
}

Result<Writer::Ticket> Writer::submit(std::span<const Draft> drafts) {
  auto encoded = DraftBatch::of(drafts);
  if (!encoded) return tl::make_unexpected(encoded.error());
  return submit(std::make_shared<const DraftBatch>(std::move(*encoded)));
}

Result<Writer::Ticket> Writer::submit(std::shared_ptr<const DraftBatch> drafts) {
  return impl_->add(std::move(drafts));
}

Result<std::uint64_t> Writer::wait(Ticket ticket) {
  const Result<std::uint64_t>& first_seq = ticket.state_->first_seq.get();
  if (!first_seq) return first_seq;
  const Result<std::uint64_t>& offset = ticket.state_->parts[ticket.part_].offset;
  if (!offset) return offset;
  return *first_seq + *offset;
}

Result<std::string> Writer::checkpoint(const SigningKey& key, const std::optional<SignedCheckpoint>& published) {
  std::promise<Result<std::string>> promise;
  auto note = promise.get_future();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->errands.emplace_back([&] { promise.set_value(impl_->log.checkpoint(key, published)); });
  }
  impl_->work.notify_one();
  return note.get();
}

WriterCounts Writer::counts() const {
  const std::lock_guard lock(impl_->mutex);
  WriterCounts counts = impl_->counts;
  counts.placed = impl_->placed;
  return counts;
}

}  // namespace imagewarden::audit
