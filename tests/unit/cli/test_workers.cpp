// Tasks on threads that stay.

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>

#include "cli/workers.h"

namespace imagewarden::cli {
namespace {

TEST_CASE("every task is done, by no more threads than the machine has cores", "[cli][workers]") {
  constexpr int kTasks = 1'000;
  std::vector<int> done(kTasks);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  Workers workers;
  std::vector<std::future<void>> futures;
  for (int i = 0; i < kTasks; ++i) {
    futures.push_back(workers.start([&, i] {
      done[static_cast<std::size_t>(i)] = i + 1;
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    }));
  }
  for (int i = 0; i < kTasks; ++i) {
    futures[static_cast<std::size_t>(i)].get();
    CHECK(done[static_cast<std::size_t>(i)] == i + 1);
  }
  CHECK(threads.size() <= Workers::count());
  CHECK_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_CASE("the end waits for what was given and is not waited for", "[cli][workers]") {
  std::atomic<int> done{};
  {
    Workers workers;
    for (int i = 0; i < 100; ++i) static_cast<void>(workers.start([&done] { ++done; }));
  }
  CHECK(done == 100);
  { const Workers unused; }
}

TEST_CASE("what a task throws reaches who waits for it", "[cli][workers]") {
  Workers workers;
  auto failed = workers.start([] { throw std::runtime_error("no"); });
  CHECK_THROWS_AS(failed.get(), std::runtime_error);
  workers.start([] {}).get();
}

}  // namespace
}  // namespace imagewarden::cli
