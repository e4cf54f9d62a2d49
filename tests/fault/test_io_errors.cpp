// Every call of the disk fails once, or from one on for good: an Error each time, nothing acknowledged is lost, and
// once the disk is well again the log goes on.

#include <filesystem>

#include "tests/fault/failing_disk.h"
#include "tests/fault/scenario.h"

namespace imagewarden::audit::test {
namespace {

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
