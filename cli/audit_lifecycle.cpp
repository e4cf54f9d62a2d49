// `audit redact|rotate`: details that go, a log that is closed and goes on in the next one.

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/log.h"
#include "audit/published.h"
#include "cli/audit_keys.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace imagewarden::cli {

int run_audit_redact(const Options& options, Environment& environment) {
  if (options.arguments.empty())
    return complain(environment, {Errc::kUsage, "`audit redact` wants the numbers of records"});
  std::vector<std::uint64_t> seqs;
  for (const std::string& text : options.arguments) {
    const auto seq = parse_seq(options, text);
    if (!seq) return complain(environment, seq.error());
    if (std::find(seqs.begin(), seqs.end(), *seq) != seqs.end())
      return complain(environment, {Errc::kUsage, fmt::format("`audit redact`: {} is named twice", *seq)});
    seqs.push_back(*seq);
  }
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  audit::Draft draft;
  draft.verb = options.verb;
  draft.engine = engine_version();
  const auto removed = log->redact(seqs, draft, options.force);
  if (!removed) return complain(environment, removed.error());
  if (!removed->is_erased) {
    note(options, environment,
         "another program reads the log and keeps the old bytes on the disk; they go when the next writer leaves");
  }
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("log", options.audit_log).key("removed").begin_array();
    for (const std::uint64_t seq : seqs) json.integer(static_cast<std::int64_t>(seq));
    json.end_array().key("recorded_from").integer(static_cast<std::int64_t>(removed->first_seq)).end_object();
    text += '\n';
  } else {
    text = fmt::format("removed {} from {}; recorded from {} on\n", counted(seqs.size(), "detail", "details"),
                       printable(options.audit_log), removed->first_seq);
  }
  return print_result(*sink, environment, text, kExitAllowed);
}

namespace {

// The log to go on in, where it is there already: made by a rotation that was interrupted, or something else.
Result<std::optional<audit::Log>> open_next(const Options& options, Environment& environment, const std::string& origin,
                                            const std::string& closed_origin) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(options.next, ignored))) {
    const auto target = audit::new_path(options.next);
    if (!target) return tl::make_unexpected(target.error());
    return std::optional<audit::Log>{};
  }
  auto next = audit::Log::open(options.next, writer_identity(environment));
  const auto leaf = next ? next->leaf(0) : Result<std::string>(tl::make_unexpected(next.error()));
  const auto record = leaf ? audit::decode_record(*leaf) : Result<audit::Record>(tl::make_unexpected(leaf.error()));
  const auto previous = record ? audit::parse_predecessor(record->draft.note) : std::nullopt;
  if (!previous || previous->origin != closed_origin || record->origin != origin)
    return fail(Errc::kConflict, fmt::format("{}: exists already", options.next));
  return std::optional(std::move(*next));
}

Status check_predecessor(audit::Log& next, const std::string& path, const audit::Predecessor& wanted) {
  const auto leaf = next.leaf(0);
  if (!leaf) return tl::make_unexpected(leaf.error());
  const auto record = audit::decode_record(*leaf);
  if (!record) return tl::make_unexpected(record.error());
  if (record->draft.note == audit::format_predecessor(wanted)) return {};
  return fail(Errc::kConflict,
              fmt::format("{}: exists already, and goes on from another state of `{}`", path, wanted.origin));
}

}  // namespace

int run_audit_rotate(const Options& options, Environment& environment) {
  if (options.key.empty())
    return complain(environment, {Errc::kUsage, "`audit rotate` signs a last checkpoint: add `--key FILE`"});
  if (options.next.empty())
    return complain(environment, {Errc::kUsage, "`audit rotate` goes on in a new log: add `--next FILE`"});
  // Everything that can be refused is, before the log is closed: it stays closed.
  const std::string origin = options.origin.empty() ? origin_of(options.next) : options.origin;
  if (const auto named = audit::check_key_name(origin); !named)
    return complain(environment, {Errc::kUsage, fmt::format("the origin of the next log: {}", named.error().message)});
  const auto key = audit::SigningKey::read(options.key);
  if (!key) return complain(environment, key.error());
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  if (log->origin() == origin) {
    return complain(
        environment,
        {Errc::kUsage, fmt::format("the next log needs another origin than `{}`: add `--origin NAME`", origin)});
  }
  std::optional<audit::SignedCheckpoint> published;
  if (!options.checkpoint_file.empty()) {
    auto found = audit::read_published(options.checkpoint_file);
    if (!found) return complain(environment, found.error());
    published = std::move(*found);
  }
  auto next = open_next(options, environment, origin, log->origin());
  if (!next) return complain(environment, next.error());
  const std::string vkey = vkey_of(origin, *key);
  if (const auto written = check_targets(options, vkey); !written) return complain(environment, written.error());
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());

  const auto last = log->close(*key, origin, published);
  if (!last) return complain(environment, last.error());
  if (!options.checkpoint_file.empty()) {
    if (const auto shown = audit::publish(options.checkpoint_file, *last); !shown)
      return complain(environment, shown.error());
  }
  const auto checkpoint = audit::parse_signed_checkpoint(*last);
  if (!checkpoint) return complain(environment, checkpoint.error());
  const audit::Predecessor previous{log->origin(), {checkpoint->checkpoint.size, checkpoint->checkpoint.root}};
  if (*next) {
    if (const auto fits = check_predecessor(**next, options.next, previous); !fits)
      return complain(environment, fits.error());
  } else {
    auto made = audit::Log::create(options.next, origin, writer_identity(environment), previous);
    if (!made) return complain(environment, made.error());
    *next = std::move(*made);
  }
  const auto first = (*next)->checkpoint(*key);
  if (!first) return complain(environment, first.error());
  if (const auto written = write_vkey(options, vkey); !written) return complain(environment, written.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("closed", options.audit_log).member("checkpoint", *last);
    json.member("next", options.next).member("origin", origin).member("vkey", vkey).end_object();
    text += '\n';
  } else {
    text = fmt::format("closed {} with {}; goes on in {}, origin {}\nvkey {}\n", printable(options.audit_log),
                       counted(checkpoint->checkpoint.size, "record", "records"), printable(options.next),
                       printable(origin), printable(vkey));
  }
  return print_result(*sink, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
