#include "report/build.h"

#include <algorithm>

#include "report/build_parts.h"

namespace imagewarden::report {
namespace {

constexpr std::size_t kPrincipalsNamed = 20;

std::vector<NamedCount> listed(const audit::Counts& counts) { return {counts.begin(), counts.end()}; }

void list_inputs(const ReportSources& sources, ReportModel& model) {
  if (model.inventory)
    model.inputs.push_back(
        {"inventory", std::to_string(model.inventory->files) + " files", "", model.inventory->digest});
  for (const rules::RuleFile& file : sources.rules->files())
    model.inputs.push_back({"rules", file.path == "built-in" ? file.name : file.path, file.version, file.digest});
  for (const rules::RuleFile& file : sources.controls->files)
    model.inputs.push_back({"controls", file.path == "built-in" ? file.name : file.path, file.version, file.digest});
  if (model.log)
    model.inputs.push_back(
        {"audit log", model.log->path, "", model.log->verifies ? "root " + model.log->root : "does not verify"});
  if (sources.earlier)
    model.inputs.push_back({"report before", sources.earlier->path, sources.earlier->time, sources.earlier->digest});
}

void list_rules(const rules::Ruleset& rules, ReportModel& model) {
  for (const rules::Rule& rule : rules.rules()) {
    model.rules.push_back(
        {rule.id, rule.code, std::string(rules::to_string(rule.basis)), rule.explanation, rule.source});
  }
  for (const ReadingInfo& reading : reading_table()) {
    if (!rules.readings().is_default(reading.reading))
      model.readings.emplace_back(reading.name, rules.readings().choice_name(reading.reading));
  }
}

}  // namespace

std::string_view to_string(CheckState state) {
  switch (state) {
    case CheckState::kNotAssessed:
      return "not assessed";
    case CheckState::kFinding:
      return "finding";
    case CheckState::kWaived:
      return "waived";
    case CheckState::kPass:
      return "pass";
  }
  return "not assessed";
}

std::string_view to_string(Change change) {
  switch (change) {
    case Change::kNew:
      return "new";
    case Change::kUnchanged:
      return "unchanged";
    case Change::kNone:
      break;
  }
  return {};
}

void sort_by_count(std::vector<NamedCount>& counts) {
  std::sort(counts.begin(), counts.end(), [](const NamedCount& a, const NamedCount& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
}

LogPart build_log(const LogSource& source) {
  LogPart part;
  part.path = source.path;
  part.origin = source.verified.origin;
  part.verifies = source.verified.ok();
  part.problem = source.verified.problem;
  part.first_bad = source.verified.first_bad;
  // Of a log that does not verify, its records may still be counted; it has no root that says anything.
  part.size = part.verifies ? source.verified.head.size : source.stats ? source.stats->records : 0;
  if (part.verifies) part.root = to_hex(source.verified.head.root);
  part.checkpoints = source.verified.checkpoints;
  part.anchored = source.verified.anchored;
  part.cosigners = source.verified.endorsement.cosigners;
  part.checkpoint = source.checkpoint;
  if (!source.stats) return part;
  const audit::LogStats& stats = *source.stats;
  part.counted = true;
  part.first = stats.first_time;
  part.last = stats.last_time;
  part.kinds = listed(stats.kinds);
  part.outcomes = listed(stats.outcomes);
  part.codes = listed(stats.codes);
  sort_by_count(part.codes);
  part.days = listed(stats.decisions_by_day);
  for (const audit::NamedCount& principal : stats.principals) {
    if (part.principals.size() < kPrincipalsNamed || principal.name == "root")
      part.principals.emplace_back(principal.name, principal.count);
  }
  part.principals_count = stats.principals_count;
  part.images_count = stats.images_count;
  return part;
}

Result<ReportModel> build_report(const ReportSources& sources) {
  ReportModel model;
  model.version = sources.version;
  model.now = sources.now;
  std::optional<policy::WhoCanAnswer> access;
  if (sources.inventory) {
    auto built = build_inventory(*sources.inventory, *sources.rules, sources.now);
    if (!built) return tl::make_unexpected(built.error());
    model.inventory = std::move(built->part);
    access = std::move(built->access);
  }
  if (sources.log) model.log = build_log(*sources.log);
  assess(model, access ? &*access : nullptr, *sources.controls);
  list_rules(*sources.rules, model);
  list_inputs(sources, model);
  if (sources.earlier) compare_with(*sources.earlier, model);
  return model;
}

}  // namespace imagewarden::report
