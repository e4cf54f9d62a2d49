#include "cli/sink.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace imagewarden::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16U;
// A file goes to the disk in parts of this size while it is written: to synchronise a long one at its end is to wait.
constexpr off_t kPartBytes = off_t{8} << 20U;

// `/dev/stdout`, `/dev/fd/63`: a descriptor that the program was started with. A shell makes such a path of
// `>(command)`; what stands behind it is written where the descriptor is, and neither replaced nor written from its
// start.
std::optional<int> descriptor_of(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const std::string_view digits = path.substr(folder.size());
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc{} && end == digits.data() + digits.size()) return number;
  }
  return std::nullopt;
}

}  // namespace

std::string target_of(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;  // as the kernel follows
  fs::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    const fs::path next = fs::read_symlink(at, error);
    if (error) break;
    at = at.parent_path() / next;
  }
  const fs::path folder = fs::canonical(at.has_parent_path() ? at.parent_path() : ".", error);
  return error ? at.string() : (folder / at.filename()).string();
}

struct Sink::Impl {
  Environment* environment{};
  std::string path;       // empty: standard output
  std::string target;     // what the temporary file becomes
  std::string temporary;  // empty: written in place (a device, a pipe)
  int descriptor{-1};
  off_t written{};
  off_t sent{};  // of it: on its way to the disk
  std::string buffer;
  std::string failure;

  bool write_out(std::string_view bytes) {
    if (descriptor < 0) {
      if (!environment->out(bytes))
        failure = fmt::format("standard output: {}", std::generic_category().message(errno));
      return failure.empty();
    }
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        failure = fmt::format("{}: {}", path, std::generic_category().message(errno));
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
      written += count;
    }
    if (!temporary.empty() && written - sent >= kPartBytes) {
      // A hint: what becomes of the bytes is asked of fsync() at the end.
      static_cast<void>(::sync_file_range(descriptor, sent, written - sent, SYNC_FILE_RANGE_WRITE));
      sent = written;
    }
    return true;
  }

  // Opens `path` for writing in place, or a temporary file beside it. Whether it went well; else errno says why.
  bool open() {
    if (const auto given = descriptor_of(path)) {
      // The program's own files are closed on exec, what it was started with cannot be.
      const int flags = ::fcntl(*given, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) != 0) errno = EBADF;
      if (flags < 0 || (flags & FD_CLOEXEC) != 0) return false;
      descriptor = ::fcntl(*given, F_DUPFD_CLOEXEC, 0);
      return descriptor >= 0;
    }
    struct stat found {};
    const bool exists = ::stat(path.c_str(), &found) == 0;
    if (exists && S_ISDIR(found.st_mode)) {
      errno = EISDIR;
      return false;
    }
    if (exists && !S_ISREG(found.st_mode)) {
      // A rename would put a file in the place of the device or pipe.
      descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      return descriptor >= 0;
    }
    target = target_of(path);
    temporary = fmt::format("{}.{}.partial", target, ::getpid());
    descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0) return false;
    // What was there before keeps its permissions: a private file must not become readable by being written again.
    return !exists || ::fchmod(descriptor, found.st_mode & 07777U) == 0;
  }

  // Whether everything arrived; else errno says why. The descriptor is closed in any case.
  bool close() {
    const bool synced = temporary.empty() || ::fsync(descriptor) == 0;
    const int why = errno;
    const bool closed = ::close(descriptor) == 0;
    descriptor = -1;
    if (!synced) errno = why;
    return synced && closed;
  }

  // Gives the file its name; else errno says why.
  bool appear() {
    if (temporary.empty()) return true;
    if (std::rename(temporary.c_str(), target.c_str()) != 0) return false;
    temporary.clear();
    return true;
  }

  [[nodiscard]] tl::unexpected<Error> failed() const {
    const std::string why =
        failure.empty() ? fmt::format("{}: {}", path, std::generic_category().message(errno)) : failure;
    return fail(Errc::kIo, "cannot write the result: " + why);
  }
};

Sink::Sink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sink::Sink(Sink&&) noexcept = default;
Sink& Sink::operator=(Sink&&) noexcept = default;

Sink::~Sink() {
  if (impl_ == nullptr) return;
  if (impl_->descriptor >= 0) ::close(impl_->descriptor);
  if (!impl_->temporary.empty()) ::unlink(impl_->temporary.c_str());
}

Result<Sink> Sink::open(const std::string& path, Environment& environment) {
  auto impl = std::make_unique<Impl>();
  impl->environment = &environment;
  impl->path = path;
  Sink sink(std::move(impl));
  if (!path.empty() && !sink.impl_->open()) {
    return fail(Errc::kIo, fmt::format("output file `{}`: {}", path, std::generic_category().message(errno)));
  }
  return sink;
}

std::string& Sink::buffer() { return impl_->buffer; }

void Sink::flush_if_full() {
  if (impl_->buffer.size() >= kBufferBytes) flush();
}

void Sink::write(std::string_view bytes) {
  impl_->buffer += bytes;
  flush_if_full();
}

bool Sink::flush() {
  if (impl_->failure.empty() && !impl_->buffer.empty()) impl_->write_out(impl_->buffer);
  impl_->buffer.clear();
  return impl_->failure.empty();
}

Status Sink::finish() { return finish_all({this, 1}); }

Status Sink::finish_all(std::span<Sink> sinks) {
  for (Sink& sink : sinks) {
    if (!sink.flush()) return sink.impl_->failed();
    if (sink.impl_->descriptor >= 0 && !sink.impl_->close()) return sink.impl_->failed();
  }
  for (Sink& sink : sinks) {
    if (!sink.impl_->appear()) return sink.impl_->failed();
  }
  return {};
}

}  // namespace imagewarden::cli
