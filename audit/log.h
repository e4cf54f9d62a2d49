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

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/note.h"
#include "audit/proof.h"
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
  kKeyChange,   // `key-change`: checkpoints are signed by the key of `note` (a vkey) from here on
  kRedaction,   // `redaction`: the detail of the record that `note` names was removed
  kRetention,   // `retention`: something was removed before its time
  kImport,      // `import`, `heartbeat`: for writers to come
  kHeartbeat,
  kRotation,  // `rotation`: the last record of a closed log; `note` is the origin of the next one
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
  std::function<Time()> clock;  // of a Log that a Writer has: called from any thread, also from several at once
};

struct Head {
  std::uint64_t size{};
  Sha256Digest root{};  // of the empty tree: SHA-256 of nothing
};

// The last state of a log that was closed, and so the first thing that the log after it says.
struct Predecessor {
  std::string origin;
  Head head;
};
// `previous SIZE sha256:HEX ORIGIN`, the note of a log-start record.
[[nodiscard]] std::string format_predecessor(const Predecessor& previous);
[[nodiscard]] std::optional<Predecessor> parse_predecessor(std::string_view note);

// Details stay this long; to remove one earlier has to be forced, and is recorded.
constexpr std::int64_t kRetentionDays = 184;

// One open log. Not thread-safe: one object, one thread; any number of objects and processes may share the file.
// Many threads share one object through audit/writer.h.
class Log {
 public:
  struct Impl;
  // Makes the file and its log-start record. kConflict if the path exists.
  static Result<Log> create(const std::string& path, std::string_view origin, WriterIdentity identity,
                            const std::optional<Predecessor>& previous = std::nullopt);
  // Opens for writing (creates nothing). kNotFound, kMalformedInput (zero length, foreign file, other version), kIo.
  static Result<Log> open(const std::string& path, WriterIdentity identity);
  // Opens for reading only; works on a read-only file and folder.
  static Result<Log> open_read_only(const std::string& path);
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  // Appends all drafts in order in one commit; returns the first seq once they are durable. On an error nothing was
  // acknowledged, and nothing is appended, but where the disk failed to synchronise: then a crash may bring it back.
  // kConflict where the log is closed. Precondition: opened for writing.
  Result<std::uint64_t> append(std::span<const Draft> drafts);

  // Signs the log as it stands and keeps the note; the same note again where nothing was added since. Where `key` is
  // another one than that of the last checkpoint, a key-change record comes first. kConflict, and nothing is signed,
  // where the log is not a continuation of its last checkpoint, or of `published`, which is what the world was shown
  // last. kUsage where the origin is no name that a note can carry. Precondition: opened for writing.
  Result<std::string> checkpoint(const SigningKey& key,
                                 const std::optional<SignedCheckpoint>& published = std::nullopt);
  // Keeps a note that others have cosigned: the newest checkpoint of this log, with the signatures that it has here,
  // and signed by every one of `keys`.
  Result<Endorsement> add_cosigned(const SignedCheckpoint& cosigned, std::span<const VerifierKey> keys);
  // Removes the stored details of records, and says so in a record each, by `draft`'s verb and principal. kNotFound
  // where there is none; kConflict for one of less than kRetentionDays, unless forced: then a `retention` record says
  // so. All of them or none.
  struct Redaction {
    std::uint64_t first_seq{};  // of the records that say so
    bool is_erased{};           // false: a reader keeps old pages; the next writer who leaves erases them
  };
  Result<Redaction> redact(std::span<const std::uint64_t> seqs, const Draft& draft, bool force);
  // Appends the last record, signs the last checkpoint: nothing is appended any more. On a closed log that names the
  // same next one: the last checkpoint again, so that a rotation that was interrupted can be finished; else kConflict.
  // `published` as in checkpoint().
  Result<std::string> close(const SigningKey& key, std::string_view next_origin,
                            const std::optional<SignedCheckpoint>& published = std::nullopt);

  [[nodiscard]] const std::string& origin() const;
  Result<Head> head();
  // The tree of the first `size` records, from the stored nodes. Precondition: size <= head().size.
  Result<Sha256Digest> root_at(std::uint64_t size);
  // The bytes of one record. kNotFound beyond the end.
  Result<std::string> leaf(std::uint64_t seq);
  // The newest checkpoint of more than `above` records (nothing: of any size); nothing if there is none.
  Result<std::optional<std::string>> newest_checkpoint(std::optional<std::uint64_t> above = std::nullopt);
  // The key that the log was made with: that of a key-change in record 1; nothing if there is none.
  Result<std::optional<VerifierKey>> first_key();
  // A record with its way up to the newest checkpoint that covers it. kNotFound where none does. Verified before it
  // is returned: kMalformedInput where the log is damaged there.
  Result<TlogProof> prove(std::uint64_t seq);
  // That the first `size2` records go on where the first `size1` end. Precondition: size1 <= size2 <= head().size.
  Result<Hashes> prove_consistency(std::uint64_t size1, std::uint64_t size2);
  // Calls `visit(seq, leaf)` for seq in [first, first + count) in order, in slices of short read transactions; stops
  // early when it returns false. Returns how many were visited.
  Result<std::uint64_t> read(std::uint64_t first, std::uint64_t count,
                             const std::function<bool(std::uint64_t, std::string_view)>& visit);
  // The stored Decision document of a record; nothing if none was kept.
  Result<std::optional<std::string>> detail(std::uint64_t seq);

 private:
  friend class Writer;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct VerifyOptions {
  std::optional<SignedCheckpoint> anchor;  // from outside the machine
  std::vector<VerifierKey> keys;           // that must have signed it
  bool resume{};                           // the records that the anchor covers are taken for good, not read again
  unsigned threads{2};
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct VerifyReport {
  std::string origin;
  Head head;
  std::uint64_t records{};                 // that were looked at and are good
  std::uint64_t checkpoints{};             // stored ones, each with its root and signatures
  std::optional<std::uint64_t> anchored;   // how many records the anchor covers
  Endorsement endorsement;                 // of the anchor
  std::optional<std::uint64_t> first_bad;  // seq of the first record that fails
  std::string problem;                     // why, empty if all is well
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

// Streams the whole log: re-hashes every leaf and node, checks canonical form, seq, pseq, times, origin, and the stored
// checkpoints by the keys that the log's own key-change records name; then the anchor, if there is one. An Error means
// that the file could not be read as a log at all; tampering is a report that is not ok().
[[nodiscard]] Result<VerifyReport> verify(const std::string& path, const VerifyOptions& options);

// A proof alone, without any log: the record in it, hashed up to the root that its checkpoint names, and the checkpoint
// signed by every one of `keys`. kMalformedInput says what fails.
struct VerifiedProof {
  Record record;
  SignedCheckpoint checkpoint;
  Endorsement endorsement;
};
[[nodiscard]] Result<VerifiedProof> verify_proof(const TlogProof& proof, std::span<const VerifierKey> keys);

}  // namespace imagewarden::audit
