// A writer for the tests to kill: `fault_writer LOG KEY SEED [MILLISECONDS]`. Makes the log if there is none, appends
// batches of random size, opens the log anew now and then, and says on its standard output what was acknowledged:
//   A KEY FIRST_SEQ COUNT PADDING HAS_DETAILS   append() returned
//   C NOTE                                      checkpoint_and_publish() returned; the note in base64
//   H FIRST_SEQ COUNT HEX                       the SHA-256 of the bytes of these records, as they were read back
// Ends by itself, in good order, after MILLISECONDS; else never.

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "audit/published.h"
#include "tests/fault/batch.h"
#include "tests/property/random.h"

namespace {

using namespace imagewarden;         // NOLINT: a program of one file
using namespace imagewarden::audit;  // NOLINT

// One write(2) a line, which a pipe takes wholly or not at all.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<::ssize_t>(line.size())) ::_exit(3);
}

int failed(const Error& error) {
  std::fprintf(stderr, "fault_writer: %s\n", error.message.c_str());
  return 2;
}

Result<Log> open_or_make(const std::string& path, const WriterIdentity& identity) {
  auto log = Log::open(path, identity);
  if (log || log.error().code != Errc::kNotFound) return log;
  log = Log::create(path, "example.com/test", identity);
  // Another one was faster.
  if (!log && log.error().code == Errc::kConflict) return Log::open(path, identity);
  return log;
}

int write_log(const std::string& path, const std::string& key, std::uint64_t seed, std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const WriterIdentity identity{"host-1", "alice", [] {
                                  return Time{std::chrono::duration_cast<std::chrono::microseconds>(
                                                  std::chrono::system_clock::now().time_since_epoch())
                                                  .count()};
                                }};
  const auto key_of_log = SigningKey::from_seed(std::array<std::uint8_t, 32>{1, 2, 3});
  if (!key_of_log) return failed(key_of_log.error());
  const auto end = Clock::now() + time;
  property::Random random(seed);
  for (std::size_t number = 0; Clock::now() < end;) {
    auto log = open_or_make(path, identity);
    if (!log) return failed(log.error());
    for (std::size_t commits = random.below(12); commits > 0 && Clock::now() < end; --commits, ++number) {
      test::Batch batch{key + "-" + std::to_string(number), 0, 1 + random.below(6), random.below(200),
                        random.chance(20)};
      if (random.chance(10)) batch.count = 50 + random.below(200);
      const auto first = log->append(test::drafts_of(batch));
      if (!first) return failed(first.error());
      batch.first_seq = *first;
      say("A " + test::format_batch(batch) + "\n");
      if (random.chance(15)) {
        const auto note = checkpoint_and_publish(*log, *key_of_log, path + ".checkpoint");
        if (!note) return failed(note.error());
        say("C " + base64(*note) + "\n");
      }
      if (!random.chance(30)) continue;
      std::string bytes;
      const auto read = log->read(*first, batch.count, [&](std::uint64_t, std::string_view leaf) {
        bytes.append(leaf) += '\n';
        return true;
      });
      if (!read) return failed(read.error());
      say("H " + std::to_string(*first) + " " + std::to_string(*read) + " " + to_hex(sha256(bytes)) + "\n");
    }
  }
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 4) return 1;
  const auto time = std::chrono::milliseconds(argument_count > 4 ? std::strtoll(arguments[4], nullptr, 10) : 600'000);
  return write_log(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10), time);
}
