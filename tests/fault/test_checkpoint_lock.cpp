// SQLite before 3.51.3 can lose a commit that meets a checkpoint of another connection. So every checkpoint, and every
// commit, is made under the lock of the log: seen here from below, whoever opens, reads, appends and closes.

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include <sqlite3.h>

#include "tests/fault/io.h"
#include "tests/fault/survivor.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

constexpr int kCheckpointLock = 1;  // WAL_CKPT_LOCK of wal.c; recovery takes it together with the one behind it

class LockWatcher : public IoWatcher {
 public:
  explicit LockWatcher(std::string path) : path_(std::move(path)), wal_(path_ + "-wal") {}

  Verdict before(const IoCall& call) override {
    const bool is_main = call.path == path_;
    // In WAL mode nothing but a checkpoint writes to the file itself.
    if (call.io == Io::kWrite && is_main) check_locked(file_writes_);
    if (call.io == Io::kTruncate && is_main) check_locked(file_writes_);
    if (call.io == Io::kWrite && call.path == wal_) check_locked(wal_writes_);
    if (call.io == Io::kTruncate && call.path == wal_) check_locked(wal_writes_);
    const bool is_exclusive = call.lock_flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
    if (call.io == Io::kShmLock && is_main && is_exclusive && call.offset == kCheckpointLock && call.count == 1)
      check_locked(checkpoints_);
    return {};
  }

  [[nodiscard]] int file_writes() const { return file_writes_; }
  [[nodiscard]] int wal_writes() const { return wal_writes_; }
  [[nodiscard]] int checkpoints() const { return checkpoints_; }
  [[nodiscard]] int without_lock() const { return without_lock_; }

 private:
  void check_locked(std::atomic<int>& seen) {
    ++seen;
    // A descriptor of its own is another owner to flock(2), also in the process that holds the lock.
    const int descriptor = ::open((path_ + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_taken = descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!is_taken) ++without_lock_;
    if (descriptor >= 0) ::close(descriptor);
  }

  std::string path_;
  std::string wal_;
  std::atomic<int> file_writes_{0};
  std::atomic<int> wal_writes_{0};
  std::atomic<int> checkpoints_{0};
  std::atomic<int> without_lock_{0};
};

TEST_CASE("nothing is committed or checkpointed without the lock of the log", "[fault][lock]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  CAPTURE(base_seed());
  constexpr std::size_t kThreads = 4;
  std::vector<std::vector<Batch>> acknowledged(kThreads);
  std::vector<std::string> errors(kThreads);
  LockWatcher watcher(path);
  {
    const Watching watching(watcher);
    must(Log::create(path, "example.com/test", identity()));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        property::Random random(base_seed() * 100 + t);
        try {
          for (std::size_t round = 0; round < 30; ++round) {
            if (random.chance(30)) {
              if (const VerifyReport report = must(verify(path, {})); !report.ok()) errors[t] = report.problem;
              continue;
            }
            Log log = must(Log::open(path, identity()));
            for (std::size_t commit = random.below(6); commit > 0; --commit) {
              Batch batch{std::to_string(t) + "-" + std::to_string(round) + "-" + std::to_string(commit), 0,
                          1 + random.below(60), random.below(400), random.chance(10)};
              batch.first_seq = must(log.append(drafts_of(batch)));
              acknowledged[t].push_back(batch);
            }
            if (random.chance(20)) must(checkpoint_and_publish(log, signing_key(), published_path(path)));
            must(log.head());
          }
        } catch (const std::exception& exception) {
          errors[t] = exception.what();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const std::string& error : errors) CHECK(error == "");
  CHECK(watcher.without_lock() == 0);
  CAPTURE(watcher.checkpoints(), watcher.file_writes(), watcher.wal_writes());
  CHECK(watcher.checkpoints() > 10);
  CHECK(watcher.file_writes() > 100);
  CHECK(watcher.wal_writes() > 100);
  for (const auto& batches : acknowledged) check_survivor(path, batches);
}

TEST_CASE("who leaves without having written moves nothing", "[fault][lock]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Batch batch{"left", 1, 9, 300, false};
  REQUIRE(in_child([&] {
            Log log = must(Log::create(path, "example.com/test", identity()));
            must(log.append(drafts_of(batch)));
            ::_exit(0);
            return 1;
          }) == 0);
  LockWatcher watcher(path);
  {
    const Watching watching(watcher);
    CHECK(verify_log(path).records == 10);
    { const Log log = must(Log::open_read_only(path)); }
    { const Log log = must(Log::open(path, identity())); }
    CHECK(watcher.checkpoints() == 0);
    CHECK(watcher.file_writes() == 0);
    CHECK(watcher.wal_writes() == 0);
  }
  check_survivor(path, std::span(&batch, 1));
}

TEST_CASE("a checkpoint without the lock would be seen", "[fault][lock]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, "example.com/test", identity()));
  must(log.append(decisions(5)));
  LockWatcher watcher(path);
  const Watching watching(watcher);
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA wal_checkpoint");
  CHECK(watcher.checkpoints() > 0);
  CHECK(watcher.file_writes() > 0);
  CHECK(watcher.without_lock() == watcher.checkpoints() + watcher.file_writes() + watcher.wal_writes());
}

}  // namespace
}  // namespace imagewarden::audit::test
