// `policy lint`: faults in RAM policies, from files or from an inventory.

#include <fmt/format.h>

#include "cli/lint_report.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

int explain_rule(const Options& options, Environment& environment) {
  if (!options.arguments.empty()) {
    return complain(environment, {Errc::kUsage, "`policy lint --explain` takes one rule id and no path"});
  }
  const ram::LintRule* rule = ram::find_lint_rule(options.explain_rule);
  if (rule == nullptr) {
    std::vector<std::string_view> ids;
    for (const ram::LintRule& each : ram::lint_rules()) ids.push_back(each.id);
    const auto nearest = nearest_name(options.explain_rule, ids);
    return complain(environment, {Errc::kNotFound,
                                  fmt::format("no lint rule `{}`{}; there are RAM001 to RAM066", options.explain_rule,
                                              nearest ? fmt::format(", did you mean `{}`?", *nearest) : "")});
  }
  return print_result(options, environment,
                      options.format == Format::kJson ? lint_rule_json(*rule) : lint_rule_text(*rule), kExitAllowed);
}

std::string render(const LintReport& report, const Options& options, const Environment& environment) {
  switch (options.format) {
    case Format::kJson:
      return lint_json(report);
    case Format::kSarif:
      return lint_sarif(report);
    case Format::kTable:
    case Format::kNdjson:
    case Format::kCsv:
    case Format::kJunit:
    case Format::kTap:
    case Format::kOcsf:
    case Format::kCloudEvents:
    case Format::kOscal:
    case Format::kHtml:
      break;
  }
  return lint_table(report, look_of(options, environment));
}

}  // namespace

int run_policy_lint(const Options& options, Environment& environment) {
  if (!options.explain_rule.empty()) return explain_rule(options, environment);
  const auto tables = load_lint_tables(options);
  if (!tables) return complain(environment, tables.error());
  const auto work = gather_lint_work(options, environment);
  if (!work) return complain(environment, work.error());
  const auto waivers = load_lint_waivers(options, *work);
  if (!waivers) return complain(environment, waivers.error());
  for (const LintSkipped& skipped : work->skipped)
    note(options, environment, fmt::format("{}: skipped: {}", skipped.path, skipped.why));
  const LintReport report =
      make_lint_report(*work, *tables, *waivers, now_of(options, environment), options.fail_level);
  return print_result(options, environment, render(report, options, environment),
                      report.failed() ? kExitDenied : kExitAllowed);
}

}  // namespace imagewarden::cli
