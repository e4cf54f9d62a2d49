#pragma once
// What stands behind Log, for the files that implement it: log.cpp opens, appends and reads; signing.cpp makes and
// keeps checkpoints and proofs; lifecycle.cpp removes details and closes logs; writer.cpp shares a log among threads.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/draft_batch.h"
#include "audit/files.h"
#include "audit/layout.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/store.h"
#include "audit/tree.h"

namespace imagewarden::audit {

// How a log ends, as far as one of its writers makes records: what the next ones follow on.
struct Tail {
  Frontier edge;
  Time last_time;        // of the last record
  std::uint64_t pseq{};  // of the writer's next record
};

// Records made ready for the disk: placed and hashed as those that follow on `base`.
struct Prepared {
  std::vector<Run> runs;
  std::size_t used{};  // the first `used` runs are filled; the others keep their buffers for the next time
  Frontier base;
  Tail end;
  std::uint64_t count{};  // of records
};
// Empties `batch` for what follows on `tail`.
void start_after(const Tail& tail, Prepared& batch);

struct Log::Impl {
  explicit Impl(Store opened) : store(std::move(opened)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  // The last writer who leaves empties the write-ahead log.
  ~Impl();

  Store store;
  std::optional<FileLock> lock;  // opened for writing
  WriterIdentity identity;
  std::optional<EncodedStamp> stamp;  // nothing: reading only, or host or user are not UTF-8
  std::uint64_t pseq{};
  bool has_written{};
  Frontier frontier;                  // as of the last look under the lock
  Time last_time;                     // of record frontier.size() - 1
  std::optional<std::string> closed;  // the origin of the log that goes on, where this one is closed
  Prepared scratch;
  DraftBatch encoded;  // of the last append(); keeps its memory

  [[nodiscard]] NodeSource nodes();
  Result<std::uint64_t> size();
  // Others may have written since the last look. Under the lock.
  Status refresh();
  // As of the last look under the lock.
  [[nodiscard]] Tail tail() const { return {frontier, last_time, pseq}; }
  // Places and hashes drafts at the end of `batch`. Refused ones (kUsage, kLimit) leave it as it was.
  Status prepare(const DraftBatch& drafts, Prepared& batch) const;
  // Writes runs and details in the open transaction.
  Status insert(const Prepared& batch);
  Status insert_details(std::uint64_t first_seq, const DraftBatch& drafts);
  // Commits the open transaction; `batch`'s end is then the log's.
  Status commit(const Prepared& batch);
  // All of it: what the open transaction is about, to its commit.
  Status write(const DraftBatch& drafts);
  Status write(std::span<const Draft> drafts);
  [[nodiscard]] tl::unexpected<Error> refuse_closed() const;
  Result<std::uint64_t> append(std::span<const Draft> drafts);
  // Locks, begins, refreshes, calls `body`, which commits; rolls back where it fails.
  Status transact(const std::function<Status()>& body);
  // Two commits that no other writer may come between: hold_lock() around two of transact_locked().
  Status hold_lock(const std::function<Status()>& body);
  Status transact_locked(const std::function<Status()>& body);
};

[[nodiscard]] tl::unexpected<Error> damaged(const std::string& path, std::uint64_t seq, std::string_view problem);

}  // namespace imagewarden::audit
