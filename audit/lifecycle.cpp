// How a log ages: details that are removed, a log that is closed and goes on in the next one.

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "audit/frontier.h"
#include "audit/log_impl.h"
#include "audit/record.h"

namespace imagewarden::audit {
namespace {

constexpr std::string_view kPrevious = "previous ";
constexpr std::string_view kDigest = " sha256:";
constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

// What one removal leaves behind: a `redaction` record, and a `retention` one before it where it came too early.
Status add_redaction(Log::Impl& log, std::uint64_t seq, const Draft& draft, bool force, std::vector<Draft>& drafts) {
  const auto leaf = load_leaf(log.store, seq);
  if (!leaf) return tl::make_unexpected(leaf.error());
  LeafView view;
  std::string problem;
  if (!scan_leaf(*leaf, view, problem)) return damaged(log.store.name(), seq, problem);
  const auto removed = log.store.remove_detail(static_cast<std::int64_t>(seq));
  if (!removed) return tl::make_unexpected(removed.error());
  if (!*removed) return fail(Errc::kNotFound, fmt::format("{}: record {} has no detail", log.store.name(), seq));
  const Time now = std::max(log.identity.clock(), log.last_time);
  const std::int64_t days = (now.unix_us - view.time.unix_us) / kDayUs;
  Draft record = draft;
  if (days < kRetentionDays) {
    if (!force) {
      return fail(Errc::kConflict,
                  fmt::format("{}: the detail of record {} is {} days old, it is kept for {}; --force removes it and "
                              "is recorded",
                              log.store.name(), seq, days, kRetentionDays));
    }
    record.kind = RecordKind::kRetention;
    record.note = fmt::format("record {}: removed by force after {} days of {}", seq, days, kRetentionDays);
    drafts.push_back(record);
  }
  record.kind = RecordKind::kRedaction;
  record.note = fmt::format("record {}", seq);
  record.decision_digest = view.text(Field::kDecision);
  drafts.push_back(std::move(record));
  return {};
}

}  // namespace

std::string format_predecessor(const Predecessor& previous) {
  return fmt::format("{}{}{}{} {}", kPrevious, previous.head.size, kDigest, to_hex(previous.head.root),
                     previous.origin);
}

std::optional<Predecessor> parse_predecessor(std::string_view note) {
  if (!note.starts_with(kPrevious)) return std::nullopt;
  Predecessor previous;
  const char* const begin = note.data() + kPrevious.size();
  const auto [end, error] = std::from_chars(begin, note.data() + note.size(), previous.head.size);
  if (error != std::errc{}) return std::nullopt;
  std::string_view rest = note.substr(static_cast<std::size_t>(end - note.data()));
  if (!rest.starts_with(kDigest)) return std::nullopt;
  rest.remove_prefix(kDigest.size());
  const std::size_t hex = 2 * previous.head.root.size();
  if (rest.size() < hex + 2 || rest[hex] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < previous.head.root.size(); ++i) {
    const char* const digits = rest.data() + 2 * i;
    const auto [stop, bad] = std::from_chars(digits, digits + 2, previous.head.root[i], 16);
    if (bad != std::errc{} || stop != digits + 2) return std::nullopt;
  }
  previous.origin = rest.substr(hex + 1);
  // One form only: what format_predecessor() would not write is not read.
  return format_predecessor(previous) == note ? std::optional(std::move(previous)) : std::nullopt;
}

Result<Log::Redaction> Log::redact(std::span<const std::uint64_t> seqs, const Draft& draft, bool force) {
  std::uint64_t first_seq = 0;
  const auto done = impl_->transact([&]() -> Status {
    if (impl_->closed) {
      return fail(Errc::kConflict, fmt::format("{}: closed: a removal could not be recorded", impl_->store.name()));
    }
    std::vector<Draft> drafts;
    for (const std::uint64_t seq : seqs) {
      if (seq >= impl_->frontier.size()) {
        return fail(Errc::kNotFound,
                    fmt::format("{}: no record {}, it holds {}", impl_->store.name(), seq, impl_->frontier.size()));
      }
      if (auto added = add_redaction(*impl_, seq, draft, force, drafts); !added) return added;
    }
    first_seq = impl_->frontier.size();
    return impl_->write(drafts);
  });
  if (!done) return tl::make_unexpected(done.error());
  // The write-ahead log holds the pages as they were: it is emptied, so that what was removed is gone.
  if (const auto locked = impl_->lock->lock(); !locked) return tl::make_unexpected(locked.error());
  const Unlocker unlocker(*impl_->lock);
  return Redaction{first_seq, impl_->store.checkpoint_all()};
}

Result<std::string> Log::close(const SigningKey& key, std::string_view next_origin,
                               const std::optional<SignedCheckpoint>& published) {
  // The key first: a closed log takes no record that announces one.
  auto note = checkpoint(key, published);
  if (!note) return note;
  bool was_closed = false;
  const auto done = impl_->transact([&]() -> Status {
    was_closed = impl_->closed.has_value();
    if (was_closed && *impl_->closed != next_origin) return impl_->refuse_closed();
    if (was_closed) return impl_->store.commit();
    Draft last;
    last.kind = RecordKind::kRotation;
    last.note = next_origin;
    if (auto written = impl_->write({&last, 1}); !written) return written;
    impl_->closed = std::string(next_origin);
    return {};
  });
  if (!done) return tl::make_unexpected(done.error());
  return was_closed ? note : checkpoint(key, published);
}

}  // namespace imagewarden::audit
