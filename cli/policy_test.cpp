// `policy test`: runs test files of policies, measures what they cover, and puts mutants to them.

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "cli/journal.h"
#include "cli/session.h"
#include "cli/sink.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/policy/test_report.h"

namespace imagewarden::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kAll = 100;

bool is_test_file(const std::string& path) {
  return path.ends_with(".test.yaml") || path.ends_with(".test.yml") || path.ends_with(".test.json");
}

// The test files of a folder, in the order of their names, subfolders included.
Result<std::vector<std::string>> list_folder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (is_test_file(at->path().string()) && at->is_regular_file(error))
      paths.push_back(at->path().lexically_normal().string());
  }
  if (error) return fail(Errc::kIo, fmt::format("`{}`: {}", folder, error.message()));
  if (paths.empty())
    return fail(
        Errc::kNotFound,
        fmt::format(
            "`{}`: no test file below it, expected names that end with `.test.yaml`, `.test.yml` or `.test.json`",
            folder));
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Each file once, however often it is named.
Result<std::vector<std::string>> find_test_files(const Options& options) {
  if (options.arguments.empty()) return fail(Errc::kUsage, "`policy test` wants test files or folders that hold some");
  std::vector<std::string> paths;
  for (const std::string& argument : options.arguments) {
    std::error_code error;
    auto found =
        fs::is_directory(argument, error) ? list_folder(argument) : Result<std::vector<std::string>>({argument});
    if (!found) return found;
    for (std::string& path : *found) {
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
    }
  }
  return paths;
}

// What is wrong with a path alone: the caller says which file names it.
Result<std::string> read_policy_file(const std::string& path) { return read_small_file(path, "policy"); }

// Every file that cannot be read is named, not only the first.
Result<std::vector<policy::TestFile>> read_test_files(const std::vector<std::string>& paths,
                                                      const Environment& environment) {
  std::vector<policy::TestFile> files;
  std::optional<Error> fault;  // the last one
  for (const std::string& path : paths) {
    const auto text = read_small_file(path, "test file");
    auto file = text ? policy::parse_test_file(*text, path) : tl::make_unexpected(text.error());
    if (file) {
      files.push_back(std::move(*file));
    } else {
      if (fault) complain(environment, *fault);
      fault = file.error();
    }
  }
  if (fault) return tl::make_unexpected(std::move(*fault));
  return files;
}

Result<std::shared_ptr<const Snapshot>> read_snapshot(const std::vector<std::string>& paths, const ReadOptions& read,
                                                      const Environment& environment) {
  auto snapshot = read_inventory(paths, read);
  if (!snapshot) return tl::make_unexpected(complain_but_last(environment, snapshot.error()));
  return std::make_shared<const Snapshot>(std::move(*snapshot));
}

Result<policy::TestSuite> load_suite(const Options& options, const Environment& environment,
                                     const rules::Ruleset& rules) {
  const auto paths = find_test_files(options);
  if (!paths) return tl::make_unexpected(paths.error());
  auto files = read_test_files(*paths, environment);
  if (!files) return tl::make_unexpected(files.error());
  policy::SuiteSources sources;
  sources.read_file = read_policy_file;
  const ReadOptions read = read_options_of(options, environment);
  sources.read_inventory = [read, &environment](const std::string& path) {
    return read_snapshot({path}, read, environment);
  };
  sources.rules = &rules;
  sources.now = now_of(options, environment);
  if (!options.inventory.empty()) {
    auto snapshot = read_snapshot(options.inventory, read, environment);
    if (!snapshot) return tl::make_unexpected(snapshot.error());
    sources.inventory = std::move(*snapshot);
  }
  return policy::make_suite(std::move(*files), sources);
}

std::string place(const std::string& file, TextPosition at) {
  return fmt::format("{}:{}:{}", printable(file), at.line, at.column);
}

void append_failures(std::string& out, const policy::TestSuite& suite, const policy::RunResult& run, const Look& look) {
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const policy::CaseResult& result = run.cases[i];
    if (result.status != policy::CaseStatus::kFailed) continue;
    const policy::TestCase& test_case = suite.cases[i];
    out += fmt::format("{}  {}\n", paint("FAILED", Tone::kBad, look.colored), printable(test_case.name));
    out += fmt::format("  at      {}\n", place(suite.files[test_case.file].path, suite.declaration(test_case).name.at));
    out += fmt::format("  wanted  {}\n  got     {}\n", printable(result.wanted), printable(result.got));
    if (!result.why.empty()) out += fmt::format("  why     {}\n", printable(result.why));
  }
}

std::string run_text(const policy::TestSuite& suite, const policy::RunResult& run, const Look& look) {
  Table table({"RESULT", "PASSED", "FAILED", "SKIPPED", "TEST FILE"});
  std::vector<std::map<policy::CaseStatus, std::uint64_t>> by_file(suite.files.size());
  for (std::size_t i = 0; i < run.cases.size(); ++i) ++by_file[suite.cases[i].file][run.cases[i].status];
  for (std::size_t file = 0; file < suite.files.size(); ++file) {
    auto& counts = by_file[file];
    const bool failed = counts[policy::CaseStatus::kFailed] > 0;
    const bool ran = failed || counts[policy::CaseStatus::kPassed] > 0;
    table.add(
        {failed ? "failed"
         : ran  ? "passed"
                : "skipped",
         fmt::format("{}", counts[policy::CaseStatus::kPassed]), fmt::format("{}", counts[policy::CaseStatus::kFailed]),
         fmt::format("{}", counts[policy::CaseStatus::kSkipped]), printable(suite.files[file].path)},
        failed ? Tone::kBad
        : ran  ? Tone::kGood
               : Tone::kFaint);
  }
  std::string out = table.render(look) + '\n';
  append_failures(out, suite, run, look);
  out += fmt::format("{}: {} passed, {} failed", counted(run.cases.size(), "case", "cases"), run.passed, run.failed);
  if (run.skipped > 0) out += fmt::format(", {} skipped", run.skipped);
  return out + '\n';
}

std::string coverage_text(const policy::TestSuite& suite, const policy::Coverage& coverage, const Look& look) {
  std::string out;
  Table table({"NOT COVERED", "PART", "TEXT", "AT"}, {"TEXT"});
  for (const policy::CoverageItem& item : coverage.items) {
    if (item.covered() == item.ways()) continue;
    const bool no_match = item.can_match && item.matched == 0;
    const bool no_miss = item.can_miss && item.missed == 0;
    table.add({no_match && no_miss ? "neither way"
               : no_match          ? "never matched"
                                   : "always matched",
               std::string(policy::to_string(item.part)), printable(item.text),
               place(suite.policies[item.policy].source, item.at)},
              no_match ? Tone::kBad : Tone::kUnsure);
  }
  const policy::CoverageSum all = policy::sum_of(coverage);
  out += '\n';
  if (all.covered < all.ways) out += table.render(look) + '\n';
  out += fmt::format("coverage {} %: {} of {} ways", all.percent(), all.covered, all.ways);
  for (std::size_t i = 0; i < static_cast<std::size_t>(policy::CoveredPart::kCount); ++i) {
    const auto part = static_cast<policy::CoveredPart>(i);
    const policy::CoverageSum sum = policy::sum_of(coverage, part);
    out += fmt::format("; {}s {} of {}", policy::to_string(part), sum.covered, sum.ways);
  }
  return out + '\n';
}

// Lines as they are, but for what could move a cursor.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += printable(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string mutation_text(const policy::TestSuite& suite, const policy::MutationResult& mutation, const Look& look) {
  std::string out = "\n";
  for (const policy::Survivor& survivor : mutation.survivors) {
    const policy::SuitePolicy& policy = suite.policies[survivor.policy];
    out += fmt::format("{}  {}#{}: {}\n  at      {}\n",
                       paint(survivor.is_undecided ? "UNDECIDED" : "SURVIVED", Tone::kBad, look.colored),
                       printable(policy.name), survivor.statement, printable(survivor.what),
                       place(policy.source, survivor.at));
    if (survivor.test.empty()) {
      out += fmt::format("  no test is proposed: {}\n", printable(survivor.why_no_test));
    } else {
      out += fmt::format("  a test that would notice it:\n\n{}\n", printable_lines(survivor.test));
    }
  }
  out += fmt::format("mutation score {} %: {} of {} killed by {}", mutation.score(), mutation.killed,
                     counted(mutation.counted(), "mutant", "mutants"), counted(mutation.passing, "case", "cases"));
  if (mutation.equivalent > 0) out += fmt::format("; {} equivalent, proved, not counted", mutation.equivalent);
  if (mutation.undecided > 0) out += fmt::format("; {} undecided, counted as survivors", mutation.undecided);
  if (mutation.tried < mutation.possible)
    out += fmt::format("; {} of {} possible mutants tried (--max-mutants)", mutation.tried, mutation.possible);
  return out + '\n';
}

Status write_file(const std::string& path, std::string_view text, Environment& environment) {
  if (path.empty()) return {};
  auto sink = Sink::open(path, environment);
  if (!sink) return tl::make_unexpected(sink.error());
  sink->write(text);
  return sink->finish();
}

Status check_percent(std::string_view option, const std::optional<std::uint64_t>& percent) {
  if (!percent || *percent <= kAll) return {};
  return fail(Errc::kUsage, fmt::format("option `{}`: {}, expected a percentage from 0 to 100", option, *percent));
}

std::string render(const policy::TestReport& report, const Options& options, const Environment& environment) {
  if (options.format == Format::kJson) return policy::report_json(report, version());
  if (options.format == Format::kJunit) return policy::report_junit(report);
  if (options.format == Format::kTap) return policy::report_tap(report);
  const Look look = look_of(options, environment);
  std::string text = run_text(*report.suite, *report.run, look);
  if (report.coverage != nullptr) text += coverage_text(*report.suite, *report.coverage, look);
  if (report.mutation != nullptr) text += mutation_text(*report.suite, *report.mutation, look);
  return text;
}

}  // namespace

int run_policy_test(const Options& options, Environment& environment) {
  for (const Status& valid :
       {check_percent("--min-coverage", options.min_coverage), check_percent("--min-score", options.min_score)}) {
    if (!valid) return complain(environment, valid.error());
  }
  const auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  const auto suite = load_suite(options, environment, *rules);
  if (!suite) return complain(environment, suite.error());
  for (const std::string& text : suite->notes) note(options, environment, text);

  const policy::RunOptions how{options.filter, options.fail_fast, options.format == Format::kJson};
  const policy::RunResult run = policy::run_suite(*suite, how);
  if (run.passed + run.failed == 0) {
    return complain(environment,
                    {Errc::kNotFound, fmt::format("option `--filter`: no test is called `{}`", options.filter)});
  }
  policy::TestReport report{&*suite, &run, nullptr, nullptr};
  policy::Coverage coverage;
  if (options.coverage || options.min_coverage || !options.lcov.empty() || !options.cobertura.empty()) {
    coverage = policy::measure_coverage(*suite, run);
    report.coverage = &coverage;
    for (const Status& written :
         {write_file(options.lcov, policy::coverage_lcov(*suite, coverage), environment),
          write_file(options.cobertura, policy::coverage_cobertura(*suite, coverage, version()), environment)}) {
      if (!written) return complain(environment, written.error());
    }
  }
  policy::MutationResult mutation;
  if (options.mutate || options.min_score) {
    Progress progress(options, environment, "mutating");
    const auto report_progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
    mutation = policy::run_mutants(*suite, run, {options.max_mutants, {}, report_progress});
    report.mutation = &mutation;
  }

  bool failed = run.failed > 0;
  if (options.min_coverage && policy::sum_of(coverage).percent() < *options.min_coverage) {
    failed = true;
    note(options, environment,
         fmt::format("coverage {} % is below --min-coverage {}", policy::sum_of(coverage).percent(),
                     *options.min_coverage));
  }
  if (options.min_score && mutation.score() < *options.min_score) {
    failed = true;
    note(options, environment,
         fmt::format("mutation score {} % is below --min-score {}", mutation.score(), *options.min_score));
  }
  return print_result(options, environment, render(report, options, environment), failed ? kExitDenied : kExitAllowed);
}

}  // namespace imagewarden::cli
