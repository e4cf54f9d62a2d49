#include "audit/export.h"

#include <utility>

#include <fmt/format.h>

#include "audit/export_views.h"
#include "engine/base/csv.h"
#include "engine/base/printable.h"
#include "engine/base/uuid.h"

namespace imagewarden::audit {
namespace {

class NdjsonExporter : public Exporter {
 public:
  explicit NdjsonExporter(ExportWrite write) : write_(std::move(write)) {}
  void add(const Record& /*record*/, std::string_view leaf) override {
    write_(leaf);
    write_("\n");
  }
  void finish() override {}

 private:
  ExportWrite write_;
};

class CsvExporter : public Exporter {
 public:
  explicit CsvExporter(ExportWrite write) : write_(std::move(write)) {
    write_(csv_line({"seq",        "time",           "kind",  "verb",      "operation", "outcome",
                     "code",       "possible_codes", "image", "principal", "account",   "decided_at",
                     "permission", "inventory",      "rules", "request",   "decision",  "writer",
                     "host",       "user",           "count", "note"}));
  }
  void add(const Record& record, std::string_view /*leaf*/) override {
    const Draft& draft = record.draft;
    // A record of several lines would be several records for whoever reads the file by lines.
    write_(csv_line({fmt::format("{}", record.seq),
                     format_rfc3339_us(record.time),
                     std::string(to_string(draft.kind)),
                     printable(draft.verb),
                     printable(draft.operation),
                     printable(draft.outcome),
                     printable(draft.code),
                     printable(draft.possible_codes),
                     printable(draft.image),
                     printable(draft.principal),
                     printable(draft.account),
                     printable(draft.decided_at),
                     printable(draft.permission),
                     printable(draft.inventory_digest),
                     printable(draft.rules_digest),
                     printable(draft.request_digest),
                     printable(draft.decision_digest),
                     printable(record.writer),
                     printable(record.host),
                     printable(record.user),
                     draft.count == 0 ? "" : fmt::format("{}", draft.count),
                     printable(draft.note)}));
  }
  void finish() override {}

 private:
  ExportWrite write_;
};

}  // namespace

std::string record_uuid(const Sha256Digest& leaf_hash) {
  return to_text(uuid5(kUuidNamespaceUrl, fmt::format("{}/record/{}", kExportNamespace, to_hex(leaf_hash))));
}

std::vector<TextMember> text_members(const Record& record) {
  const Draft& draft = record.draft;
  std::vector<TextMember> members;
  for (const TextMember& member : {TextMember{"account", draft.account},
                                   {"code", draft.code},
                                   {"decided_at", draft.decided_at},
                                   {"decision", draft.decision_digest},
                                   {"engine", draft.engine},
                                   {"host", record.host},
                                   {"image", draft.image},
                                   {"inventory", draft.inventory_digest},
                                   {"note", draft.note},
                                   {"operation", draft.operation},
                                   {"outcome", draft.outcome},
                                   {"permission", draft.permission},
                                   {"possible_codes", draft.possible_codes},
                                   {"principal", draft.principal},
                                   {"request", draft.request_digest},
                                   {"rules", draft.rules_digest},
                                   {"user", record.user},
                                   {"verb", draft.verb},
                                   {"writer", record.writer}}) {
    if (!member.text.empty()) members.push_back(member);
  }
  return members;
}

std::unique_ptr<Exporter> make_exporter(ExportFormat format, const ExportInfo& info, ExportWrite write) {
  switch (format) {
    case ExportFormat::kNdjson:
      break;
    case ExportFormat::kCsv:
      return std::make_unique<CsvExporter>(std::move(write));
    case ExportFormat::kOcsf:
      return make_ocsf_exporter(info, std::move(write));
    case ExportFormat::kCloudEvents:
      return make_cloudevents_exporter(info, std::move(write));
    case ExportFormat::kOscal:
      return make_oscal_exporter(info, std::move(write));
  }
  return std::make_unique<NdjsonExporter>(std::move(write));
}

}  // namespace imagewarden::audit
