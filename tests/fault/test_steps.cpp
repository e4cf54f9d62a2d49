// A process that ends at every single step of the write path.

#include <array>
#include <filesystem>

#include "audit/fault.h"
#include "tests/fault/io.h"
#include "tests/fault/scenario.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

constexpr int kDied = 7;

struct Progress {
  std::atomic<int> step;  // the one at which to die; counts down
  std::atomic<int> created;
  std::atomic<std::size_t> done;  // of the scenario
  std::array<char, 64> where;
};

Progress* progress = nullptr;

void die_at_step(const char* where) {
  if (progress->step.fetch_sub(1) != 1) return;
  std::snprintf(progress->where.data(), progress->where.size(), "%s", where);
  ::_exit(kDied);
}

// Counts calls of the disk as steps: dies before the call is made.
class StepWatcher : public IoWatcher {
 public:
  explicit StepWatcher(bool counts_io) : counts_io_(counts_io) {}
  Verdict before(const IoCall& call) override {
    if (counts_io_) die_at_step(to_string(call.io));
    return {};
  }

 private:
  bool counts_io_;
};

// Keeps what was acknowledged where it outlives the process.
class Notary : public Witness {
 public:
  Notary(Progress* shared, std::string folder) : shared_(shared), folder_(std::move(folder)) {}
  void created() override { shared_->created = 1; }
  void appended(const Batch&) override { ++shared_->done; }
  void signed_note(const std::string& note) override {
    write_file(folder_ + "/" + std::to_string(shared_->done), note);
    ++shared_->done;
  }

 private:
  Progress* shared_;
  std::string folder_;
};

// Dies at one step after the other, until the scenario ends before it comes there. Returns the number of steps.
int die_everywhere(bool counts_io) {
  const auto steps = scenario_steps();
  for (int step = 1;; ++step) {
    const TempFolder folder;
    const TempFolder notes;
    const std::string path = folder / "a.db";
    const Shared<Progress> shared;
    shared->step = step;
    const int status = in_child([&] {
      progress = shared.get();
      StepWatcher watcher(counts_io);
      const Watching watching(watcher);
      if (!counts_io) fault_hook = die_at_step;
      Notary notary(shared.get(), notes.path());
      run_scenario(path, notary);
      return 0;
    });
    const std::size_t done = shared->done;
    CAPTURE(step, shared->where.data(), shared->created.load(), done);
    REQUIRE((status == kDied || status == 0));
    if (status == 0) REQUIRE(done == steps.size());
    if (!std::filesystem::exists(path)) {
      REQUIRE(shared->created == 0);
      // What is left of the attempt is in nobody's way.
      must(Log::create(path, "example.com/test", identity()));
    }
    Promises promises;
    for (std::size_t i = 0; i < done; ++i) {
      if (steps[i].batch.count > 0) promises.batches.push_back(steps[i].batch);
    }
    for (const std::string& name : notes.names()) promises.notes.push_back(read_file(notes / name));
    const std::uint64_t size = check_survivor(path, promises);
    // The step that was being made, wholly or not at all.
    REQUIRE((size == (done == 0 ? 1 : steps[done - 1].size) || (done < steps.size() && size == steps[done].size)));
    if (status == 0) return step - 1;
  }
}

TEST_CASE("a process that ends at any step of the write path loses nothing", "[fault][steps]") {
  const int steps = die_everywhere(false);
  CAPTURE(steps);
  CHECK(steps > 60);
}

TEST_CASE("a process that ends before any call of the disk loses nothing", "[fault][steps]") {
  const int steps = die_everywhere(true);
  CAPTURE(steps);
  CHECK(steps > 300);
}

TEST_CASE("the steps of the write path are all passed", "[fault][steps]") {
  static std::set<std::string> passed;
  passed.clear();
  const TempFolder folder;
  fault_hook = [](const char* where) { passed.insert(where); };
  Witness witness;
  run_scenario(folder / "a.db", witness);
  fault_hook = nullptr;
  for (const char* const where :
       {"make: before commit", "make: committed", "publish: before", "publish: linked", "publish: named",
        "publish: durable", "locked", "before begin", "begun", "run inserted", "detail inserted", "before commit",
        "committed", "before checkpoint of a large write-ahead log", "after checkpoint of a large write-ahead log",
        "before the last checkpoint", "after the last checkpoint", "before unlock", "unlocked"}) {
    CAPTURE(where);
    CHECK(passed.count(where) == 1);
  }
}

}  // namespace
}  // namespace imagewarden::audit::test
