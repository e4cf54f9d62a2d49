// Tampering beyond single rows (tests/unit/audit/test_verify.cpp has those): bytes of the file and of the write-ahead
// log, and whole histories written anew with every hash as it should be, which nothing but a checkpoint tells from the
// true one.

#include <filesystem>

#include "audit/store.h"
#include "tests/fault/forger.h"
#include "tests/fault/survivor.h"
#include "tests/unit/audit/child.h"

namespace imagewarden::audit::test {
namespace {

bool is_start_of(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

TEST_CASE("any byte of the file", "[fault][tampering]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {40, 60});
  const std::string whole = read_file(path);
  const Head head = verify_log(path).head;
  property::Random random(base_seed());
  std::size_t seen = 0;
  constexpr std::size_t kBytes = 1'200;
  for (std::size_t i = 0; i < kBytes; ++i) {
    // The header and the first page more closely.
    const std::size_t at = i < 110 ? i : random.below(random.chance(20) ? kPageBytes : whole.size());
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << random.below(8)));
    for (const char* const suffix : {"-wal", "-shm"}) std::filesystem::remove(path + suffix);
    write_file(path, changed);
    const auto report = verify(path, {});
    CAPTURE(base_seed(), at);
    // A byte that means nothing changes nothing.
    if (report && report->ok()) REQUIRE(report->head.root == head.root);
    if (!report || !report->ok()) ++seen;
  }
  CHECK(seen > kBytes / 3);  // of so small a file much is unused
}

TEST_CASE("any byte of the write-ahead log", "[fault][tampering]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {5});
  REQUIRE(in_child([&] {
            Log log = must(Log::open(path, identity()));
            for (std::size_t i = 0; i < 4; ++i) must(log.append(decisions(5, 5 + 5 * i)));
            ::_exit(0);
            return 1;
          }) == 0);
  const std::string file = read_file(path);
  const std::string wal = read_file(path + "-wal");
  const auto leaves = leaves_of(path);
  REQUIRE(leaves.size() == 26);
  property::Random random(base_seed());
  std::size_t shorter = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t at = i < 60 ? i : random.below(wal.size());
    std::string changed = wal;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << random.below(8)));
    CAPTURE(base_seed(), at);
    const TempFolder other;
    write_file(other / "a.db", file);
    write_file(other / "a.db-wal", changed);
    const auto report = verify(other / "a.db", {});
    // The checksums of the write-ahead log end it at the first frame that does not fit: the log is as it was then, and
    // that it was longer shows against a checkpoint only.
    if (!report || !report->ok()) continue;
    const auto found = leaves_of(other / "a.db");
    REQUIRE(is_start_of(found, leaves));
    if (found.size() < leaves.size()) ++shorter;
  }
  CHECK(shorter > 100);
}

// Records 0 | 1 (key) | 2 3 4 | 5 6 | 7 8 9, with checkpoints of 5 and of 10 records.
struct TrueLog {
  explicit TrueLog(const std::string& path) {
    Log log = must(Log::create(path, "example.com/test", identity()));
    const SigningKey key = signing_key();
    must(log.checkpoint(key));
    must(log.append(decisions(3)));
    first = must(parse_signed_checkpoint(must(log.checkpoint(key))));
    must(log.append(decisions(2, 3)));
    must(log.append(decisions(3, 5)));
    second = must(parse_signed_checkpoint(must(log.checkpoint(key))));
    for (const std::string& leaf : leaves_of(log)) records.push_back(must(decode_record(leaf)));
  }
  SignedCheckpoint first;
  SignedCheckpoint second;
  std::vector<Record> records;
};

// Numbers records as they stand, and encodes them: what a careful forger does.
Runs consistent(std::vector<Record> records) {
  std::map<std::string, std::uint64_t> next_pseq;
  Runs runs;
  for (std::size_t seq = 0; seq < records.size(); ++seq) {
    Record& record = records[seq];
    record.seq = seq;
    record.pseq = next_pseq[record.writer]++;
    if (seq > 0) record.time = std::max(record.time, records[seq - 1].time);
    if (seq % 3 == 0) runs.emplace_back();
    runs.back().push_back(encode_record(record));
  }
  return runs;
}

VerifyReport verify_against(const std::string& path, const SignedCheckpoint& anchor) {
  VerifyOptions options;
  options.anchor = anchor;
  options.keys = {verifier_key()};
  return must(verify(path, options));
}

TEST_CASE("histories written anew", "[fault][tampering][table]") {
  struct Row {
    const char* why;
    std::function<void(std::vector<Record>&)> forge;
    bool spares_first;  // the records that the first checkpoint covers
  };
  using Records = std::vector<Record>;
  const auto row = GENERATE(values<Row>({
      {"a deny made an allow", [](Records& r) { r[3].draft.outcome = "allow"; }, false},
      {"a late one changed", [](Records& r) { r[8].draft.image = "img-other"; }, true},
      {"one deleted", [](Records& r) { r.erase(r.begin() + 3); }, false},
      {"a late one deleted", [](Records& r) { r.erase(r.begin() + 7); }, true},
      {"one inserted", [](Records& r) { r.insert(r.begin() + 6, r[5]); }, true},
      {"one twice", [](Records& r) { r.insert(r.begin() + 3, r[3]); }, false},
      {"two swapped", [](Records& r) { std::swap(r[5].draft, r[6].draft); }, true},
      {"back-dated",
       [](Records& r) {
         for (Record& one : r) one.time.unix_us -= 86'400'000'000;
       },
       false},
      {"the last one dated later", [](Records& r) { r.back().time.unix_us += 1; }, true},
      {"another writer",
       [](Records& r) {
         for (Record& one : r) one.writer = std::string(32, 'f');
       },
       false},
      {"another user", [](Records& r) { r[9].user = "bob"; }, true},
      {"another pseq", [](Records& r) { r[9].writer = std::string(32, 'f'); }, true},
      {"the end cut off", [](Records& r) { r.resize(8); }, true},
      {"the end cut off and grown again",
       [](Records& r) {
         r.resize(8);
         r.push_back(r[2]);
         r.push_back(r[3]);
       },
       true},
      {"all but the start cut off", [](Records& r) { r.resize(2); }, false},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const TrueLog log(path);
  REQUIRE(log.records.size() == 10);
  REQUIRE(log.first.checkpoint.size == 5);
  REQUIRE(verify_against(path, log.second).anchored == 10);
  rewrite_log(path, consistent(log.records));
  REQUIRE(verify_against(path, log.second).ok());
  std::vector<Record> records = log.records;
  row.forge(records);
  rewrite_log(path, consistent(records));
  {
    // The checkpoints in the log itself do not fit any more.
    const VerifyReport report = verify_log(path);
    CAPTURE(report.problem);
    CHECK_FALSE(report.ok());
    CHECK(report.problem.find("stored checkpoint") == 0);
  }
  forget_checkpoints(path);
  {
    // From the inside it is a log like any other.
    const VerifyReport report = verify_log(path);
    CAPTURE(report.problem);
    CHECK(report.ok());
    CHECK_FALSE(report.anchored.has_value());
  }
  const VerifyReport report = verify_against(path, log.second);
  CAPTURE(report.problem);
  CHECK_FALSE(report.ok());
  CHECK(report.problem.find("the checkpoint from outside") != std::string::npos);
  if (records.size() < 10) CHECK(report.first_bad == records.size());
  CHECK(verify_against(path, log.first).ok() == row.spares_first);
  // Whoever holds the key signs no forged log that contradicts what was published.
  Log forged = must(Log::open(path, identity()));
  const auto refused = forged.checkpoint(signing_key(), log.second);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kConflict);
}

TEST_CASE("a forger with a key of their own", "[fault][tampering]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const TrueLog log(path);
  const SigningKey own = must(SigningKey::from_seed(std::array<std::uint8_t, 32>{9}));
  const VerifierKey own_key = make_verifier_key("example.com/test", SignatureKind::kEd25519, own.public_key());
  std::vector<Record> records = log.records;
  records[3].draft.outcome = "allow";
  records[1].draft.note = format_vkey(own_key);
  rewrite_log(path, consistent(records));
  forget_checkpoints(path);
  const SignedCheckpoint forged =
      must(parse_signed_checkpoint(must(must(Log::open(path, identity())).checkpoint(own))));
  CHECK(forged.checkpoint.size == 10);
  const VerifyReport inside = verify_log(path);
  CAPTURE(inside.problem);
  CHECK(inside.ok());
  CHECK(inside.checkpoints == 1);
  // Neither the true checkpoint fits, nor is the forged one signed by the true key.
  CHECK_FALSE(verify_against(path, log.second).ok());
  CHECK_FALSE(verify_against(path, forged).ok());
}

TEST_CASE("what checkpoints leave in doubt are the records since the last one that fits", "[fault][tampering]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const TrueLog log(path);
  std::vector<Record> records = log.records;
  records[5].draft.outcome = "allow";
  rewrite_log(path, consistent(records));
  const VerifyReport report = verify_log(path);
  CHECK_FALSE(report.ok());
  CHECK(report.problem.find("the records 5 to 9 are not all") != std::string::npos);
}

}  // namespace
}  // namespace imagewarden::audit::test
