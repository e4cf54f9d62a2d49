// The process around cli::run: streams, clock, terminal, signals.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app.h"

namespace {

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A standard stream that the caller closed would be the number of the next file that is opened, and what is meant for
// the stream would go into that file. It is taken by something that cannot be written or read instead.
void reserve_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor) std::abort();
  }
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("unknown");
}

// A static program reads the file alone: what else a system asks for names is loaded from libraries, which would have
// to be those of the very libc that the program was linked with.
const passwd* user_entry(uid_t user) {
#ifdef IMAGEWARDEN_STATIC
  std::FILE* const file = std::fopen("/etc/passwd", "re");
  if (file == nullptr) return nullptr;
  const passwd* entry = nullptr;
  do {
    entry = ::fgetpwent(file);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
  } while (entry != nullptr && entry->pw_uid != user);
  static_cast<void>(std::fclose(file));  // nothing was written
  return entry;
#else
  return ::getpwuid(user);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
#endif
}

std::string user_name() {
  const passwd* entry = user_entry(::geteuid());
  return entry != nullptr ? std::string(entry->pw_name) : std::to_string(::geteuid());
}

// COLUMNS, where a shell exports it, else what the terminal says; 0: not known.
std::size_t terminal_columns() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet, and nobody sets a variable.
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    const unsigned long given = std::strtoul(columns, nullptr, 10);
    if (given > 0) return given;
  }
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Blocks from this size on are given back to the system as soon as they are freed. By itself malloc() raises the size
// when it sees one, and keeps what an inventory was gathered in, a block here and a block there, while the inventory is
// built: a fifth of the memory. A failure changes nothing else.
void give_back_blocks() {
  constexpr int kBytes = 128 << 10;
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, kBytes));  // NOLINT(concurrency-mt-unsafe): there is one thread yet
}

// A pipe holds 64 KiB by itself: both ends wait for each other more than they work. One that holds more is left alone;
// where the system refuses, it stays as it was.
void widen_pipes() {
  constexpr int kBytes = 1 << 20;
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO}) {
    const int holds = ::fcntl(descriptor, F_GETPIPE_SZ);  // below 0: no pipe
    if (holds >= 0 && holds < kBytes) static_cast<void>(::fcntl(descriptor, F_SETPIPE_SZ, kBytes));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  give_back_blocks();
  reserve_standard_streams();
  widen_pipes();
  // A closed pipe is an error of write(), not the end of the process: what was logged stays consistent.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) std::abort();
  std::ios::sync_with_stdio(false);
  imagewarden::cli::Environment environment;
  environment.out = [](std::string_view bytes) { return write_all(STDOUT_FILENO, bytes); };
  environment.err = [](std::string_view bytes) { return write_all(STDERR_FILENO, bytes); };
  environment.in = &std::cin;
  environment.clock = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return imagewarden::Time{std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
  };
  environment.steady_ms = [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  };
  environment.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  environment.columns = environment.out_is_terminal ? terminal_columns() : 0;
  environment.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): as above.
  const char* no_color = std::getenv("NO_COLOR");
  environment.no_color = no_color != nullptr && *no_color != '\0';
  environment.folder = std::string(1, '.');  // an assignment from the literal is a false -Wrestrict of gcc 12
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view entry(*variable);
    const std::size_t equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    if (equals == std::string_view::npos) continue;
    if (name != "HOME" && name != "XDG_CONFIG_HOME" && !name.starts_with("IMAGEWARDEN_")) continue;
    environment.variables.emplace(name, entry.substr(equals + 1));
  }
  environment.host = host_name();
  environment.user = user_name();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return imagewarden::cli::run(arguments, environment);
} catch (const std::bad_alloc&) {
  static_cast<void>(std::fputs("imagewarden: out of memory\n", stderr));
  return imagewarden::cli::kExitFailed;
} catch (const std::exception& error) {
  static_cast<void>(std::fprintf(stderr, "imagewarden: %s\n", error.what()));
  return imagewarden::cli::kExitFailed;
}
