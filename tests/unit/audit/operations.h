#pragma once
// Everything that a program asks of a log, each with its answer as text: for tests in which something is wrong with the
// file or the disk, and every operation has to notice or to answer as if nothing were.

#include <functional>

#include "audit/index.h"
#include "audit/record.h"
#include "audit/stats.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {

struct Operation {
  const char* name;
  bool writes;
  std::uint64_t growth;  // how many records it appends
  std::function<Result<std::string>(Log& log, const std::string& path)> run;
};

constexpr std::uint64_t kRichSize = 42;
constexpr std::uint64_t kRichCommit = 10;

inline SigningKey key_number(std::uint8_t number) {
  return must(SigningKey::from_seed(std::array<std::uint8_t, 32>{number}));
}

// Records 0 | 1 (key) | 2 to 11 | 12 to 21 | 22 to 31 | 32 to 41, each with a detail, with checkpoints of 2, 12, 22, 32
// and 42 records; large enough for several pages of each table.
inline void make_rich_log(const std::string& path) {
  Log log = must(Log::create(path, "example.com/test", identity()));
  const SigningKey key = key_number(1);
  must(log.checkpoint(key));
  for (std::size_t index = 0; index < kRichSize - 2; index += kRichCommit) {
    auto drafts = decisions(kRichCommit, index);
    for (Draft& draft : drafts) {
      draft.note = std::string(200, 'n');
      draft.detail = "{\"image\":\"" + draft.image + "\",\"padding\":\"" + std::string(300, 'p') + "\"}";
      draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
    }
    must(log.append(drafts));
    must(log.checkpoint(key));
  }
}

inline Result<std::string> matching(Log& log, const std::string& path, const RecordQuery& query) {
  std::string answer;
  const auto done = find_records(log, path, query, {}, [&](const Record& record, std::string_view leaf) {
    answer += std::to_string(record.seq) + ' ' + std::string(leaf) + '\n';
    return true;
  });
  if (!done) return tl::make_unexpected(done.error());
  return answer;
}

inline Result<std::string> verified(const std::string& path, const std::optional<SignedCheckpoint>& anchor,
                                    bool resume) {
  VerifyOptions options;
  options.anchor = anchor;
  options.resume = resume;
  options.threads = 1;
  options.keys = {make_verifier_key("example.com/test", SignatureKind::kEd25519, key_number(1).public_key())};
  const auto report = verify(path, options);
  if (!report) return tl::make_unexpected(report.error());
  return report->ok() ? "good: " + std::to_string(report->records) : report->problem;
}

// Those that `anchors` covers, of a log as it was before anything went wrong: [0] of 22 records, [1] of 42.
inline std::vector<Operation> operations(const std::vector<SignedCheckpoint>& anchors) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const auto size_and_root = [](const Head& head) { return std::to_string(head.size) + ' ' + to_hex(head.root); };
  std::vector<Operation> all;
  const auto reads = [&](const char* name, auto run) { all.push_back({name, false, 0, run}); };
  const auto writes = [&](const char* name, std::uint64_t growth, auto run) {
    all.push_back({name, true, growth, run});
  };
  reads("open", [=](Log&, const std::string& path) -> Result<std::string> {
    auto log = Log::open_read_only(path);
    if (!log) return tl::make_unexpected(log.error());
    return log->origin();
  });
  reads("head", [=](Log& log, const std::string&) { return log.head().map(size_and_root); });
  reads("root_at", [](Log& log, const std::string&) {
    return log.root_at(25).map([](const Sha256Digest& root) { return to_hex(root); });
  });
  reads("leaf", [](Log& log, const std::string&) { return log.leaf(25); });
  reads("read", [](Log& log, const std::string&) -> Result<std::string> {
    std::string answer;
    const auto read = log.read(0, kRichSize, [&](std::uint64_t, std::string_view leaf) {
      answer.append(leaf).append("\n");
      return true;
    });
    if (!read) return tl::make_unexpected(read.error());
    return answer;
  });
  reads("detail", [](Log& log, const std::string&) {
    return log.detail(25).map([](const auto& d) { return d.value_or("none"); });
  });
  reads("newest_checkpoint", [](Log& log, const std::string&) {
    return log.newest_checkpoint().map([](const auto& note) { return note.value_or("none"); });
  });
  reads("first_key", [](Log& log, const std::string&) {
    return log.first_key().map([](const auto& key) { return key ? format_vkey(*key) : "none"; });
  });
  reads("prove", [](Log& log, const std::string&) { return log.prove(25).map(format_tlog_proof); });
  reads("prove_consistency", [](Log& log, const std::string&) {
    return log.prove_consistency(22, 42).map([](const Hashes& hashes) {
      std::string answer;
      for (const Sha256Digest& hash : hashes) answer += to_hex(hash) + '\n';
      return answer;
    });
  });
  reads("stats", [=](Log& log, const std::string& path) {
    return collect_stats(log, path, {}).map([&](const LogStats& stats) {
      return number(stats.records) + ' ' + number(stats.details) + ' ' + number(stats.detail_bytes) + ' ' +
             number(stats.checkpoints) + ' ' + number(stats.images_count);
    });
  });
  reads("find_since", [](Log& log, const std::string& path) {
    RecordQuery query;
    query.since = Time{kStart.unix_us + 3'000'000};
    return matching(log, path, query);
  });
  reads("find_until", [](Log& log, const std::string& path) {
    RecordQuery query;
    query.until = Time{kStart.unix_us + 3'000'000};
    query.outcome = "deny";
    return matching(log, path, query);
  });
  reads("find_last", [](Log& log, const std::string& path) {
    RecordQuery query;
    query.image = "img-23";
    query.limit = 1;
    return matching(log, path, query);
  });
  reads("verify", [](Log&, const std::string& path) { return verified(path, {}, false); });
  reads("verify_anchored", [=](Log&, const std::string& path) { return verified(path, anchors.at(1), false); });
  reads("verify_resumed", [=](Log&, const std::string& path) { return verified(path, anchors.at(0), true); });

  writes("open_writing", 0, [](Log&, const std::string& path) -> Result<std::string> {
    auto log = Log::open(path, identity());
    if (!log) return tl::make_unexpected(log.error());
    return log->origin();
  });
  writes("append", 3, [=](Log& log, const std::string&) { return log.append(decisions(3)).map(number); });
  writes("checkpoint", 0, [](Log& log, const std::string&) { return log.checkpoint(key_number(1)); });
  writes("checkpoint_published", 0,
         [=](Log& log, const std::string&) { return log.checkpoint(key_number(1), anchors.at(0)); });
  writes("checkpoint_other_key", 1, [=](Log& log, const std::string&) {
    return log.checkpoint(key_number(2)).map([=](const std::string& note) {
      return number(must(parse_signed_checkpoint(note)).checkpoint.size);
    });
  });
  writes("add_cosigned", 0, [=](Log& log, const std::string&) {
    SignedCheckpoint cosigned = anchors.at(1);
    cosign_note(cosigned.note, "witness.example", key_number(7), 1'795'507'300);
    const std::vector<VerifierKey> keys = {
        make_verifier_key("example.com/test", SignatureKind::kEd25519, key_number(1).public_key()),
        make_verifier_key("witness.example", SignatureKind::kCosignatureV1, key_number(7).public_key())};
    return log.add_cosigned(cosigned, keys).map([=](const Endorsement& e) { return number(e.cosigners); });
  });
  writes("redact", 4, [=](Log& log, const std::string&) {
    const std::vector<std::uint64_t> seqs = {25, 35};
    return log.redact(seqs, {}, true).map([=](const Log::Redaction& done) { return number(done.first_seq); });
  });
  writes("close", 1, [=](Log& log, const std::string&) {
    return log.close(key_number(1), "example.com/next").map([=](const std::string& note) {
      return number(must(parse_signed_checkpoint(note)).checkpoint.size);
    });
  });
  return all;
}

inline std::vector<SignedCheckpoint> rich_anchors(const std::string& path) {
  Log log = must(Log::open_read_only(path));
  std::vector<SignedCheckpoint> anchors;
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement rows(database, "SELECT note FROM checkpoints WHERE size IN (22, 42) ORDER BY id");
  while (rows.executeStep()) anchors.push_back(must(parse_signed_checkpoint(rows.getColumn(0).getString())));
  return anchors;
}

}  // namespace imagewarden::audit::test
