// Disks that are full, at every size, and enlarged again.

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/fault/survivor.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

constexpr int kNotPermitted = 77;

std::runtime_error wrong(const std::string& what) { return std::runtime_error(what); }

// Appends until the disk is full; what was acknowledged is added. An Error other than kIo is a fault of ours.
void fill(Log& log, std::vector<Batch>& acknowledged, std::size_t attempts) {
  static int number = 0;
  for (std::size_t i = 0; i < attempts; ++i) {
    Batch batch{"fill-" + std::to_string(number++), 0, 20, 100 + 50 * (i % 7), i % 3 == 0};
    const auto first = log.append(drafts_of(batch));
    if (!first) {
      if (first.error().code != Errc::kIo) throw wrong("a full disk is called: " + first.error().message);
      return;
    }
    batch.first_seq = *first;
    acknowledged.push_back(batch);
  }
  throw wrong("the disk did not get full");
}

TEST_CASE("files that cannot grow, at any size", "[fault][full]") {
  for (::rlim_t size = 0; size < 80 * 1'024; size += 2'000) {
    const TempFolder folder;
    const std::string path = folder / "a.db";
    CAPTURE(size);
    const int status = in_child([&] {
      limit_files(size);
      auto log = Log::create(path, "example.com/test", identity());
      std::vector<Batch> acknowledged;
      if (log) {
        // The same object, twice: a refused append leaves it as it was.
        for (int i = 0; i < 2; ++i) fill(*log, acknowledged, 1'000);
        log = Log::open(path, identity());
        if (log) fill(*log, acknowledged, 1'000);
      } else if (log.error().code != Errc::kIo) {
        throw wrong("create: " + log.error().message);
      } else if (std::filesystem::exists(path)) {
        // Made, but there is no room to open it.
        static_cast<void>(verify(path, {}));
      }
      limit_files(RLIM_INFINITY);
      if (!std::filesystem::exists(path)) must(Log::create(path, "example.com/test", identity()));
      check_survivor(path, acknowledged);
      if (log) {
        Batch batch{"after", 0, 2, 0, false};
        batch.first_seq = must(log->append(drafts_of(batch)));
        acknowledged.push_back(batch);
      }
      check_survivor(path, acknowledged);
      return 0;
    });
    CHECK(status == 0);
  }
}

// A tmpfs on `folder`, for this process alone; false where that is not permitted.
bool mount_small_disk(const std::string& folder, const std::string& size) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}

TEST_CASE("a disk that is full, and larger afterwards", "[fault][full]") {
  for (const std::size_t kilobytes : {128U, 160U, 200U, 256U, 300U, 400U, 600U}) {
    const TempFolder folder;
    const std::string path = folder / "a.db";
    CAPTURE(kilobytes);
    const int status = in_child([&] {
      if (!mount_small_disk(folder.path(), std::to_string(kilobytes) + "k")) return kNotPermitted;
      std::vector<Batch> acknowledged;
      {
        auto log = Log::create(path, "example.com/test", identity());
        if (!log) throw wrong("create: " + log.error().message);
        for (int i = 0; i < 3; ++i) fill(*log, acknowledged, 1'000);
        // Full to the last byte.
        write_file(folder / "rest", std::string(1U << 20U, 'x'));
        fill(*log, acknowledged, 1'000);
        // Reading needs no room.
        const VerifyReport report = verify_log(path);
        if (!report.ok()) throw wrong("verify on a full disk: " + report.problem);
        if (!acknowledged.empty() && report.records < acknowledged.back().first_seq + acknowledged.back().count)
          throw wrong("verify on a full disk saw too few records");
      }
      // Closed and opened on the full disk: maybe it cannot be, but nothing breaks.
      { static_cast<void>(Log::open(path, identity())); }
      if (const auto report = verify(path, {}); report && !report->ok()) throw wrong(report->problem);
      if (::mount("tmpfs", folder.path().c_str(), "tmpfs", MS_REMOUNT, "size=8m") != 0) throw wrong("remount");
      check_survivor(path, acknowledged);
      return 0;
    });
    if (status == kNotPermitted) {
      WARN("SKIPPED: mounting a tmpfs is not permitted here");
      return;
    }
    CHECK(status == 0);
  }
}

}  // namespace
}  // namespace imagewarden::audit::test
