#pragma once
// The SQLite file of a log: runs in, runs out. Knows rows, not records and not trees. Every call of the library is
// guarded: no exception leaves. docs/audit-log.md is the format.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/layout.h"
#include "engine/base/error.h"

namespace imagewarden::audit {

// Of a file that is made; one that is opened may have others. SQLite's usual 4,096 cost a twelfth more time for a
// million records, 16,384 a twentieth more space.
constexpr std::size_t kPageBytes = 8'192;

enum class Access : std::uint8_t { kRead, kWrite };

struct RunPlace {
  std::int64_t first_seq{};
  std::int64_t count{};
};

// Runs of one read transaction. Kept by the caller from slice to slice, so that its buffers are used again.
struct Slice {
  std::vector<Run> runs;
  std::size_t used{};  // the first `used` ones are filled
};

// A stored detail without its text.
struct DetailDigest {
  std::int64_t seq{};
  std::uint64_t bytes{};
  Sha256Digest digest{};
};

struct StoredCheckpoint {
  std::int64_t id{};
  std::int64_t size{};
  std::string note;
};

// One connection. Not thread-safe: one object, one thread at a time.
class Store {
 public:
  // Makes a file with its tables, its origin and its first run, closed and durable but for its name in the folder.
  // Precondition: nothing stands at `path`. On an error nothing is left of it. `name` is what messages call the log.
  static Status make_file(const std::string& path, const std::string& name, std::string_view origin, const Run& first);
  // `path` is canonical. kMalformedInput: an empty file, no SQLite file, another application's or another version's,
  // other tables.
  static Result<Store> open(const std::string& path, const std::string& name, Access access);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::string& origin() const;
  // What of the schema is missing, changed or too much; nothing where it is as it was made. open() for writing refuses
  // any.
  [[nodiscard]] const std::optional<std::string>& schema_problem() const;

  // Reading. Each call is one short read transaction.
  Result<std::optional<RunPlace>> last_run();
  // The run that record `seq` belongs to, if one starts at it or before; `leaves` only where wanted.
  enum class Part : std::uint8_t { kNodes, kLeaves };
  Result<std::optional<Run>> run_before(std::int64_t seq, Part part);
  // Fills `slice` with the runs that start in [from, to], in order, up to about `max_bytes`. What no writer makes so
  // long is not read: it comes as empty.
  Status read_runs(std::int64_t from, std::int64_t to, std::size_t max_bytes, Slice& slice);
  Result<std::optional<std::string>> detail(std::int64_t seq);
  // Up to `max_count` details with seq in [from, to], in order.
  Result<std::vector<DetailDigest>> details(std::int64_t from, std::int64_t to, std::size_t max_count);
  // The stored notes from row `id` on, in order, up to `max_count`.
  Result<std::vector<StoredCheckpoint>> checkpoints(std::int64_t id, std::size_t max_count);
  // The newest one of more than `above` records.
  Result<std::optional<StoredCheckpoint>> newest_checkpoint(std::int64_t above);

  // Writing; the caller holds the lock of the log from before begin() until after commit() or rollback().
  Status begin();
  Status insert_run(const Run& run);
  Status insert_detail(std::int64_t seq, std::string_view detail);
  Status insert_checkpoint(std::int64_t size, std::string_view note);
  // False if there was none. Its bytes are overwritten in the file when the write-ahead log has been moved there.
  Result<bool> remove_detail(std::int64_t seq);
  Status commit();
  // Also after a failed commit(). Cannot fail in a way that leaves something behind.
  void rollback();
  // Moves what stands in the write-ahead log into the file, if it has grown enough to be worth it. Under the lock of
  // the log, as SQLite before 3.51.3 can lose a commit that meets a checkpoint of another connection. A failure loses
  // nothing.
  void checkpoint_if_large();
  // The same for the last one who leaves: the write-ahead log is empty afterwards, so that the file can be copied by
  // itself.
  // False where a reader keeps it from being emptied.
  bool checkpoint_all();
  // kIo where another file stands under the name by now: what is appended to the open one, nobody would find.
  [[nodiscard]] Status check_in_place() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden::audit
