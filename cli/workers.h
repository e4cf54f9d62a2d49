#pragma once
// Threads that stay: a task costs no thread, and what a thread keeps for itself (buffers, hash contexts) is used again.

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace imagewarden::cli {

// As many as the machine has cores. Safe for any number of threads.
class Workers {
 public:
  Workers() = default;
  // How many threads there are.
  static std::size_t count() { return std::max(1U, std::thread::hardware_concurrency()); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  // Waits until everything that was given is done.
  ~Workers();

  // Tasks begin in the order in which they were given. The first one starts the threads.
  std::future<void> start(std::function<void()> task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<std::packaged_task<void()>> tasks_;
  bool is_ending_{};
  std::vector<std::thread> threads_;
};

}  // namespace imagewarden::cli
