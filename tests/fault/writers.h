#pragma once
// Runs fault_writer, kills it, and keeps what it said.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fault/survivor.h"

namespace imagewarden::audit::test {

struct ReadBack {
  std::uint64_t first_seq{};
  std::uint64_t count{};
  std::string digest;
};

class WriterProcess {
 public:
  WriterProcess(const std::string& path, const std::string& key, std::uint64_t seed, int milliseconds) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    output_ = ends[0];
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<std::string> arguments = {FAULT_WRITER, path, key, std::to_string(seed)};
    if (milliseconds > 0) arguments.push_back(std::to_string(milliseconds));
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const int error = ::posix_spawn(&child_, FAULT_WRITER, &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    REQUIRE(error == 0);
  }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;
  ~WriterProcess() {
    if (child_ > 0) kill_now(), static_cast<void>(wait());
    ::close(output_);
  }

  void kill_now() const { ::kill(child_, SIGKILL); }
  [[nodiscard]] bool has_said() const { return !said_.empty(); }
  [[nodiscard]] int output() const { return output_; }
  // Takes what stands in the pipe; a full pipe would stop the writer. False at its end.
  bool take() {
    char buffer[65'536];
    const ::ssize_t got = ::read(output_, buffer, sizeof buffer);
    if (got > 0) said_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }
  // Waits for its end; returns the status of waitpid(2).
  int wait() {
    while (take()) {
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return status;
  }

  void acknowledged(Promises& promises, std::vector<ReadBack>& reads) const {
    std::istringstream lines(said_);
    std::string line;
    while (std::getline(lines, line)) {
      if (line.starts_with("A ")) promises.batches.push_back(parse_batch(line.substr(2)));
      if (line.starts_with("C ")) promises.notes.push_back(from_base64(line.substr(2)).value());
      if (!line.starts_with("H ")) continue;
      std::istringstream in(line.substr(2));
      ReadBack read;
      in >> read.first_seq >> read.count >> read.digest;
      reads.push_back(read);
    }
  }

 private:
  ::pid_t child_{-1};
  int output_{-1};
  std::string said_;
};

// Takes what they say by now; waits for something at most so long.
inline void take(std::vector<std::unique_ptr<WriterProcess>>& writers, std::chrono::milliseconds wait) {
  std::vector<::pollfd> outputs;
  for (const auto& writer : writers) outputs.push_back({writer->output(), POLLIN, 0});
  ::poll(outputs.data(), outputs.size(), static_cast<int>(wait.count()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if ((outputs[i].revents & POLLIN) != 0) writers[i]->take();
  }
}

// Until one of them has acknowledged something.
inline void take_until_first(std::vector<std::unique_ptr<WriterProcess>>& writers) {
  const auto has_said = [](const auto& writer) { return writer->has_said(); };
  while (std::none_of(writers.begin(), writers.end(), has_said)) take(writers, std::chrono::seconds(60));
}

inline void take_for(std::vector<std::unique_ptr<WriterProcess>>& writers, std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + time;
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    take(writers, std::chrono::ceil<std::chrono::milliseconds>(end - now));
  }
}

// The bytes that were read back then are the bytes that stand there now.
inline void check_reads(const std::string& path, const std::vector<ReadBack>& reads) {
  const auto leaves = leaves_of(path);
  for (const ReadBack& read : reads) {
    std::string bytes;
    for (std::uint64_t i = 0; i < read.count; ++i) bytes += leaves.at(read.first_seq + i) + "\n";
    if (to_hex(sha256(bytes)) != read.digest) throw lost(read.first_seq, "other bytes than were read back");
  }
}

}  // namespace imagewarden::audit::test
