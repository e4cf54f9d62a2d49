// `report`: the compliance report from an inventory, the log, or both.

#include <cerrno>
#include <limits>
#include <system_error>

#include <sys/stat.h>

#include <fmt/format.h>

#include "audit/log.h"
#include "audit/stats.h"
#include "cli/audit_keys.h"
#include "cli/command.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/sink.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "report/build.h"
#include "report/renderers.h"

namespace imagewarden::cli {
namespace {

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

// The log that nobody named is reported on only where it is there.
bool wants_log(const Options& options) {
  return !options.no_audit && (options.audit_log != Options{}.audit_log || exists(options.audit_log));
}

Result<rules::ControlSet> read_controls(const Options& options) {
  std::vector<rules::RuleSource> sources;
  for (const std::string& path : options.controls) {
    auto text = read_small_file(path, "controls file");
    if (!text) return tl::make_unexpected(text.error());
    sources.push_back({path, std::move(*text)});
  }
  return rules::load_controls(sources);
}

Result<report::LogSource> read_log(const Options& options, Environment& environment) {
  report::LogSource source;
  source.path = printable(options.audit_log);
  audit::VerifyOptions how;
  auto keys = read_vkeys(options);
  if (!keys) return tl::make_unexpected(keys.error());
  if (!options.checkpoint.empty()) {
    if (keys->empty()) {
      return fail(Errc::kUsage, "`--checkpoint` needs the key that must have signed it: add `--vkey KEY`");
    }
    auto anchor = read_checkpoint(options.checkpoint);
    if (!anchor) return tl::make_unexpected(anchor.error());
    how.anchor = std::move(*anchor);
  }
  how.keys = std::move(*keys);
  {
    Progress progress(options, environment, "verifying");
    how.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
    auto verified = audit::verify(options.audit_log, how);
    if (!verified) return tl::make_unexpected(verified.error());
    source.verified = std::move(*verified);
  }
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return tl::make_unexpected(log.error());
  Progress progress(options, environment, "reading the log");
  audit::StatsOptions stats;
  stats.principals = std::numeric_limits<std::size_t>::max();
  stats.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  // A log that does not verify may not be readable to its end either; that it is bad is then all there is to say.
  auto collected = audit::collect_stats(*log, options.audit_log, stats);
  if (collected) {
    source.stats = std::move(*collected);
  } else if (source.verified.ok()) {
    return tl::make_unexpected(collected.error());
  }
  const auto checkpoint = log->newest_checkpoint();
  if (checkpoint) source.checkpoint = checkpoint->value_or("");
  return source;
}

Result<report::EarlierReport> read_earlier(const Options& options) {
  const auto text = read_small_file(options.compare, "report to compare with");
  if (!text) return tl::make_unexpected(text.error());
  return report::parse_earlier_report(*text, printable(options.compare));
}

// A folder that is there is used: its other files stay.
Status write_tables(const std::vector<report::CsvTable>& tables, const std::string& folder, Environment& environment) {
  constexpr mode_t kMode = 0755;
  if (::mkdir(folder.c_str(), kMode) != 0 && errno != EEXIST)
    return fail(Errc::kIo, fmt::format("output folder `{}`: {}", folder, std::generic_category().message(errno)));
  std::vector<Sink> sinks;
  for (const report::CsvTable& table : tables) {
    auto sink = Sink::open(fmt::format("{}/{}", folder, table.name), environment);
    if (!sink) return tl::make_unexpected(sink.error());
    sinks.push_back(std::move(*sink));
    sinks.back().write(table.text);
  }
  return Sink::finish_all(sinks);
}

// In one document; CSV is a folder.
std::string rendered(const report::ReportModel& model, Format format) {
  if (format == Format::kJson) return report::report_json(model);
  if (format == Format::kSarif) return report::report_sarif(model);
  if (format == Format::kJunit) return report::report_junit(model);
  if (format == Format::kOscal) return report::report_oscal(model);
  return report::report_html(model);
}

}  // namespace

int run_report(const Options& options, Environment& environment) {
  if (options.format == Format::kCsv && options.output.empty())
    return complain(environment, {Errc::kUsage, "`report --format csv` writes several files: add `--output FOLDER`"});
  const bool has_log = wants_log(options);
  if (options.inventory.empty() && !has_log) {
    return complain(
        environment,
        {Errc::kUsage, "`report` needs something to report on: add `--inventory PATH`, or `--audit-log FILE`"});
  }
  const auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  const auto controls = read_controls(options);
  if (!controls) return complain(environment, controls.error());
  report::ReportSources sources;
  sources.version = version();
  sources.now = now_of(options, environment);
  sources.rules = &*rules;
  sources.controls = &*controls;
  if (!options.compare.empty()) {
    auto earlier = read_earlier(options);
    if (!earlier) return complain(environment, earlier.error());
    sources.earlier = std::move(*earlier);
  }
  std::optional<Snapshot> snapshot;
  if (!options.inventory.empty()) {
    report::InventorySource source;
    if (!options.as.empty()) {
      auto principal = parse_principal(options.as);
      if (!principal) return complain(environment, principal.error());
      source.principal = std::move(*principal);
    }
    auto context = context_of(options);
    if (!context) return complain(environment, context.error());
    source.context = std::move(*context);
    source.strict = options.strict;
    auto loaded = load_inventory(options, environment);
    if (!loaded) return complain(environment, loaded.error());
    if (const auto named = need_account(*loaded); !named) return complain(environment, named.error());
    snapshot = std::move(*loaded);
    source.snapshot = &*snapshot;
    source.command_of = [&snapshot](std::string_view call) { return as_command(call, *snapshot); };
    sources.inventory = std::move(source);
  } else if (!options.as.empty()) {
    return complain(environment, {Errc::kUsage, "`--as` decides on an inventory: add `--inventory PATH`"});
  }
  if (has_log) {
    auto log = read_log(options, environment);
    if (!log) return complain(environment, log.error());
    sources.log = std::move(*log);
  }

  const auto model = report::build_report(sources);
  if (!model) return complain(environment, model.error());
  const bool is_bad = (model->log && !model->log->verifies) || (model->comparison && model->comparison->fresh > 0);
  const int status = is_bad ? kExitDenied : kExitAllowed;
  if (options.format == Format::kCsv) {
    const auto written = write_tables(report::report_tables(*model), options.output, environment);
    return written ? status : complain(environment, written.error());
  }
  return print_result(options, environment, rendered(*model, options.format), status);
}

}  // namespace imagewarden::cli
