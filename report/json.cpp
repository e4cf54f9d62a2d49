#include "engine/base/json_writer.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

constexpr std::string_view kSchema = "imagewarden-report/1";

std::string_view name_of(rules::Check check) { return rules::check_info(check).name; }

class Writer {
 public:
  explicit Writer(std::string& out) : json_(out) {}

  void write(const ReportModel& model) {
    json_.begin_object().member("schema", kSchema);
    json_.key("tool").begin_object().member("name", "imagewarden").member("version", model.version).end_object();
    json_.member("time", format_rfc3339(model.now));
    write_assessment(model);
    json_.key("comparison");
    if (model.comparison) {
      write_comparison(*model.comparison);
    } else {
      json_.null();
    }
    json_.key("inputs").begin_array();
    for (const InputLine& input : model.inputs) {
      json_.begin_object().member("what", input.what).member("name", input.name);
      json_.member("version", input.version).member("digest", input.digest).end_object();
    }
    json_.end_array().key("rules").begin_array();
    for (const RuleLine& rule : model.rules) {
      json_.begin_object().member("id", rule.id).member("code", rule.code).member("basis", rule.basis);
      json_.member("explanation", rule.explanation).member("source", rule.source).end_object();
    }
    json_.end_array().key("readings").begin_object();
    for (const auto& [reading, choice] : model.readings) json_.member(reading, choice);
    json_.end_object().key("log");
    if (model.log) {
      write_log(*model.log);
    } else {
      json_.null();
    }
    json_.key("inventory");
    if (model.inventory) {
      write_inventory(*model.inventory);
    } else {
      json_.null();
    }
    json_.end_object();
  }

 private:
  JsonWriter& number(std::string_view name, std::uint64_t value) {
    return json_.key(name).integer(static_cast<std::int64_t>(value));
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    json_.key(name).begin_array();
    for (const std::string& value : values) json_.string(value);
    json_.end_array();
  }
  void counts(std::string_view name, const std::vector<NamedCount>& values) {
    json_.key(name).begin_array();
    for (const auto& [value, count] : values) {
      json_.begin_object().member("name", value);
      number("count", count);
      json_.end_object();
    }
    json_.end_array();
  }
  void time(std::string_view name, const std::optional<Time>& value) {
    json_.key(name);
    if (value) {
      json_.string(format_rfc3339(*value));
    } else {
      json_.null();
    }
  }
  template <class Integer>
  void optional_number(std::string_view name, const std::optional<Integer>& value) {
    json_.key(name);
    if (value) {
      json_.integer(static_cast<std::int64_t>(*value));
    } else {
      json_.null();
    }
  }

  void write_assessment(const ReportModel& model) {
    json_.key("checks").begin_array();
    for (const CheckLine& line : model.checks) {
      const rules::CheckInfo& info = rules::check_info(line.check);
      json_.begin_object()
          .member("check", info.name)
          .member("title", info.title)
          .member("state", to_string(line.state));
      number("findings", line.findings);
      number("waived", line.waived);
      json_.member("because", line.because).end_object();
    }
    json_.end_array().key("findings").begin_array();
    for (const ReportFinding& finding : model.findings) {
      json_.begin_object().member("check", name_of(finding.check)).member("subject", finding.subject);
      json_.member("text", finding.text).member("source", finding.source);
      json_.key("waived").boolean(finding.waiver.has_value());
      if (finding.change != Change::kNone) json_.member("change", to_string(finding.change));
      json_.end_object();
    }
    json_.end_array().key("controls").begin_array();
    for (const ControlLine& line : model.controls) {
      const rules::Control& control = line.control;
      json_.begin_object().member("id", control.id).member("framework", control.framework);
      json_.member("number", control.number).member("title", control.title).member("state", to_string(line.state));
      number("findings", line.findings);
      json_.key("checks").begin_array();
      for (const rules::Check check : control.checks) json_.string(name_of(check));
      json_.end_array().end_object();
    }
    json_.end_array().key("waivers").begin_array();
    for (const WaiverLine& line : model.waivers) {
      const rules::ControlWaiver& waiver = line.waiver;
      json_.begin_object().member("check", name_of(waiver.check)).member("subject", waiver.subject);
      json_.member("owner", waiver.owner).member("reason", waiver.reason).member("expires", waiver.expires);
      json_.key("expired").boolean(line.is_expired);
      number("findings", line.findings);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_comparison(const Comparison& comparison) {
    json_.begin_object().member("report", comparison.path).member("time", comparison.time);
    number("new", comparison.fresh);
    number("unchanged", comparison.unchanged);
    json_.key("fixed").begin_array();
    for (const FixedFinding& finding : comparison.fixed) {
      json_.begin_object().member("check", finding.check).member("subject", finding.subject);
      json_.member("text", finding.text).end_object();
    }
    json_.end_array().end_object();
  }

  void write_log(const LogPart& log) {
    json_.begin_object().member("path", log.path).member("origin", log.origin);
    json_.key("verifies").boolean(log.verifies).member("problem", log.problem);
    optional_number("first_bad", log.first_bad);
    number("size", log.size);
    json_.member("root", log.root);
    number("stored_checkpoints", log.checkpoints);
    optional_number("anchored_records", log.anchored);
    number("cosigners", log.cosigners);
    json_.member("checkpoint", log.checkpoint);
    json_.key("records").begin_object();
    json_.key("counted").boolean(log.counted);
    time("first", log.first);
    time("last", log.last);
    counts("kinds", log.kinds);
    counts("outcomes", log.outcomes);
    counts("codes", log.codes);
    counts("decisions_by_day", log.days);
    counts("principals", log.principals);
    number("different_principals", log.principals_count);
    number("different_images", log.images_count);
    json_.end_object().end_object();
  }

  void write_inventory(const InventoryPart& part) {
    json_.begin_object().member("digest", part.digest);
    number("files", part.files);
    number("bytes", part.bytes);
    time("oldest_export", part.oldest);
    time("newest_export", part.newest);
    texts("accounts", part.accounts);
    json_.member("operation", part.operation).member("decided_for", part.decided_for);
    texts("assumptions", part.assumptions);
    texts("skipped_files", part.skipped);
    json_.key("summary").begin_object();
    number("images", part.images.size());
    number("allow", part.allow);
    number("deny", part.deny);
    number("indeterminate", part.indeterminate);
    number("freed_gib", part.freed_gib);
    number("taken_templates", part.taken_templates);
    number("taken_cloud_computers", part.taken_computers);
    number("principals", part.principals);
    number("deleters", part.deleters);
    number("maybe_deleters", part.maybe_deleters);
    json_.end_object();
    counts("codes", part.codes);
    counts("unknown_rules", part.unknown_rules);
    texts("ages", part.ages);
    json_.key("products").begin_array();
    for (const AgeCell& cell : part.products) {
      json_.begin_object().member("product", cell.product).key("counts").begin_array();
      for (const std::uint64_t count : cell.counts) json_.integer(static_cast<std::int64_t>(count));
      json_.end_array().end_object();
    }
    json_.end_array();
    write_access(part);
    write_gaps(part);
    json_.key("images").begin_array();
    for (const ImageLine& line : part.images) write_image(line);
    json_.end_array().end_object();
  }

  void write_access(const InventoryPart& part) {
    json_.key("access").begin_array();
    for (const Deleter& line : part.access) {
      json_.begin_object().member("account", line.account).member("principal", line.principal);
      json_.member("decision", line.is_certain ? "allow" : "indeterminate");
      json_.member("via", line.via).member("holder", line.holder);
      json_.member("statement", line.statement).member("source", line.source);
      texts("conditions", line.conditions);
      texts("not_known", line.not_known);
      texts("assumable_by", line.assumable_by);
      json_.end_object();
    }
    json_.end_array();
    const auto shared = [&](std::string_view name, std::string_view other, const std::vector<SharedImage>& images) {
      json_.key(name).begin_array();
      for (const SharedImage& image : images) {
        json_.begin_object().member("account", image.account).member("image", image.id).member("name", image.name);
        json_.member(other, image.other).end_object();
      }
      json_.end_array();
    };
    shared("shared_out", "shared_with", part.shared_out);
    shared("shared_in", "owner", part.shared_in);
  }

  void write_gaps(const InventoryPart& part) {
    json_.key("missing").begin_array();
    for (const Missing& missing : part.missing) {
      json_.begin_object().member("account", missing.account).member("call", missing.call);
      json_.member("command", missing.command).member("because", missing.because).end_object();
    }
    json_.end_array().key("lists").begin_array();
    for (const ListLine& list : part.lists) {
      json_.begin_object().member("list", list.name).member("account", list.account).member("region", list.region);
      json_.member("state", list.state);
      number("items", list.items);
      json_.member("oldest", list.oldest).member("reason", list.reason).end_object();
    }
    json_.end_array();
  }

  void write_image(const ImageLine& line) {
    json_.begin_object().member("account", line.account).member("image", line.id).member("name", line.name);
    json_.member("outcome", to_string(line.outcome)).member("code", line.code).member("rule", line.rule);
    texts("unknown", line.unknown);
    json_.member("type", line.type).member("status", line.status).member("product", line.product);
    json_.member("created", line.created);
    optional_number("age_days", line.age_days);
    optional_number("size_gib", line.size_gib);
    texts("regions", line.regions);
    number("templates", line.templates);
    json_.key("templates_known").boolean(line.templates_known);
    number("cloud_computers", line.cloud_computers);
    json_.end_object();
  }

  JsonWriter json_;
};

}  // namespace

std::string report_json(const ReportModel& model) {
  std::string text;
  Writer(text).write(model);
  return text + '\n';
}

}  // namespace imagewarden::report
