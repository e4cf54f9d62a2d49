#include "cli/journal.h"

#include <filesystem>

#include <fmt/format.h>

#include "cli/text.h"

namespace imagewarden::cli {
namespace {

// A log that a command makes by itself is named after its file.
std::string default_origin(const std::string& path) { return std::filesystem::path(path).filename().string(); }

Result<audit::Log> open_or_create(const std::string& path, Environment& environment) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    return audit::Log::open(path, writer_identity(environment));
  }
  auto made = audit::Log::create(path, default_origin(path), writer_identity(environment));
  if (!made && made.error().code == Errc::kConflict) return audit::Log::open(path, writer_identity(environment));
  return made;
}

}  // namespace

std::string_view version() { return IMAGEWARDEN_VERSION; }
std::string engine_version() { return fmt::format("imagewarden {}", version()); }

audit::WriterIdentity writer_identity(const Environment& environment) {
  return {printable(environment.host), printable(environment.user), environment.clock};
}

void BatchSummary::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      ++allow;
      return;
    case Outcome::kIndeterminate:
      ++indeterminate;
      return;
    case Outcome::kDeny:
      break;
  }
  ++deny;
}

int BatchSummary::exit_status() const {
  if (deny > 0) return kExitDenied;
  return indeterminate > 0 ? kExitIndeterminate : kExitAllowed;
}

Result<Journal> Journal::open(const Options& options, Environment& environment, const RecordContext& context,
                              const std::string& principal, const std::string& account, std::uint64_t count) {
  Journal journal;
  journal.path_ = options.audit_log;
  journal.context_ = context;
  journal.detail_full_ = options.audit_detail_full;
  if (options.no_audit) return journal;
  auto log = open_or_create(options.audit_log, environment);
  if (!log) return tl::make_unexpected(log.error());
  journal.log_ = std::move(*log);
  journal.start_.kind = audit::RecordKind::kBatchStart;
  journal.start_.verb = context.verb;
  journal.start_.principal = principal;
  journal.start_.account = account;
  journal.start_.decided_at = format_rfc3339(context.now);
  journal.start_.inventory_digest = context.inventory_digest;
  journal.start_.rules_digest = context.rules_digest;
  journal.start_.engine = context.engine;
  journal.start_.count = static_cast<std::int64_t>(count);
  return journal;
}

Result<std::optional<std::uint64_t>> Journal::append(std::span<const Decision> decisions,
                                                     std::span<const std::string> request_digests,
                                                     const BatchSummary& so_far, bool last) {
  if (!log_) return std::optional<std::uint64_t>{};
  std::vector<audit::Draft> drafts;
  drafts.reserve(decisions.size() + 2);
  const std::uint64_t before = started_ ? 0 : 1;
  if (!started_) drafts.push_back(start_);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    drafts.push_back(make_draft(decisions[i], context_, request_digests[i]));
    if (detail_full_) {
      JsonWriter json(drafts.back().detail);
      write_decision(json, decisions[i], {.all_values = true, .audit = nullptr});
    }
  }
  if (last) {
    audit::Draft end = start_;
    end.kind = audit::RecordKind::kBatchEnd;
    end.count = static_cast<std::int64_t>(so_far.total());
    end.note = fmt::format("allow={} deny={} indeterminate={}", so_far.allow, so_far.deny, so_far.indeterminate);
    drafts.push_back(std::move(end));
  }
  auto first = log_->append(drafts);
  if (!first) return tl::make_unexpected(first.error());
  started_ = true;
  return std::optional(*first + before);
}

}  // namespace imagewarden::cli
