// Logs that are damaged, closed, replaced or opened for reading only, and everything that can be asked of them: an
// operation refuses in one line that names the file, or its answer is that of the log as it was. The table says which
// ones are misled, as they do not look at what is damaged; that is what verify is for, and it says what is wrong.

#include <filesystem>

#include "tests/unit/audit/forger.h"
#include "tests/unit/audit/operations.h"

namespace imagewarden::audit::test {
namespace {

struct Damage {
  const char* why;
  std::string sql;
  const char* verify;  // its finding
  const char* misled;  // operations with another answer than that of the whole log, in their order
};

// `changes` to the run that starts at record `first_seq`; 32 is the last one.
std::string run(int first_seq, const std::string& changes) {
  return "UPDATE runs SET " + changes + " WHERE first_seq = " + std::to_string(first_seq);
}

// `changes` to the checkpoint of `size` records; 42 is the last one.
std::string checkpoint(int size, const std::string& changes) {
  return "UPDATE checkpoints SET " + changes + " WHERE size = " + std::to_string(size);
}

// The leaves of a run with one text put for another.
std::string leaves_with(const std::string& from, const std::string& to) {
  return "leaves = CAST(replace(leaves, '" + from + "', '" + to + "') AS BLOB)";
}

constexpr const char* kMost = "9223372036854775807";
constexpr const char* kSound = "good: 42";  // of verify

std::vector<Damage> damages() {
  return {
      {"the first run is gone", "DELETE FROM runs WHERE first_seq = 0", "record 0: the next run starts at record 1",
       ""},
      {"the run of the key is gone", "DELETE FROM runs WHERE first_seq = 1",
       "record 1: the next run starts at record 2", ""},
      {"a run is gone", "DELETE FROM runs WHERE first_seq = 22", "record 22: the next run starts at record 32", ""},
      {"the last run is gone", "DELETE FROM runs WHERE first_seq = 32",
       "record 32: a detail is stored for a record that does not exist", "head read stats find_since append"},
      {"all runs are gone", "DELETE FROM runs", "record 0: the log has no record, not even its `log-start`", ""},
      {"a run stands before the first one",
       "INSERT INTO runs SELECT -3, count, nodes, leaves FROM runs WHERE first_seq = 22",
       "record 0: the next run starts at record -3", ""},
      {"only a run before the first place is left", "DELETE FROM runs WHERE first_seq > 0; " + run(0, "first_seq = -1"),
       "record 0: the next run starts at record -1", ""},

      {"a run counts nothing", run(22, "count = 0"), "record 22: its run counts 0 records and holds 10", ""},
      {"a run counts less than nothing", run(22, "count = -1"), "record 22: its run counts -1 records and holds 10",
       ""},
      {"a run counts one more", run(22, "count = 11"), "record 32: its run counts 11 records and holds 10", ""},
      {"a run counts one less", run(22, "count = 9"), "record 31: its run counts 9 records and holds 10", ""},
      {"a run counts more than any", run(22, std::string("count = ") + kMost),
       "record 32: its run counts 9223372036854775807 records and holds 10", ""},
      {"the last run counts nothing", run(32, "count = 0"), "record 32: its run counts 0 records and holds 10", ""},
      {"the last run counts one more", run(32, "count = 11"), "record 42: its run counts 11 records and holds 10", ""},
      {"the last run counts more than any", run(32, std::string("count = ") + kMost),
       "record 42: its run counts 9223372036854775807 records and holds 10", ""},
      {"the last run is beyond any place", run(32, std::string("first_seq = ") + kMost),
       "record 32: the next run starts at record 9223372036854775807", ""},

      {"a run without leaves", run(22, "leaves = x''"), "record 22: its run counts 10 records and holds 0", ""},
      {"a run whose leaves are no records", run(22, leaves_with("{", "[")),
       "record 22: not a canonical record at byte 0: expected `{`", "leaf read"},
      {"a run without its last line feed", run(22, "leaves = substr(leaves, 1, length(leaves) - 1)"),
       "record 31: its bytes do not end with a line feed", ""},
      {"a run with other texts", run(22, leaves_with("img-2", "img-7")),
       "record 22: its bytes have another hash than the stored one", "leaf read find_since find_last"},
      {"the last run without leaves", run(32, "leaves = x''"), "record 32: its run counts 10 records and holds 0", ""},
      {"the last run's leaves are no records", run(32, leaves_with("{", "[")),
       "record 32: not a canonical record at byte 0: expected `{`", "read"},
      {"the last run's records say other places", run(32, leaves_with("\"seq\":4", "\"seq\":5")),
       "record 40: it says that it is record 50", "read find_since"},

      {"a run without nodes", run(22, "nodes = x''"), "record 22: its bytes have another hash than the stored one", ""},
      {"a run with other nodes", run(22, "nodes = zeroblob(length(nodes))"),
       "record 22: its bytes have another hash than the stored one", "head root_at prove_consistency"},
      {"a run with a node more", run(22, "nodes = CAST(nodes || zeroblob(32) AS BLOB)"),
       "record 31: its run holds more hashes than leaves and nodes", ""},
      {"a run with more nodes than any", run(22, "nodes = zeroblob(2000000)"),
       "record 22: its bytes have another hash than the stored one", ""},
      {"the last run without nodes", run(32, "nodes = x''"),
       "record 32: its bytes have another hash than the stored one", ""},
      {"the last run with other nodes", run(32, "nodes = zeroblob(length(nodes))"),
       "record 32: its bytes have another hash than the stored one", "head prove_consistency"},

      {"the record of the key is no record", run(1, "leaves = x'7b7d0a'"),
       R"(record 1: not a canonical record at byte 1: expected member "kind")", "read"},
      {"the record of the key holds no key", run(1, leaves_with("example.com/test+", "example.com/test-")),
       "record 1: it announces no verifier key", "read"},
      {"the record of the key is of another kind", run(1, leaves_with("key-change", "heartbeat")),
       "record 1: its bytes have another hash than the stored one", "read first_key"},

      {"all checkpoints are gone", "DELETE FROM checkpoints", kSound, "newest_checkpoint stats"},
      {"a checkpoint is no note", checkpoint(22, "note = 'x'"),
       "stored checkpoint 3: the note does not end with a line feed", ""},
      {"a checkpoint of less than nothing", checkpoint(2, "size = -1"),
       "stored checkpoint 1: it is stored as one of -1 records, and covers 2", ""},
      {"the last checkpoint is no note", checkpoint(42, "note = 'x'"),
       "stored checkpoint 5: the note does not end with a line feed", "newest_checkpoint"},
      {"the last checkpoint is of another log",
       checkpoint(42, "note = replace(note, 'example.com/test', 'example.com/tess')"),
       "stored checkpoint 5: it is of the log `example.com/tess`", "newest_checkpoint prove"},
      {"the last checkpoint covers more records than there are",
       checkpoint(42, "size = 50, note = replace(note, char(10) || '42' || char(10), char(10) || '50' || char(10))"),
       "stored checkpoint 5: it covers 50 records, the log holds 42", "newest_checkpoint"},
      {"the last checkpoint covers more records than its row says", checkpoint(42, "size = 41"),
       "stored checkpoint 5: it is stored as one of 41 records, and covers 42", ""},
      {"the last checkpoint is signed by nobody",
       checkpoint(42, "note = substr(note, 1, length(note) - 10) || 'AAAAAAA==' || char(10)"),
       "stored checkpoint 5: the signature of `example.com/test` does not verify",
       "newest_checkpoint prove checkpoint checkpoint_published close"},
      {"the last checkpoint has the last place there is", checkpoint(42, std::string("id = ") + kMost), kSound, ""},
  };
}

Result<std::string> asked(const Operation& operation, const std::string& path) {
  auto log = operation.writes ? Log::open(path, identity({kStart.unix_us + 3'600'000'000})) : Log::open_read_only(path);
  if (!log) return tl::make_unexpected(log.error());
  return operation.run(*log, path);
}

void add_word(std::string& words, std::string_view word) { words.append(words.empty() ? "" : " ").append(word); }

void put_file(const std::string& path, const std::string& content) {
  for (const char* const suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  write_file(path, content);
}

void check_refusal(const Error& error, const std::string& path) {
  CHECK((error.code == Errc::kMalformedInput || error.code == Errc::kConflict || error.code == Errc::kNotFound));
  CHECK(error.message.starts_with(path + ": "));
  CHECK(error.message.find('\n') == std::string::npos);
}

TEST_CASE("a damaged log and every operation", "[audit][damage][table]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_rich_log(path);
  const std::string good = read_file(path);
  const auto all = operations(rich_anchors(path));
  std::vector<std::string> answers;
  for (const Operation& operation : all) {
    put_file(path, good);
    answers.push_back(must(asked(operation, path)));
  }
  for (const Damage& row : damages()) {
    CAPTURE(row.why);
    put_file(path, good);
    {
      Forger forger(path);
      forger.exec(row.sql);
      forger.restore_guards();
    }
    const std::string damaged = read_file(path);
    CHECK(damaged != good);
    const std::string found = must(verified(path, {}, false));
    CHECK(found == row.verify);
    std::string misled;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Operation& operation = all[i];
      const std::string_view name = operation.name;
      const bool verifies = name.starts_with("verify");
      put_file(path, damaged);
      const auto result = asked(operation, path);
      CAPTURE(name, result ? *result : result.error().message);
      if (!result) {
        check_refusal(result.error(), path);
      } else if (*result != answers[i] && !verifies) {
        add_word(misled, name);
      }
      // What an anchor covers can be taken for good, and damage there is not looked at then.
      if (verifies) CHECK((result && (*result == found || (name == "verify_resumed" && *result == answers[i]))));
      if (!result || !operation.writes) {
        // Nothing was written, not even a part.
        CHECK(read_file(path) == damaged);
        CHECK(read_file(path + "-wal").empty());
      } else if (found != kSound) {
        // Whatever is written upon damage, it stays in sight.
        CHECK_FALSE(verify_log(path).ok());
      }
    }
    CHECK(misled == row.misled);
  }
}

// What is left of the operations where nothing may be written.
TEST_CASE("a log that was opened for reading refuses to write", "[audit][damage]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_rich_log(path);
  const std::string before = read_file(path);
  for (const Operation& operation : operations(rich_anchors(path))) {
    if (!operation.writes || operation.name == std::string_view("open_writing")) continue;
    Log log = must(Log::open_read_only(path));
    const auto result = operation.run(log, path);
    CAPTURE(operation.name);
    REQUIRE_FALSE(result);
    CHECK(result.error() == Error{Errc::kUsage, path + ": opened for reading only"});
    CHECK(read_file(path) == before);
  }
}

TEST_CASE("a log that was removed or replaced while it was open refuses to write", "[audit][damage]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_rich_log(path);
  const auto all = operations(rich_anchors(path));
  const bool is_replaced = GENERATE(false, true);
  Log log = must(Log::open(path, identity()));
  std::filesystem::rename(path, folder / "moved.db");
  if (is_replaced) make_log(path, {2});
  const std::string before = is_replaced ? read_file(path) : "";
  for (const Operation& operation : all) {
    if (!operation.writes || operation.name == std::string_view("open_writing")) continue;
    const auto result = operation.run(log, path);
    CAPTURE(operation.name);
    REQUIRE_FALSE(result);
    CHECK(result.error() == Error{Errc::kIo, path + ": the file was removed or replaced while it was open"});
    CHECK(std::filesystem::exists(path) == is_replaced);
    if (is_replaced) CHECK(read_file(path) == before);
  }
}

TEST_CASE("a closed log is read as before and takes nothing", "[audit][damage]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_rich_log(path);
  const auto all = operations(rich_anchors(path));
  {
    Log log = must(Log::open(path, identity()));
    must(log.close(key_number(1), "example.com/other"));
  }
  const std::string before = read_file(path);
  std::string refuse;
  for (const Operation& operation : all) {
    const auto result = asked(operation, path);
    CAPTURE(operation.name, result ? *result : result.error().message);
    if (result) continue;
    add_word(refuse, operation.name);
    CHECK(result.error().code == Errc::kConflict);
    check_refusal(result.error(), path);
    CHECK(read_file(path) == before);
  }
  CHECK(refuse == "append checkpoint_other_key add_cosigned redact close");
  CHECK(verify_log(path).ok());
}

}  // namespace
}  // namespace imagewarden::audit::test
