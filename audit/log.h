#pragma once
// The audit log: one SQLite file, append-only, a Merkle tree over its records. docs/audit-log.md is the format.
// The log knows no rules: a record is plain text and numbers.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/sha256.h"
#include "engine/base/time.h"

namespace imagewarden::audit {

// What happened. Stored as the word in to_string(); a reader refuses words that it does not know.
enum class RecordKind : std::uint8_t {
  kLogStart,    // `log-start`: the first record of every log
  kDecision,    // `decision`
  kBatchStart,  // `batch-start`: principal, digests, count of requests
  kBatchEnd,    // `batch-end`: how many decisions were logged, by outcome
  kKeyChange,
  kRedaction,
  kRetention,
  kImport,
  kHeartbeat,
  kRotation,  // written by later verbs; known to readers now
};
[[nodiscard]] std::string_view to_string(RecordKind kind);

// What a caller says of an event; the log adds origin, seq, time, writer, pseq, host and user.
// Strings are valid UTF-8 (checked: kUsage), "" where a field does not apply; digests are `sha256:HEX`.
struct Draft {
  RecordKind kind{RecordKind::kDecision};
  std::string verb;       // `check`
  std::string operation;  // `appstreaming:DeleteImage`
  std::string principal;  // `user/alice`
  std::string account;
  std::string image;
  std::string outcome;         // `allow` | `deny` | `indeterminate`
  std::string code;            // of a deny; `200` for allow; "" for indeterminate
  std::string possible_codes;  // joined by `,`
  std::string permission;      // RAM's decision
  std::string decided_at;      // the time that the decision was made for, RFC 3339 (--now, else the clock)
  std::string inventory_digest;
  std::string rules_digest;
  std::string request_digest;
  std::string decision_digest;  // of the whole Decision document, without its `audit` member
  std::string engine;           // `imagewarden 0.1.0`
  std::int64_t count{};         // batch-start, batch-end: decisions; else 0
  std::string note;             // free text of the kinds that need one
  std::string detail;  // not part of the leaf: the Decision document, kept beside it with --audit-detail full; its
                       // SHA-256 is decision_digest (checked: kUsage)
};

// A record as it was stored: what the draft said and what the log added.
struct Record {
  Draft draft;  // `detail` stays empty, see Log::detail()
  std::int64_t schema{1};
  std::string origin;
  std::uint64_t seq{};
  Time time;             // when it was written, microseconds, never before the record before it
  std::string writer;    // instance: random, per open log
  std::uint64_t pseq{};  // the writer's own counter, from 0
  std::string host;
  std::string user;
};

// The leaf: RFC 8785 canonical JSON. decode() is strict: exactly the bytes that encode() makes, else kMalformedInput.
[[nodiscard]] std::string encode_record(const Record& record);
[[nodiscard]] Result<Record> decode_record(std::string_view leaf);

// Who writes; given by the caller, as the library asks neither clock nor environment.
struct WriterIdentity {
  std::string host;
  std::string user;
  std::function<Time()> clock;
};

struct Head {
  std::uint64_t size{};
  Sha256Digest root{};  // of the empty tree: SHA-256 of nothing
};

// One open log. Not thread-safe: one object, one thread; any number of objects and processes may share the file.
class Log {
 public:
  // Makes the file and its log-start record. kConflict if the path exists.
  static Result<Log> create(const std::string& path, std::string_view origin, WriterIdentity identity);
  // Opens for writing (creates nothing). kNotFound, kMalformedInput (zero length, foreign file, other version), kIo.
  static Result<Log> open(const std::string& path, WriterIdentity identity);
  // Opens for reading only; works on a read-only file and folder.
  static Result<Log> open_read_only(const std::string& path);
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  // Appends all drafts in order in one commit; returns the first seq once they are durable. On an error nothing was
  // appended. Precondition: opened for writing.
  Result<std::uint64_t> append(std::span<const Draft> drafts);

  [[nodiscard]] const std::string& origin() const;
  Result<Head> head();
  // Calls `visit(seq, leaf)` for seq in [first, first + count) in order, in slices of short read transactions; stops
  // early when it returns false. Returns how many were visited.
  Result<std::uint64_t> read(std::uint64_t first, std::uint64_t count,
                             const std::function<bool(std::uint64_t, std::string_view)>& visit);
  // The stored Decision document of a record; nothing if none was kept.
  Result<std::optional<std::string>> detail(std::uint64_t seq);

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct VerifyReport {
  std::string origin;
  Head head;
  std::uint64_t records{};
  std::optional<std::uint64_t> first_bad;  // seq of the first record that fails
  std::string problem;                     // why, empty if all is well
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

// Streams the whole log: re-hashes every leaf and node, checks canonical form, seq, pseq, times, origin. An Error means
// that the file could not be read as a log at all; tampering is a report that is not ok().
[[nodiscard]] Result<VerifyReport> verify(const std::string& path,
                                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace imagewarden::audit
