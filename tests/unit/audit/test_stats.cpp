// The numbers of a log.

#include "audit/stats.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

TEST_CASE("the numbers of a log", "[audit][stats]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  {
    Log log = must(Log::create(path, "example.com/test", identity()));
    must(log.append(decisions(5)));
    Draft odd;
    odd.kind = RecordKind::kBatchEnd;
    odd.principal = "user/\"zoë\"\n";
    odd.note = "allow=3 deny=2 indeterminate=0";
    must(log.append(std::vector<Draft>(7, odd)));
  }
  {
    WriterIdentity other = identity(Time{kStart.unix_us + kDayUs});
    other.host = "host-2";
    Log log = must(Log::open(path, other));
    Draft draft = decision(3);
    draft.principal = "user/bob";
    draft.verb = "explain";
    draft.detail = "{}";
    draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
    must(log.append(std::vector<Draft>(2, draft)));
  }
  std::uint64_t leaf_bytes = 0;
  for (const std::string& leaf : leaves_of(path)) leaf_bytes += leaf.size();
  Log log = must(Log::open_read_only(path));
  const LogStats stats = must(collect_stats(log, path, {.principals = 2, .progress = {}}));
  CHECK(stats.origin == "example.com/test");
  CHECK(stats.records == 15);
  CHECK(stats.leaf_bytes == leaf_bytes);
  CHECK(stats.file_bytes >= std::filesystem::file_size(path));
  CHECK(stats.first_time == kStart);
  CHECK(stats.last_time == Time{kStart.unix_us + kDayUs});
  CHECK(stats.kinds == Counts{{"log-start", 1}, {"decision", 7}, {"batch-end", 7}});
  CHECK(stats.outcomes == Counts{{"allow", 3}, {"deny", 4}});
  CHECK(stats.codes == Counts{{"200", 3}, {"ImageNotAllowDelete", 4}});
  CHECK(stats.verbs == Counts{{"check", 5}, {"explain", 2}});
  CHECK(stats.decisions_by_day == Counts{{"2026-11-24", 5}, {"2026-11-25", 2}});
  CHECK(stats.principals == std::vector<NamedCount>{{"user/\"zoë\"\n", 7}, {"user/alice", 5}});
  CHECK(stats.principals_count == 3);
  CHECK(stats.images_count == 5);
  CHECK(stats.writers_count == 2);
  CHECK(stats.hosts_count == 2);
  CHECK(stats.users_count == 1);
  CHECK(stats.details == 2);
  CHECK(stats.detail_bytes == 4);
  CHECK(stats.checkpoints == 0);
}

TEST_CASE("stats come to an end where a checkpoint has the last possible place", "[audit][stats]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  must(Log::create(path, "example.com/test", identity()));
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("INSERT INTO checkpoints VALUES(9223372036854775807, 1, '')");
  Log log = must(Log::open_read_only(path));
  CHECK(must(collect_stats(log, path, {.principals = 2, .progress = {}})).checkpoints == 1);
}

TEST_CASE("stats count more images, details and checkpoints than are read at once", "[audit][stats]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  constexpr std::size_t kImages = 33'000;
  {
    Log log = must(Log::create(path, "example.com/test", identity()));
    for (int round = 0; round < 3; ++round) must(log.append(decisions(kImages)));
    Draft draft = decision(0);
    draft.detail = "{\"a\":1}";
    draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
    must(log.append(std::vector<Draft>(21, draft)));
  }
  run_sql(path,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
          "INSERT INTO checkpoints(size, note) SELECT 1, 'note' FROM n");
  Log log = must(Log::open_read_only(path));
  std::uint64_t last = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(done > last);
    CHECK(total == 3 * kImages + 22);
    last = done;
  };
  const LogStats stats = must(collect_stats(log, path, {.principals = 10, .progress = progress}));
  CHECK(last > 0);
  CHECK(stats.images_count == kImages);
  CHECK(stats.details == 21);
  CHECK(stats.detail_bytes == 21 * 7);
  CHECK(stats.checkpoints == 600);
}

TEST_CASE("stats name a record that cannot be read", "[audit][stats]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {3});
  run_sql(path,
          "DROP TRIGGER runs_no_update; UPDATE runs SET leaves = CAST(replace(CAST(leaves AS TEXT), '\"seq\":2', "
          "'\"sEq\":2') AS BLOB)");
  Log log = must(Log::open_read_only(path));
  const auto stats = collect_stats(log, path, {});
  REQUIRE_FALSE(stats.has_value());
  CHECK(stats.error().code == Errc::kMalformedInput);
  CHECK(stats.error().message.rfind(path + ": record 2: ", 0) == 0);
}

}  // namespace
}  // namespace imagewarden::audit::test
