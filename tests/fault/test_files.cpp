// Files as they should not be: out of reach, cut short, copied in part; and circumstances that no writer chooses: a
// clock that goes back, a reader that stays.

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/fault/scenario.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

// A log whose last records stand in the write-ahead log alone, as a killed writer leaves it.
std::vector<Batch> make_unfinished(const std::string& path) {
  std::vector<Batch> batches;
  Batch first{"in-file", 1, 20, 100, true};
  must(must(Log::create(path, "example.com/test", identity())).append(drafts_of(first)));
  Batch second{"in-wal", 21, 20, 100, true};
  REQUIRE(in_child([&] {
            Log log = must(Log::open(path, identity()));
            must(log.append(drafts_of(second)));
            ::_exit(0);
            return 1;
          }) == 0);
  REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
  return {first, second};
}

TEST_CASE("what may not be read or written", "[fault][files][table]") {
  struct Row {
    const char* why;
    const char* suffix;  // of the file; `/` is the folder
    ::mode_t mode;
  };
  const auto row = GENERATE(values<Row>({
      {"the log cannot be read", "", 0000},
      {"the log can only be read", "", 0444},
      {"the lock cannot be opened", ".lock", 0000},
      {"the write-ahead log cannot be read", "-wal", 0000},
      {"the write-ahead log can only be read", "-wal", 0444},
      {"the shared memory cannot be read", "-shm", 0000},
      {"the shared memory can only be read", "-shm", 0444},
      {"the folder cannot be entered", "/", 0000},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const auto batches = make_unfinished(path);
  ::chmod(folder.path().c_str(), 0777);
  for (const std::string& name : folder.names()) ::chmod((folder / name).c_str(), 0666);
  const std::string changed = std::string(row.suffix) == "/" ? folder.path() : path + row.suffix;
  REQUIRE(::chmod(changed.c_str(), row.mode) == 0);
  const int status = in_child([&] {
    drop_privileges();
    auto log = Log::open(path, identity());
    if (log && log->append(decisions(1))) return 2;
    if (!log && log.error().code != Errc::kIo) return 3;
    const auto report = verify(path, {});
    if (report && !report->ok()) return 4;
    // Never fewer records than there are without a word.
    if (report && report->records != 41) return 5;
    return 0;
  });
  CHECK(status == 0);
  ::chmod(changed.c_str(), 0777);
  check_survivor(path, batches);
}

TEST_CASE("a file that is cut off anywhere is no log, and stays as it is", "[fault][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {40, 40, 40});
  const std::string whole = read_file(path);
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length <= 100; ++length) lengths.push_back(length);
  property::Random random(base_seed());
  for (int i = 0; i < 100; ++i) lengths.push_back(random.below(whole.size()));
  for (std::size_t length = 512; length < whole.size(); length += 512) lengths.push_back(length);
  for (const std::size_t length : lengths) {
    CAPTURE(base_seed(), length);
    const TempFolder other;
    const std::string cut = other / "a.db";
    write_file(cut, whole.substr(0, length));
    const auto report = verify(cut, {});
    REQUIRE_FALSE(report);
    REQUIRE(report.error().code == Errc::kMalformedInput);
    if (length > 100) continue;
    const auto log = Log::open(cut, identity());
    REQUIRE_FALSE(log);
    REQUIRE(log.error().code == Errc::kMalformedInput);
    REQUIRE(read_file(cut) == whole.substr(0, length));
    REQUIRE_FALSE(std::filesystem::exists(cut + ".lock"));
  }
}

TEST_CASE("a copy without the write-ahead log is the log as it was earlier", "[fault][files]") {
  const TempFolder folder;
  const auto batches = make_unfinished(folder / "a.db");
  const Head head = must(must(Log::open_read_only(folder / "a.db")).head());
  REQUIRE(head.size == 41);
  SECTION("alone") {
    std::filesystem::copy_file(folder / "a.db", folder / "b.db");
    const VerifyReport report = verify_log(folder / "b.db");
    CHECK(report.ok());
    // That records are missing shows only against something from outside: here, the size that was noted.
    CHECK(report.records == 21);
    CHECK(report.records < head.size);
    check_survivor(folder / "b.db", std::span(batches).first(1));
  }
  SECTION("with it") {
    std::filesystem::copy_file(folder / "a.db", folder / "b.db");
    std::filesystem::copy_file(folder / "a.db-wal", folder / "b.db-wal");
    CHECK(verify_log(folder / "b.db").head.root == head.root);
    check_survivor(folder / "b.db", batches);
  }
  SECTION("the write-ahead log cut off anywhere") {
    const std::string wal = read_file(folder / "a.db-wal");
    for (std::size_t length = 0; length < wal.size(); length += 1'000) {
      CAPTURE(length);
      const TempFolder other;
      std::filesystem::copy_file(folder / "a.db", other / "a.db");
      write_file(other / "a.db-wal", wal.substr(0, length));
      const std::uint64_t size = check_survivor(other / "a.db", std::span(batches).first(1));
      REQUIRE(size == 21);
    }
  }
}

TEST_CASE("a clock that goes back", "[fault][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {});
  property::Random random(base_seed());
  CAPTURE(base_seed());
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < 30; ++i) {
    const auto back = static_cast<std::int64_t>(random.below(1'000'000'000'000));
    Log log = must(Log::open(path, identity({kStart.unix_us + 500'000'000'000 - back})));
    Batch batch{"b" + std::to_string(i), 0, 1 + random.below(3), 0, false};
    batch.first_seq = must(log.append(drafts_of(batch)));
    batches.push_back(batch);
  }
  const auto leaves = leaves_of(path);
  for (std::size_t seq = 1; seq < leaves.size(); ++seq)
    CHECK(must(decode_record(leaves[seq - 1])).time <= must(decode_record(leaves[seq])).time);
  check_survivor(path, std::span(batches));
}

TEST_CASE("a reader that stays while writers go on", "[fault][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const auto wal_size = [&] {
    return std::filesystem::exists(path + "-wal") ? std::filesystem::file_size(path + "-wal") : 0;
  };
  std::vector<Batch> batches;
  std::optional<Log> log = must(Log::create(path, "example.com/test", identity()));
  const auto append = [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      Batch batch{"b" + std::to_string(batches.size()), 0, 10, 500, false};
      batch.first_seq = must(log->append(drafts_of(batch)));
      batches.push_back(batch);
    }
  };
  append(200);
  const auto usual = wal_size();
  {
    SQLite::Database reader(path, SQLite::OPEN_READONLY);
    reader.exec("BEGIN");
    const auto seen = reader.execAndGet("SELECT count(*) FROM runs").getInt();
    append(600);
    CHECK(wal_size() > 3 * usual);
    CHECK(reader.execAndGet("SELECT count(*) FROM runs").getInt() == seen);
    // A writer who leaves does not wait for the reader.
    log.reset();
    CHECK(wal_size() > 3 * usual);
    log = must(Log::open(path, identity()));
    append(10);
    CHECK(verify_log(path).ok());
  }
  const auto grown = wal_size();
  append(300);
  CHECK(wal_size() <= grown + usual);
  log.reset();
  CHECK(wal_size() == 0);
  check_survivor(path, batches);
}

}  // namespace
}  // namespace imagewarden::audit::test
