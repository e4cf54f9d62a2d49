#pragma once
// No record, no answer: the part of a command that logs decisions before they are shown.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audit/log.h"
#include "cli/audit_record.h"
#include "cli/environment.h"
#include "cli/options.h"

namespace imagewarden::cli {

[[nodiscard]] std::string engine_version();  // `imagewarden 0.1.0`
[[nodiscard]] std::string_view version();    // `0.1.0`

[[nodiscard]] audit::WriterIdentity writer_identity(const Environment& environment);

struct BatchSummary {
  std::uint64_t allow{};
  std::uint64_t deny{};
  std::uint64_t indeterminate{};
  void count(Outcome outcome);
  [[nodiscard]] std::uint64_t total() const { return allow + deny + indeterminate; }
  [[nodiscard]] int exit_status() const;
};

// Writes the records of one command: batch-start with the first append, batch-end with the last. Not thread-safe.
class Journal {
 public:
  // Opens the log, or makes it where the file does not exist. With --no-audit there is no log and append() does
  // nothing.
  static Result<Journal> open(const Options& options, Environment& environment, const RecordContext& context,
                              const std::string& principal, const std::string& account, std::uint64_t count);

  // Logs decisions in order, durably; the seq of the first, nothing without a log. `last` adds the batch-end record.
  Result<std::optional<std::uint64_t>> append(std::span<const Decision> decisions,
                                              std::span<const std::string> request_digests, const BatchSummary& so_far,
                                              bool last);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const RecordContext& context() const { return context_; }

 private:
  std::optional<audit::Log> log_;
  std::string path_;
  RecordContext context_;
  bool detail_full_{};
  audit::Draft start_;
  bool started_{};
};

}  // namespace imagewarden::cli
