// Eight processes on one log for FAULT_SECONDS (10 where it is not set).

#include "tests/fault/writers.h"

namespace imagewarden::audit::test {
namespace {

TEST_CASE("eight processes write one log at once", "[fault][slow]") {
  const char* const given = std::getenv("FAULT_SECONDS");
  const int milliseconds = 1'000 * (given == nullptr ? 10 : std::atoi(given));
  REQUIRE(milliseconds > 0);
  CAPTURE(base_seed());
  const TempFolder folder;
  const std::string path = folder / "a.db";
  std::vector<std::unique_ptr<WriterProcess>> writers;
  for (std::uint64_t w = 0; w < 8; ++w)
    writers.push_back(
        std::make_unique<WriterProcess>(path, "w" + std::to_string(w), base_seed() * 10'000 + w, milliseconds));
  take_for(writers, std::chrono::milliseconds(milliseconds));
  Promises promises;
  std::vector<ReadBack> reads;
  for (const auto& writer : writers) {
    const int status = writer->wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    const std::size_t before = promises.batches.size();
    writer->acknowledged(promises, reads);
    // Nobody starves.
    CHECK(promises.batches.size() > before);
  }
  const std::uint64_t size = check_survivor(path, promises);
  check_reads(path, reads);
  std::uint64_t records = 0;
  for (const Batch& batch : promises.batches) records += batch.count;
  // The log-start, and the announcement of the key.
  CHECK(size == 1 + records + 1);
  WARN(promises.batches.size() << " commits, " << records << " records, " << promises.notes.size() << " checkpoints");
}

}  // namespace
}  // namespace imagewarden::audit::test
