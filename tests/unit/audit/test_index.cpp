// The derived index: finds what a look at every record finds, whatever stands in its file.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "audit/index.h"
#include "audit/index_store.h"
#include "audit/record.h"
#include "tests/unit/audit/child.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

constexpr const char* kOrigin = "example.com/test";
constexpr std::size_t kEnough = 12'000;  // records, for which an index is worth its while

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}
using test::must;

Draft mixed(std::size_t index) {
  Draft draft = decision(index);
  draft.image = "img-" + std::to_string(index * 7919 % 503);
  draft.principal = index % 1'000 == 3 ? "user/\"zoë\"\n\\" : "user/u" + std::to_string(index % 11);
  draft.outcome = index % 3 == 0 ? "allow" : index % 3 == 1 ? "deny" : "indeterminate";
  draft.code = index % 3 == 0 ? "200" : index % 3 == 1 ? "ImageNotAllowDelete" : "";
  return draft;
}

void grow(Log& log, std::size_t count) {
  constexpr std::size_t kCommit = 700;
  for (std::size_t done = 0; done < count; done += kCommit) {
    std::vector<Draft> drafts;
    for (std::size_t i = done; i < std::min(count, done + kCommit); ++i) drafts.push_back(mixed(i));
    must(log.append(drafts));
  }
}

void make_big_log(const std::string& path, std::size_t count = kEnough) {
  Log log = must(Log::create(path, kOrigin, identity()));
  grow(log, count);
}

std::vector<std::uint64_t> found(Log& log, const std::string& path, const RecordQuery& query) {
  std::vector<std::uint64_t> seqs;
  bool is_same = true;
  const auto status = find_records(log, path, query, {}, [&](const Record& record, std::string_view leaf) {
    is_same = is_same && encode_record(record) == leaf;
    seqs.push_back(record.seq);
    return true;
  });
  CHECK(is_same);
  REQUIRE(status.has_value());
  return seqs;
}

std::vector<std::uint64_t> found(const std::string& path, const RecordQuery& query) {
  Log log = must(Log::open_read_only(path));
  return found(log, path, query);
}

std::vector<Record> records_of(const std::string& path) {
  std::vector<Record> records;
  Log log = must(Log::open_read_only(path));
  must(log.read(0, must(log.head()).size, [&](std::uint64_t, std::string_view leaf) {
    records.push_back(must(decode_record(leaf)));
    return true;
  }));
  return records;
}

// By a look at every record.
std::vector<std::uint64_t> expected(const std::vector<Record>& records, const RecordQuery& query) {
  std::vector<std::uint64_t> seqs;
  const auto equal = [](const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; };
  for (const Record& record : records) {
    if (equal(query.image, record.draft.image) && equal(query.principal, record.draft.principal) &&
        equal(query.code, record.draft.code) && equal(query.outcome, record.draft.outcome) &&
        (!query.since || record.time >= *query.since) && (!query.until || record.time < *query.until)) {
      seqs.push_back(record.seq);
    }
  }
  if (query.limit && seqs.size() > *query.limit) seqs.erase(seqs.begin(), seqs.end() - static_cast<long>(*query.limit));
  return seqs;
}

std::vector<std::uint64_t> expected(const std::string& path, const RecordQuery& query) {
  return expected(records_of(path), query);
}

RecordQuery by_image(const std::string& image) {
  RecordQuery query;
  query.image = image;
  return query;
}

// How many records the index file says that it covers; nothing where there is none.
std::optional<std::int64_t> covered(const std::string& path) {
  try {
    const SQLite::Database database(path + ".index", SQLite::OPEN_READONLY);
    SQLite::Statement statement(database, "SELECT size FROM meta");
    if (statement.executeStep()) return statement.getColumn(0).getInt64();
  } catch (const SQLite::Exception&) {
  }
  return std::nullopt;
}

// Whether queries believe the index: without its lists, they find nothing in what it covers.
bool is_used(const std::string& path, const RecordQuery& query) {
  run_sql(path + ".index", "DELETE FROM postings");
  return found(path, query).empty();
}

Term image_term(const std::string& image) { return term_of(static_cast<std::uint8_t>(Field::kImage), image); }

TEST_CASE("find_records finds what a look at every record finds", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  std::mt19937_64 random(Catch::rngSeed());
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  for (const std::size_t more : {std::size_t{0}, std::size_t{900}, kEnough}) {
    {
      Log log = must(Log::open(path, identity(Time{kStart.unix_us + 1'000'000'000})));
      grow(log, more);
    }
    std::vector<RecordQuery> queries(3);
    queries[1].limit = 5;
    queries[2].outcome = "allow";
    for (int round = 0; round < 40; ++round) {
      RecordQuery query;
      if (one_in(2)) query.image = "img-" + std::to_string(random() % 510);
      if (one_in(3)) query.principal = one_in(4) ? "user/\"zoë\"\n\\" : "user/u" + std::to_string(random() % 12);
      if (one_in(3)) query.code = one_in(2) ? "200" : "ImageNotAllowDelete";
      if (one_in(3)) query.outcome = one_in(2) ? "deny" : "indeterminate";
      if (one_in(4)) query.since = Time{kStart.unix_us + static_cast<std::int64_t>(random() % 20'000'000)};
      if (one_in(4)) query.until = Time{kStart.unix_us + static_cast<std::int64_t>(random() % 20'000'000)};
      if (one_in(2)) query.limit = random() % 40;
      queries.push_back(query);
    }
    const auto records = records_of(path);
    for (const RecordQuery& query : queries) {
      CAPTURE(more, query.image, query.principal, query.code, query.outcome, query.limit.value_or(999));
      CHECK(found(path, query) == expected(records, query));
    }
  }
  CHECK(covered(path) == 2 * kEnough + 900 + 1);
  CHECK(verify_log(path).ok());
}

TEST_CASE("the index is made where a query needs it, and used", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  SECTION("not for a small log") {
    make_big_log(path, 500);
    CHECK(found(path, by_image("img-0")) == expected(path, by_image("img-0")));
    CHECK_FALSE(std::filesystem::exists(path + ".index"));
  }
  SECTION("not for times") {
    make_big_log(path);
    RecordQuery query;
    query.since = kStart;
    query.limit = 3;
    CHECK(found(path, query) == std::vector<std::uint64_t>{kEnough - 2, kEnough - 1, kEnough});
    CHECK_FALSE(std::filesystem::exists(path + ".index"));
  }
  SECTION("not for a short time") {
    make_big_log(path);
    RecordQuery query = by_image("img-0");
    query.since = Time{kStart.unix_us + 10'000'000};
    CHECK(found(path, query) == expected(path, query));
    CHECK_FALSE(std::filesystem::exists(path + ".index"));
  }
  SECTION("for a field") {
    make_big_log(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::uint64_t last = 0;
    Log log = must(Log::open_read_only(path));
    const auto progress = [&](std::uint64_t done, std::uint64_t total) {
      CHECK(total > 0);
      CHECK(done <= total);
      last = done;
    };
    must(find_records(log, path, by_image("img-0"), progress, [](const Record&, std::string_view) { return true; }));
    CHECK(last > 0);
    CHECK(covered(path) == kEnough + 1);
    CHECK(std::filesystem::status(path + ".index").permissions() == std::filesystem::status(path).permissions());
    // A few records more are looked at, and no reason to write.
    {
      Log writer = must(Log::open(path, identity()));
      grow(writer, 600);
    }
    CHECK(found(path, by_image("img-0")) == expected(path, by_image("img-0")));
    CHECK(covered(path) == kEnough + 1);
  }
  // This is what a forged index can do, and shows that the index was asked at all.
  SECTION("for every field, and with a limit") {
    make_big_log(path);
    RecordQuery query;
    const auto set = GENERATE(0, 1, 2, 3, 4);
    if (set == 0 || set == 4) query.image = "img-0";
    if (set == 1) query.principal = "user/u1";
    if (set == 2) query.code = "200";
    if (set == 3) query.outcome = "deny";
    if (set == 4) query.limit = 2;
    CHECK(found(path, query) == expected(path, query));
    CHECK(is_used(path, query));
  }
}

TEST_CASE("find_records stops where the visitor says so", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  RecordQuery query;
  query.outcome = "deny";
  SECTION("from the front") {}
  SECTION("of the last ones") { query.limit = 5; }
  Log log = must(Log::open_read_only(path));
  int visited = 0;
  must(find_records(log, path, query, {}, [&](const Record&, std::string_view) { return ++visited < 2; }));
  CHECK(visited == 2);
}

TEST_CASE("a text that no record can hold matches nothing", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  CHECK(found(path, by_image("\xff")).empty());
  CHECK(found(path, by_image("img-")).empty());
}

TEST_CASE("an index that is damaged or of another version is made anew", "[audit][index][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string index = path + ".index";
  make_big_log(path);
  const auto query = by_image("img-7");
  const auto want = expected(path, query);
  REQUIRE(found(path, query) == want);
  REQUIRE(covered(path) == kEnough + 1);
  std::string bytes = read_file(index);
  REQUIRE(bytes.size() > 8 * 4'096);
  const auto term = std::to_string(image_term("img-7"));
  SECTION("empty") { write_file(index, ""); }
  SECTION("a part of the header") { write_file(index, bytes.substr(0, 50)); }
  SECTION("cut off") { write_file(index, bytes.substr(0, bytes.size() / 2)); }
  SECTION("cut off in the first page") { write_file(index, bytes.substr(0, 300)); }
  SECTION("garbage after the header") {
    std::fill(bytes.begin() + 100, bytes.end(), '\xa5');
    write_file(index, bytes);
  }
  SECTION("garbage in the lists") {
    std::fill(bytes.begin() + 2 * 4'096, bytes.end(), '\xa5');
    write_file(index, bytes);
  }
  SECTION("a version to come") { run_sql(index, "PRAGMA user_version = 2"); }
  SECTION("a table too much") { run_sql(index, "CREATE TABLE more(x)"); }
  SECTION("a trigger") { run_sql(index, "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM postings; END"); }
  SECTION("other tables") { run_sql(index, "DROP TABLE postings; CREATE TABLE postings(term, first_seq, seqs)"); }
  SECTION("no mark") { run_sql(index, "DELETE FROM meta"); }
  SECTION("an impossible size") { run_sql(index, "UPDATE meta SET size = -1"); }
  SECTION("a size beyond any log") { run_sql(index, "UPDATE meta SET size = 9223372036854775807"); }
  SECTION("a size beyond the log") { run_sql(index, "UPDATE meta SET size = 1000000"); }
  SECTION("another place in the log") { run_sql(index, "UPDATE meta SET size = size - 1"); }
  SECTION("another origin") { run_sql(index, "UPDATE meta SET origin = 'example.com/other'"); }
  SECTION("a write-ahead log") {
    SQLite::Database database(index, SQLite::OPEN_READWRITE);
    database.execAndGet("PRAGMA journal_mode = WAL");
  }
  SECTION("a distance of nothing") { run_sql(index, "UPDATE postings SET seqs = x'0100' WHERE term = " + term); }
  SECTION("a number without an end") { run_sql(index, "UPDATE postings SET seqs = x'80' WHERE term = " + term); }
  SECTION("a number too large") {
    run_sql(index, "UPDATE postings SET seqs = x'ffffffffffffffff7f' WHERE term = " + term);
  }
  SECTION("a distance beyond any record") {
    run_sql(index, "UPDATE postings SET seqs = x'ffffffffffffff7f' WHERE term = " + term);
  }
  SECTION("rows that overlap") {
    run_sql(index, "INSERT INTO postings SELECT term, first_seq + 1, seqs FROM postings WHERE term = " + term);
  }
  SECTION("a list too long") { run_sql(index, "UPDATE postings SET seqs = zeroblob(100000) WHERE term = " + term); }
  SECTION("a row before the first record") {
    run_sql(index, "UPDATE postings SET first_seq = -5 WHERE term = " + term);
  }
  CHECK(found(path, query) == want);
  CHECK(found(path, query) == want);
  CHECK(covered(path) == kEnough + 1);
  CHECK(is_used(path, query));
}

TEST_CASE("an index that is damaged where a second field is looked up is made anew", "[audit][index][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string index = path + ".index";
  make_big_log(path);
  auto query = by_image("img-7");
  query.outcome = "deny";
  const auto want = expected(path, query);
  REQUIRE_FALSE(want.empty());
  REQUIRE(found(path, query) == want);
  // The longer list is asked about what the shorter one names.
  const auto term = std::to_string(term_of(static_cast<std::uint8_t>(Field::kOutcome), "deny"));
  SECTION("a number without an end") { run_sql(index, "UPDATE postings SET seqs = x'80' WHERE term = " + term); }
  SECTION("garbage in the lists") {
    std::string bytes = read_file(index);
    std::fill(bytes.begin() + 2 * 4'096, bytes.end(), '\xa5');
    write_file(index, bytes);
  }
  CHECK(found(path, query) == want);
  CHECK(found(path, query) == want);
  CHECK(covered(path) == kEnough + 1);
  CHECK(is_used(path, query));
}

TEST_CASE("an index that is damaged where it is to grow is made anew", "[audit][index][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string index = path + ".index";
  make_big_log(path);
  const auto query = by_image("img-7");
  found(path, query);
  REQUIRE(covered(path) == kEnough + 1);
  {
    Log log = must(Log::open(path, identity()));
    grow(log, kEnough);
  }
  SECTION("lists that end within a number") { run_sql(index, "UPDATE postings SET seqs = x'80'"); }
  SECTION("lists that name records to come") { run_sql(index, "UPDATE postings SET first_seq = first_seq + 1000000"); }
  const auto want = expected(path, query);
  CHECK(found(path, query) == want);
  CHECK(found(path, query) == want);
  CHECK(covered(path) == 2 * kEnough + 1);
  CHECK(is_used(path, query));
}

TEST_CASE("what has the name of the index and is none is left alone", "[audit][index][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string index = path + ".index";
  make_big_log(path);
  const auto query = by_image("img-7");
  SECTION("a text") { write_file(index, "notes\n"); }
  SECTION("another log") { make_log(index, {3}); }
  SECTION("a database of somebody else") {
    SQLite::Database database(index, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE t(x)");
  }
  SECTION("a link to an empty file") {
    write_file(folder / "target", "");
    std::filesystem::create_symlink(folder / "target", index);
  }
  SECTION("a link to nothing") { std::filesystem::create_symlink(folder / "target", index); }
  SECTION("a folder") { std::filesystem::create_directory(index); }
  const bool has_target = std::filesystem::exists(folder / "target");
  const bool is_folder = std::filesystem::is_directory(index);
  const std::string before = is_folder ? "" : read_file(index);
  CHECK(found(path, query) == expected(path, query));
  CHECK(std::filesystem::is_directory(index) == is_folder);
  if (!is_folder) CHECK(read_file(index) == before);
  CHECK(std::filesystem::exists(folder / "target") == has_target);
}

TEST_CASE("where the index cannot be written the log is read, with what there is", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  const auto query = by_image("img-7");
  const auto want = expected(path, query);
  const bool has_index = GENERATE(false, true);
  if (has_index) {
    REQUIRE(found(path, query) == want);
    Log log = must(Log::open(path, identity()));
    grow(log, kEnough);
  }
  const auto all = expected(path, query);
  const auto index_before = read_file(path + ".index");
  using std::filesystem::perms;
  const perms readable = perms::owner_read | perms::group_read | perms::others_read;
  for (const std::string& name : folder.names()) std::filesystem::permissions(folder / name, readable);
  std::filesystem::permissions(folder.path(), readable | perms::owner_exec | perms::group_exec | perms::others_exec);
  const int status = in_child([&] {
    drop_privileges();
    auto log = Log::open_read_only(path);
    if (!log) return 2;
    std::vector<std::uint64_t> seqs;
    const auto done = find_records(*log, path, query, {}, [&](const Record& record, std::string_view) {
      seqs.push_back(record.seq);
      return true;
    });
    return done && seqs == all ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(read_file(path + ".index") == index_before);
  CHECK(std::filesystem::exists(path + ".index") == has_index);
}

TEST_CASE("an index of another log under the same name is made anew", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  const auto query = by_image("img-7");
  found(path, query);
  REQUIRE(covered(path) == kEnough + 1);
  for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  const std::size_t count = GENERATE(std::size_t{100}, kEnough - 1'000, kEnough, kEnough + 1'000);
  Log log = must(Log::create(path, kOrigin, identity()));
  must(log.append(std::vector<Draft>(1, mixed(7))));
  grow(log, count - 1);
  CHECK(found(log, path, query) == expected(path, query));
  if (count > 8'192) CHECK(covered(path) == count + 1);
}

TEST_CASE("a forged index makes no record appear that does not match", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  auto query = by_image("img-7");
  const bool has_limit = GENERATE(false, true);
  if (has_limit) query.limit = 4;
  const auto want = expected(path, query);
  REQUIRE(found(path, query) == want);
  // Every list says of every record from 1 on that it is in it.
  const std::string term = std::to_string(image_term("img-7"));
  std::string rows = "DELETE FROM postings WHERE term = " + term;
  for (std::size_t seq = 1; seq < kEnough + 500; seq += 100) {
    rows += "; INSERT INTO postings VALUES(" + term + ", " + std::to_string(seq) + ", x'";
    for (int i = 1; i < 100; ++i) rows += "01";
    rows += "')";
  }
  run_sql(path + ".index", rows);
  CHECK(found(path, query) == want);
}

TEST_CASE("a record that cannot be read is named, by a query that meets it", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  const bool has_index = GENERATE(false, true);
  if (has_index) found(path, by_image("img-7"));
  const auto bad = expected(path, by_image("img-7")).at(3);
  run_sql(path, "DROP TRIGGER runs_no_update; UPDATE runs SET leaves = CAST(replace(CAST(leaves AS TEXT), '\"seq\":" +
                    std::to_string(bad) + ",', '\"sEq\":" + std::to_string(bad) + ",') AS BLOB) WHERE first_seq <= " +
                    std::to_string(bad) + " AND first_seq + count > " + std::to_string(bad));
  Log log = must(Log::open_read_only(path));
  for (const auto& limit : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(kEnough)}) {
    auto query = by_image("img-7");
    query.limit = limit;
    const auto status = find_records(log, path, query, {}, [](const Record&, std::string_view) { return true; });
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code == Errc::kMalformedInput);
    CHECK(status.error().message.rfind(path + ": record " + std::to_string(bad) + ": ", 0) == 0);
  }
}

TEST_CASE("many catch the index up at once", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  const auto query = by_image("img-7");
  const auto want = expected(path, query);
  std::array<std::vector<std::uint64_t>, 6> answers;
  {
    std::vector<std::jthread> threads;
    for (auto& answer : answers) {
      threads.emplace_back([&] {
        auto log = Log::open_read_only(path);
        if (!log) return;
        static_cast<void>(find_records(*log, path, query, {}, [&](const Record& record, std::string_view) {
          answer.push_back(record.seq);
          return true;
        }));
      });
    }
  }
  for (const auto& answer : answers) CHECK(answer == want);
  CHECK(covered(path) == kEnough + 1);
  CHECK(found(path, query) == want);
}

TEST_CASE("an index that is made anew while it is read costs no answer", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path);
  RecordQuery query;
  query.outcome = "deny";
  const auto want = expected(path, query);
  REQUIRE(found(path, query) == want);
  Log log = must(Log::open_read_only(path));
  std::vector<std::uint64_t> seqs;
  must(find_records(log, path, query, {}, [&](const Record& record, std::string_view) {
    if (seqs.empty()) must(must(IndexStore::open(path + ".index", path)).reset(kOrigin));
    seqs.push_back(record.seq);
    return true;
  }));
  CHECK(seqs == want);
}

TEST_CASE("a process that dies while it catches up leaves an index that is right", "[audit][index]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_big_log(path, 40'000);
  const auto query = by_image("img-7");
  const ::pid_t child = ::fork();
  if (child == 0) {
    auto log = Log::open_read_only(path);
    const auto die = [](std::uint64_t, std::uint64_t) { ::_exit(7); };
    if (log)
      static_cast<void>(find_records(*log, path, query, die, [](const Record&, std::string_view) { return true; }));
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 7);
  CHECK(covered(path) == 0);
  CHECK(found(path, query) == expected(path, query));
  CHECK(covered(path) == 40'001);
}

// The lists themselves, in small steps: rows that go on, rows that are full.
TEST_CASE("lists of terms, added to and cut", "[audit][index]") {
  const TempFolder folder;
  IndexStore store = must(IndexStore::open(folder / "index", folder.path()));
  CHECK_FALSE(must(store.mark()).has_value());
  must(store.reset(kOrigin));
  std::mt19937_64 random(Catch::rngSeed());
  constexpr std::size_t kTerms = 6;
  std::array<std::vector<std::uint64_t>, kTerms> lists;
  std::uint64_t size = 0;
  for (const std::uint64_t count : {1U, 3U, 9'000U, 40U, 30'000U, 8'192U, 8'193U, 1U}) {
    const auto mark = must(store.begin());
    REQUIRE(mark.has_value());
    CHECK(mark->size == size);
    std::vector<Posting> postings;
    for (Term term = 0; term < kTerms; ++term) {
      for (std::uint64_t i = 0; i < count; ++i) {
        if (term != 0 && random() % (std::uint64_t{1} << 3 * (term - 1)) != 0) continue;
        postings.push_back(term << kChunkBits | i);
        lists[term].push_back(size + i);
      }
    }
    size += count;
    must(store.add({mark->generation, kOrigin, size, "last"}, postings));
  }
  const auto mark = must(store.mark());
  REQUIRE(mark.has_value());
  CHECK(mark->size == size);
  CHECK(mark->last_leaf == "last");
  const auto cut = [&](std::size_t term, std::uint64_t from, std::uint64_t to) {
    const auto& list = lists[term];
    return std::vector<std::uint64_t>(std::lower_bound(list.begin(), list.end(), from),
                                      std::lower_bound(list.begin(), list.end(), to));
  };
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t from = random() % size;
    const std::uint64_t to = from + random() % (size - from + 1);
    const std::size_t term = random() % kTerms;
    const std::size_t other = random() % kTerms;
    CAPTURE(from, to, term, other);
    std::vector<std::uint64_t> seqs;
    must(store.collect(mark->generation, term, from, to, seqs));
    CHECK(seqs == cut(term, from, to));
    must(store.retain(mark->generation, other, seqs));
    std::vector<std::uint64_t> both;
    const auto a = cut(term, from, to);
    const auto b = cut(other, from, to);
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    CHECK(seqs == both);
  }
  CHECK(must(store.weight(mark->generation, 5)) < must(store.weight(mark->generation, 1)));
  CHECK(must(store.weight(mark->generation, 99)) == 0);
  std::vector<std::uint64_t> seqs;
  CHECK(store.collect("another", 0, 0, size, seqs).error().code == Errc::kConflict);
}

TEST_CASE("a term is of a field and a text", "[audit][index]") {
  CHECK(term_of(1, "a") != term_of(2, "a"));
  CHECK(term_of(1, "a") != term_of(1, "b"));
  CHECK(term_of(1, "") != term_of(2, ""));
  CHECK(term_of(1, "img-1") >> kTermBits == 0);
  // It is in files: it stays what it is.
  CHECK(term_of(7, "img-0aex1") == 0xbdd61396d29);
}

}  // namespace
}  // namespace imagewarden::audit::test
