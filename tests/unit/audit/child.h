#pragma once
// Child processes, and memory that they share with their parent.

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include <catch2/catch.hpp>
#ifdef IMAGEWARDEN_COVERAGE
extern "C" {
#include <gcov.h>
}
#endif

namespace imagewarden::audit::test {

// No file of this process, a child, can grow beyond `bytes`, as on a full disk.
inline void limit_files(::rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const ::rlimit limit{bytes, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("setrlimit");
}

// Makes this process, a child, one whom a file mode stops.
inline void drop_privileges() {
  constexpr ::uid_t kNobody = 65'534;
  if (::geteuid() != 0) return;
  if (::setegid(kNobody) != 0 || ::seteuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
}

// Ends drop_privileges(); false where they cannot be had back.
inline bool regain_privileges() { return ::getuid() != 0 || (::seteuid(0) == 0 && ::setegid(0) == 0); }

// Where lines are counted: what ran in the parent is the parent's to count, and _exit() counts nothing.
inline void start_counting() {
#ifdef IMAGEWARDEN_COVERAGE
  __gcov_reset();
#endif
}
inline void keep_counts() {
#ifdef IMAGEWARDEN_COVERAGE
  if (!regain_privileges()) return;
  limit_files(RLIM_INFINITY);
  __gcov_dump();
#endif
}

// Runs `body` in a child and returns its exit status: what `body` returned, 99 where it threw.
template <class Body>
int in_child(Body body) {
  std::fflush(nullptr);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int status = 99;
    start_counting();
    try {
      status = body();
    } catch (const std::exception& exception) {
      std::fprintf(stderr, "child: %s\n", exception.what());
    }
    keep_counts();
    ::_exit(status);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// Numbers that outlive the child that wrote them. T: lock-free atomics.
template <class T>
class Shared {
 public:
  Shared() {
    void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    value_ = new (memory) T{};
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(value_, sizeof(T)); }
  T* operator->() const { return value_; }
  [[nodiscard]] T* get() const { return value_; }

 private:
  T* value_{};
};

}  // namespace imagewarden::audit::test
