// `audit verify`: the whole log, what came after a checkpoint, or one proof without any log.

#include <optional>

#include <fmt/format.h>

#include "audit/log.h"
#include "cli/audit_keys.h"
#include "cli/decision_printer.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

std::string iso_time(std::uint64_t unix_s) {
  return format_rfc3339(Time{static_cast<std::int64_t>(unix_s) * 1'000'000});
}

std::string endorsed_text(const audit::Endorsement& endorsement) {
  if (endorsement.cosigners == 0) return {};
  return fmt::format(", cosigned by {}, last at {}", endorsement.cosigners, iso_time(endorsement.last_cosigned_unix_s));
}

void write_endorsement(JsonWriter& json, const audit::Endorsement& endorsement) {
  json.key("cosigners").integer(static_cast<std::int64_t>(endorsement.cosigners));
  if (endorsement.cosigners > 0) json.member("last_cosigned", iso_time(endorsement.last_cosigned_unix_s));
}

// A proof stands for itself: no database is opened.
int verify_one_proof(const Options& options, Environment& environment, const std::vector<audit::VerifierKey>& keys) {
  const auto text = read_small_file(options.proof, "proof");
  if (!text) return complain(environment, text.error());
  const auto proof = audit::parse_tlog_proof(*text);
  const auto verified =
      proof ? audit::verify_proof(*proof, keys) : Result<audit::VerifiedProof>(tl::make_unexpected(proof.error()));
  const int status = verified ? kExitAllowed : kExitDenied;
  std::string out;
  if (options.format == Format::kJson) {
    JsonWriter json(out);
    json.begin_object().member("proof", options.proof).key("ok").boolean(verified.has_value());
    if (verified) {
      const audit::Checkpoint& checkpoint = verified->checkpoint.checkpoint;
      json.key("record").raw(*proof->extra).key("checkpoint").begin_object().member("origin", checkpoint.origin);
      json.key("size").integer(static_cast<std::int64_t>(checkpoint.size)).member("root", to_hex(checkpoint.root));
      write_endorsement(json, verified->endorsement);
      json.end_object();
    } else {
      json.member("problem", verified.error().message);
    }
    json.end_object();
    out += '\n';
    return print_result(options, environment, out, status);
  }
  const bool colored = is_colored(options, environment);
  if (verified) {
    const audit::Checkpoint& checkpoint = verified->checkpoint.checkpoint;
    const audit::Draft& draft = verified->record.draft;
    out = fmt::format("{} {}: record {} of {}, under a checkpoint of {}{}\n", paint("good", Tone::kGood, colored),
                      printable(options.proof), verified->record.seq, printable(checkpoint.origin),
                      counted(checkpoint.size, "record", "records"), endorsed_text(verified->endorsement));
    out += fmt::format("{} {} {}", format_rfc3339_us(verified->record.time), to_string(draft.kind),
                       fmt::join(std::vector<std::string>{draft.outcome, draft.code}, " "));
    out += fmt::format(" {} {}\n", printable(draft.image), printable(draft.principal));
  } else {
    out = fmt::format("{} {}: {}\n", paint("BAD", Tone::kBad, colored), printable(options.proof),
                      printable(verified.error().message));
  }
  return print_result(options, environment, out, status);
}

// That the log goes on from the closed one before it: its first record names that one's last state.
std::optional<std::string> check_previous(const Options& options, Environment& environment, Status& failure) {
  auto log = audit::Log::open_read_only(options.audit_log);
  const auto leaf = log ? log->leaf(0) : Result<std::string>(tl::make_unexpected(log.error()));
  const auto record = leaf ? audit::decode_record(*leaf) : Result<audit::Record>(tl::make_unexpected(leaf.error()));
  if (!record) {
    failure = tl::make_unexpected(record.error());
    return std::nullopt;
  }
  const auto said = audit::parse_predecessor(record->draft.note);
  if (!said) return fmt::format("its first record names no log before it");
  Progress progress(options, environment, "verifying the log before");
  audit::VerifyOptions how;
  how.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  const auto before = audit::verify(options.previous, how);
  if (!before) {
    failure = tl::make_unexpected(before.error());
    return std::nullopt;
  }
  if (!before->ok()) return fmt::format("the log before it: {}", before->problem);
  if (said->origin == before->origin && said->head.size == before->head.size && said->head.root == before->head.root) {
    auto closed = audit::Log::open_read_only(options.previous);
    const auto last =
        closed ? closed->leaf(before->head.size - 1) : Result<std::string>(tl::make_unexpected(closed.error()));
    const auto end = last ? audit::decode_record(*last) : Result<audit::Record>(tl::make_unexpected(last.error()));
    if (!end) {
      failure = tl::make_unexpected(end.error());
      return std::nullopt;
    }
    if (end->draft.kind == audit::RecordKind::kRotation && end->draft.note == record->origin) return std::nullopt;
    return fmt::format("the log before it was not closed to go on in `{}`", record->origin);
  }
  return fmt::format(
      "its first record goes on from {} records of `{}` with root {}, the log before it has {} of `{}` with {}",
      said->head.size, said->origin, to_hex(said->head.root), before->head.size, before->origin,
      to_hex(before->head.root));
}

std::string report_json(const Options& options, const audit::VerifyReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("log", options.audit_log).member("origin", report.origin).key("ok").boolean(report.ok());
  json.key("records").integer(static_cast<std::int64_t>(report.records));
  json.key("size").integer(static_cast<std::int64_t>(report.head.size)).member("root", to_hex(report.head.root));
  json.key("stored_checkpoints").integer(static_cast<std::int64_t>(report.checkpoints));
  json.key("anchored").boolean(report.anchored.has_value());
  if (report.anchored) {
    json.key("anchored_records").integer(static_cast<std::int64_t>(*report.anchored));
    write_endorsement(json, report.endorsement);
  }
  json.key("first_bad");
  if (report.first_bad) {
    json.integer(static_cast<std::int64_t>(*report.first_bad));
  } else {
    json.null();
  }
  json.member("problem", report.problem).end_object();
  return text + '\n';
}

std::string report_text(const Options& options, const audit::VerifyReport& report, bool colored) {
  std::string text;
  if (!report.ok()) {
    text = fmt::format("{} {}: {}\n", paint("BAD", Tone::kBad, colored), printable(options.audit_log),
                       printable(report.problem));
    if (report.first_bad) text += fmt::format("first bad record: {}\n", *report.first_bad);
    return text;
  }
  text = fmt::format("{} {}: {}, root {}\n", paint("good", Tone::kGood, colored), printable(options.audit_log),
                     counted(report.head.size, "record", "records"), to_hex(report.head.root));
  if (report.records < report.head.size)
    text += fmt::format("{} read, the others taken for verified\n", counted(report.records, "record", "records"));
  if (report.checkpoints > 0) {
    text += fmt::format("{} in the log, signed by keys that it announces\n",
                        counted(report.checkpoints, "checkpoint", "checkpoints"));
  }
  if (report.anchored) {
    text += fmt::format("{} up to {} of {}{}\n", paint("anchored", Tone::kGood, colored),
                        counted(*report.anchored, "record", "records"), report.head.size,
                        endorsed_text(report.endorsement));
  } else {
    text += fmt::format("{}\n", paint("UNANCHORED", Tone::kUnsure, colored));
  }
  return text.append(verify_not_promised(report.anchored.has_value()));
}

}  // namespace

std::string_view verify_not_promised(bool anchored) {
  if (anchored) {
    return "This does not show that every decision was logged, nor anything of the records after the checkpoint, and "
           "nothing against a thief of the\nsigning key who also controls every cosigner.\n";
  }
  return "This shows that the file is whole and agrees with itself. It does not show that no other log was put in its "
         "place, that\nits end was not cut off, or that every decision was logged: for that, compare it with a "
         "checkpoint from outside the machine.\n";
}

int run_audit_verify(const Options& options, Environment& environment) {
  const auto keys = read_vkeys(options);
  if (!keys) return complain(environment, keys.error());
  if ((!options.proof.empty() || !options.checkpoint.empty()) && keys->empty()) {
    return complain(environment,
                    {Errc::kUsage, fmt::format("`--{}` needs the key that must have signed it: add `--vkey KEY`",
                                               options.proof.empty() ? "checkpoint" : "proof")});
  }
  if (!options.proof.empty()) return verify_one_proof(options, environment, *keys);
  if (options.resume && options.checkpoint.empty())
    return complain(environment, {Errc::kUsage, "`--resume` needs `--checkpoint FILE`: the records that are verified"});
  audit::VerifyOptions how;
  how.keys = *keys;
  how.resume = options.resume;
  if (!options.checkpoint.empty()) {
    auto anchor = read_checkpoint(options.checkpoint);
    if (!anchor) return complain(environment, anchor.error());
    how.anchor = std::move(*anchor);
  }
  auto report = [&] {
    Progress progress(options, environment, "verifying");
    how.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
    return audit::verify(options.audit_log, how);
  }();
  if (!report) return complain(environment, report.error());
  if (report->ok() && !options.previous.empty()) {
    Status failure;
    const auto problem = check_previous(options, environment, failure);
    if (!failure) return complain(environment, failure.error());
    if (problem) {
      report->problem = *problem;
    }
  }
  const std::string text = options.format == Format::kJson
                               ? report_json(options, *report)
                               : report_text(options, *report, is_colored(options, environment));
  return print_result(options, environment, text, report->ok() ? kExitAllowed : kExitDenied);
}

}  // namespace imagewarden::cli
