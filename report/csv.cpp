#include <fmt/format.h>

#include "engine/base/csv.h"
#include "engine/base/printable.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

std::string number(std::uint64_t value) { return fmt::format("{}", value); }
template <class Integer>
std::string number(const std::optional<Integer>& value) {
  return value ? fmt::format("{}", *value) : std::string{};
}
std::string joined(const std::vector<std::string>& values, std::string_view separator = " ") {
  return fmt::format("{}", fmt::join(values, separator));
}
std::string yes_no(bool value) { return value ? "yes" : "no"; }
std::string name_of(rules::Check check) { return std::string(rules::check_info(check).name); }

// One file; every cell is made printable, so that a table can be shown as it is.
class Table {
 public:
  Table(std::string name, const std::vector<std::string>& header) : table_{std::move(name), csv_line(header)} {}
  void add(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = printable(cell);
    table_.text += csv_line(cells);
  }
  CsvTable done() { return std::move(table_); }

 private:
  CsvTable table_;
};

CsvTable images_table(const InventoryPart& part) {
  Table table("images.csv",
              {"account", "image", "name", "outcome", "code", "rule", "unknown", "type", "status", "product", "created",
               "age_days", "size_gib", "regions", "templates", "templates_known", "cloud_computers"});
  for (const ImageLine& line : part.images) {
    table.add({line.account, line.id, line.name, std::string(to_string(line.outcome)), line.code, line.rule,
               joined(line.unknown), line.type, line.status, line.product, line.created, number(line.age_days),
               number(line.size_gib), joined(line.regions), number(line.templates), yes_no(line.templates_known),
               number(line.cloud_computers)});
  }
  return table.done();
}

CsvTable access_table(const InventoryPart& part) {
  Table table("access.csv", {"account", "principal", "decision", "via", "holder", "statement", "source", "conditions",
                             "not_known", "assumable_by"});
  for (const Deleter& line : part.access) {
    table.add({line.account, line.principal, line.is_certain ? "allow" : "indeterminate", line.via, line.holder,
               line.statement, line.source, joined(line.conditions, "; "), joined(line.not_known, "; "),
               joined(line.assumable_by, "; ")});
  }
  return table.done();
}

CsvTable sharing_table(const InventoryPart& part) {
  Table table("sharing.csv", {"direction", "account", "image", "name", "other_account"});
  for (const SharedImage& image : part.shared_out) table.add({"out", image.account, image.id, image.name, image.other});
  for (const SharedImage& image : part.shared_in) table.add({"in", image.account, image.id, image.name, image.other});
  return table.done();
}

CsvTable missing_table(const InventoryPart& part) {
  Table table("missing.csv", {"account", "call", "command", "because"});
  for (const Missing& missing : part.missing)
    table.add({missing.account, missing.call, missing.command, missing.because});
  return table.done();
}

CsvTable lists_table(const InventoryPart& part) {
  Table table("lists.csv", {"list", "account", "region", "state", "items", "oldest", "reason"});
  for (const ListLine& list : part.lists)
    table.add({list.name, list.account, list.region, list.state, number(list.items), list.oldest, list.reason});
  return table.done();
}

CsvTable findings_table(const ReportModel& model) {
  Table table("findings.csv", {"check", "subject", "text", "source", "waived_by", "change"});
  for (const ReportFinding& finding : model.findings) {
    table.add({name_of(finding.check), finding.subject, finding.text, finding.source,
               finding.waiver ? model.waivers[*finding.waiver].waiver.owner : "",
               std::string(to_string(finding.change))});
  }
  if (model.comparison) {
    for (const FixedFinding& finding : model.comparison->fixed)
      table.add({finding.check, finding.subject, finding.text, "", "", "fixed"});
  }
  return table.done();
}

CsvTable controls_table(const ReportModel& model) {
  Table table("controls.csv", {"framework", "number", "title", "state", "findings", "checks"});
  for (const ControlLine& line : model.controls) {
    std::vector<std::string> checks;
    for (const rules::Check check : line.control.checks) checks.push_back(name_of(check));
    table.add({line.control.framework, line.control.number, line.control.title, std::string(to_string(line.state)),
               number(line.findings), joined(checks)});
  }
  return table.done();
}

CsvTable waivers_table(const ReportModel& model) {
  Table table("waivers.csv", {"check", "subject", "owner", "reason", "expires", "expired", "findings"});
  for (const WaiverLine& line : model.waivers) {
    table.add({name_of(line.waiver.check), line.waiver.subject, line.waiver.owner, line.waiver.reason,
               line.waiver.expires, yes_no(line.is_expired), number(line.findings)});
  }
  return table.done();
}

CsvTable log_table(const LogPart& log) {
  Table table("log.csv", {"what", "name", "value"});
  table.add({"log", "origin", log.origin});
  table.add({"log", "verifies", yes_no(log.verifies)});
  table.add({"log", "problem", log.problem});
  table.add({"log", "size", number(log.size)});
  table.add({"log", "root", log.root});
  table.add({"log", "stored checkpoints", number(log.checkpoints)});
  table.add({"log", "anchored records", number(log.anchored)});
  const auto rows = [&](const std::string& what, const std::vector<NamedCount>& counts) {
    for (const auto& [name, count] : counts) table.add({what, name, number(count)});
  };
  rows("kind", log.kinds);
  rows("outcome", log.outcomes);
  rows("code", log.codes);
  rows("decisions a day", log.days);
  rows("principal", log.principals);
  return table.done();
}

}  // namespace

std::vector<CsvTable> report_tables(const ReportModel& model) {
  std::vector<CsvTable> tables{findings_table(model), controls_table(model), waivers_table(model)};
  Table rules("rules.csv", {"rule", "code", "basis", "explanation", "source"});
  for (const RuleLine& rule : model.rules) rules.add({rule.id, rule.code, rule.basis, rule.explanation, rule.source});
  tables.push_back(rules.done());
  Table inputs("inputs.csv", {"what", "name", "version", "digest"});
  for (const InputLine& input : model.inputs) inputs.add({input.what, input.name, input.version, input.digest});
  tables.push_back(inputs.done());
  if (model.log) tables.push_back(log_table(*model.log));
  if (model.inventory) {
    for (const auto make : {images_table, access_table, sharing_table, missing_table, lists_table})
      tables.push_back(make(*model.inventory));
  }
  return tables;
}

}  // namespace imagewarden::report
