// One way to cheat after the other: verify must see it and name the first bad record. What it cannot see,
// docs/audit-log.md says.

#include <algorithm>
#include <bit>

#include "audit/layout.h"
#include "audit/record.h"
#include "audit/schema.h"
#include "audit/store.h"
#include "audit/tree.h"
#include "tests/unit/audit/forger.h"

namespace imagewarden::audit::test {
namespace {

// The log of these tests: records 0 | 1 2 3 | 4 5 | 6 7 8 9, by two writers.
void make_sample(const std::string& path, std::string_view origin = "example.com/test") {
  make_log(path, {3, 2}, origin);
  Log log = must(Log::open(path, identity({kStart.unix_us + 60'000'000})));
  must(log.append(decisions(4, 5)));
}

Runs sample_runs(const std::string& path) {
  const auto leaves = leaves_of(path);
  REQUIRE(leaves.size() == 10);
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<std::string>(leaves.begin() + from, leaves.begin() + to);
  };
  return {part(0, 1), part(1, 4), part(4, 6), part(6, 10)};
}

void change(std::string& leaf, const std::string& from, const std::string& to) {
  const std::size_t at = leaf.find(from);
  REQUIRE(at != std::string::npos);
  leaf.replace(at, from.size(), to);
}

std::string edited(const std::string& leaf, const std::function<void(Record&)>& edit) {
  Record record = must(decode_record(leaf));
  edit(record);
  return encode_record(record);
}

void check_bad(const std::string& path, std::uint64_t first_bad) {
  const VerifyReport report = verify_log(path);
  CAPTURE(report.problem);
  CHECK_FALSE(report.ok());
  REQUIRE(report.first_bad.has_value());
  CHECK(*report.first_bad == first_bad);
  CHECK(report.problem.find("record " + std::to_string(first_bad) + ":") == 0);
}

TEST_CASE("a log that nobody touched", "[audit][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  std::vector<std::uint64_t> progress;
  VerifyOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(total == 10);
    progress.push_back(done);
  };
  const VerifyReport report = must(verify(path, options));
  CHECK(report.ok());
  CHECK(report.origin == "example.com/test");
  CHECK(report.records == 10);
  CHECK(report.head.size == 10);
  CHECK(report.head.root == must(must(Log::open_read_only(path)).head()).root);
  CHECK_FALSE(report.first_bad.has_value());
  REQUIRE_FALSE(progress.empty());
  CHECK(progress.back() == 10);
}

TEST_CASE("a forger who rewrites everything as it was has changed nothing", "[audit][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  const Head before = must(must(Log::open_read_only(path)).head());
  Forger forger(path);
  forger.rewrite(sample_runs(path));
  forger.restore_guards();
  const VerifyReport report = verify_log(path);
  CAPTURE(report.problem);
  CHECK(report.ok());
  CHECK(report.head.root == before.root);
}

TEST_CASE("any byte of any leaf", "[audit][verify][property]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {2, 1});
  Forger forger(path);
  for (const std::int64_t first_seq : {0, 1, 3}) {
    const std::string leaves = forger.blob("leaves", first_seq);
    for (std::size_t at = 0; at < leaves.size(); ++at) {
      std::string changed = leaves;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      forger.set_blob("leaves", first_seq, changed);
      const VerifyReport report = verify_log(path);
      const auto in_run = std::count(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      CAPTURE(first_seq, at, report.problem);
      REQUIRE_FALSE(report.ok());
      REQUIRE(report.first_bad == static_cast<std::uint64_t>(first_seq + in_run));
    }
    forger.set_blob("leaves", first_seq, leaves);
  }
  forger.restore_guards();
  CHECK(verify_log(path).ok());
}

TEST_CASE("any byte of any node", "[audit][verify][property]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  Forger forger(path);
  for (const std::int64_t first_seq : {0, 1, 4, 6}) {
    // The record whose leaf brings the n-th hash of the run.
    std::vector<std::uint64_t> completing;
    const std::string nodes = forger.blob("nodes", first_seq);
    for (auto seq = static_cast<std::uint64_t>(first_seq); completing.size() * 32 < nodes.size(); ++seq) {
      completing.insert(completing.end(), static_cast<std::size_t>(std::countr_zero(seq + 1)) + 1, seq);
    }
    for (std::size_t at = 0; at < nodes.size(); ++at) {
      std::string changed = nodes;
      changed[at] = static_cast<char>(changed[at] ^ 0x80);
      forger.set_blob("nodes", first_seq, changed);
      const VerifyReport report = verify_log(path);
      CAPTURE(first_seq, at, report.problem);
      REQUIRE(report.first_bad == completing[at / 32]);
    }
    forger.set_blob("nodes", first_seq, nodes);
  }
  forger.restore_guards();
  CHECK(verify_log(path).ok());
}

TEST_CASE("rows changed by hand", "[audit][verify][table]") {
  struct Row {
    const char* why;
    const char* sql;
    std::uint64_t first_bad;
  };
  const auto row = GENERATE(values<Row>({
      {"the first run deleted", "DELETE FROM runs WHERE first_seq = 0", 0},
      {"a run deleted", "DELETE FROM runs WHERE first_seq = 1", 1},
      {"all runs deleted", "DELETE FROM runs", 0},
      {"a run moved down", "DELETE FROM runs WHERE first_seq = 4; UPDATE runs SET first_seq = 4 WHERE first_seq = 6",
       4},
      {"a run moved up", "UPDATE runs SET first_seq = 7 WHERE first_seq = 6", 6},
      {"a run before the first one", "INSERT INTO runs SELECT -3, count, nodes, leaves FROM runs WHERE first_seq = 1",
       0},
      {"a run twice", "INSERT INTO runs SELECT 10, count, nodes, leaves FROM runs WHERE first_seq = 6", 10},
      {"two runs swapped",
       "UPDATE runs SET first_seq = 100 WHERE first_seq = 1; UPDATE runs SET first_seq = 1 WHERE first_seq = 4; "
       "UPDATE runs SET first_seq = 4 WHERE first_seq = 100",
       1},
      {"a count too small", "UPDATE runs SET count = 2 WHERE first_seq = 1", 3},
      {"a count too large", "UPDATE runs SET count = 4 WHERE first_seq = 1", 4},
      {"a count of nothing", "UPDATE runs SET count = 0 WHERE first_seq = 4", 4},
      {"a negative count", "UPDATE runs SET count = -1 WHERE first_seq = 6", 6},
      {"no leaves", "UPDATE runs SET leaves = x'' WHERE first_seq = 4", 4},
      {"the last line feed gone",
       "UPDATE runs SET leaves = CAST(substr(leaves, 1, length(leaves) - 1) AS BLOB) WHERE first_seq = 4", 5},
      {"the last bytes gone", "UPDATE runs SET leaves = substr(leaves, 1, length(leaves) - 9) WHERE first_seq = 6", 9},
      {"an empty leaf more", "UPDATE runs SET leaves = CAST(leaves || x'0a' AS BLOB) WHERE first_seq = 4", 6},
      {"no nodes", "UPDATE runs SET nodes = x'' WHERE first_seq = 1", 1},
      {"a node too few", "UPDATE runs SET nodes = substr(nodes, 1, length(nodes) - 32) WHERE first_seq = 1", 3},
      {"a node too many", "UPDATE runs SET nodes = CAST(nodes || zeroblob(32) AS BLOB) WHERE first_seq = 4", 5},
      {"a byte too many", "UPDATE runs SET nodes = CAST(nodes || x'00' AS BLOB) WHERE first_seq = 6", 9},
      {"another origin", "UPDATE meta SET value = 'example.com/other'", 0},
      {"a detail of a record without one", "INSERT INTO details VALUES(5, '{}')", 5},
      {"a detail beyond the end", "INSERT INTO details VALUES(10, '{}')", 10},
      {"a detail before the start", "INSERT INTO details VALUES(-1, '{}')", 0},
      {"two faults, the first one counts",
       "UPDATE runs SET count = 5 WHERE first_seq = 6; UPDATE runs SET nodes = x'' WHERE first_seq = 1", 1},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  Forger forger(path);
  forger.exec(row.sql);
  forger.restore_guards();
  check_bad(path, row.first_bad);
}

TEST_CASE("records changed, with counts and hashes made to fit", "[audit][verify][table]") {
  struct Row {
    const char* why;
    std::function<void(Runs&)> forge;
    std::uint64_t first_bad;
  };
  const auto row = GENERATE(values<Row>({
      {"deleted", [](Runs& runs) { runs[1].erase(runs[1].begin() + 1); }, 2},
      {"the first one deleted", [](Runs& runs) { runs.erase(runs.begin()); }, 0},
      {"inserted", [](Runs& runs) { runs[1].insert(runs[1].begin() + 1, runs[3][0]); }, 2},
      {"duplicated", [](Runs& runs) { runs[1].push_back(runs[1][2]); }, 4},
      {"swapped", [](Runs& runs) { std::swap(runs[1][0], runs[2][1]); }, 1},
      {"one's seq changed", [](Runs& runs) { change(runs[2][0], R"("seq":4)", R"("seq":5)"); }, 4},
      {"one's pseq raised", [](Runs& runs) { change(runs[2][0], R"("pseq":4)", R"("pseq":5)"); }, 4},
      {"one's pseq lowered", [](Runs& runs) { change(runs[2][0], R"("pseq":4)", R"("pseq":3)"); }, 4},
      {"one before the one before it", [](Runs& runs) { change(runs[2][0], "T08:00:02", "T08:00:00"); }, 4},
      {"one after the one after it", [](Runs& runs) { change(runs[1][1], "T08:00:01", "T09:00:01"); }, 3},
      {"one's writer changed", [](Runs& runs) { runs[1][1] = edited(runs[1][1], [](Record& r) { r.writer = "f"; }); },
       2},
      {"one's origin changed", [](Runs& runs) { change(runs[1][1], "example.com/test", "example.com/tess"); }, 2},
      {"white space", [](Runs& runs) { change(runs[3][2], R"("seq":8)", R"("seq": 8)"); }, 8},
      {"a kind that nobody knows",
       [](Runs& runs) { change(runs[3][2], R"("kind":"decision")", R"("kind":"decisions")"); }, 8},
      {"a second log-start", [](Runs& runs) { change(runs[3][2], R"("kind":"decision")", R"("kind":"log-start")"); },
       8},
      {"no log-start", [](Runs& runs) { change(runs[0][0], R"("kind":"log-start")", R"("kind":"heartbeat")"); }, 0},
      {"a writer's first records lost, the later ones moved up",
       [](Runs& runs) {
         runs[3].erase(runs[3].begin(), runs[3].begin() + 2);
         for (std::size_t i = 0; i < 2; ++i) runs[3][i] = edited(runs[3][i], [](Record& r) { r.seq -= 2; });
       },
       6},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  Runs runs = sample_runs(path);
  row.forge(runs);
  Forger forger(path);
  forger.rewrite(runs);
  forger.restore_guards();
  check_bad(path, row.first_bad);
}

TEST_CASE("a record of another log", "[audit][verify]") {
  const TempFolder folder;
  make_sample(folder / "a.db");
  make_sample(folder / "b.db", "example.com/other");
  make_sample(folder / "c.db");  // of the same name, by other writers
  Runs runs = sample_runs(folder / "a.db");
  const std::string from = GENERATE(values<std::string>({"b.db", "c.db"}));
  CAPTURE(from);
  runs[1][1] = sample_runs(folder / from)[1][1];
  Forger forger(folder / "a.db");
  forger.rewrite(runs);
  forger.restore_guards();
  check_bad(folder / "a.db", 2);
}

TEST_CASE("a detail that was changed", "[audit][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  {
    Log log = must(Log::create(path, "example.com/test", identity()));
    auto drafts = decisions(200);
    for (Draft& draft : drafts) {
      draft.detail = "{\"image\":\"" + draft.image + "\"}";
      draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
    }
    must(log.append(drafts));
  }
  REQUIRE(verify_log(path).ok());
  Forger forger(path);
  SECTION("is seen") {
    forger.exec(
        "UPDATE details SET detail = detail || ' ' WHERE seq = 170; UPDATE details SET detail = '{}' WHERE seq = 190");
    forger.restore_guards();
    check_bad(path, 170);
  }
  SECTION("one that was moved, too") {
    forger.exec("DELETE FROM details WHERE seq = 3; UPDATE details SET seq = 3 WHERE seq = 7");
    forger.restore_guards();
    check_bad(path, 3);
  }
  SECTION("one that was removed is no fault: the record stays") {
    forger.exec("DELETE FROM details WHERE seq = 3");
    forger.restore_guards();
    CHECK(verify_log(path).ok());
  }
}

TEST_CASE("a run that no writer makes so long is not read", "[audit][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  {
    Forger forger(path);
    forger.exec("UPDATE runs SET leaves = zeroblob(50000000) WHERE first_seq = 1");
    forger.restore_guards();
  }
  const VerifyReport report = verify_log(path);
  CHECK(report.first_bad == 1U);
  CHECK(report.problem.find("holds 0") != std::string::npos);
  CHECK_FALSE(must(Log::open_read_only(path)).leaf(1).has_value());
}

TEST_CASE("a run of more records than any writer makes", "[audit][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {kMaxRunRecords + 1});
  const auto leaves = leaves_of(path);
  Forger forger(path);
  // Everything fits, but that it is one run.
  forger.rewrite({{leaves.front()}, {leaves.begin() + 1, leaves.end()}});
  forger.restore_guards();
  check_bad(path, 1 + kMaxRunRecords);
  // Who reads a record of it does not walk it.
  Log log = must(Log::open_read_only(path));
  const auto head = log.head();
  REQUIRE_FALSE(head.has_value());
  CHECK(head.error().code == Errc::kMalformedInput);
}

TEST_CASE("guards and tables", "[audit][verify][table]") {
  struct Row {
    const char* why;
    const char* sql;
    const char* named;  // in the problem
  };
  const auto row = GENERATE(values<Row>({
      {"a trigger dropped", "DROP TRIGGER runs_no_delete", "`runs_no_delete` is missing"},
      {"a trigger made toothless",
       "DROP TRIGGER runs_no_update; CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs BEGIN SELECT 1; END",
       "`runs_no_update` was changed"},
      {"a table more", "CREATE TABLE notes(a)", "unknown table `notes`"},
      {"an index", "CREATE INDEX by_count ON runs(count)", "unknown index `by_count`"},
      {"a checkpoint that is no note", "INSERT INTO checkpoints VALUES(1, 10, 'note')", "stored checkpoint 1"},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_sample(path);
  run_sql(path, row.sql);
  const VerifyReport report = verify_log(path);
  CHECK_FALSE(report.ok());
  CHECK_FALSE(report.first_bad.has_value());
  CHECK(report.problem.find(row.named) != std::string::npos);
  // A record that is bad comes first.
  if (std::string(row.why) == "a table more") {
    run_sql(path,
            "DROP TRIGGER runs_no_delete; DELETE FROM runs WHERE first_seq = 6; DROP TRIGGER runs_no_update; "
            "UPDATE runs SET nodes = x'' WHERE first_seq = 1");
    check_bad(path, 1);
  }
}

TEST_CASE("bytes of the file beside its rows", "[audit][verify][property]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {400, 400});
  const std::string whole = read_file(path);
  REQUIRE(whole.size() > 20 * kPageBytes);
  std::size_t seen = 0;
  // Whatever page is blanked: an Error or a report, never a crash, and never a good log with other records.
  for (std::size_t at = 0; at + kPageBytes <= whole.size(); at += kPageBytes) {
    std::string damaged = whole;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), kPageBytes, '\0');
    write_file(path, damaged);
    const auto report = verify(path, {});
    CAPTURE(at);
    if (!report) {
      CHECK(report.error().code == Errc::kMalformedInput);
      ++seen;
    } else if (!report->ok()) {
      ++seen;
    } else {
      CHECK(report->records == 801);
    }
  }
  CHECK(seen * kPageBytes > whole.size() * 9 / 10);
  // Cut short.
  write_file(path, whole.substr(0, whole.size() / 2 / kPageBytes * kPageBytes));
  const auto report = verify(path, {});
  CHECK((!report || !report->ok()));
}

}  // namespace
}  // namespace imagewarden::audit::test
