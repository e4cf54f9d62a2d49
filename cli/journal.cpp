#include "cli/journal.h"

#include <filesystem>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/published.h"
#include "cli/text.h"
#include "engine/base/limits.h"

namespace imagewarden::cli {
namespace {

Result<audit::Log> open_or_create(const std::string& path, Environment& environment) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    return audit::Log::open(path, writer_identity(environment));
  }
  auto made = audit::Log::create(path, origin_of(path), writer_identity(environment));
  if (!made && made.error().code == Errc::kConflict) return audit::Log::open(path, writer_identity(environment));
  return made;
}

}  // namespace

std::string origin_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

audit::WriterIdentity writer_identity(const Environment& environment) {
  return {printable(environment.host), printable(environment.user), environment.clock};
}

int exit_status_of(const BatchSummary& summary) {
  if (summary.deny > 0) return kExitDenied;
  return summary.indeterminate > 0 ? kExitIndeterminate : kExitAllowed;
}

Result<Journal> Journal::open(const Options& options, Environment& environment, const RecordContext& context,
                              const std::string& principal, const std::string& account, std::uint64_t count) {
  Journal journal;
  journal.path_ = options.audit_log;
  journal.context_ = context;
  journal.detail_full_ = options.audit_detail_full;
  if (options.no_audit) return journal;
  if (auto signs = journal.prepare_signing(options); !signs) return tl::make_unexpected(signs.error());
  auto log = open_or_create(options.audit_log, environment);
  if (!log) return tl::make_unexpected(log.error());
  if (journal.key_) {
    // Before anything is decided: what could not be signed or published at the end.
    if (const auto named = audit::check_key_name(log->origin()); !named) return tl::make_unexpected(named.error());
    if (journal.published_ && journal.published_->checkpoint.origin != log->origin()) {
      return fail(Errc::kConflict,
                  fmt::format("{}: a checkpoint of the log `{}`, {} is `{}`", options.checkpoint_file,
                              journal.published_->checkpoint.origin, options.audit_log, log->origin()));
    }
  }
  journal.origin_ = log->origin();
  journal.log_ = std::make_unique<audit::Writer>(std::move(*log));
  journal.checkpoint_file_ = options.checkpoint_file;
  journal.every_ = options.checkpoint_every;
  journal.clock_ = environment.clock;
  journal.last_signed_ = environment.clock();
  journal.start_ = make_batch_start(context, principal, account, count);
  return journal;
}

Status Journal::prepare_signing(const Options& options) {
  if (options.key.empty()) {
    if (options.checkpoint_file.empty() && options.checkpoint_every.records == 0 &&
        options.checkpoint_every.seconds == 0)
      return {};
    return fail(Errc::kUsage, "`--checkpoint-file` and `--checkpoint-every`: nothing is signed without `--key FILE`");
  }
  auto key = audit::SigningKey::read(options.key);
  if (!key) return tl::make_unexpected(key.error());
  key_ = std::move(*key);
  std::error_code ignored;
  if (!std::filesystem::exists(options.audit_log, ignored)) {
    if (const auto named = audit::check_key_name(origin_of(options.audit_log)); !named)
      return tl::make_unexpected(named.error());
  }
  if (options.checkpoint_file.empty()) return {};
  auto published = audit::read_published(options.checkpoint_file);
  if (!published) return tl::make_unexpected(published.error());
  published_ = std::move(*published);
  return audit::can_replace(options.checkpoint_file);
}

Result<Journal::Receipt> Journal::submit(std::shared_ptr<audit::DraftBatch> decisions, const BatchSummary& so_far,
                                         bool last) {
  Receipt receipt;
  receipt.last_ = last;
  if (!log_) return receipt;
  receipt.before_ = started_ ? 0 : 1;
  if (!started_) {
    if (const auto added = decisions->push_front(start_); !added) return tl::make_unexpected(added.error());
  }
  if (last) {
    if (const auto added = decisions->push_back(make_batch_end(start_, so_far)); !added)
      return tl::make_unexpected(added.error());
  }
  unsigned_records_ += decisions->size();
  auto ticket = log_->submit(std::move(decisions));
  if (!ticket) return tl::make_unexpected(ticket.error());
  receipt.ticket_ = std::move(*ticket);
  started_ = true;
  return receipt;
}

Result<std::optional<std::uint64_t>> Journal::wait(Receipt receipt) {
  if (!receipt.ticket_) return std::optional<std::uint64_t>{};
  const auto first = log_->wait(std::move(*receipt.ticket_));
  if (!first) return tl::make_unexpected(first.error());
  if (const auto signed_now = sign_if_due(receipt.last_); !signed_now) return tl::make_unexpected(signed_now.error());
  const std::uint64_t decided = *first + receipt.before_;
  if (!first_seq_) first_seq_ = decided;
  return std::optional(decided);
}

Status Journal::sign_if_due(bool last) {
  if (!key_) return {};
  const Time now = clock_();
  const bool many = every_.records > 0 && unsigned_records_ >= every_.records;
  const bool long_ago = every_.seconds > 0 && now.unix_us - last_signed_.unix_us >= every_.seconds * 1'000'000;
  if (!last && !many && !long_ago) return {};
  const auto note = audit::checkpoint_and_publish(*log_, *key_, checkpoint_file_);
  if (!note) return tl::make_unexpected(note.error());
  unsigned_records_ = 0;
  last_signed_ = now;
  return {};
}

}  // namespace imagewarden::cli
