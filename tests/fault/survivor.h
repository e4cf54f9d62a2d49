#pragma once
// What every test here asks of a log that lived through something: all that was acknowledged is there, what was not is
// there wholly or not at all, verify has nothing to say, and the log goes on.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <span>

#include "audit/published.h"
#include "audit/record.h"
#include "tests/fault/batch.h"
#include "tests/property/random.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {

// The same tests with other choices: FAULT_SEED=NUMBER. Printed where a test fails.
inline std::uint64_t base_seed() {
  const char* const given = std::getenv("FAULT_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

inline std::runtime_error lost(std::uint64_t seq, const std::string& what) {
  return std::runtime_error("record " + std::to_string(seq) + ": " + what);
}

// The records of one batch, which stand one after the other.
inline void check_batch(Log& log, const std::vector<std::string>& leaves, const Batch& batch) {
  for (std::size_t i = 0; i < batch.count; ++i) {
    const std::uint64_t seq = batch.first_seq + i;
    if (seq >= leaves.size()) throw lost(seq, "acknowledged and lost: batch " + batch.key);
    Record record = must(decode_record(leaves[seq]));
    const Draft want = draft_of(batch, i);
    record.draft = want;
    if (encode_record(record) != leaves[seq]) throw lost(seq, "not what was acknowledged: " + leaves[seq]);
    if (batch.has_details && must(log.detail(seq)) != want.detail) throw lost(seq, "its detail is lost");
  }
}

// Every batch that stands in the log is whole and in one piece, whoever wrote it.
inline void check_whole(const std::vector<std::string>& leaves) {
  std::set<std::string> keys;
  std::string key;
  std::uint64_t index = 0;
  std::uint64_t count = 0;  // of the batch of `key`, whose record `index` is next
  for (std::uint64_t seq = 0; seq < leaves.size(); ++seq) {
    const Record record = must(decode_record(leaves[seq]));
    if (record.draft.kind != RecordKind::kDecision) continue;
    const std::string found = record.draft.note.substr(0, record.draft.note.find(' '));
    if (index == count) {
      key = found;
      index = 0;
      count = static_cast<std::uint64_t>(record.draft.count);
      if (!keys.insert(key).second) throw lost(seq, "a batch that stands there twice: " + key);
    }
    if (!record.draft.note.starts_with(key + " " + std::to_string(index) + " "))
      throw lost(seq, "half a batch before it: " + key);
    ++index;
  }
  if (index != count) throw lost(leaves.size(), "half a batch at the end: " + key);
}

// What was acknowledged.
struct Promises {
  std::vector<Batch> batches;
  std::vector<std::string> notes;  // of checkpoints
};

// Where the tests publish checkpoints of a log.
inline std::string published_path(const std::string& path) { return path + ".checkpoint"; }

// The key of all logs here; its public half as verifiers know it.
inline SigningKey signing_key() { return must(SigningKey::from_seed(std::array<std::uint8_t, 32>{1, 2, 3})); }
inline VerifierKey verifier_key() {
  return make_verifier_key("example.com/test", SignatureKind::kEd25519, signing_key().public_key());
}

// Each checkpoint that was acknowledged is of this log, and is kept; what is published, the log still holds.
inline void check_checkpoints(const std::string& path, Log& log, const std::vector<std::string>& notes) {
  const std::uint64_t size = must(log.head()).size;
  std::uint64_t largest = 0;
  for (const std::string& note : notes) {
    const Checkpoint checkpoint = must(parse_signed_checkpoint(note)).checkpoint;
    if (checkpoint.size > size) throw lost(size, "a checkpoint covers more");
    if (must(log.root_at(checkpoint.size)) != checkpoint.root)
      throw lost(checkpoint.size, "another root than was signed");
    largest = std::max(largest, checkpoint.size);
  }
  const auto newest = must(log.newest_checkpoint());
  const std::uint64_t kept = newest ? must(parse_signed_checkpoint(*newest)).checkpoint.size : 0;
  if (kept < largest) throw lost(largest, "a checkpoint of so many records was acknowledged and is not kept");
  const auto published = must(read_published(published_path(path)));
  if (!published) return;
  if (published->checkpoint.size > kept) throw lost(kept, "a checkpoint was published before it was kept");
  VerifyOptions options;
  options.anchor = published;
  options.keys = {verifier_key()};
  const VerifyReport report = must(verify(path, options));
  if (!report.ok()) throw std::runtime_error("verify against what was published: " + report.problem);
  if (report.anchored != published->checkpoint.size) throw std::runtime_error("verify does not see the anchor");
}

// Throws what is wrong. Returns how many records were in the log; some more are in it afterwards.
inline std::uint64_t check_survivor(const std::string& path, const Promises& promises) {
  static int checks = 0;
  const auto check_verified = [&](std::uint64_t size) {
    const VerifyReport report = verify_log(path);
    if (!report.ok()) throw std::runtime_error("verify: " + report.problem);
    if (report.records != size) throw std::runtime_error("verify saw another number of records");
  };
  Batch next{"next-" + std::to_string(checks++), 0, 3, 10, true};
  std::vector<std::string> leaves;
  {
    Log log = must(Log::open_read_only(path));
    leaves = leaves_of(log);
    check_verified(leaves.size());
    check_whole(leaves);
    for (const Batch& batch : promises.batches) check_batch(log, leaves, batch);
    check_checkpoints(path, log, promises.notes);
  }
  {
    Log log = must(Log::open(path, identity({kStart.unix_us + 3'600'000'000})));
    next.first_seq = must(log.append(drafts_of(next)));
    if (next.first_seq != leaves.size()) throw lost(leaves.size(), "the next append left a gap");
    must(checkpoint_and_publish(log, signing_key(), published_path(path)));
  }
  const auto grown = leaves_of(path);
  if (!std::equal(leaves.begin(), leaves.end(), grown.begin(),
                  grown.begin() + static_cast<std::ptrdiff_t>(leaves.size())))
    throw std::runtime_error("an append changed records before it");
  Log log = must(Log::open_read_only(path));
  check_batch(log, grown, next);
  check_verified(grown.size());
  check_checkpoints(path, log, {});
  return leaves.size();
}

inline std::uint64_t check_survivor(const std::string& path, std::span<const Batch> acknowledged) {
  return check_survivor(path, Promises{{acknowledged.begin(), acknowledged.end()}, {}});
}

}  // namespace imagewarden::audit::test
