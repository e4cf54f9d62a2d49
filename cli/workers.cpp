#include "cli/workers.h"

#include <system_error>
#include <utility>

namespace imagewarden::cli {

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  given_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::future<void> Workers::start(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  std::future<void> done = packaged.get_future();
  std::unique_lock lock(mutex_);
  try {
    while (threads_.size() < count()) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // As many as the system gives.
  }
  if (threads_.empty()) {
    lock.unlock();
    packaged();  // there is no thread but this one
    return done;
  }
  tasks_.push_back(std::move(packaged));
  lock.unlock();
  given_.notify_one();
  return done;
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    given_.wait(lock, [this] { return is_ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    std::packaged_task<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace imagewarden::cli
