#include "tests/fault/io.h"

#include <atomic>
#include <stdexcept>

#include <sqlite3.h>

namespace imagewarden::audit::test {
namespace {

std::atomic<IoWatcher*> watcher{nullptr};
::sqlite3_vfs* real_vfs = nullptr;

struct WatchedFile {
  ::sqlite3_file base;
  int open_flags;
  std::string* path;
  // The file of the real VFS stands behind this.
  ::sqlite3_file* real() { return reinterpret_cast<::sqlite3_file*>(this + 1); }
};

WatchedFile& watched(::sqlite3_file* file) { return *reinterpret_cast<WatchedFile*>(file); }
const ::sqlite3_io_methods& real_methods(::sqlite3_file* file) { return *watched(file).real()->pMethods; }

template <class Body>
int watch_call(const IoCall& call, Body body) {
  IoWatcher* const now = watcher.load();
  if (now == nullptr) return body();
  if (const Verdict verdict = now->before(call); verdict.code != SQLITE_OK) return verdict.code;
  const int code = body();
  if (code == SQLITE_OK) now->after(call);
  return code;
}

IoCall call_of(Io io, ::sqlite3_file* file) {
  IoCall call;
  call.io = io;
  call.path = *watched(file).path;
  call.open_flags = watched(file).open_flags;
  return call;
}

int close_file(::sqlite3_file* file) {
  const int code = real_methods(file).xClose(watched(file).real());
  delete watched(file).path;
  return code;
}
int read_file(::sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  IoCall call = call_of(Io::kRead, file);
  call.offset = offset;
  call.count = count;
  return watch_call(call, [&] { return real_methods(file).xRead(watched(file).real(), to, count, offset); });
}
int write_file(::sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  IoCall call = call_of(Io::kWrite, file);
  call.offset = offset;
  call.count = count;
  call.bytes = {static_cast<const char*>(from), static_cast<std::size_t>(count)};
  const auto write = [&](int bytes) { return real_methods(file).xWrite(watched(file).real(), from, bytes, offset); };
  IoWatcher* const now = watcher.load();
  if (now == nullptr) return write(count);
  if (const Verdict verdict = now->before(call); verdict.code != SQLITE_OK) {
    if (verdict.bytes_written_first > 0) write(verdict.bytes_written_first);
    return verdict.code;
  }
  const int code = write(count);
  if (code == SQLITE_OK) now->after(call);
  return code;
}
int truncate_file(::sqlite3_file* file, sqlite3_int64 size) {
  IoCall call = call_of(Io::kTruncate, file);
  call.offset = size;
  return watch_call(call, [&] { return real_methods(file).xTruncate(watched(file).real(), size); });
}
int sync_file(::sqlite3_file* file, int flags) {
  return watch_call(call_of(Io::kSync, file), [&] { return real_methods(file).xSync(watched(file).real(), flags); });
}
int file_size(::sqlite3_file* file, sqlite3_int64* size) {
  return watch_call(call_of(Io::kFileSize, file),
                    [&] { return real_methods(file).xFileSize(watched(file).real(), size); });
}
int lock_file(::sqlite3_file* file, int level) {
  return watch_call(call_of(Io::kLock, file), [&] { return real_methods(file).xLock(watched(file).real(), level); });
}
int unlock_file(::sqlite3_file* file, int level) { return real_methods(file).xUnlock(watched(file).real(), level); }
int check_reserved_lock(::sqlite3_file* file, int* is_locked) {
  return real_methods(file).xCheckReservedLock(watched(file).real(), is_locked);
}
int file_control(::sqlite3_file* file, int operation, void* argument) {
  return real_methods(file).xFileControl(watched(file).real(), operation, argument);
}
int sector_size(::sqlite3_file* file) { return real_methods(file).xSectorSize(watched(file).real()); }
int device_characteristics(::sqlite3_file* file) {
  return real_methods(file).xDeviceCharacteristics(watched(file).real());
}
int shm_map(::sqlite3_file* file, int region, int size, int extend, void volatile** mapped) {
  return watch_call(call_of(Io::kShmMap, file),
                    [&] { return real_methods(file).xShmMap(watched(file).real(), region, size, extend, mapped); });
}
int shm_lock(::sqlite3_file* file, int offset, int count, int flags) {
  IoCall call = call_of(Io::kShmLock, file);
  call.offset = offset;
  call.count = count;
  call.lock_flags = flags;
  const auto lock = [&] { return real_methods(file).xShmLock(watched(file).real(), offset, count, flags); };
  // SQLite does not ask whether unlocking went well.
  return (flags & SQLITE_SHM_UNLOCK) != 0 ? lock() : watch_call(call, lock);
}
void shm_barrier(::sqlite3_file* file) { real_methods(file).xShmBarrier(watched(file).real()); }
int shm_unmap(::sqlite3_file* file, int is_deleted) {
  return real_methods(file).xShmUnmap(watched(file).real(), is_deleted);
}

// Version 2: with shared memory, without mapping of files, which nobody could watch.
const ::sqlite3_io_methods kMethods = {2,
                                       close_file,
                                       read_file,
                                       write_file,
                                       truncate_file,
                                       sync_file,
                                       file_size,
                                       lock_file,
                                       unlock_file,
                                       check_reserved_lock,
                                       file_control,
                                       sector_size,
                                       device_characteristics,
                                       shm_map,
                                       shm_lock,
                                       shm_barrier,
                                       shm_unmap,
                                       nullptr,
                                       nullptr};

int open_file(::sqlite3_vfs*, const char* path, ::sqlite3_file* file, int flags, int* out_flags) {
  WatchedFile& opened = watched(file);
  opened.base.pMethods = nullptr;
  opened.open_flags = flags;
  IoCall call;
  call.io = Io::kOpen;
  call.path = path == nullptr ? "" : path;
  call.open_flags = flags;
  return watch_call(call, [&] {
    const int code = real_vfs->xOpen(real_vfs, path, opened.real(), flags, out_flags);
    if (code != SQLITE_OK) {
      if (opened.real()->pMethods != nullptr) opened.real()->pMethods->xClose(opened.real());
      return code;
    }
    opened.path = new std::string(call.path);
    opened.base.pMethods = &kMethods;
    return code;
  });
}

int delete_file(::sqlite3_vfs*, const char* path, int is_synced) {
  IoCall call;
  call.io = Io::kDelete;
  call.path = path;
  return watch_call(call, [&] { return real_vfs->xDelete(real_vfs, path, is_synced); });
}

int access_file(::sqlite3_vfs*, const char* path, int flags, int* result) {
  IoCall call;
  call.io = Io::kAccess;
  call.path = path;
  return watch_call(call, [&] { return real_vfs->xAccess(real_vfs, path, flags, result); });
}

void register_once() {
  static const bool is_registered = [] {
    real_vfs = ::sqlite3_vfs_find(nullptr);
    static ::sqlite3_vfs vfs = *real_vfs;  // what is not replaced reads nothing of it but what was copied
    vfs.zName = "watched";
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(WatchedFile)) + real_vfs->szOsFile;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    return ::sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
  }();
  if (!is_registered) throw std::runtime_error("the VFS of the tests cannot be registered");
}

int synchronise(int descriptor) {
  if (IoWatcher* const now = watcher.load(); now != nullptr) now->before_sync(descriptor);
  return 0;
}

}  // namespace

const char* to_string(Io io) {
  switch (io) {
    case Io::kOpen:
      return "open";
    case Io::kRead:
      return "read";
    case Io::kWrite:
      return "write";
    case Io::kTruncate:
      return "truncate";
    case Io::kSync:
      return "sync";
    case Io::kFileSize:
      return "file size";
    case Io::kLock:
      return "lock";
    case Io::kShmMap:
      return "shared memory";
    case Io::kShmLock:
      return "lock of shared memory";
    case Io::kDelete:
      return "delete";
    case Io::kAccess:
      return "access";
  }
  return "?";
}

Watching::Watching(IoWatcher& now) {
  register_once();
  watcher.store(&now);
}
Watching::~Watching() { watcher.store(nullptr); }

}  // namespace imagewarden::audit::test

// Those of the C library, for the whole program with SQLite in it.
extern "C" int fsync(int descriptor) { return imagewarden::audit::test::synchronise(descriptor); }
extern "C" int fdatasync(int descriptor) { return imagewarden::audit::test::synchronise(descriptor); }
