#pragma once
// Child processes, and memory that they share with their parent.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include <catch2/catch.hpp>

namespace imagewarden::audit::test {

// Runs `body` in a child and returns its exit status: what `body` returned, 99 where it threw.
template <class Body>
int in_child(Body body) {
  std::fflush(nullptr);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int status = 99;
    try {
      status = body();
    } catch (const std::exception& exception) {
      std::fprintf(stderr, "child: %s\n", exception.what());
    }
    ::_exit(status);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// Makes this process, a child, one whom a file mode stops.
inline void drop_privileges() {
  constexpr ::uid_t kNobody = 65'534;
  if (::geteuid() != 0) return;
  if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
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
