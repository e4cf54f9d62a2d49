// kill -9 of several writers at random moments, again and again, on one log.

#include <filesystem>

#include "tests/fault/writers.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::size_t kRounds = 200;
constexpr std::size_t kNotes = 10;  // so many checkpoints at least are signed meanwhile
constexpr std::size_t kRoundsOfOneLog = 10;
constexpr std::size_t kWriters = 3;
constexpr std::size_t kLongestMs = 15;

TEST_CASE("writers that are killed lose nothing of what they acknowledged", "[fault][kill]") {
  property::Random random(base_seed());
  CAPTURE(base_seed());
  std::size_t acknowledged = 0;
  std::size_t signed_notes = 0;
  // A machine with other work to do takes longer to come to as many checkpoints.
  for (std::size_t round = 0; round < kRounds || (signed_notes <= kNotes && round < 20 * kRounds);) {
    const TempFolder folder;
    const std::string path = folder / "a.db";
    Promises promises;
    std::vector<ReadBack> reads;
    for (std::size_t i = 0; i < kRoundsOfOneLog; ++i, ++round) {
      CAPTURE(round);
      std::vector<std::unique_ptr<WriterProcess>> writers;
      for (std::size_t w = 0; w < kWriters; ++w) {
        const std::string key = std::to_string(round) + "-" + std::to_string(w);
        writers.push_back(std::make_unique<WriterProcess>(path, key, base_seed() * 10'000 + random.below(10'000), 0));
      }
      // Mostly once they are at work, now and then while they start.
      if (random.chance(80)) take_until_first(writers);
      // One after the other: those who are left go on over what the dead one left.
      for (const auto& writer : writers) {
        take_for(writers, std::chrono::milliseconds(random.below(kLongestMs)));
        writer->kill_now();
      }
      for (const auto& writer : writers) {
        const int status = writer->wait();
        REQUIRE(WIFSIGNALED(status));
        writer->acknowledged(promises, reads);
      }
      if (!std::filesystem::exists(path)) {
        REQUIRE(promises.batches.empty());
        continue;
      }
      check_survivor(path, promises);
      check_reads(path, reads);
    }
    acknowledged += promises.batches.size();
    signed_notes += promises.notes.size();
  }
  CAPTURE(acknowledged, signed_notes);
  CHECK(acknowledged > kRounds);
  CHECK(signed_notes > kNotes);
}

}  // namespace
}  // namespace imagewarden::audit::test
