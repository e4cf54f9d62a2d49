// Each operation of a log, with each call of the disk that it makes failing: an Error that names the file, or the
// answer of a disk that is well. What was asked to be written is there wholly or not at all.

#include <filesystem>

#include "tests/fault/failing_disk.h"
#include "tests/unit/audit/operations.h"

namespace imagewarden::audit::test {
namespace {

void copy_log(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  for (const char* const suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(to + suffix);
}

Result<Log> opened(const Operation& operation, const std::string& path) {
  return operation.writes ? Log::open(path, identity({kStart.unix_us + 3'600'000'000})) : Log::open_read_only(path);
}

std::string well_answer(const Operation& operation, const std::string& path) {
  Log log = must(opened(operation, path));
  return must(operation.run(log, path));
}

TEST_CASE("every call of the disk fails in every operation", "[fault][io][operations]") {
  const Manner manner = GENERATE(Manner::kOnce, Manner::kForGood);
  const TempFolder folder;
  const std::string whole = folder / "whole.db";
  const std::string path = folder / "a.db";
  make_rich_log(whole);
  const std::string bytes = read_file(whole);
  for (const Operation& operation : operations(rich_anchors(whole))) {
    copy_log(whole, path);
    const std::string answer = well_answer(operation, path);
    int refused = 0;
    for (int call = 1;; ++call) {
      copy_log(whole, path);
      FailingDisk disk(call, manner);
      const auto result = [&] {
        Log log = must(opened(operation, path));
        const Watching watching(disk);
        return operation.run(log, path);
      }();
      CAPTURE(operation.name, call, disk.failed(), result ? *result : result.error().message);
      if (result) {
        REQUIRE(*result == answer);
      } else {
        ++refused;
        REQUIRE(result.error().code == Errc::kIo);
        REQUIRE(result.error().message.starts_with(path + ":"));
      }
      const VerifyReport report = verify_log(path);
      CAPTURE(report.problem);
      REQUIRE(report.ok());
      const bool is_done = report.records == kRichSize + operation.growth;
      REQUIRE((is_done || (!result && report.records == kRichSize)));
      if (!operation.writes) REQUIRE(read_file(path) == bytes);
      if (disk.failed().empty()) break;
    }
    CAPTURE(operation.name, refused);
    CHECK(refused > 0);
  }
}

constexpr std::size_t kEnough = 9'000;  // records, for which an index is made

// Trouble with the index is no error: the log is read instead.
TEST_CASE("every call of the disk fails while the index is used", "[fault][io][operations]") {
  const TempFolder folder;
  const std::string whole = folder / "whole.db";
  const std::string path = folder / "a.db";
  {
    Log log = must(Log::create(whole, "example.com/test", identity()));
    for (std::size_t i = 0; i < kEnough; i += 1'000) must(log.append(decisions(1'000, i)));
  }
  RecordQuery query;
  query.image = "img-4321";
  query.outcome = "deny";
  copy_log(whole, path);
  Log log = must(Log::open_read_only(path));
  const std::string answer = must(matching(log, path, query));
  REQUIRE(answer.starts_with("4322 "));
  const std::string index = read_file(path + ".index");
  REQUIRE_FALSE(index.empty());
  const bool has_index = GENERATE(true, false);
  const std::string fails = GENERATE(".index", ".index-journal");
  constexpr int kSingly = 40;  // a long chunk makes the same call many times: of those one in so many
  for (int call = 1;; call += call < kSingly ? 1 : kSingly) {
    std::filesystem::remove(path + ".index-journal");
    if (has_index) {
      write_file(path + ".index", index);
    } else {
      std::filesystem::remove(path + ".index");
    }
    FailingDisk disk(call, Manner::kOnce, fails);
    const auto result = [&] {
      const Watching watching(disk);
      return matching(log, path, query);
    }();
    CAPTURE(has_index, fails, call, disk.failed(), result ? *result : result.error().message);
    REQUIRE(result == answer);
    if (disk.failed().empty()) break;
  }
  CHECK(must(matching(log, path, query)) == answer);
  CHECK(verify_log(path).ok());
}

}  // namespace
}  // namespace imagewarden::audit::test
