// What other processes, full disks and read-only folders do to a log. Children are forked before they touch SQLite.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

#include "audit/record.h"
#include "tests/unit/audit/child.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

void check_all_there(const std::string& path, std::size_t size) {
  const VerifyReport report = verify_log(path);
  CAPTURE(report.problem);
  CHECK(report.ok());
  CHECK(report.records == size);
}

TEST_CASE("who may not write the log cannot hold its lock", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {1});
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  if (::geteuid() != 0) return;  // needs another user
  CHECK(in_child([&] {
          drop_privileges();
          return ::open((path + ".lock").c_str(), O_RDONLY | O_CLOEXEC) < 0 ? 0 : 1;
        }) == 0);
}

TEST_CASE("a lock file that was removed is locked anew", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {1});
  Log one = must(Log::open(path, identity()));
  std::filesystem::remove(path + ".lock");
  must(one.append(decisions(1)));
  // Both hold the same file now.
  const int file = ::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(file >= 0);
  Log other = must(Log::open(path, identity()));
  must(other.append(decisions(1)));
  REQUIRE(::flock(file, LOCK_EX | LOCK_NB) == 0);
  ::close(file);
  CHECK(verify_log(path).ok());
}

TEST_CASE("processes that write at once lose nothing", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {});
  constexpr int kWriters = 4;
  constexpr int kCommits = 25;
  std::vector<::pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const ::pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto log = Log::open(path, identity());
      int failed = log ? 0 : 1;
      for (int i = 0; i < kCommits && failed == 0; ++i) {
        auto drafts = decisions(static_cast<std::size_t>(1 + i % 3));
        for (Draft& draft : drafts) draft.note = std::to_string(writer) + "/" + std::to_string(i);
        if (!log->append(drafts)) failed = 1;
      }
      { auto closed = std::move(log); }
      ::_exit(failed);
    }
    children.push_back(child);
  }
  for (const ::pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  std::map<std::string, int> found;
  std::set<std::string> writers;
  for (const std::string& leaf : leaves_of(path)) {
    const Record record = must(decode_record(leaf));
    ++found[record.draft.note];
    writers.insert(record.writer);
  }
  CHECK(writers.size() == kWriters + 1);
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int i = 0; i < kCommits; ++i) CHECK(found[std::to_string(writer) + "/" + std::to_string(i)] == 1 + i % 3);
  }
  check_all_there(path, 1 + kWriters * (8 * 6 + 1));
}

TEST_CASE("threads that write at once through objects of their own, and one that reads", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {});
  constexpr std::size_t kCommits = 30;
  std::vector<std::thread> threads;
  std::vector<int> failures(3);
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      auto log = Log::open(path, identity());
      for (std::size_t commit = 0; commit < kCommits; ++commit) {
        if (!log || !log->append(decisions(2))) ++failures[i];
      }
    });
  }
  threads.emplace_back([&] {
    for (std::size_t round = 0; round < kCommits; ++round) {
      const auto report = verify(path, {});
      if (!report || !report->ok()) ++failures[2];
    }
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == std::vector<int>{0, 0, 0});
  check_all_there(path, 1 + 2 * kCommits * 2);
}

TEST_CASE("of those who make one log at once, one does", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::vector<std::thread> threads;
  std::vector<int> outcomes(4);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto made = Log::create(path, "example.com/test", identity());
      outcomes[i] = made ? 1 : made.error().code == Errc::kConflict ? 2 : 3;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(outcomes.begin(), outcomes.end());
  CHECK(outcomes == std::vector<int>{1, 2, 2, 2});
  check_all_there(path, 1);
  for (const std::string& name : folder.names()) CHECK(name.find(".new-") == std::string::npos);
}

TEST_CASE("a writer holds the lock of the log while it commits, and not afterwards", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, "example.com/test", identity()));
  const int other = ::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(other >= 0);
  CHECK(::flock(other, LOCK_EX | LOCK_NB) == 0);
  CHECK(::flock(other, LOCK_UN) == 0);
  bool was_locked = false;
  // The clock is read inside of the transaction.
  Log watched = must(Log::open(path, {"h", "u", [&] {
                                        was_locked = ::flock(other, LOCK_EX | LOCK_NB) != 0;
                                        return kStart;
                                      }}));
  must(watched.append(decisions(1)));
  CHECK(was_locked);
  CHECK(::flock(other, LOCK_EX | LOCK_NB) == 0);
  ::close(other);
}

TEST_CASE("a process that dies in a commit leaves the log as it was", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {3});
  const int status = in_child([&] {
    auto log = Log::open(path, {"h", "u", []() -> Time { ::_exit(7); }});
    static_cast<void>(log->append(decisions(5)));
    return 0;
  });
  CHECK(status == 7);
  check_all_there(path, 4);
  Log log = must(Log::open(path, identity()));
  CHECK(must(log.append(decisions(2))) == 4);
  check_all_there(path, 6);
}

TEST_CASE("a process that dies after a commit has lost nothing", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {});
  const int status = in_child([&] {
    Log log = must(Log::open(path, identity()));
    must(log.append(decisions(5)));
    ::_exit(7);
    return 0;
  });
  CHECK(status == 7);
  const auto frames = std::filesystem::file_size(path + "-wal");
  const std::string file = read_file(path);
  CHECK(frames > 0);
  // Whoever reads, or opens and leaves without writing, moves nothing out of the write-ahead log: that takes the lock.
  check_all_there(path, 6);
  { const Log opened = must(Log::open(path, identity())); }
  CHECK(std::filesystem::file_size(path + "-wal") == frames);
  CHECK(read_file(path) == file);
  // A writer who leaves does.
  { must(must(Log::open(path, identity())).append(decisions(1))); }
  const auto left = std::filesystem::exists(path + "-wal") ? std::filesystem::file_size(path + "-wal") : 0;
  CHECK(left == 0);
  check_all_there(path, 7);
}

TEST_CASE("a full disk", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {3});
  const auto before = leaves_of(path);
  const int status = in_child([&] {
    Log log = must(Log::open(path, identity()));
    must(log.append(decisions(1)));
    limit_files(64 * 1'024);
    auto many = decisions(1'000);
    for (int round = 0; round < 2; ++round) {
      const auto refused = log.append(many);
      if (refused) return 1;
      if (refused.error().code != Errc::kIo) return 2;
      if (must(log.head()).size != 5) return 3;
    }
    limit_files(RLIM_INFINITY);
    // The same object goes on, without a gap.
    if (must(log.append(decisions(2))) != 5) return 4;
    return 0;
  });
  CHECK(status == 0);
  const auto after = leaves_of(path);
  REQUIRE(after.size() == 7);
  CHECK(std::equal(before.begin(), before.end(), after.begin()));
  check_all_there(path, 7);
}

TEST_CASE("a log that cannot be made leaves nothing behind", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const int status = in_child([&] {
    limit_files(8 * 1'024);
    const auto made = Log::create(path, "example.com/test", identity());
    return made ? 1 : made.error().code == Errc::kIo ? 0 : 2;
  });
  CHECK(status == 0);
  CHECK(folder.names() == std::vector<std::string>{"a.db.lock"});
}

// A log as another user left it: file and folder readable, nothing writable.
void make_read_only(const TempFolder& folder) {
  for (const std::string& name : folder.names()) ::chmod((folder / name).c_str(), 0444);
  ::chmod(folder.path().c_str(), 0555);
}

int read_as_nobody(const std::string& path, std::size_t want) {
  return in_child([&] {
    drop_privileges();
    const auto report = verify(path, {});
    if (!report) {
      std::fprintf(stderr, "%s\n", report.error().message.c_str());
      return 1;
    }
    if (!report->ok()) return 2;
    if (report->records != want) return 3;
    if (leaves_of(path).size() != want) return 4;
    const auto opened = Log::open(path, identity());
    if (opened || opened.error().code != Errc::kIo) return 5;
    return 0;
  });
}

TEST_CASE("a read-only folder", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  SECTION("the file alone") {
    make_log(path, {3, 2});
    for (const char* const suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
    make_read_only(folder);
    CHECK(read_as_nobody(path, 6) == 0);
    CHECK(folder.names() == std::vector<std::string>{"a.db"});
  }
  SECTION("with what a writer leaves") {
    make_log(path, {3, 2});
    make_read_only(folder);
    CHECK(read_as_nobody(path, 6) == 0);
  }
  SECTION("records in the write-ahead log are not lost") {
    make_log(path, {3});
    CHECK(in_child([&] {
            Log log = must(Log::open(path, identity()));
            must(log.append(decisions(2)));
            ::_exit(0);  // without the tidying of a close
            return 1;
          }) == 0);
    REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
    SECTION("with the shared memory beside it") {
      make_read_only(folder);
      CHECK(read_as_nobody(path, 6) == 0);
    }
    SECTION("without") {
      std::filesystem::remove(path + "-shm");
      make_read_only(folder);
      CHECK(read_as_nobody(path, 6) == 0);
    }
  }
  SECTION("a new log cannot be made there") {
    make_read_only(folder);
    CHECK(in_child([&] {
            drop_privileges();
            const auto made = Log::create(path, "example.com/test", identity());
            return made ? 1 : made.error().code == Errc::kIo ? 0 : 2;
          }) == 0);
  }
}

TEST_CASE("a log that is written to while it is read without locks is read again, not believed", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {3});
  for (const char* const suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  make_read_only(folder);
  const std::string changed = path + GENERATE(values<const char*>({"", "-wal"}));
  CAPTURE(changed);
  CHECK(in_child([&] {
          drop_privileges();
          Log log = must(Log::open_read_only(path));
          if (leaves_of(log).size() != 4) return 1;
          if (!regain_privileges()) return 2;
          ::chmod(folder.path().c_str(), 0755);
          ::chmod(path.c_str(), 0644);
          write_file(changed, read_file(changed) + "more");
          drop_privileges();
          const auto head = log.head();
          if (head) return 3;
          const Error want{Errc::kIo, path + ": written to while it was read without locks; read it again"};
          return head.error() == want ? 0 : 4;
        }) == 0);
}

TEST_CASE("a file that is read-only in a folder that is not", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {3});
  for (const std::string& name : folder.names()) ::chmod((folder / name).c_str(), 0444);
  ::chmod(folder.path().c_str(), 0777);
  CHECK(read_as_nobody(path, 4) == 0);
}

TEST_CASE("a name with characters that mean something in an address", "[audit][processes]") {
  const TempFolder folder;
  const std::string path = folder / "a b?mode=rw#%41&.db";
  make_log(path, {3});
  for (const char* const suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  make_read_only(folder);
  CHECK(read_as_nobody(path, 4) == 0);
}

}  // namespace
}  // namespace imagewarden::audit::test
