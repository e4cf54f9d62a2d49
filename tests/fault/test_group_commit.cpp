// Many threads share one log, and something fails: what any of them was told is there, is there.

#include <algorithm>
#include <array>
#include <thread>

#include <sqlite3.h>

#include "audit/fault.h"
#include "audit/writer.h"
#include "tests/fault/io.h"
#include "tests/fault/survivor.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::size_t kThreads = 3;
constexpr std::size_t kAppends = 4;

// The first seq of each append that returned, 0 for the others; in memory that outlives a child.
struct Acknowledged {
  std::array<std::array<std::atomic<std::uint64_t>, kAppends>, kThreads> first_seqs{};
};

Batch batch_of(std::size_t thread, std::size_t append) {
  return {std::to_string(thread) + "-" + std::to_string(append), 0, 1 + (thread + append) % 3, 900, append == 1};
}

// Half of the threads' batches are waited for at once, the others two at a time.
void write_together(Writer& writer, Acknowledged& acknowledged) {
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto keep = [&](std::size_t append, const Result<std::uint64_t>& first) {
        if (first) acknowledged.first_seqs[t][append] = *first;
      };
      keep(0, writer.append(drafts_of(batch_of(t, 0))));
      auto first = writer.submit(drafts_of(batch_of(t, 1)));
      auto second = writer.submit(drafts_of(batch_of(t, 2)));
      if (first) keep(1, writer.wait(std::move(*first)));
      if (second) keep(2, writer.wait(std::move(*second)));
      keep(3, writer.append(drafts_of(batch_of(t, 3))));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::vector<Batch> batches_in(const Acknowledged& acknowledged) {
  std::vector<Batch> batches;
  for (std::size_t t = 0; t < kThreads; ++t) {
    for (std::size_t a = 0; a < kAppends; ++a) {
      Batch batch = batch_of(t, a);
      batch.first_seq = acknowledged.first_seqs[t][a];
      if (batch.first_seq > 0) batches.push_back(batch);
    }
  }
  return batches;
}

class BadSector : public IoWatcher {
 public:
  BadSector(int call, bool is_for_good) : remaining_(call), is_for_good_(is_for_good) {}
  Verdict before(const IoCall& call) override {
    if (call.io != Io::kWrite && call.io != Io::kSync) return {};
    const int left = --remaining_;
    if (left > 0 || (left < 0 && !is_for_good_)) return {};
    return {call.io == Io::kWrite ? SQLITE_IOERR_WRITE : SQLITE_IOERR_FSYNC, 0};
  }

 private:
  std::atomic<int> remaining_;
  bool is_for_good_;
};

TEST_CASE("threads that share a log whose disk fails", "[fault][group]") {
  const bool is_for_good = GENERATE(false, true);
  std::size_t all = 0;
  std::size_t some = 0;
  for (int call = 1; call < 80; ++call) {
    CAPTURE(call, is_for_good);
    const TempFolder folder;
    const std::string path = folder / "a.db";
    Acknowledged acknowledged;
    {
      BadSector disk(call, is_for_good);  // outlives the writer, which may look after its files a little longer
      Writer writer(must(Log::create(path, "example.com/test", identity())));
      const Watching watching(disk);
      write_together(writer, acknowledged);
    }
    const auto batches = batches_in(acknowledged);
    check_survivor(path, batches);
    // One failure refuses one commit, not what comes after it.
    if (!is_for_good) REQUIRE(!batches.empty());
    (batches.size() == kThreads * kAppends ? all : some) += 1;
  }
  CHECK(some > 10);
  if (!is_for_good) CHECK(all > 0);
}

std::atomic<int>* points_left = nullptr;

TEST_CASE("threads that share a log whose process ends at any step", "[fault][group]") {
  constexpr int kDied = 7;
  std::size_t deaths = 0;
  for (int point = 1; point < 90; ++point) {
    CAPTURE(point);
    const TempFolder folder;
    const std::string path = folder / "a.db";
    const Shared<Acknowledged> acknowledged;
    const int status = in_child([&] {
      Writer writer(must(Log::create(path, "example.com/test", identity())));
      std::atomic<int> left = point;
      points_left = &left;
      fault_hook = [](const char*) {
        if (points_left->fetch_sub(1) == 1) ::_exit(kDied);
      };
      write_together(writer, *acknowledged.get());
      return 0;
    });
    REQUIRE((status == kDied || status == 0));
    if (status == kDied) ++deaths;
    const auto batches = batches_in(*acknowledged.get());
    if (status == 0) REQUIRE(batches.size() == kThreads * kAppends);
    check_survivor(path, batches);
  }
  CHECK(deaths > 20);
}

}  // namespace
}  // namespace imagewarden::audit::test
