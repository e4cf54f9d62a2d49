// `audit init|list|show|verify`: the log as its readers see it.

#include <charconv>
#include <deque>
#include <filesystem>

#include <fmt/format.h>

#include "audit/log.h"
#include "audit/tree.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

constexpr std::string_view kNotPromised =
    "This shows that the file is whole and agrees with itself. It does not show that no other log was put in its "
    "place, that\n"
    "its end was not cut off, or that every decision was logged: for that, compare it with a checkpoint from outside "
    "the machine.\n";

bool is_wanted(const Options& options, const audit::Record& record) {
  const audit::Draft& draft = record.draft;
  const auto equal = [](std::string_view filter, std::string_view value) { return filter.empty() || filter == value; };
  return equal(options.image, draft.image) && equal(options.principal, draft.principal) &&
         equal(options.code, draft.code) && equal(options.outcome, draft.outcome) &&
         (!options.since || record.time >= *options.since) && (!options.until || record.time < *options.until);
}

Tone tone_of_record(const audit::Record& record) {
  if (record.draft.outcome == "allow") return Tone::kGood;
  if (record.draft.outcome == "deny") return Tone::kBad;
  return record.draft.outcome.empty() ? Tone::kPlain : Tone::kUnsure;
}

// Prints records in one format; the table is held back until the end for its widths.
class RecordPrinter {
 public:
  RecordPrinter(const Options& options, bool colored, Sink& sink)
      : format_(options.format),
        colored_(colored),
        sink_(sink),
        table_({"SEQ", "TIME", "KIND", "OUTCOME", "CODE", "IMAGE", "PRINCIPAL", "ACCOUNT"}) {
    if (format_ == Format::kJson) sink_.write("[");
    if (format_ == Format::kCsv) {
      sink_.write(csv_line({"seq",        "time",           "kind",  "verb",      "operation", "outcome",
                            "code",       "possible_codes", "image", "principal", "account",   "decided_at",
                            "permission", "inventory",      "rules", "request",   "decision",  "writer",
                            "host",       "user",           "count", "note"}));
    }
  }

  void print(const audit::Record& record, std::string_view leaf) {
    const audit::Draft& draft = record.draft;
    switch (format_) {
      case Format::kJson:
        sink_.write(count_ == 0 ? "" : ",");
        sink_.write(leaf);
        break;
      case Format::kNdjson:
        sink_.write(leaf);
        sink_.write("\n");
        break;
      case Format::kCsv:
        sink_.write(csv_line({fmt::format("{}", record.seq),
                              format_rfc3339_us(record.time),
                              std::string(to_string(draft.kind)),
                              draft.verb,
                              draft.operation,
                              draft.outcome,
                              draft.code,
                              draft.possible_codes,
                              draft.image,
                              draft.principal,
                              draft.account,
                              draft.decided_at,
                              draft.permission,
                              draft.inventory_digest,
                              draft.rules_digest,
                              draft.request_digest,
                              draft.decision_digest,
                              record.writer,
                              record.host,
                              record.user,
                              draft.count == 0 ? "" : fmt::format("{}", draft.count),
                              draft.note}));
        break;
      case Format::kSarif:
      case Format::kJunit:
      case Format::kTap:
      case Format::kTable:
        table_.add({fmt::format("{}", record.seq), format_rfc3339(record.time), std::string(to_string(draft.kind)),
                    draft.outcome, draft.code, draft.image, draft.principal, draft.account},
                   tone_of_record(record));
        break;
    }
    ++count_;
  }

  void finish() {
    if (format_ == Format::kJson) sink_.write("]\n");
    if (format_ == Format::kTable) sink_.write(table_.render(colored_));
  }

 private:
  Format format_;
  bool colored_;
  Sink& sink_;
  Table table_;
  std::size_t count_{};
};

}  // namespace

int run_audit_init(const Options& options, Environment& environment) {
  const std::string origin =
      options.origin.empty() ? std::filesystem::path(options.audit_log).filename().string() : options.origin;
  if (!is_valid_utf8(origin)) return complain(environment, {Errc::kUsage, "option `--origin`: not UTF-8"});
  auto log = audit::Log::create(options.audit_log, origin, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  const auto head = log->head();
  if (!head) return complain(environment, head.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("log", options.audit_log).member("origin", origin);
    json.key("size").integer(static_cast<std::int64_t>(head->size)).member("root", to_hex(head->root)).end_object();
    text += '\n';
  } else {
    text = fmt::format("made {}, origin {}\n", printable(options.audit_log), printable(origin));
  }
  return print_result(options, environment, text, kExitAllowed);
}

int run_audit_list(const Options& options, Environment& environment) {
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto head = log->head();
  if (!head) return complain(environment, head.error());
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  RecordPrinter printer(options, is_colored(options, environment), *sink);
  Progress progress(options, environment, "reading the log");
  // With --limit the last ones are wanted: they are kept until the end is known.
  std::deque<std::string> last;
  Status status;
  const auto visited = log->read(0, head->size, [&](std::uint64_t seq, std::string_view leaf) {
    progress.update(seq, head->size);
    const auto record = audit::decode_record(leaf);
    if (!record) {
      status =
          fail(record.error().code, fmt::format("{}: record {}: {}", options.audit_log, seq, record.error().message));
      return false;
    }
    if (!is_wanted(options, *record)) return true;
    if (!options.limit) {
      printer.print(*record, leaf);
      return true;
    }
    last.emplace_back(leaf);
    if (last.size() > *options.limit) last.pop_front();
    return true;
  });
  if (!visited) return complain(environment, visited.error());
  if (!status) return complain(environment, status.error());
  for (const std::string& leaf : last) {
    const auto record = audit::decode_record(leaf);
    if (record) printer.print(*record, leaf);
  }
  printer.finish();
  const auto finished = sink->finish();
  return finished ? kExitAllowed : complain(environment, finished.error());
}

int run_audit_show(const Options& options, Environment& environment) {
  std::uint64_t seq = 0;
  const std::string text = options.arguments.size() == 1 ? options.arguments.front() : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return complain(environment, {Errc::kUsage, "`audit show` wants one record number"});
  }
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  std::string leaf;
  const auto visited = log->read(seq, 1, [&](std::uint64_t /*seq*/, std::string_view bytes) {
    leaf = bytes;
    return false;
  });
  if (!visited) return complain(environment, visited.error());
  if (*visited == 0) {
    const auto head = log->head();
    return complain(environment, {Errc::kNotFound, fmt::format("{}: no record {}, it holds {}", options.audit_log, seq,
                                                               head ? fmt::format("{}", head->size) : "none")});
  }
  const auto record = audit::decode_record(leaf);
  if (!record) return complain(environment, record.error());
  const auto detail = log->detail(seq);
  if (!detail) return complain(environment, detail.error());
  const std::string hash = to_hex(audit::leaf_hash(leaf));
  std::string shown;
  if (options.format == Format::kJson) {
    JsonWriter json(shown);
    json.begin_object().key("record").raw(leaf).member("leaf_hash", hash);
    if (*detail) json.key("decision").raw(**detail);
    json.end_object();
    shown += '\n';
  } else {
    const auto tree = JsonDocument::parse(leaf);
    if (!tree) return complain(environment, to_error(tree.error(), options.audit_log, leaf));
    for (const JsonMember& member : tree->root().members) {
      shown += fmt::format("{:<16}{}\n", member.key, printable(member.value.text));
    }
    shown += fmt::format("{:<16}{}\n", "leaf hash", hash);
    if (*detail) shown += fmt::format("\n{}\n", **detail);
  }
  return print_result(options, environment, shown, kExitAllowed);
}

int run_audit_verify(const Options& options, Environment& environment) {
  Progress progress(options, environment, "verifying");
  const auto report =
      audit::verify(options.audit_log, [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); });
  if (!report) return complain(environment, report.error());
  const int status = report->ok() ? kExitAllowed : kExitDenied;
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object()
        .member("log", options.audit_log)
        .member("origin", report->origin)
        .key("ok")
        .boolean(report->ok());
    json.key("records").integer(static_cast<std::int64_t>(report->records)).member("root", to_hex(report->head.root));
    json.key("anchored").boolean(false).key("first_bad");
    if (report->first_bad) {
      json.integer(static_cast<std::int64_t>(*report->first_bad));
    } else {
      json.null();
    }
    json.member("problem", report->problem).end_object();
    text += '\n';
    return print_result(options, environment, text, status);
  }
  const bool colored = is_colored(options, environment);
  if (report->ok()) {
    text = fmt::format("{} {}: {}, root {}\n{}\n{}", paint("good", Tone::kGood, colored), printable(options.audit_log),
                       counted(report->records, "record", "records"), to_hex(report->head.root),
                       paint("UNANCHORED", Tone::kUnsure, colored), kNotPromised);
  } else {
    text = fmt::format("{} {}: {}\n", paint("BAD", Tone::kBad, colored), printable(options.audit_log),
                       printable(report->problem));
    if (report->first_bad) text += fmt::format("first bad record: {}\n", *report->first_bad);
  }
  return print_result(options, environment, text, status);
}

}  // namespace imagewarden::cli
