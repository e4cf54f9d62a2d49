// `audit init|list|show|stats|export`: the log as its readers see it.

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "audit/export.h"
#include "audit/files.h"
#include "audit/index.h"
#include "audit/log.h"
#include "audit/published.h"
#include "audit/tree.h"
#include "cli/audit_keys.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace imagewarden::cli {
namespace {

audit::RecordQuery query_of(const Options& options) {
  audit::RecordQuery query;
  query.image = options.image;
  query.principal = options.principal;
  query.code = options.code;
  query.outcome = options.outcome;
  query.since = options.since;
  query.until = options.until;
  query.limit = options.limit;
  return query;
}

constexpr std::uint64_t kFlushEvery = 4096;  // records

Tone tone_of_record(const audit::Record& record) {
  if (record.draft.outcome == "allow") return Tone::kGood;
  if (record.draft.outcome == "deny") return Tone::kBad;
  return record.draft.outcome.empty() ? Tone::kPlain : Tone::kUnsure;
}

// Prints records in one format; the table is held back until the end for its widths.
class RecordPrinter {
 public:
  RecordPrinter(const RecordPrinter&) = delete;
  RecordPrinter& operator=(const RecordPrinter&) = delete;
  RecordPrinter(const Options& options, const Look& look, Sink& sink)
      : format_(options.format),
        look_(look),
        sink_(sink),
        table_({"SEQ", "TIME", "KIND", "OUTCOME", "CODE", "IMAGE", "PRINCIPAL", "ACCOUNT"}) {
    if (format_ == Format::kJson) sink_.write("[");
    if (format_ == Format::kCsv) {
      csv_ = audit::make_exporter(audit::ExportFormat::kCsv, {}, [this](std::string_view text) { sink_.write(text); });
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
        csv_->add(record, leaf);
        break;
      case Format::kSarif:
      case Format::kJunit:
      case Format::kTap:
      case Format::kOcsf:
      case Format::kCloudEvents:
      case Format::kOscal:
      case Format::kHtml:
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
    if (format_ == Format::kTable) sink_.write(table_.render(look_));
  }

 private:
  Format format_;
  Look look_;
  Sink& sink_;
  Table table_;
  std::unique_ptr<audit::Exporter> csv_;
  std::size_t count_{};
};

}  // namespace

int run_audit_init(const Options& options, Environment& environment) {
  const std::string origin = options.origin.empty() ? origin_of(options.audit_log) : options.origin;
  if (!is_valid_utf8(origin)) return complain(environment, {Errc::kUsage, "option `--origin`: not UTF-8"});
  // Everything that can be refused is, before anything is made.
  std::optional<audit::SigningKey> key;
  bool is_new_key = false;
  std::string vkey;
  if (const auto target = audit::new_path(options.audit_log); !target) return complain(environment, target.error());
  if (!options.key.empty()) {
    if (const auto named = audit::check_key_name(origin); !named) return complain(environment, named.error());
    if (!options.checkpoint_file.empty()) {
      const auto published = audit::read_published(options.checkpoint_file);
      if (!published) return complain(environment, published.error());
      if (*published) {
        return complain(environment,
                        {Errc::kConflict, fmt::format("{}: a checkpoint stands there, of the log `{}`",
                                                      options.checkpoint_file, (*published)->checkpoint.origin)});
      }
    }
    auto found = key_to_init(options.key);
    if (!found) return complain(environment, found.error());
    key = std::move(found->key);
    is_new_key = found->is_new;
    vkey = vkey_of(origin, *key);
  } else if (!options.checkpoint_file.empty() || !options.vkey_file.empty()) {
    return complain(environment,
                    {Errc::kUsage, "`--checkpoint-file` and `--vkey-file`: nothing is signed without `--key FILE`"});
  }
  if (const auto written = check_targets(options, vkey); !written) return complain(environment, written.error());
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  if (is_new_key) {
    if (const auto written = key->write_new(options.key); !written) return complain(environment, written.error());
  }
  auto log = audit::Log::create(options.audit_log, origin, writer_identity(environment));
  if (!log) return complain(environment, log.error());
  if (key) {
    const auto note = audit::checkpoint_and_publish(*log, *key, options.checkpoint_file);
    if (!note) return complain(environment, note.error());
    if (const auto written = write_vkey(options, vkey); !written) return complain(environment, written.error());
  }
  const auto head = log->head();
  if (!head) return complain(environment, head.error());
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object().member("log", options.audit_log).member("origin", origin);
    json.key("size").integer(static_cast<std::int64_t>(head->size)).member("root", to_hex(head->root));
    if (key) json.member("vkey", vkey);
    json.end_object();
    text += '\n';
  } else {
    text = fmt::format("made {}, origin {}\n", printable(options.audit_log), printable(origin));
    if (key) {
      text += fmt::format("vkey {}\nkeep the vkey, and checkpoints, where nobody who can write the log can write\n",
                          printable(vkey));
    }
  }
  return print_result(*sink, environment, text, kExitAllowed);
}

int run_audit_list(const Options& options, Environment& environment) {
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  RecordPrinter printer(options, look_of(options, environment), *sink);
  Progress progress(options, environment, "reading the log");
  std::uint64_t printed = 0;
  const auto found = audit::find_records(
      *log, options.audit_log, query_of(options),
      [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); },
      [&](const audit::Record& record, std::string_view leaf) {
        printer.print(record, leaf);
        return ++printed % kFlushEvery != 0 || sink->flush();  // a reader that is gone ends it; finish() says so
      });
  if (!found) return complain(environment, found.error());
  printer.finish();
  const auto finished = sink->finish();
  return finished ? kExitAllowed : complain(environment, finished.error());
}

int run_audit_show(const Options& options, Environment& environment) {
  const auto seq = one_seq(options);
  if (!seq) return complain(environment, seq.error());
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto leaf = log->leaf(*seq);
  if (!leaf) return complain(environment, leaf.error());
  const auto record = audit::decode_record(*leaf);
  if (!record) return complain(environment, record.error());
  const auto detail = log->detail(*seq);
  if (!detail) return complain(environment, detail.error());
  // What stands beside the record is shown as what the record vouches for, or not at all.
  if (*detail && sha256_text(**detail) != record->draft.decision_digest) {
    return complain(environment,
                    {Errc::kMalformedInput,
                     fmt::format("{}: record {}: the detail stored beside it has another digest than the decision that "
                                 "it holds",
                                 options.audit_log, *seq)});
  }
  const std::string hash = to_hex(audit::leaf_hash(*leaf));
  std::string shown;
  if (options.format == Format::kJson) {
    JsonWriter json(shown);
    json.begin_object().key("record").raw(*leaf).member("leaf_hash", hash);
    if (*detail) json.key("decision").raw(**detail);
    json.end_object();
    shown += '\n';
  } else {
    const auto tree = JsonDocument::parse(*leaf);
    if (!tree) return complain(environment, to_error(tree.error(), options.audit_log, *leaf));
    for (const JsonMember& member : tree->root().members) {
      shown += fmt::format("{:<16}{}\n", member.key, printable(member.value.text));
    }
    shown += fmt::format("{:<16}{}\n", "leaf hash", hash);
    if (*detail) shown += fmt::format("\n{}\n", printable(**detail));
  }
  return print_result(options, environment, shown, kExitAllowed);
}

int run_audit_export(const Options& options, Environment& environment) {
  static constexpr std::pair<Format, audit::ExportFormat> kFormats[] = {
      {Format::kNdjson, audit::ExportFormat::kNdjson},
      {Format::kCsv, audit::ExportFormat::kCsv},
      {Format::kOcsf, audit::ExportFormat::kOcsf},
      {Format::kCloudEvents, audit::ExportFormat::kCloudEvents},
      {Format::kOscal, audit::ExportFormat::kOscal}};
  const auto* const format =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const auto& f) { return f.first == options.format; });
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto head = log->head();
  if (!head) return complain(environment, head.error());
  const auto checkpoint = log->newest_checkpoint();
  if (!checkpoint) return complain(environment, checkpoint.error());
  audit::ExportInfo info;
  info.origin = log->origin();
  info.size = head->size;
  info.root = to_hex(head->root);
  info.checkpoint = checkpoint->value_or("");
  info.tool_version = version();
  info.made_at = now_of(options, environment);
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  const auto exporter = audit::make_exporter(format->second, info, [&](std::string_view piece) { sink->write(piece); });
  Progress progress(options, environment, "exporting");
  std::uint64_t done = 0;
  const auto found = audit::find_records(
      *log, options.audit_log, query_of(options),
      [&](std::uint64_t at, std::uint64_t total) { progress.update(at, total); },
      [&](const audit::Record& record, std::string_view leaf) {
        exporter->add(record, leaf);
        progress.update(record.seq, head->size);
        return ++done % kFlushEvery != 0 || sink->flush();  // a reader that is gone ends it; finish() says so
      });
  if (!found) return complain(environment, found.error());
  exporter->finish();
  const auto finished = sink->finish();
  return finished ? kExitAllowed : complain(environment, finished.error());
}

}  // namespace imagewarden::cli
