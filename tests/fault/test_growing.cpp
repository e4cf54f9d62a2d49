// A log that is verified while others write to it.

#include "tests/fault/survivor.h"

namespace imagewarden::audit::test {
namespace {

TEST_CASE("verify has nothing to say of what is appended meanwhile", "[fault][growing]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  Log log = must(Log::create(path, "example.com/test", identity()));
  Batch batch{"before", 0, 5, 100, true};
  must(log.append(drafts_of(batch)));
  must(log.checkpoint(signing_key()));
  std::size_t calls = 0;
  VerifyOptions options;
  options.progress = [&](std::uint64_t, std::uint64_t) {
    Batch meanwhile{"meanwhile-" + std::to_string(calls++), 0, 4, 100, true};
    must(log.append(drafts_of(meanwhile)));
    must(log.checkpoint(signing_key()));
  };
  const VerifyReport report = must(verify(path, options));
  CAPTURE(report.problem);
  CHECK(calls > 0);
  CHECK(report.ok());
  CHECK(report.records == 7);
  CHECK(report.checkpoints == 1);
}

}  // namespace
}  // namespace imagewarden::audit::test
