// One log, many threads.

#include <atomic>
#include <set>
#include <thread>

#include "audit/writer.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

// A clock that many threads may read.
WriterIdentity shared_identity() {
  auto at = std::make_shared<std::atomic<std::int64_t>>(kStart.unix_us);
  return {"host-1", "alice", [at] { return Time{at->fetch_add(1)}; }};
}

TEST_CASE("what many threads append is all there, once, where they were told", "[audit][writer]") {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kRecords = 100;
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::vector<std::pair<std::uint64_t, std::string>> said;
  WriterCounts counts;
  {
    Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < kRecords; ++i) {
          const std::vector<Draft> drafts = decisions(1 + i % 3, 1000 * t + 3 * i);
          const auto first = writer.append(drafts);
          const std::lock_guard lock(mutex);
          for (std::size_t k = 0; k < drafts.size(); ++k) said.emplace_back(first ? *first + k : 0, drafts[k].image);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    counts = writer.counts();
  }
  CHECK(counts.records == said.size());
  CHECK(counts.commits <= kThreads * kRecords);
  const std::vector<std::string> leaves = leaves_of(path);
  REQUIRE(leaves.size() == said.size() + 1);
  std::set<std::uint64_t> seqs;
  for (const auto& [seq, image] : said) {
    REQUIRE(seq > 0);
    CHECK(seqs.insert(seq).second);
    CHECK(must(decode_record(leaves[seq])).draft.image == image);
  }
  CHECK(verify_log(path).ok());
}

TEST_CASE("somebody else writes between two commits", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
  Log other = must(Log::open(path, identity()));
  std::uint64_t expected = 1;
  for (std::size_t i = 0; i < 20; ++i) {
    // Made ready for the place after the last one, which another record takes.
    auto first = must(writer.submit(decisions(i % 2 == 0 ? 2 : 30, 10 * i)));
    auto second = must(writer.submit(decisions(1, 10 * i + 5)));
    if (i % 3 == 0) must(other.append(decisions(1, 10 * i + 7)));
    const std::uint64_t at = must(writer.wait(std::move(first)));
    const std::uint64_t then = must(writer.wait(std::move(second)));
    CHECK(then >= at + (i % 2 == 0 ? 2U : 30U));
    must(other.append(decisions(3, 10 * i + 8)));
    expected += (i % 3 == 0 ? 1U : 0U) + (i % 2 == 0 ? 2U : 30U) + 4;
    CHECK(must(decode_record(must(other.leaf(at)))).draft.image == "img-" + std::to_string(10 * i));
    CHECK(must(decode_record(must(other.leaf(then)))).draft.image == "img-" + std::to_string(10 * i + 5));
  }
  CHECK(must(other.head()).size == expected);
  CHECK(verify_log(path).ok());
}

TEST_CASE("a queue that never empties is encoded once, also after somebody else wrote", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  constexpr std::size_t kMany = 100;
  constexpr std::size_t kRounds = 40;
  Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
  const auto keep_two_on_the_way = [&] {
    auto before = must(writer.submit(decisions(kMany)));
    for (std::size_t i = 0; i < kRounds; ++i) {
      auto next = must(writer.submit(decisions(kMany, kMany * i)));
      static_cast<void>(must(writer.wait(std::move(before))));
      before = std::move(next);
    }
    static_cast<void>(must(writer.wait(std::move(before))));
  };
  keep_two_on_the_way();
  CHECK(writer.counts().records == kMany * (kRounds + 1));
  CHECK(writer.counts().placed == writer.counts().records);
  must(must(Log::open(path, identity())).append(decisions(1)));
  keep_two_on_the_way();
  CHECK(writer.counts().records == 2 * kMany * (kRounds + 1));
  // What was on its way then, no more.
  CHECK(writer.counts().placed <= writer.counts().records + 3 * kMany);
  CHECK(writer.counts().placed > writer.counts().records);
  CHECK(verify_log(path).ok());
}

TEST_CASE("what was handed over is let go when it is durable, whoever still waits", "[audit][writer]") {
  const TempFolder folder;
  Writer writer(must(Log::create(folder / "a.db", "example.com/test", shared_identity())));
  for (std::size_t i = 0; i < 50; ++i) {
    const auto first = std::make_shared<const DraftBatch>(must(DraftBatch::of(decisions(20, i))));
    const auto second = std::make_shared<const DraftBatch>(must(DraftBatch::of(decisions(20, i))));
    auto waited_for = must(writer.submit(first));
    const auto kept = must(writer.submit(second));  // most often of the same commit
    must(writer.wait(std::move(waited_for)));
    CHECK(first.use_count() == 1);
  }
}

TEST_CASE("a record that cannot be is refused alone", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
  auto good = must(writer.submit(decisions(2)));
  // A few are placed by the committing thread, many by the one that hands them over.
  const std::size_t count = GENERATE(std::size_t{3}, std::size_t{40});
  std::vector<Draft> bad = decisions(count);
  bad[1].image = "\xff";
  const auto refused = writer.append(bad);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kUsage);
  auto beside = must(writer.submit(decisions(count)));
  bad[1].image = std::string(70'000, 'x');
  const auto too_long = writer.append(bad);
  REQUIRE_FALSE(too_long.has_value());
  CHECK(too_long.error().code == Errc::kLimit);
  bad = decisions(1);
  bad[0].detail = "{}";
  CHECK(writer.append(bad).error().code == Errc::kUsage);
  CHECK(must(writer.wait(std::move(good))) == 1);
  CHECK(must(writer.wait(std::move(beside))) == 3);
  CHECK(must(writer.append(decisions(1))) == 3 + count);
  CHECK(must(writer.append({})) == 4 + count);
  CHECK(verify_log(path).ok());
}

TEST_CASE("what was handed over is committed when the writer ends", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  {
    Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
    for (std::size_t i = 0; i < 50; ++i) static_cast<void>(must(writer.submit(decisions(1, i))));
  }
  CHECK(leaves_of(path).size() == 51);
  CHECK(verify_log(path).ok());
}

TEST_CASE("details and checkpoints through a writer", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::array<std::uint8_t, 32> seed{};
  const SigningKey key = must(SigningKey::from_seed(seed));
  {
    Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
    Draft draft = decision(1);
    draft.detail = R"({"why":"x"})";
    draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
    auto plain = must(writer.submit(decisions(2)));
    auto detailed = must(writer.submit(std::array{draft, decision(2), draft}));
    const SignedCheckpoint checkpoint = must(parse_signed_checkpoint(must(writer.checkpoint(key))));
    CHECK(checkpoint.checkpoint.size == 7);  // log-start, five decisions, key-change
    CHECK(must(writer.wait(std::move(plain))) == 1);
    CHECK(must(writer.wait(std::move(detailed))) == 3);
    CHECK(must(writer.append(decisions(1))) == 7);
    CHECK(must(parse_signed_checkpoint(must(writer.checkpoint(key)))).checkpoint.size == 8);
  }
  Log log = must(Log::open_read_only(path));
  CHECK(must(log.detail(3)).has_value());
  CHECK_FALSE(must(log.detail(4)).has_value());
  CHECK(must(log.detail(5)).has_value());
  CHECK(verify_log(path).checkpoints == 2);
}

TEST_CASE("a log that is closed while a writer shares it takes nothing more", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = must(SigningKey::from_seed(std::array<std::uint8_t, 32>{1}));
  Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
  must(writer.append(decisions(1)));
  must(must(Log::open(path, shared_identity())).close(key, "example.com/next"));
  const auto size = leaves_of(path).size();
  // A few are placed by the committing thread, many by the one that hands them over.
  for (const std::size_t count : {1U, 40U}) {
    const auto refused = writer.append(decisions(count));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() ==
          Error{Errc::kConflict, path + ": closed by its last record; the log goes on in `example.com/next`"});
  }
  // By its own key it is signed as it stands, and by no other one.
  const SigningKey other = must(SigningKey::from_seed(std::array<std::uint8_t, 32>{2}));
  CHECK(must(parse_signed_checkpoint(must(writer.checkpoint(key)))).checkpoint.size == size);
  CHECK(writer.checkpoint(other).error() == Error{Errc::kConflict, path + ": closed, and signed by another key"});
  CHECK(leaves_of(path).size() == size);
  CHECK(verify_log(path).ok());
}

TEST_CASE("a commit that fails is everybody's, and the next one goes on", "[audit][writer]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Writer writer(must(Log::create(path, "example.com/test", shared_identity())));
  must(writer.append(decisions(1)));
  std::filesystem::rename(path, folder / "away.db");
  auto first = must(writer.submit(decisions(1)));
  auto second = must(writer.submit(decisions(1)));
  CHECK_FALSE(writer.wait(std::move(first)).has_value());
  CHECK_FALSE(writer.wait(std::move(second)).has_value());
  std::filesystem::rename(folder / "away.db", path);
  CHECK(must(writer.append(decisions(1))) == 2);
  CHECK(verify_log(path).ok());
}

}  // namespace
}  // namespace imagewarden::audit::test
