// `audit redact|rotate`: details that go, a log that is closed and goes on in the next one.

#include <filesystem>

#include <fmt/format.h>

#include "audit/log.h"
#include "audit/published.h"
#include "cli/audit_keys.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {

int run_audit_redact(const Options& options, Environment& environment) {
  if (options.arguments.empty())
    return complain(environment, {Errc::kUsage, "`audit redact` wants the numbers of records"});
  std::vector<std::uint64_t> seqs;
  for (const std::string& text : options.arguments) {
    const auto seq = parse_seq(options, text);
    if (!seq) return complain(environment, seq.error());
    seqs.push_back(*seq);
  }
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  audit::Draft draft;
  draft.verb = options.verb;
  draft.engine = engine_version();
  const auto first = log->redact(seqs, draft, options.force);
  if (!first) return complain(environment, first.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("log", options.audit_log).key("removed").begin_array();
    for (const std::uint64_t seq : seqs) json.integer(static_cast<std::int64_t>(seq));
    json.end_array().key("recorded_from").integer(static_cast<std::int64_t>(*first)).end_object();
    text += '\n';
  } else {
    text = fmt::format("removed {} from {}; recorded from {} on\n", counted(seqs.size(), "detail", "details"),
                       printable(options.audit_log), *first);
  }
  return print_result(options, environment, text, kExitAllowed);
}

int run_audit_rotate(const Options& options, Environment& environment) {
  if (options.key.empty())
    return complain(environment, {Errc::kUsage, "`audit rotate` signs a last checkpoint: add `--key FILE`"});
  if (options.next.empty())
    return complain(environment, {Errc::kUsage, "`audit rotate` goes on in a new log: add `--next FILE`"});
  const std::string origin =
      options.origin.empty() ? std::filesystem::path(options.next).filename().string() : options.origin;
  if (const auto named = audit::check_key_name(origin); !named)
    return complain(environment, {Errc::kUsage, fmt::format("the origin of the next log: {}", named.error().message)});
  const auto key = audit::SigningKey::read(options.key);
  if (!key) return complain(environment, key.error());
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(options.next, ignored)))
    return complain(environment, {Errc::kConflict, fmt::format("{}: exists already", options.next)});
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  if (log->origin() == origin)
    return complain(
        environment,
        {Errc::kUsage, fmt::format("the next log needs another origin than `{}`: add `--origin NAME`", origin)});
  // Closed and signed first; if the next log cannot be made then, the same command again makes it.
  const auto last = log->close(*key, origin);
  if (!last) return complain(environment, last.error());
  const auto checkpoint = audit::parse_signed_checkpoint(*last);
  if (!checkpoint) return complain(environment, checkpoint.error());
  const audit::Predecessor previous{log->origin(), {checkpoint->checkpoint.size, checkpoint->checkpoint.root}};
  auto next = audit::Log::create(options.next, origin, writer_identity(environment), previous);
  if (!next) return complain(environment, next.error());
  const auto first = next->checkpoint(*key);
  if (!first) return complain(environment, first.error());
  if (!options.checkpoint_file.empty()) {
    if (const auto published = audit::publish(options.checkpoint_file, *last); !published)
      return complain(environment, published.error());
  }
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("closed", options.audit_log).member("checkpoint", *last);
    json.member("next", options.next).member("origin", origin).member("vkey", vkey_of(origin, *key)).end_object();
    text += '\n';
  } else {
    text = fmt::format("closed {} with {}; goes on in {}, origin {}\nvkey {}\n", printable(options.audit_log),
                       counted(checkpoint->checkpoint.size, "record", "records"), printable(options.next),
                       printable(origin), vkey_of(origin, *key));
  }
  return print_result(options, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
