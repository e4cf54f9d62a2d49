// The power fails at random moments, and the disk holds what chance left of the writes that were not synchronised.

#include <filesystem>

#include "audit/fault.h"
#include "tests/fault/disk.h"
#include "tests/fault/survivor.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::size_t kImages = 600;
constexpr std::size_t kLives = 3;  // of one log: each but the first starts from what the loss before it left

struct Image {
  DiskImage files;
  bool is_created{};
  Promises promises;
};

PowerLoss* disk_in_use = nullptr;

void write_image(const DiskImage& image, const std::string& folder) {
  for (const auto& [name, content] : image) write_file(folder + "/" + name, content);
}

// Two writers and a reader, as chance has it, for some twenty steps. Images are taken on the way.
void live(const std::string& folder, Image& state, std::size_t life, property::Random& random,
          std::vector<Image>& images) {
  const std::string path = folder + "/a.db";
  std::size_t taken = 0;
  std::size_t pause = random.below(40);
  PowerLoss disk(folder, [&] {
    if (taken == 6 || pause-- > 0) return;
    pause = 5 + random.below(120);
    ++taken;
    images.push_back({disk_in_use->image(random), state.is_created, state.promises});
  });
  disk_in_use = &disk;
  const Watching watching(disk);
  fault_hook = [](const char*) { disk_in_use->changed(); };
  const SigningKey key = signing_key();
  std::optional<Log> logs[2];
  if (!state.is_created) {
    logs[0].emplace(must(Log::create(path, "example.com/test", identity())));
    state.is_created = true;
  }
  const std::size_t steps = 5 + random.below(25);
  for (std::size_t step = 0; step < steps; ++step) {
    std::optional<Log>& log = logs[random.below(2)];
    if (!log) log.emplace(must(Log::open(path, identity())));
    const std::size_t choice = random.below(20);
    if (choice == 0) {
      log.reset();
    } else if (choice == 1) {
      const VerifyReport report = verify_log(path);
      if (!report.ok()) throw std::runtime_error(report.problem);
    } else if (choice == 2) {
      state.promises.notes.push_back(must(checkpoint_and_publish(*log, key, published_path(path))));
    } else {
      Batch batch{std::to_string(life) + "-" + std::to_string(step), 0, 1 + random.below(5), random.below(300),
                  random.chance(30)};
      if (random.chance(20)) batch.count = 30 + random.below(100);
      batch.first_seq = must(log->append(drafts_of(batch)));
      state.promises.batches.push_back(batch);
    }
  }
}

TEST_CASE("the power fails at random moments", "[fault][power]") {
  std::size_t checked = 0;
  std::size_t arrived_batches = 0;
  std::size_t without_log = 0;
  for (std::uint64_t seed = base_seed() * 1'000; checked < kImages; ++seed) {
    CAPTURE(seed);
    property::Random random(seed);
    Image state;
    for (std::size_t life = 0; life < kLives; ++life) {
      CAPTURE(life);
      std::vector<Image> images;
      {
        const TempFolder folder;
        write_image(state.files, folder.path());
        // A loss of power before the name was durable: there is no log, and making one succeeds.
        state.is_created = state.is_created || std::filesystem::exists(folder / "a.db");
        live(folder.path(), state, life, random, images);
      }
      fault_hook = nullptr;
      for (std::size_t number = 0; number < images.size(); ++number) {
        const Image& image = images[number];
        CAPTURE(number, image.is_created, image.promises.batches.size());
        const TempFolder folder;
        write_image(image.files, folder.path());
        ++checked;
        if (!std::filesystem::exists(folder / "a.db")) {
          REQUIRE_FALSE(image.is_created);
          ++without_log;
          must(Log::create(folder / "a.db", "example.com/test", identity()));
        }
        const auto& batches = image.promises.batches;
        const std::uint64_t size = check_survivor(folder / "a.db", image.promises);
        const std::uint64_t least = batches.empty() ? 1 : batches.back().first_seq + batches.back().count;
        if (size > least + 1) ++arrived_batches;
      }
      if (images.empty()) break;
      state = images[random.below(images.size())];
    }
  }
  CAPTURE(arrived_batches, without_log);
  // Images in which a batch that was on its way did arrive, and ones before there was a log.
  CHECK(arrived_batches > 0);
  CHECK(without_log > 0);
}

// The test of the test: a disk that does not do what it is told loses records, and that is seen.
class LyingDisk : public PowerLoss {
 public:
  using PowerLoss::PowerLoss;
  void before_sync(int) override {}
};

TEST_CASE("a disk that does not synchronise loses acknowledged records", "[fault][power]") {
  std::size_t lost_logs = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    property::Random random(seed);
    DiskImage image;
    Batch batch{"only", 0, 5, 10, false};
    {
      const TempFolder folder;
      must(Log::create(folder / "a.db", "example.com/test", identity()));
      LyingDisk disk(folder.path(), [] {});
      const Watching watching(disk);
      Log log = must(Log::open(folder / "a.db", identity()));
      batch.first_seq = must(log.append(drafts_of(batch)));
      image = disk.image(random);
    }
    const TempFolder folder;
    write_image(image, folder.path());
    try {
      check_survivor(folder / "a.db", std::span(&batch, 1));
    } catch (const std::exception&) {
      ++lost_logs;
    }
  }
  CHECK(lost_logs > 0);
}

}  // namespace
}  // namespace imagewarden::audit::test
