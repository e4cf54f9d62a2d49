#pragma once
// A disk on which one call fails, or all from one on.

#include <string>
#include <utility>

#include <sqlite3.h>

#include "tests/fault/io.h"

namespace imagewarden::audit::test {

enum class Manner : std::uint8_t { kOnce, kFull, kHalfWritten, kForGood };

class FailingDisk : public IoWatcher {
 public:
  // `suffix`: only of files whose path ends so.
  FailingDisk(int call, Manner manner, std::string suffix = {})
      : remaining_(call), manner_(manner), suffix_(std::move(suffix)) {}

  Verdict before(const IoCall& call) override {
    // Only what writes can meet a full disk.
    const bool is_write = call.io == Io::kWrite;
    if ((manner_ == Manner::kFull || manner_ == Manner::kHalfWritten) && !is_write) return {};
    if (!call.path.ends_with(suffix_)) return {};
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
  std::string suffix_;
  std::string failed_;
};

}  // namespace imagewarden::audit::test
