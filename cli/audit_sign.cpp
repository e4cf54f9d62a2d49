// `audit checkpoint|prove|consistency`: what the log can show to others.

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "audit/log.h"
#include "audit/published.h"
#include "cli/audit_keys.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "report/proof_page.h"

namespace imagewarden::cli {
namespace {

int print_checkpoint(const Options& options, Environment& environment, Sink& sink, const std::string& note,
                     const std::string& vkey) {
  const auto parsed =
      audit::parse_signed_checkpoint(note);  // also what is printed as it is holds no control characters
  if (!parsed) return complain(environment, parsed.error());
  if (options.format != Format::kJson) return print_result(sink, environment, note, kExitAllowed);
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("origin", parsed->checkpoint.origin);
  json.key("size").integer(static_cast<std::int64_t>(parsed->checkpoint.size));
  json.member("root", to_hex(parsed->checkpoint.root)).member("note", note);
  if (!vkey.empty()) json.member("vkey", vkey);
  json.end_object();
  return print_result(sink, environment, text + '\n', kExitAllowed);
}

int keep_cosigned(const Options& options, Environment& environment, Sink& sink) {
  const auto keys = read_vkeys(options);
  if (!keys) return complain(environment, keys.error());
  if (keys->empty()) {
    return complain(environment, {Errc::kUsage,
                                  "`--cosigned` needs the keys that must have signed it: the log's own and "
                                  "the cosigners', each as `--vkey KEY`"});
  }
  const auto cosigned = read_checkpoint(options.cosigned);
  if (!cosigned) return complain(environment, cosigned.error());
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  const auto endorsement = log->add_cosigned(*cosigned, *keys);
  if (!endorsement)
    return complain(environment,
                    {endorsement.error().code, fmt::format("{}: {}", options.cosigned, endorsement.error().message)});
  const std::string note = audit::format_note(cosigned->note);
  if (!options.checkpoint_file.empty()) {
    if (const auto published = audit::publish(options.checkpoint_file, note); !published)
      return complain(environment, published.error());
  }
  return print_checkpoint(options, environment, sink, note, {});
}

// A size, or a checkpoint file whose size it is.
struct Side {
  std::uint64_t size{};
  std::optional<audit::SignedCheckpoint> checkpoint;
};

Result<Side> read_side(const Options& options, audit::Log& log, const std::string& text) {
  Side side;
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored)) {
    auto checkpoint = read_checkpoint(text);
    if (!checkpoint) return tl::make_unexpected(checkpoint.error());
    if (checkpoint->checkpoint.origin != log.origin()) {
      return fail(Errc::kUsage, fmt::format("{}: a checkpoint of the log `{}`, this one is `{}`", text,
                                            checkpoint->checkpoint.origin, log.origin()));
    }
    side.size = checkpoint->checkpoint.size;
    side.checkpoint = std::move(*checkpoint);
    return side;
  }
  const auto size = parse_seq(options, text);
  if (!size) {
    return fail(Errc::kUsage,
                fmt::format("`{}`: `{}`, expected a number of records or a checkpoint file", options.verb, text));
  }
  side.size = *size;
  return side;
}

}  // namespace

int run_audit_checkpoint(const Options& options, Environment& environment) {
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  if (!options.cosigned.empty()) return keep_cosigned(options, environment, *sink);
  if (options.key.empty()) {
    if (!options.checkpoint_file.empty() || !options.vkey_file.empty()) {
      return complain(environment,
                      {Errc::kUsage, "`--checkpoint-file` and `--vkey-file`: nothing is signed without `--key FILE`"});
    }
    auto log = audit::Log::open_read_only(options.audit_log);
    if (!log) return complain(environment, log.error());
    const auto newest = log->newest_checkpoint();
    if (!newest) return complain(environment, newest.error());
    if (!*newest) {
      return complain(environment, {Errc::kNotFound, fmt::format("{}: no checkpoint yet: sign one with `--key FILE`",
                                                                 options.audit_log)});
    }
    return print_checkpoint(options, environment, *sink, **newest, {});
  }
  const auto key = audit::SigningKey::read(options.key);
  if (!key) return complain(environment, key.error());
  auto log = audit::Log::open(options.audit_log, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  const std::string vkey = vkey_of(log->origin(), *key);
  if (const auto written = check_targets(options, vkey); !written) return complain(environment, written.error());
  const auto note = audit::checkpoint_and_publish(*log, *key, options.checkpoint_file);
  if (!note) return complain(environment, note.error());
  if (const auto written = write_vkey(options, vkey); !written) return complain(environment, written.error());
  return print_checkpoint(options, environment, *sink, *note, vkey);
}

int run_audit_prove(const Options& options, Environment& environment) {
  const auto seq = one_seq(options);
  if (!seq) return complain(environment, seq.error());
  const auto keys = read_vkeys(options);
  if (!keys) return complain(environment, keys.error());
  if (options.html && options.format == Format::kJson)
    return complain(environment, {Errc::kUsage, "`--html` and `--format json`: one of them"});
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto proof = log->prove(*seq);
  if (!proof) return complain(environment, proof.error());
  if (!keys->empty()) {
    // What the reader's keys would not accept is not handed out.
    if (const auto verified = audit::verify_proof(*proof, *keys); !verified)
      return complain(environment,
                      {verified.error().code, fmt::format("{}: {}", options.audit_log, verified.error().message)});
  }
  if (options.html) {
    std::vector<audit::VerifierKey> shown = *keys;
    if (shown.empty()) {
      auto first = log->first_key();
      if (!first) return complain(environment, first.error());
      if (!*first || !audit::verify_proof(*proof, {&**first, 1})) {
        return complain(environment,
                        {Errc::kUsage, "`--html`: the page checks a signature: add `--vkey KEY`, the key of the log"});
      }
      shown.push_back(std::move(**first));
    }
    return print_result(options, environment, report::proof_page(*proof, shown), kExitAllowed);
  }
  const std::string text = audit::format_tlog_proof(*proof);
  if (options.format != Format::kJson) return print_result(options, environment, text, kExitAllowed);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("seq").integer(static_cast<std::int64_t>(*seq)).key("record").raw(*proof->extra);
  json.key("hashes").begin_array();
  for (const Sha256Digest& hash : proof->hashes) json.string(to_hex(hash));
  json.end_array().member("checkpoint", proof->checkpoint).member("proof", text).end_object();
  return print_result(options, environment, out + '\n', kExitAllowed);
}

int run_audit_consistency(const Options& options, Environment& environment) {
  if (options.arguments.size() != 2) {
    return complain(environment,
                    {Errc::kUsage, "`audit consistency` wants two: each a number of records or a checkpoint file"});
  }
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto head = log->head();
  if (!head) return complain(environment, head.error());
  const auto before = read_side(options, *log, options.arguments[0]);
  if (!before) return complain(environment, before.error());
  const auto after = read_side(options, *log, options.arguments[1]);
  if (!after) return complain(environment, after.error());
  if (before->size > after->size || after->size > head->size) {
    return complain(
        environment,
        {Errc::kUsage,
         fmt::format(
             "`audit consistency`: {} and {}: expected the smaller one first, and at most the {} records of the log",
             before->size, after->size, head->size)});
  }
  const auto root1 = log->root_at(before->size);
  if (!root1) return complain(environment, root1.error());
  const auto root2 = log->root_at(after->size);
  if (!root2) return complain(environment, root2.error());
  const auto proof = log->prove_consistency(before->size, after->size);
  if (!proof) return complain(environment, proof.error());
  // Held against the roots that were signed, where there are any.
  const Sha256Digest& old_root = before->checkpoint ? before->checkpoint->checkpoint.root : *root1;
  const Sha256Digest& new_root = after->checkpoint ? after->checkpoint->checkpoint.root : *root2;
  const bool ok = audit::verify_consistency(before->size, after->size, old_root, new_root, *proof);
  const int status = ok ? kExitAllowed : kExitDenied;
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().key("ok").boolean(ok).key("old").begin_object();
    json.key("size").integer(static_cast<std::int64_t>(before->size)).member("root", to_hex(old_root)).end_object();
    json.key("new").begin_object().key("size").integer(static_cast<std::int64_t>(after->size));
    json.member("root", to_hex(new_root)).end_object().key("hashes").begin_array();
    for (const Sha256Digest& hash : *proof) json.string(to_hex(hash));
    json.end_array().end_object();
    text += '\n';
    return print_result(options, environment, text, status);
  }
  if (!ok) {
    note(options, environment,
         fmt::format("BAD {}: {} records do not go on where {} end, with the roots that were signed",
                     printable(options.audit_log), after->size, before->size));
  }
  // The body of a witness's add-checkpoint request (c2sp.org/tlog-witness), with the checkpoint where one was named.
  text = fmt::format("old {}\n", before->size);
  for (const Sha256Digest& hash : *proof)
    text += audit::base64({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '\n';
  text += '\n';
  if (after->checkpoint) text += audit::format_note(after->checkpoint->note);
  return print_result(options, environment, text, status);
}

}  // namespace imagewarden::cli
