#pragma once
// A short life of a log that passes every step of the write path: create, appends of two objects, one of them large
// enough for a checkpoint of the write-ahead log, signing, publishing, closing with the last checkpoint, opening again,
// verify.

#include <functional>

#include "tests/fault/survivor.h"

namespace imagewarden::audit::test {

// What the scenario does, in order.
struct Step {
  Batch batch;           // appended where it has records, else a checkpoint is signed
  std::uint64_t size{};  // of the log afterwards, where nothing failed
};

inline std::vector<Step> scenario_steps() {
  std::vector<Step> steps = {{{"small", 0, 1, 0, false}, 0},
                             {{"details", 0, 2, 20, true}, 0},
                             {{}, 0},
                             {{"large", 0, 110, 2'200, false}, 0},
                             {{"after-large", 0, 3, 0, true}, 0},
                             {{}, 0},
                             {{"reopened", 0, 2, 0, false}, 0},
                             {{}, 0}};
  std::uint64_t size = 1;
  bool is_key_announced = false;
  for (Step& step : steps) {
    step.batch.first_seq = size;
    size += step.batch.count;
    if (step.batch.count == 0 && !std::exchange(is_key_announced, true)) ++size;
    step.size = size;
  }
  return steps;
}

// Told what was acknowledged.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void created() {}
  virtual void appended(const Batch& /*batch*/) {}  // with the place that it got
  virtual void signed_note(const std::string& /*note*/) {}
};

// Goes on after a failure, as a program would that is asked again.
inline void run_scenario(const std::string& path, Witness& witness) {
  const auto steps = scenario_steps();
  const SigningKey key = signing_key();
  const auto take = [&](Result<Log>& log, std::size_t step) {
    if (!log) return;
    Batch batch = steps[step].batch;
    if (batch.count == 0) {
      const auto note = checkpoint_and_publish(*log, key, published_path(path));
      if (note) witness.signed_note(*note);
      return;
    }
    const auto first = log->append(drafts_of(batch));
    if (!first) return;
    batch.first_seq = *first;
    witness.appended(batch);
  };
  {
    auto log = Log::create(path, "example.com/test", identity());
    if (log) witness.created();
    take(log, 0);
    auto other = Log::open(path, identity());
    take(other, 1);
    take(log, 2);
    take(log, 3);
    take(other, 4);
    take(other, 5);
  }
  auto log = Log::open(path, identity());
  take(log, 6);
  take(log, 7);
  if (log) static_cast<void>(log->head());
  static_cast<void>(verify(path, {}));
}

}  // namespace imagewarden::audit::test
