#include "audit/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "audit/fault.h"

namespace imagewarden::audit {
namespace {

constexpr ::mode_t kLockMode = 0666;  // narrowed by the umask, like the log itself

tl::unexpected<Error> system_error(const std::string& path, std::string_view what, int error) {
  const Errc code = error == EEXIST ? Errc::kConflict : Errc::kIo;
  return fail(code, fmt::format("{}: {}: {}", path, what, std::generic_category().message(error)));
}

// A rename is durable only when the folder is.
Status sync_folder(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(folder, "cannot be opened", errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // EINVAL: a file system that knows no fsync of folders.
  if (error != 0 && error != EINVAL) return system_error(folder, "cannot be synchronised", error);
  return {};
}

// Whether the open file is the one of that name.
bool is_in_place(int descriptor, const std::string& path) {
  struct ::stat opened {};
  struct ::stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

// Who can read the file can hold the lock, for as long as they like: so only those can who may write.
void keep_from_readers(int descriptor) {
  struct ::stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  ::mode_t mode = status.st_mode & 0777U;
  if ((mode & S_IWGRP) == 0) mode &= ~static_cast<::mode_t>(S_IRGRP);
  if ((mode & S_IWOTH) == 0) mode &= ~static_cast<::mode_t>(S_IROTH);
  static_cast<void>(::fchmod(descriptor, mode));
}

Result<int> open_lock_file(const std::string& path, const std::string& name) {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | kFlags, kLockMode);
  if (descriptor >= 0) {
    keep_from_readers(descriptor);
    return descriptor;
  }
  int error = errno;
  if (error == EEXIST) {
    descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | kFlags, kLockMode);
    if (descriptor < 0) error = errno;
  }
  // A lock file that another user made may be readable only, which is enough to lock it.
  if (descriptor < 0 && error == EACCES) descriptor = ::open(path.c_str(), O_RDONLY | kFlags);
  if (descriptor < 0) return system_error(name, "cannot be opened", error);
  return descriptor;
}

}  // namespace

Result<std::string> canonical_path(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  if (!error) return canonical.string();
  if (error == std::errc::no_such_file_or_directory)
    return fail(Errc::kNotFound, fmt::format("{}: no such audit log", path));
  return fail(Errc::kIo, fmt::format("{}: {}", path, error.message()));
}

Result<std::string> new_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path given(path);
  if (!given.has_filename()) return fail(Errc::kUsage, fmt::format("{}: not the name of a file", path));
  if (std::filesystem::exists(std::filesystem::symlink_status(given, error))) {
    return fail(Errc::kConflict, fmt::format("{}: exists already", path));
  }
  const auto folder = std::filesystem::canonical(given.has_parent_path() ? given.parent_path() : ".", error);
  if (error) return fail(Errc::kIo, fmt::format("{}: {}", path, error.message()));
  return (folder / given.filename()).string();
}

std::optional<FileState> file_state(const std::string& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  return FileState{status.st_dev, status.st_ino, status.st_size,
                   status.st_mtim.tv_sec * kSecondNs + status.st_mtim.tv_nsec};
}

bool is_regular_file(const std::string& path) {
  struct ::stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Status publish_file(const std::string& from, const std::string& to, const std::string& name) {
  IMAGEWARDEN_FAULT("publish: before");
  // link() fails where the name exists, which rename() does not; file systems without hard links have the newer call.
  if (::link(from.c_str(), to.c_str()) == 0) {
    IMAGEWARDEN_FAULT("publish: linked");
    if (::unlink(from.c_str()) != 0) return system_error(from, "cannot be removed", errno);
  } else if (errno == EEXIST || ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    return system_error(name, "cannot be made", errno);
  }
  IMAGEWARDEN_FAULT("publish: named");
  auto synced = sync_folder(to);
  IMAGEWARDEN_FAULT("publish: durable");
  return synced;
}

namespace {

// The file itself where `path` is a link; what is not there is to be made.
Result<std::string> replaced_path(const std::string& path) {
  std::error_code none;
  const auto linked = std::filesystem::canonical(path, none);
  return none ? new_path(path) : Result<std::string>(linked.string());
}

}  // namespace

Status can_replace(const std::string& path) {
  const auto target = replaced_path(path);
  if (!target) return tl::make_unexpected(target.error());
  std::error_code ignored;
  if (std::filesystem::is_directory(*target, ignored)) return system_error(path, "cannot be written", EISDIR);
  if (std::filesystem::exists(*target, ignored) && !std::filesystem::is_regular_file(*target, ignored)) return {};
  const std::string folder = std::filesystem::path(*target).parent_path().string();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return system_error(path, "cannot be written", errno);
  return {};
}

Status replace_file(const std::string& path, std::string_view bytes) {
  const auto target = replaced_path(path);
  if (!target) return tl::make_unexpected(target.error());
  const auto id = random_id();
  if (!id) return tl::make_unexpected(id.error());
  const std::string unfinished = fmt::format("{}.new-{}", *target, *id);
  constexpr ::mode_t kMode = 0666;  // narrowed by the umask
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (file < 0) return system_error(path, "cannot be written", errno);
  int error = 0;
  while (error == 0 && !bytes.empty()) {
    const ::ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) error = errno;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(unfinished.c_str(), target->c_str()) != 0) error = errno;
  if (error != 0) {
    static_cast<void>(std::remove(unfinished.c_str()));
    return system_error(path, "cannot be written", error);
  }
  return sync_folder(*target);
}

Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    if (errno == ENOENT) return fail(Errc::kNotFound, fmt::format("{}: no such file", path));
    return system_error(path, "cannot be opened", errno);
  }
  std::string bytes;
  std::array<char, 65'536> part{};
  ::ssize_t got = 0;
  while (bytes.size() <= max_bytes && (got = ::read(file, part.data(), part.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    bytes.append(part.data(), static_cast<std::size_t>(got));
  }
  const int error = got < 0 ? errno : 0;
  ::close(file);
  if (error != 0) return system_error(path, "cannot be read", error);
  if (bytes.size() > max_bytes) return fail(Errc::kLimit, fmt::format("{}: more than {} bytes", path, max_bytes));
  return bytes;
}

FileLock::FileLock(int descriptor, std::string path, std::string name)
    : descriptor_(descriptor), path_(std::move(path)), name_(std::move(name)) {}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)), name_(std::move(other.name_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(name_, other.name_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileLock> FileLock::open(const std::string& path, std::string name) {
  const auto descriptor = open_lock_file(path, name);
  if (!descriptor) return tl::make_unexpected(descriptor.error());
  return FileLock(*descriptor, path, std::move(name));
}

Result<FileLock> FileLock::open_folder_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(folder, "cannot be opened", errno);
  return FileLock(descriptor, {}, folder);
}

Status FileLock::lock() {
  while (true) {
    while (::flock(descriptor_, LOCK_EX) != 0) {
      if (errno != EINTR) return system_error(name_, "cannot be locked", errno);
    }
    if (path_.empty() || is_in_place(descriptor_, path_)) break;
    // Somebody removed the file: who comes now locks another one.
    const auto descriptor = open_lock_file(path_, name_);
    if (!descriptor) return tl::make_unexpected(descriptor.error());
    ::close(std::exchange(descriptor_, *descriptor));
  }
  IMAGEWARDEN_FAULT("locked");
  return {};
}

bool FileLock::try_lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) return false;
  if (path_.empty() || is_in_place(descriptor_, path_)) return true;
  unlock();
  return false;
}

bool FileLock::try_lock_for(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kStep{10};
  for (; !try_lock(); time -= kStep) {
    if (time.count() <= 0) return false;
    std::this_thread::sleep_for(kStep);
  }
  return true;
}

void FileLock::unlock() {
  IMAGEWARDEN_FAULT("before unlock");
  ::flock(descriptor_, LOCK_UN);
  IMAGEWARDEN_FAULT("unlocked");
}

Result<std::string> random_id() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<::ssize_t>(bytes.size())) {
    return fail(Errc::kIo, "the system gives no random bytes");
  }
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

}  // namespace imagewarden::audit
