// OSCAL 1.1.2, assessment-results, one JSON document: each record an observation, then a finding an outcome.

#include <array>
#include <utility>

#include <fmt/format.h>

#include "audit/export_views.h"
#include "audit/note.h"
#include "audit/oscal.h"
#include "audit/tree.h"
#include "engine/base/json_writer.h"

namespace imagewarden::audit {
namespace {

struct Outcome {
  std::string_view name;
  bool is_definite;
};
constexpr std::array<Outcome, 3> kOutcomes{{{"allow", true}, {"deny", true}, {"indeterminate", false}}};

class OscalExporter : public Exporter {
 public:
  OscalExporter(const ExportInfo& info, ExportWrite write) : info_(info), write_(std::move(write)) {}

  void add(const Record& record, std::string_view leaf) override {
    if (!started_) {
      start(record.time);
      json_.key("observations").begin_array();
      observed_ = true;
    }
    last_ = record.time;
    const bool is_decision = record.draft.kind == RecordKind::kDecision;
    if (is_decision) ++counts_[outcome_index(record.draft.outcome)];
    const Sha256Digest hash = leaf_hash(leaf);
    json_.begin_object().member("uuid", record_uuid(hash));
    json_.member("title", fmt::format("Record {}: {}", record.seq, to_string(record.draft.kind)));
    json_.member("description", is_decision
                                    ? "How the cloud would answer this call, as predicted. The call was not made."
                                    : "An event of the log itself.");
    json_.key("props").begin_array();
    prop("kind", to_string(record.draft.kind));
    prop("seq", fmt::format("{}", record.seq));
    if (record.draft.count != 0) prop("count", fmt::format("{}", record.draft.count));
    for (const TextMember& member : text_members(record)) prop(member.name, member.text);
    prop("pseq", fmt::format("{}", record.pseq));
    prop("schema", fmt::format("{}", record.schema));
    prop("leaf_hash", to_hex(hash));
    json_.end_array().key("methods").begin_array().string(is_decision ? "EXAMINE" : "UNKNOWN").end_array();
    json_.member("collected", format_rfc3339_us(record.time)).end_object();
    flush();
  }

  void finish() override {
    if (!started_) start(info_.made_at);
    if (observed_) json_.end_array();
    write_findings();
    json_.member("end", format_rfc3339_us(last_)).end_object().end_array();
    write_back_matter();
    json_.end_object().end_object();
    buffer_ += '\n';
    flush();
  }

 private:
  static std::size_t outcome_index(std::string_view name) {
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
      if (kOutcomes[i].name == name) return i;
    }
    return kOutcomes.size() - 1;
  }

  // The UUID of a part of this document.
  [[nodiscard]] std::string uuid(std::string_view part) const {
    return oscal_uuid(fmt::format("results/{}/{}/{}/{}", part, info_.size, info_.root, info_.origin));
  }

  void prop(std::string_view name, std::string_view value) { write_oscal_prop(json_, name, value); }

  void start(Time first) {
    started_ = true;
    last_ = first;
    json_.begin_object().key("assessment-results").begin_object().member("uuid", uuid("document"));
    json_.key("metadata").begin_object().member("title", "Decisions in an audit log of imagewarden");
    json_.member("last-modified", format_rfc3339_us(info_.made_at));
    json_.member("version", fmt::format("{}", info_.size)).member("oscal-version", kOscalVersion);
    json_.key("props").begin_array();
    prop("origin", info_.origin);
    prop("size", fmt::format("{}", info_.size));
    if (!info_.root.empty()) prop("root", info_.root);
    if (!info_.tool_version.empty()) prop("tool_version", info_.tool_version);
    json_.end_array().end_object();
    json_.key("import-ap").begin_object().member("href", "#" + uuid("plan")).end_object();
    json_.key("results").begin_array().begin_object().member("uuid", uuid("result"));
    json_.member("title", "Records of the log");
    json_.member("description",
                 "Each observation is one record. A decision predicts how the cloud would answer a call that was not "
                 "made.");
    json_.member("start", format_rfc3339_us(first));
    json_.key("reviewed-controls").begin_object().member("description", "No control was assessed.");
    json_.key("control-selections").begin_array().begin_object();
    json_.member("description", "None: the log is evidence for those who assess controls.");
    json_.end_object().end_array().end_object();
    flush();
  }

  void write_findings() {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts_) total += count;
    if (total == 0) return;  // OSCAL wants at least one
    json_.key("findings").begin_array();
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
      if (counts_[i] == 0) continue;
      const Outcome& outcome = kOutcomes[i];
      json_.begin_object().member("uuid", uuid(fmt::format("finding-{}", outcome.name)));
      json_.member("title", fmt::format("Decisions: {}", outcome.name));
      json_.member("description", fmt::format("{} of {} decisions: {}.", counts_[i], total, outcome.name));
      json_.key("props").begin_array();
      prop("outcome", outcome.name);
      prop("count", fmt::format("{}", counts_[i]));
      json_.end_array().key("target").begin_object().member("type", "objective-id");
      json_.member("target-id", fmt::format("definite-decision.{}", outcome.name));
      json_.member("description", "Whether these decisions have a definite answer; not whether a control is met.");
      json_.key("status").begin_object().member("state", outcome.is_definite ? "satisfied" : "not-satisfied");
      json_.member("reason", outcome.is_definite ? "pass" : "other").end_object().end_object().end_object();
    }
    json_.end_array();
  }

  void write_back_matter() {
    json_.key("back-matter").begin_object().key("resources").begin_array();
    json_.begin_object().member("uuid", uuid("plan")).member("title", "Assessment plan");
    json_.member("description", "There is none: the log records what was asked, as it was asked.").end_object();
    if (!info_.checkpoint.empty()) {
      json_.begin_object().member("uuid", uuid("checkpoint")).member("title", "Signed checkpoint");
      json_.member("description", "The newest checkpoint of the log, as a C2SP signed note.");
      json_.key("base64").begin_object().member("filename", "checkpoint").member("media-type", "text/plain");
      json_.member("value", base64(info_.checkpoint)).end_object().end_object();
    }
    json_.end_array().end_object();
  }

  void flush() {
    write_(buffer_);
    buffer_.clear();
  }

  ExportInfo info_;
  ExportWrite write_;
  std::string buffer_;
  JsonWriter json_{buffer_};
  bool started_{};
  bool observed_{};
  Time last_;
  std::array<std::uint64_t, kOutcomes.size()> counts_{};
};

}  // namespace

std::unique_ptr<Exporter> make_oscal_exporter(const ExportInfo& info, ExportWrite write) {
  return std::make_unique<OscalExporter>(info, std::move(write));
}

}  // namespace imagewarden::audit
