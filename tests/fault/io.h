#pragma once
// What SQLite asks of the disk, in the hands of the tests: a VFS around the system's own one, registered as the default
// with the first Watching, and fsync(2) and fdatasync(2) of the whole program.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace imagewarden::audit::test {

enum class Io : std::uint8_t {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kFileSize,
  kLock,
  kShmMap,
  kShmLock,
  kDelete,
  kAccess
};
[[nodiscard]] const char* to_string(Io io);

struct IoCall {
  Io io{};
  std::string_view path;
  int open_flags{};        // SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL, ...
  std::int64_t offset{};   // of reads, writes, shm locks; the size of a truncation
  int count{};             // of bytes, or of locks
  int lock_flags{};        // of shm locks
  std::string_view bytes;  // of writes
};

// Whether a call is made, and if not, what SQLite is told.
struct Verdict {
  int code{};                 // SQLITE_OK: the call is made
  int bytes_written_first{};  // of a write that fails half-way
};

class IoWatcher {
 public:
  virtual ~IoWatcher() = default;
  virtual Verdict before(const IoCall& /*call*/) { return {}; }
  // After a call that went well.
  virtual void after(const IoCall& /*call*/) {}
  // A file or folder would be synchronised. The real call is left out, with or without a watcher: no test here takes
  // the power of the machine.
  virtual void before_sync(int /*descriptor*/) {}
};

// One watcher at a time; it is called in every thread that does I/O.
class Watching {
 public:
  explicit Watching(IoWatcher& watcher);
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching();
};

}  // namespace imagewarden::audit::test
