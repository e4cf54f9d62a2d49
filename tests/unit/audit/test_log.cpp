// A log in its file: made, opened, appended to, read; and what is refused.

#include <algorithm>
#include <limits>
#include <set>

#include "audit/record.h"
#include "audit/tree.h"
#include "engine/base/limits.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

constexpr const char* kOrigin = "example.com/test";

Sha256Digest naive_root(const std::vector<std::string>& leaves) {
  Frontier frontier;
  std::string hashes;
  for (const std::string& leaf : leaves) frontier.append(leaf_hash(leaf), hashes);
  return frontier.root();
}

Errc open_error(const std::string& path) {
  const auto opened = Log::open(path, identity());
  REQUIRE_FALSE(opened.has_value());
  const auto read_only = Log::open_read_only(path);
  REQUIRE_FALSE(read_only.has_value());
  CHECK(read_only.error().code == opened.error().code);
  const auto verified = verify(path, {});
  REQUIRE_FALSE(verified.has_value());
  CHECK(verified.error().code == opened.error().code);
  CHECK(opened.error().message.find('\n') == std::string::npos);
  CHECK(opened.error().message.rfind(path + ": ", 0) == 0);  // the name as it was given
  return opened.error().code;
}

TEST_CASE("a new log holds its log-start", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, kOrigin, identity()));
  CHECK(log.origin() == kOrigin);
  const auto leaves = leaves_of(log);
  REQUIRE(leaves.size() == 1);
  const Record record = must(decode_record(leaves[0]));
  CHECK(record.draft.kind == RecordKind::kLogStart);
  CHECK(record.origin == kOrigin);
  CHECK(record.seq == 0);
  CHECK(record.pseq == 0);
  CHECK(record.time == kStart);
  CHECK(record.writer.size() == 32);
  CHECK(record.host == "host-1");
  CHECK(record.user == "alice");
  const Head head = must(log.head());
  CHECK(head.size == 1);
  CHECK(head.root == leaf_hash(leaves[0]));
  CHECK(verify_log(path).ok());
}

TEST_CASE("a log under its name is whole, and nothing else is left of making it", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  { const Log log = must(Log::create(path, kOrigin, identity())); }
  for (const std::string& name : folder.names()) {
    CAPTURE(name);
    CHECK((name == "a.db" || name == "a.db.lock" || name == "a.db-wal" || name == "a.db-shm"));
  }
  const std::string bytes = read_file(path);
  REQUIRE(bytes.size() > 100);
  CHECK(bytes.substr(0, 15) == "SQLite format 3");
  CHECK(bytes.substr(68, 4) == "IWAL");
  CHECK(bytes.substr(60, 4) == std::string("\0\0\0\x01", 4));
  CHECK(bytes.substr(18, 2) == "\x02\x02");  // write-ahead log
}

TEST_CASE("create refuses what stands there, and keeps it", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  SECTION("a log") {
    make_log(path, {3});
    const auto before = leaves_of(path);
    const auto made = Log::create(path, kOrigin, identity());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::kConflict);
    CHECK(leaves_of(path) == before);
  }
  SECTION("any other file") {
    write_file(path, "notes");
    const auto made = Log::create(path, kOrigin, identity());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::kConflict);
    CHECK(read_file(path) == "notes");
  }
  SECTION("a dangling link") {
    std::filesystem::create_symlink(folder / "elsewhere.db", path);
    CHECK(Log::create(path, kOrigin, identity()).error().code == Errc::kConflict);
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere.db"));
  }
  SECTION("the write-ahead log of an earlier log") {
    write_file(path + "-wal", "frames");
    const auto made = Log::create(path, kOrigin, identity());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::kIo);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(read_file(path + "-wal") == "frames");
  }
  SECTION("a missing folder") {
    CHECK(Log::create(folder / "missing/a.db", kOrigin, identity()).error().code == Errc::kIo);
  }
}

TEST_CASE("create refuses an origin that cannot stand in a record or a checkpoint", "[audit][log][table]") {
  const TempFolder folder;
  const auto origin = GENERATE(values<std::string>({"", "a\nb", "a\xff", std::string("a\0b", 3), "\x7f"}));
  const auto made = Log::create(folder / "a.db", origin, identity());
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == Errc::kUsage);
  CHECK(folder.names().empty());
}

TEST_CASE("create refuses a writer who cannot stand in a record", "[audit][log][table]") {
  const TempFolder folder;
  WriterIdentity writer = identity();
  SECTION("a host that is no UTF-8") { writer.host = "\xff"; }
  SECTION("a user who is no UTF-8") { writer.user = "\xc3"; }
  SECTION("a clock before the year 1") { writer = identity({std::numeric_limits<std::int64_t>::min()}); }
  SECTION("a clock after the year 9999") { writer = identity({std::int64_t{1} << 62U}); }
  const auto made = Log::create(folder / "a.db", kOrigin, writer);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == Errc::kUsage);
  CHECK(folder.names().empty());
}

TEST_CASE("append and read back", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::vector<std::string> leaves;
  {
    Log log = must(Log::create(path, kOrigin, identity()));
    CHECK(must(log.append(decisions(5))) == 1);
    CHECK(must(log.append(decisions(1, 5))) == 6);
    CHECK(must(log.append({})) == 7);
    CHECK(must(log.append(decisions(7, 6))) == 7);
    leaves = leaves_of(log);
    CHECK(must(log.head()).root == naive_root(leaves));
  }
  REQUIRE(leaves.size() == 14);
  const std::string first_writer = must(decode_record(leaves[0])).writer;
  for (std::size_t seq = 1; seq < leaves.size(); ++seq) {
    const Record record = must(decode_record(leaves[seq]));
    CHECK(record.seq == seq);
    CHECK(record.pseq == seq);
    CHECK(record.draft.image == "img-" + std::to_string(seq - 1));
    CHECK(record.writer == first_writer);
  }
  // Opened again: another writer, the same tree.
  Log log = must(Log::open(path, identity()));
  CHECK(must(log.head()).root == naive_root(leaves));
  CHECK(must(log.append(decisions(1))) == 14);
  const auto grown = leaves_of(log);
  const Record record = must(decode_record(grown.back()));
  CHECK(record.pseq == 0);
  CHECK(record.writer != first_writer);
  CHECK(must(log.head()).root == naive_root(grown));
  CHECK(leaves_of(path) == grown);
  CHECK(verify_log(path).ok());
}

TEST_CASE("a range is read in order and stops when told", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {4, 1, 6, 2});  // with the log-start 14 records
  Log log = must(Log::open_read_only(path));
  const auto all = leaves_of(log);
  for (std::uint64_t first = 0; first < 16; ++first) {
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5}, std::uint64_t{100}, ~std::uint64_t{0}}) {
      CAPTURE(first, count);
      std::vector<std::string> read;
      const auto visited = must(log.read(first, count, [&](std::uint64_t seq, std::string_view leaf) {
        CHECK(seq == first + read.size());
        read.emplace_back(leaf);
        return true;
      }));
      const std::uint64_t want = first >= 14 ? 0 : std::min<std::uint64_t>(count, 14 - first);
      CHECK(visited == want);
      REQUIRE(read.size() == want);
      CHECK(std::equal(read.begin(), read.end(),
                       all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(first, 14))));
      std::uint64_t seen = 0;
      CHECK(must(log.read(first, count, [&](std::uint64_t, std::string_view) { return ++seen < 3; })) ==
            std::min<std::uint64_t>(want, 3));
    }
  }
}

TEST_CASE("a commit of many records is cut into rows, and is one commit", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::vector<Draft> drafts = decisions(5'000);
  for (std::size_t i = 0; i < 100; ++i) drafts[i].note = std::string(40'000, 'x');  // more than a row takes of bytes
  {
    Log log = must(Log::create(path, kOrigin, identity()));
    CHECK(must(log.append(drafts)) == 1);
  }
  SQLite::Database database(path);
  CHECK(database.execAndGet("SELECT count(*) FROM runs").getInt() > 5);
  CHECK(database.execAndGet("SELECT max(count) FROM runs").getInt() <= 2'048);
  CHECK(database.execAndGet("SELECT max(length(leaves)) FROM runs").getInt() <= (1 << 20) + 65'536);
  CHECK(leaves_of(path).size() == 5'001);
  CHECK(must(must(Log::open_read_only(path)).head()).root == naive_root(leaves_of(path)));
  CHECK(verify_log(path).ok());
}

TEST_CASE("the tree of any size is found again in the file", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  { const Log log = must(Log::create(path, kOrigin, identity())); }
  std::vector<std::string> leaves = leaves_of(path);
  for (std::size_t round = 0; round < 70; ++round) {
    CAPTURE(round);
    {
      Log log = must(Log::open(path, identity()));
      must(log.append(decisions(1 + round % 3)));
      leaves = leaves_of(log);
    }
    REQUIRE(must(must(Log::open_read_only(path)).head()).root == naive_root(leaves));
  }
}

TEST_CASE("details stand beside their records", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, kOrigin, identity()));
  auto drafts = decisions(3);
  drafts[1].detail = R"({"image":"img-1"})";
  SECTION("and the leaf holds their digest") {
    drafts[1].decision_digest = "sha256:" + to_hex(sha256(drafts[1].detail));
    must(log.append(drafts));
    CHECK(must(log.detail(2)) == std::optional(drafts[1].detail));
    CHECK(must(log.detail(1)) == std::nullopt);
    CHECK(must(log.detail(99)) == std::nullopt);
    CHECK(must(log.detail(~std::uint64_t{0})) == std::nullopt);
    CHECK(leaves_of(log)[2].find("{\\\"image") == std::string::npos);
    CHECK(verify_log(path).ok());
  }
  SECTION("another digest is refused") {
    drafts[1].decision_digest = "sha256:" + to_hex(sha256("another"));
    const auto appended = log.append(drafts);
    REQUIRE_FALSE(appended.has_value());
    CHECK(appended.error().code == Errc::kUsage);
    CHECK(must(log.head()).size == 1);
  }
}

TEST_CASE("a record, a detail may be as long as the limit", "[audit][log][limits]") {
  const TempFolder folder;
  Log log = must(Log::create(folder / "a.db", kOrigin, identity()));
  SECTION("a record") {
    auto drafts = decisions(1);
    drafts[0].note = "x";  // an empty one is left out
    must(log.append(drafts));
    const std::size_t rest = leaves_of(log)[1].size() - 1;
    // Of the next record seq and pseq have as many digits, and its times as many bytes.
    drafts[0].note = std::string(limits::kMaxRecordBytes - rest, 'x');
    must(log.append(drafts));
    CHECK(leaves_of(log)[2].size() == limits::kMaxRecordBytes);
    drafts[0].note += 'x';
    const auto refused = log.append(drafts);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kLimit);
  }
  SECTION("a detail") {
    auto drafts = decisions(1);
    drafts[0].detail = std::string(limits::kMaxDetailBytes, 'x');
    drafts[0].decision_digest = "sha256:" + to_hex(sha256(drafts[0].detail));
    must(log.append(drafts));
    CHECK(must(log.detail(1)) == std::optional(drafts[0].detail));
    drafts[0].detail += 'x';
    const auto refused = log.append(drafts);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kLimit);
  }
}

TEST_CASE("a draft that has no leaf appends nothing of its commit", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, kOrigin, identity()));
  auto drafts = decisions(4);
  Errc want = Errc::kUsage;
  SECTION("no UTF-8") { drafts[3].image = "img-\xc3"; }
  SECTION("a surrogate") { drafts[3].note = "\xed\xa0\x80"; }
  SECTION("a negative count") { drafts[3].count = -1; }
  SECTION("a count beyond 2^53-1") { drafts[3].count = kMaxInteger + 1; }
  SECTION("a detail that is no UTF-8") { drafts[3].detail = "\xff"; }
  SECTION("a record that is too long") {
    drafts[3].note = std::string(limits::kMaxRecordBytes, 'x');
    want = Errc::kLimit;
  }
  const auto appended = log.append(drafts);
  REQUIRE_FALSE(appended.has_value());
  CHECK(appended.error().code == want);
  CHECK(must(log.head()).size == 1);
  // The next one goes on as if it had not been: no gap in seq and pseq.
  CHECK(must(log.append(decisions(2))) == 1);
  CHECK(verify_log(path).ok());
}

TEST_CASE("time never goes back", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Time now = kStart;
  const WriterIdentity by_hand{"h", "u", [&now] { return now; }};
  Log log = must(Log::create(path, kOrigin, by_hand));
  const auto append_at = [&](std::int64_t seconds) {
    now.unix_us = kStart.unix_us + seconds * 1'000'000;
    const std::uint64_t seq = must(log.append(decisions(1)));
    return (must(decode_record(leaves_of(log)[seq])).time.unix_us - kStart.unix_us) / 1'000'000;
  };
  CHECK(append_at(10) == 10);
  CHECK(append_at(-3600) == 10);
  CHECK(append_at(9) == 10);
  CHECK(append_at(11) == 11);
  // Also where the writer comes anew.
  Log other = must(Log::open(path, identity({0})));
  must(other.append(decisions(1)));
  CHECK(must(decode_record(leaves_of(other).back())).time.unix_us == kStart.unix_us + 11'000'000);
  now.unix_us = std::int64_t{1} << 62U;
  CHECK(log.append(decisions(1)).error().code == Errc::kUsage);
  CHECK(verify_log(path).ok());
}

TEST_CASE("two objects write one log in turn", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log first = must(Log::create(path, kOrigin, identity()));
  // By a link: the same lock, the same write-ahead log.
  std::filesystem::create_symlink("a.db", folder / "link.db");
  Log second = must(Log::open(folder / "link.db", identity()));
  std::uint64_t next = 1;
  for (std::size_t round = 0; round < 20; ++round) {
    const std::size_t count = 1 + round % 4;
    CHECK(must((round % 3 == 0 ? first : second).append(decisions(count))) == next);
    next += count;
    CHECK(must(first.head()).root == must(second.head()).root);
  }
  CHECK(must(first.head()).root == naive_root(leaves_of(path)));
  CHECK_FALSE(std::filesystem::exists(folder / "link.db.lock"));
  CHECK(verify_log(path).ok());
}

TEST_CASE("a log opened for reading refuses to append", "[audit][log]") {
  const TempFolder folder;
  make_log(folder / "a.db", {});
  Log log = must(Log::open_read_only(folder / "a.db"));
  CHECK(log.append(decisions(1)).error().code == Errc::kUsage);
  CHECK(must(log.head()).size == 1);
}

TEST_CASE("a moved log goes on, the file alone holds everything once it is closed", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  {
    Log log = must(Log::create(path, kOrigin, identity()));
    Log moved = std::move(log);
    must(moved.append(decisions(3)));
    log = std::move(moved);
    must(log.append(decisions(3)));
  }
  std::filesystem::copy_file(path, folder / "copy.db");
  CHECK(leaves_of(folder / "copy.db").size() == 7);
  CHECK(verify_log(folder / "copy.db").ok());
}

TEST_CASE("what is no log is refused and left as it is", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  SECTION("missing") {
    CHECK(open_error(path) == Errc::kNotFound);
    CHECK(folder.names().empty());
  }
  SECTION("zero length") {
    write_file(path, "");
    CHECK(open_error(path) == Errc::kMalformedInput);
    CHECK(read_file(path).empty());
  }
  SECTION("text") {
    write_file(path, std::string(5'000, 'x'));
    CHECK(open_error(path) == Errc::kMalformedInput);
    CHECK(read_file(path) == std::string(5'000, 'x'));
  }
  SECTION("a few bytes") {
    write_file(path, "x");
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("a folder") {
    std::filesystem::create_directory(path);
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("another application's database") {
    {
      SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
          .exec("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    }
    const std::string before = read_file(path);
    CHECK(open_error(path) == Errc::kMalformedInput);
    CHECK(read_file(path) == before);
  }
  SECTION("an empty database with our id") {
    {
      SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
          .exec("PRAGMA application_id = 1230455116; PRAGMA user_version = 1");
    }
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("the next version") {
    make_log(path, {2});
    run_sql(path, "PRAGMA user_version = 2");
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("cut short within the header") {
    make_log(path, {2});
    write_file(path, read_file(path).substr(0, 50));
    std::filesystem::remove(path + "-wal");
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("another column") {
    make_log(path, {2});
    run_sql(path, "ALTER TABLE runs ADD COLUMN more TEXT");
    CHECK(open_error(path) == Errc::kMalformedInput);
  }
  SECTION("no origin") {
    make_log(path, {2});
    run_sql(path, "DROP TRIGGER meta_no_delete; DELETE FROM meta");
    CHECK(Log::open_read_only(path).error().code == Errc::kMalformedInput);
  }
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("a writer refuses a log whose guards were changed", "[audit][log][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {2});
  const auto sql = GENERATE(values<std::string>({
      "DROP TRIGGER runs_no_update",
      "DROP TRIGGER runs_in_order",
      "CREATE TRIGGER more AFTER INSERT ON runs BEGIN DELETE FROM details; END",
      "CREATE INDEX more ON runs(count)",
      "CREATE TABLE more(a)",
      "CREATE VIEW more AS SELECT 1",
  }));
  CAPTURE(sql);
  run_sql(path, sql);
  const auto opened = Log::open(path, identity());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::kMalformedInput);
  CHECK(leaves_of(path).size() == 3);  // a reader still reads
  const VerifyReport report = verify_log(path);
  CHECK_FALSE(report.ok());
  CHECK_FALSE(report.first_bad.has_value());
}

TEST_CASE("the guards refuse a hand-written statement", "[audit][log][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {2});
  const auto sql = GENERATE(values<std::string>({
      "UPDATE runs SET leaves = x'00'",
      "DELETE FROM runs WHERE first_seq = 1",
      "INSERT INTO runs VALUES(4, 1, x'', x'00')",
      "INSERT INTO runs VALUES(-1, 1, x'', x'00')",
      "INSERT OR REPLACE INTO runs VALUES(1, 2, x'', x'00')",
      "UPDATE meta SET value = 'x'",
      "DELETE FROM meta",
      "INSERT INTO details VALUES(1, 'x'); UPDATE details SET detail = 'y'",
      "INSERT INTO checkpoints VALUES(1, 1, 'x'); UPDATE checkpoints SET size = 2",
      "INSERT INTO checkpoints VALUES(2, 1, 'x'); DELETE FROM checkpoints",
  }));
  CAPTURE(sql);
  CHECK_THROWS_AS(run_sql(path, sql), SQLite::Exception);
  CHECK(leaves_of(path).size() == 3);
}

TEST_CASE("a file that was taken away is not written to", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, kOrigin, identity()));
  must(log.append(decisions(1)));
  std::filesystem::rename(path, folder / "b.db");
  CHECK(log.append(decisions(1)).error().code == Errc::kIo);
  write_file(path, "another file");
  CHECK(log.append(decisions(1)).error().code == Errc::kIo);
  std::filesystem::rename(folder / "b.db", path);
  CHECK(must(log.append(decisions(1))) == 2);
}

TEST_CASE("the write-ahead log does not grow without bound", "[audit][log]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, kOrigin, identity()));
  auto drafts = decisions(1'000);
  for (Draft& draft : drafts) draft.note = std::string(1'000, 'n');
  std::uintmax_t largest = 0;
  for (int round = 0; round < 60; ++round) {
    must(log.append(drafts));
    largest = std::max(largest, std::filesystem::file_size(path + "-wal"));
  }
  CHECK(std::filesystem::file_size(path) > (std::uintmax_t{60} << 20U));
  CHECK(largest < (std::uintmax_t{24} << 20U));
  CHECK(verify_log(path).ok());
}

}  // namespace
}  // namespace imagewarden::audit::test
