// A log of ten million records: FAULT_RECORDS where that is set.

#include "tests/fault/survivor.h"

namespace imagewarden::audit::test {
namespace {

TEST_CASE("ten million records", "[fault][slow]") {
  const char* const given = std::getenv("FAULT_RECORDS");
  const std::uint64_t count = given == nullptr ? 10'000'000 : std::strtoull(given, nullptr, 10);
  constexpr std::size_t kCommit = 20'000;
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Draft draft;
  draft.verb = "c";
  std::vector<Draft> drafts(kCommit, draft);
  {
    Log log = must(Log::create(path, "o", {"h", "u", [] { return kStart; }}));
    for (std::uint64_t size = 1; size <= count;) {
      for (std::size_t i = 0; i < drafts.size(); ++i) drafts[i].count = static_cast<std::int64_t>(size + i);
      REQUIRE(must(log.append(drafts)) == size);
      size += drafts.size();
    }
  }
  Log log = must(Log::open_read_only(path));
  const Head head = must(log.head());
  REQUIRE(head.size > count);
  CHECK(std::filesystem::file_size(path + "-wal") == 0);
  const VerifyReport report = verify_log(path);
  CAPTURE(report.problem);
  REQUIRE(report.ok());
  CHECK(report.records == head.size);
  CHECK(report.head.root == head.root);
  property::Random random(base_seed());
  CAPTURE(base_seed());
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t seq = 1 + random.below(head.size - 1);
    std::uint64_t visited = 0;
    must(log.read(seq, 3, [&](std::uint64_t at, std::string_view leaf) {
      const Record record = must(decode_record(leaf));
      CHECK(record.seq == at);
      CHECK(record.draft.count == static_cast<std::int64_t>(at));
      ++visited;
      return true;
    }));
    CHECK(visited == std::min<std::uint64_t>(3, head.size - seq));
  }
  Log writer = must(Log::open(path, identity()));
  CHECK(must(writer.append(decisions(1))) == head.size);
  CHECK(must(log.head()).size == head.size + 1);
}

}  // namespace
}  // namespace imagewarden::audit::test
