#pragma once
// No record, no answer: the part of a command that logs decisions before they are shown.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "audit/writer.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "engine/base/version.h"
#include "report/record/decision_record.h"

namespace imagewarden::cli {

// A log that is made without a name is named after its file.
[[nodiscard]] std::string origin_of(const std::string& path);
[[nodiscard]] audit::WriterIdentity writer_identity(const Environment& environment);

[[nodiscard]] int exit_status_of(const BatchSummary& summary);

// Writes the records of one command: batch-start with the first append, batch-end with the last; with --key also
// checkpoints, now and then and at the end. Not thread-safe, but for recorder().
class Journal {
 public:
  // Opens the log, or makes it where the file does not exist, and reads the key. With --no-audit there is no log and
  // submit() does nothing.
  static Result<Journal> open(const Options& options, Environment& environment, const RecordContext& context,
                              const std::string& principal, const std::string& account, std::uint64_t count);

  // Decisions on their way to the disk.
  class Receipt {
   private:
    friend class Journal;
    std::optional<audit::Writer::Ticket> ticket_;
    std::uint64_t before_{};  // records of the journal's own in front of the decisions
    bool last_{};
  };
  // Of decisions that are to be submitted. Safe for any number of threads.
  [[nodiscard]] DecisionRecorder recorder() const { return DecisionRecorder(context_, detail_full_); }
  // Hands records of decisions over, in order; the next ones can be made meanwhile. `last` adds the batch-end record.
  // They are let go before wait() says that they are durable: then the caller may use their memory again.
  Result<Receipt> submit(std::shared_ptr<audit::DraftBatch> decisions, const BatchSummary& so_far, bool last);
  // Waits until they are durable; the seq of the first, nothing without a log. After the last ones, and where one is
  // due, a checkpoint is signed and published.
  Result<std::optional<std::uint64_t>> wait(Receipt receipt);

  // Whether there is a log.
  [[nodiscard]] bool is_open() const { return log_ != nullptr; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // The name of the log; empty without one.
  [[nodiscard]] const std::string& origin() const { return origin_; }
  // Once something is durable: where the first decision stands, or the batch-end where there is none.
  [[nodiscard]] std::uint64_t first_seq() const { return first_seq_.value_or(0); }
  [[nodiscard]] const RecordContext& context() const { return context_; }

 private:
  Status prepare_signing(const Options& options);
  Status sign_if_due(bool last);

  std::unique_ptr<audit::Writer> log_;
  std::string path_;
  std::string origin_;
  RecordContext context_;
  bool detail_full_{};
  audit::Draft start_;
  bool started_{};
  std::optional<std::uint64_t> first_seq_;
  std::optional<audit::SigningKey> key_;
  std::optional<audit::SignedCheckpoint> published_;  // when the journal was opened
  std::string checkpoint_file_;
  CheckpointInterval every_;
  std::function<Time()> clock_;
  std::uint64_t unsigned_records_{};
  Time last_signed_;
};

}  // namespace imagewarden::cli
