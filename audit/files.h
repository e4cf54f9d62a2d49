#pragma once
// What the log asks of the file system beside SQLite: the lock file, appearing under its name in one step, sizes.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace imagewarden::audit {

// The same file always has the same absolute path here, whatever links lead to it, as the lock and the write-ahead log
// stand beside it. kNotFound if it does not exist.
[[nodiscard]] Result<std::string> canonical_path(const std::string& path);
// For a file that is to be made: its folder must exist (kIo). kConflict if `path` exists, also as a dangling link.
[[nodiscard]] Result<std::string> new_path(const std::string& path);

// What tells one state of a file from another one.
struct FileState {
  std::uint64_t device{};
  std::uint64_t inode{};
  std::int64_t size_bytes{};
  std::int64_t changed_ns{};
  friend bool operator==(const FileState&, const FileState&) = default;
};
// Nothing if the file does not exist. Symbolic links are followed.
[[nodiscard]] std::optional<FileState> file_state(const std::string& path);
[[nodiscard]] bool is_regular_file(const std::string& path);

// Gives `from` the name `to` and takes its old one away; durable when it returns. kConflict if `to` exists: nothing is
// replaced. `name` is what messages call it.
[[nodiscard]] Status publish_file(const std::string& from, const std::string& to, const std::string& name);

// Puts `bytes` in the place of what stands at `path`, in one step, durable when it returns; a link is followed.
[[nodiscard]] Status replace_file(const std::string& path, std::string_view bytes);
// What would keep replace_file() from `path`, as far as that can be told before. A device or a pipe is no matter of it.
[[nodiscard]] Status can_replace(const std::string& path);
// kNotFound, kIo, kLimit beyond `max_bytes`.
[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);

// An exclusive flock(2) on a file of its own: between objects of one process and between processes.
class FileLock {
 public:
  // Makes the file if need be; it is never removed by us, and locked anew where somebody else did. Who may not write it
  // may not read it either, as that is enough to hold the lock. `name` is what messages call it.
  static Result<FileLock> open(const std::string& path, std::string name);
  // The same on a folder itself, for what is put into it by replace_file().
  static Result<FileLock> open_folder_of(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // Waits. The lock ends with unlock(), with the object, and with the process.
  [[nodiscard]] Status lock();
  // Does not wait; false if another one holds it.
  [[nodiscard]] bool try_lock();
  // Waits at most about so long.
  bool try_lock_for(std::chrono::milliseconds time);
  void unlock();

 private:
  FileLock(int descriptor, std::string path, std::string name);
  int descriptor_{-1};
  std::string path_;  // empty: a folder
  std::string name_;
};

// Unlocks at the end of a scope.
class Unlocker {
 public:
  explicit Unlocker(FileLock& lock) : lock_(lock) {}
  Unlocker(const Unlocker&) = delete;
  Unlocker& operator=(const Unlocker&) = delete;
  ~Unlocker() { lock_.unlock(); }

 private:
  FileLock& lock_;
};

// 32 characters of lower-case hex from the system's random source.
[[nodiscard]] Result<std::string> random_id();

}  // namespace imagewarden::audit
