// OCSF 1.3.0, class 6003 API Activity, one event a line.

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "audit/export_views.h"
#include "audit/tree.h"
#include "engine/base/json_writer.h"
#include "engine/base/printable.h"

namespace imagewarden::audit {
namespace {

constexpr std::int64_t kCategoryApplication = 6;
constexpr std::int64_t kClassApiActivity = 6003;
constexpr std::int64_t kOther = 99;  // in every list of OCSF
constexpr std::int64_t kSeverityInformational = 1;

// What the call would be, had it been made: API Activity's own list.
struct Activity {
  std::int64_t id;
  std::string_view name;
};
constexpr std::pair<std::string_view, Activity> kActivities[] = {
    {"Delete", {4, "Delete"}}, {"Create", {1, "Create"}}, {"Modify", {3, "Update"}}, {"Update", {3, "Update"}},
    {"Get", {2, "Read"}},      {"List", {2, "Read"}},     {"Describe", {2, "Read"}}};
Activity activity_of(std::string_view operation) {
  for (const auto& [verb, activity] : kActivities) {
    if (operation.starts_with(verb)) return activity;
  }
  return {kOther, "Other"};
}

struct Status {
  std::int64_t id;
  std::string_view name;
};
Status status_of(std::string_view outcome) {
  if (outcome == "allow") return {1, "Success"};
  if (outcome == "deny") return {2, "Failure"};
  return {0, "Unknown"};
}

// hostname_t is checked by consumers; another name goes into `name`, which takes any text.
bool is_hostname(std::string_view text) {
  return text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

// Milliseconds, rounded down.
std::int64_t unix_ms(Time time) {
  const std::int64_t ms = time.unix_us / 1'000;
  return time.unix_us % 1'000 < 0 ? ms - 1 : ms;
}

// `user/alice`: OCSF's type of an account, its own word for it, and the name.
void write_user(JsonWriter& json, const Draft& draft) {
  const std::size_t slash = draft.principal.find('/');
  const std::string_view type = std::string_view(draft.principal).substr(0, slash);
  const std::string_view name =
      slash == std::string::npos ? draft.principal : std::string_view(draft.principal).substr(slash + 1);
  json.key("user").begin_object();
  if (!name.empty()) json.member("name", name);
  json.member("uid", draft.principal).key("type_id");
  if (type == "user") {
    json.integer(1).member("type", "User");
  } else if (type == "root") {
    json.integer(2).member("type", "Admin");
  } else {
    json.integer(kOther).member("type", type.empty() ? "Other" : type);
  }
  if (!draft.account.empty()) json.key("account").begin_object().member("uid", draft.account).end_object();
  json.end_object();
}

// Text members of the leaf that have a place in the class.
constexpr std::string_view kMapped[] = {"account", "code", "host", "image", "permission", "principal"};

class OcsfExporter : public Exporter {
 public:
  OcsfExporter(const ExportInfo& info, ExportWrite write)
      : tool_version_(info.tool_version), write_(std::move(write)) {}

  void add(const Record& record, std::string_view leaf) override {
    const Draft& draft = record.draft;
    const bool is_decision = draft.kind == RecordKind::kDecision;
    const std::size_t colon = draft.operation.find(':');
    const std::string_view service =
        colon == std::string::npos ? "imagewarden" : std::string_view(draft.operation).substr(0, colon);
    // npos + 1 is 0: an operation without a service is taken whole.
    const std::string_view operation =
        draft.operation.empty() ? to_string(draft.kind) : std::string_view(draft.operation).substr(colon + 1);
    const Activity predicted = activity_of(operation);
    line_.clear();
    JsonWriter json(line_);
    json.begin_object();
    // The call was not made. With its own activity (4, Delete) and status Success, rules and dashboards would count it
    // as a deletion: they look at these numbers, not at labels. So it is 99 (Other), and the name says what it is.
    json.key("activity_id").integer(kOther);
    json.member("activity_name", is_decision ? fmt::format("Predict {}", predicted.name)
                                             : fmt::format("Audit log: {}", to_string(draft.kind)));
    json.key("category_uid").integer(kCategoryApplication).member("category_name", "Application Activity");
    json.key("class_uid").integer(kClassApiActivity).member("class_name", "API Activity");
    json.key("type_uid").integer(kClassApiActivity * 100 + kOther).member("type_name", "API Activity: Other");
    json.key("severity_id").integer(kSeverityInformational).member("severity", "Informational");
    json.key("time").integer(unix_ms(record.time));
    if (is_decision) {
      const Status status = status_of(draft.outcome);
      json.key("status_id").integer(status.id).member("status", status.name);
      if (!draft.code.empty()) json.member("status_code", draft.code);
      json.member("status_detail", fmt::format("predicted {}", printable(draft.outcome)));
      json.member("message", fmt::format("predicted, not performed: {} of {} by {}: {}", printable(operation),
                                         printable(draft.image), printable(draft.principal), printable(draft.outcome)));
    } else {
      json.member("message", fmt::format("audit log: {}", to_string(draft.kind)));
    }
    json.key("actor").begin_object().member("app_name", "imagewarden");
    if (!draft.principal.empty()) write_user(json, draft);
    if (!draft.permission.empty()) {
      json.key("authorizations").begin_array().begin_object().member("decision", draft.permission).end_object();
      json.end_array();
    }
    json.end_object();
    json.key("api").begin_object().member("operation", operation);
    json.key("service").begin_object().member("name", service).end_object().end_object();
    json.key("cloud").begin_object().member("provider", "Alibaba Cloud");
    if (!draft.account.empty()) json.key("account").begin_object().member("uid", draft.account).end_object();
    json.end_object();
    if (!draft.image.empty()) {
      json.key("resources").begin_array().begin_object().member("uid", draft.image).member("type", "image");
      json.end_object().end_array();
    }
    json.key("src_endpoint").begin_object().member("svc_name", "imagewarden");
    if (!record.host.empty()) json.member(is_hostname(record.host) ? "hostname" : "name", record.host);
    json.end_object();
    const Sha256Digest hash = leaf_hash(leaf);
    write_metadata(json, record, hash);
    write_unmapped(json, record, hash, predicted);
    json.end_object();
    line_ += '\n';
    write_(line_);
  }
  void finish() override {}

 private:
  void write_metadata(JsonWriter& json, const Record& record, const Sha256Digest& hash) const {
    json.key("metadata").begin_object().member("version", "1.3.0").key("product").begin_object();
    json.member("name", "imagewarden").member("vendor_name", "imagewarden");
    if (!tool_version_.empty()) json.member("version", tool_version_);
    json.end_object();
    json.member("uid", record_uuid(hash)).member("event_code", to_string(record.draft.kind));
    json.member("log_name", record.origin).key("sequence").integer(static_cast<std::int64_t>(record.seq));
    json.member("original_time", format_rfc3339_us(record.time));
    json.key("profiles").begin_array().string("cloud").end_array();
    if (record.draft.kind == RecordKind::kDecision) {
      json.key("labels").begin_array().string("predicted").string("not-performed").end_array();
    }
    json.end_object();
  }

  // What of the leaf has no place in the class, under its name in the leaf.
  static void write_unmapped(JsonWriter& json, const Record& record, const Sha256Digest& hash,
                             const Activity& predicted) {
    json.key("unmapped").begin_object();
    if (record.draft.count != 0) json.key("count").integer(record.draft.count);
    for (const TextMember& member : text_members(record)) {
      if (std::find(std::begin(kMapped), std::end(kMapped), member.name) != std::end(kMapped)) {
        // A batch has no status to say its code in.
        if (member.name != "code" || record.draft.kind == RecordKind::kDecision) continue;
      }
      json.member(member.name, member.text);
    }
    json.key("pseq").integer(static_cast<std::int64_t>(record.pseq)).key("schema").integer(record.schema);
    json.member("leaf_hash", to_hex(hash));
    if (record.draft.kind == RecordKind::kDecision) {
      json.key("predicted_activity_id").integer(predicted.id).key("performed").boolean(false);
    }
    json.end_object();
  }

  std::string tool_version_;
  ExportWrite write_;
  std::string line_;
};

}  // namespace

std::unique_ptr<Exporter> make_ocsf_exporter(const ExportInfo& info, ExportWrite write) {
  return std::make_unique<OcsfExporter>(info, std::move(write));
}

}  // namespace imagewarden::audit
