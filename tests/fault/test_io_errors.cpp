// Every call of the disk fails once, or from one on for good: an Error each time, nothing acknowledged is lost, and
// once the disk is well again the log goes on.

#include <filesystem>

#include <sqlite3.h>

#include "tests/fault/io.h"
#include "tests/fault/scenario.h"

namespace imagewarden::audit::test {
namespace {

enum class Manner : std::uint8_t { kOnce, kFull, kHalfWritten, kForGood };

class FailingDisk : public IoWatcher {
 public:
  FailingDisk(int call, Manner manner) : remaining_(call), manner_(manner) {}

  Verdict before(const IoCall& call) override {
    // Only what writes can meet a full disk.
    const bool is_write = call.io == Io::kWrite;
    if ((manner_ == Manner::kFull || manner_ == Manner::kHalfWritten) && !is_write) return {};
    --remaining_;
    if (remaining_ > 0 || (remaining_ < 0 && manner_ != Manner::kForGood)) return {};
    if (failed_.empty()) failed_ = std::string(to_string(call.io)) + " of " + std::string(call.path);
    if (manner_ == Manner::kFull) return {SQLITE_FULL, 0};
    if (manner_ == Manner::kHalfWritten) return {SQLITE_FULL, call.count / 2};
    return {code_of(call.io), 0};
  }
  [[nodiscard]] const std::string& failed() const { return failed_; }

 private:
  static int code_of(Io io) {
    switch (io) {
      case Io::kOpen:
        return SQLITE_CANTOPEN;
      case Io::kRead:
        return SQLITE_IOERR_READ;
      case Io::kWrite:
        return SQLITE_IOERR_WRITE;
      case Io::kTruncate:
        return SQLITE_IOERR_TRUNCATE;
      case Io::kSync:
        return SQLITE_IOERR_FSYNC;
      case Io::kFileSize:
        return SQLITE_IOERR_FSTAT;
      case Io::kLock:
        return SQLITE_IOERR_LOCK;
      case Io::kShmMap:
        return SQLITE_IOERR_SHMMAP;
      case Io::kShmLock:
        return SQLITE_IOERR_SHMLOCK;
      case Io::kDelete:
        return SQLITE_IOERR_DELETE;
      case Io::kAccess:
        return SQLITE_IOERR_ACCESS;
    }
    return SQLITE_IOERR;
  }

  int remaining_;
  Manner manner_;
  std::string failed_;
};

class Recorder : public Witness {
 public:
  void created() override { is_created = true; }
  void appended(const Batch& batch) override { promises.batches.push_back(batch); }
  void signed_note(const std::string& note) override { promises.notes.push_back(note); }
  bool is_created{};
  Promises promises;
};

// Returns at how many calls it failed.
int fail_everywhere(Manner manner) {
  for (int call = 1;; ++call) {
    const TempFolder folder;
    const std::string path = folder / "a.db";
    Recorder recorder;
    FailingDisk disk(call, manner);
    {
      const Watching watching(disk);
      run_scenario(path, recorder);
    }
    const std::size_t done = recorder.promises.batches.size() + recorder.promises.notes.size();
    CAPTURE(call, disk.failed(), recorder.is_created, done);
    if (disk.failed().empty()) REQUIRE(done == scenario_steps().size());
    if (!std::filesystem::exists(path)) {
      REQUIRE_FALSE(recorder.is_created);
      must(Log::create(path, "example.com/test", identity()));
    }
    // Whoever opens it uses a write-ahead log: bytes 18 and 19, https://sqlite.org/fileformat2.html §1.3.
    REQUIRE(read_file(path).substr(18, 2) == "\2\2");
    check_survivor(path, recorder.promises);
    for (const std::string& name : folder.names()) {
      CAPTURE(name);
      REQUIRE((name == "a.db.checkpoint" || name == "a.db" || name == "a.db-wal" || name == "a.db-shm" ||
               name == "a.db.lock"));
    }
    if (disk.failed().empty()) return call - 1;
  }
}

TEST_CASE("every call of the disk fails once", "[fault][io]") {
  const int calls = fail_everywhere(Manner::kOnce);
  CAPTURE(calls);
  CHECK(calls > 300);
}

TEST_CASE("the disk fails for good at every call", "[fault][io]") {
  const int calls = fail_everywhere(Manner::kForGood);
  CAPTURE(calls);
  CHECK(calls > 300);
}

TEST_CASE("the disk is full at every write", "[fault][io]") {
  const Manner manner = GENERATE(Manner::kFull, Manner::kHalfWritten);
  const int writes = fail_everywhere(manner);
  CAPTURE(writes);
  CHECK(writes > 100);
}

}  // namespace
}  // namespace imagewarden::audit::test
