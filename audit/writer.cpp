#include "audit/writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
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
constexpr std::uint64_t kMaxQueued = 16 * 1024;

// How the log ends as far as its records are made: what the next ones follow on.
struct Tail {
  Frontier edge;
  Time last_time;
  std::uint64_t pseq{};
};

}  // namespace

// One commit in the making: everything of those who handed over since the last one began.
struct Writer::Ticket::State {
  Prepared batch;                             // as it follows on what was handed over before
  std::vector<std::vector<Draft>> owned;      // submit()'s
  std::vector<std::span<const Draft>> parts;  // all drafts in order, for the details and to encode them anew
  Result<std::uint64_t> first_seq;            // to be read when is_done
  // Not a condition variable: dozens of threads that wake up would all have to take the mutex of the writer first.
  std::atomic<bool> is_done{};
};

struct Writer::Impl {
  explicit Impl(Log opened) : log(std::move(opened)), tail(end_of_log()) {}

  Log log;
  mutable std::mutex mutex;
  Tail tail;
  std::condition_variable work;                // for the committing thread
  std::condition_variable room;                // for those who hand over too much
  std::shared_ptr<Ticket::State> open;         // takes drafts; null where nothing was handed over yet
  std::shared_ptr<Ticket::State> spare;        // its buffers are used again
  std::vector<std::function<void()>> errands;  // between two commits
  bool is_stopping{};
  WriterCounts counts;
  std::thread committer;

  [[nodiscard]] Tail end_of_log() const { return {log.impl_->frontier, log.impl_->last_time, log.impl_->pseq}; }
  Result<Ticket> add(std::span<const Draft> drafts, std::vector<Draft>* owned);
  void open_batch();
  Status prepare_anew(Ticket::State& state);
  void acknowledge(Ticket::State& state, Result<std::uint64_t> first_seq);
  void commit(Ticket::State& state);
  void run();
};

void Writer::Impl::open_batch() {
  if (spare && spare.use_count() == 1) {
    open = std::move(spare);
    open->owned.clear();
    open->parts.clear();
    open->is_done.store(false);
  } else {
    open = std::make_shared<Ticket::State>();
  }
  spare = nullptr;
  Prepared& batch = open->batch;
  batch.used = 0;
  batch.count = 0;
  batch.base = batch.grown = tail.edge;
  batch.last_time = tail.last_time;
  batch.pseq = tail.pseq;
}

// The new records follow on the last ones that were handed over, as if nobody else wrote to the log meanwhile; commit()
// finds out.
Result<Writer::Ticket> Writer::Impl::add(std::span<const Draft> drafts, std::vector<Draft>* owned) {
  for (const Draft& draft : drafts) {
    if (const auto checked = check_draft(draft); !checked) return tl::make_unexpected(checked.error());
  }
  std::unique_lock lock(mutex);
  room.wait(lock, [&] { return !open || open->batch.count < kMaxQueued; });
  if (!open) open_batch();
  const std::size_t offset = open->batch.count;
  if (const auto prepared = log.impl_->prepare(drafts, open->batch); !prepared) {
    if (offset == 0) spare = std::exchange(open, nullptr);
    return tl::make_unexpected(prepared.error());
  }
  tail = {open->batch.grown, open->batch.last_time, open->batch.pseq};
  if (owned != nullptr) {
    open->owned.push_back(std::move(*owned));
    open->parts.emplace_back(open->owned.back());
  } else {
    open->parts.push_back(drafts);
  }
  work.notify_one();
  return Ticket(open, offset);
}

// Somebody else has written since: the records get the seqs that are theirs now.
Status Writer::Impl::prepare_anew(Ticket::State& state) {
  log.impl_->start(state.batch);
  for (const std::span<const Draft> part : state.parts) {
    if (const auto prepared = log.impl_->prepare(part, state.batch); !prepared) return prepared;
  }
  return {};
}

void Writer::Impl::acknowledge(Ticket::State& state, Result<std::uint64_t> first_seq) {
  {
    const std::lock_guard lock(mutex);
    if (first_seq) {
      ++counts.commits;
      counts.records += state.batch.count;
    }
    // Where this commit did not come out as it was foreseen, what follows starts from how the log is.
    if (!open) tail = end_of_log();
    state.first_seq = std::move(first_seq);
  }
  state.is_done.store(true, std::memory_order_release);
  state.is_done.notify_all();
}

void Writer::Impl::commit(Ticket::State& state) {
  Log::Impl& impl = *log.impl_;
  const auto done = impl.transact([&]() -> Status {
    if (impl.closed) return impl.refuse_closed();
    const Prepared& batch = state.batch;
    if (batch.base.size() != impl.frontier.size() || batch.base.subtrees() != impl.frontier.subtrees()) {
      if (const auto prepared = prepare_anew(state); !prepared) return prepared;
    }
    if (const auto inserted = impl.insert(batch); !inserted) return inserted;
    const std::uint64_t first_seq = batch.base.size();
    std::uint64_t seq = first_seq;
    for (const std::span<const Draft> part : state.parts) {
      if (const auto inserted = impl.insert_details(seq, part); !inserted) return inserted;
      seq += part.size();
    }
    if (const auto committed = impl.commit(batch); !committed) return committed;
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
    if (state && !spare) spare = state;
    if (!todo.empty() && !open) tail = end_of_log();
  }
}

Writer::Ticket::Ticket(std::shared_ptr<State> state, std::size_t offset) : state_(std::move(state)), offset_(offset) {}
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
  auto ticket = impl_->add(drafts, nullptr);
  if (!ticket) return tl::make_unexpected(ticket.error());
  return wait(std::move(*ticket));
}

Result<Writer::Ticket> Writer::submit(std::vector<Draft> drafts) { return impl_->add(drafts, &drafts); }

Result<std::uint64_t> Writer::wait(Ticket ticket) {
  Ticket::State& state = *ticket.state_;
  state.is_done.wait(false, std::memory_order_acquire);
  if (!state.first_seq) return state.first_seq;
  return *state.first_seq + ticket.offset_;
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
  return impl_->counts;
}

}  // namespace imagewarden::audit
