#include "engine/policy/test_report.h"

#include <fmt/format.h>

#include "engine/base/json_writer.h"
#include "engine/base/printable.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

void write_place(JsonWriter& json, std::string_view file, TextPosition at) {
  json.member("file", file).key("line").integer(at.line).key("column").integer(at.column);
}

void write_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  json.key(name).integer(static_cast<std::int64_t>(count));
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_case(JsonWriter& json, const TestSuite& suite, const TestCase& test_case, const CaseResult& result) {
  const TestDeclaration& test = suite.declaration(test_case);
  json.begin_object().member("name", test_case.name).member("test", test.name.text);
  write_place(json, suite.files[test_case.file].path, test.name.at);
  json.member("principal", test_case.principal_text);
  if (test_case.decider) {
    json.member("image", test_case.image);
  } else {
    json.member("action", test_case.request.action).member("resource", test_case.request.resource);
  }
  json.member("status", to_string(result.status)).member("wanted", result.wanted).member("got", result.got);
  json.member("step", result.step).member("why", result.why);
  if (test_case.decider) {
    json.key("code");
    if (result.code.empty()) {
      json.null();
    } else {
      json.string(result.code);
    }
    write_texts(json, "violations", result.violations);
  }
  json.key("deciding").begin_array();
  for (const DecidingStatement& statement : result.deciding) {
    json.begin_object()
        .member("statement", statement.statement)
        .member("effect", statement.effect)
        .member("via", statement.via);
    write_place(json, statement.source, statement.at);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_coverage(JsonWriter& json, const TestSuite& suite, const Coverage& coverage) {
  const CoverageSum all = sum_of(coverage);
  json.key("coverage").begin_object();
  write_count(json, "percent", all.percent());
  write_count(json, "covered", all.covered);
  write_count(json, "ways", all.ways);
  json.key("parts").begin_object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(CoveredPart::kCount); ++i) {
    const auto part = static_cast<CoveredPart>(i);
    const CoverageSum sum = sum_of(coverage, part);
    json.key(to_string(part)).begin_object();
    write_count(json, "covered", sum.covered);
    write_count(json, "ways", sum.ways);
    json.end_object();
  }
  json.end_object().key("not_covered").begin_array();
  for (const CoverageItem& item : coverage.items) {
    if (item.covered() == item.ways()) continue;
    json.begin_object().member("policy", suite.policies[item.policy].name).key("statement").integer(item.statement);
    json.member("part", to_string(item.part)).member("text", item.text);
    write_place(json, suite.policies[item.policy].source, item.at);
    json.key("never_matched").boolean(item.can_match && item.matched == 0);
    json.key("never_missed").boolean(item.can_miss && item.missed == 0).end_object();
  }
  json.end_array().end_object();
}

void write_mutation(JsonWriter& json, const TestSuite& suite, const MutationResult& mutation) {
  json.key("mutation").begin_object();
  write_count(json, "score", mutation.score());
  write_count(json, "possible", mutation.possible);
  write_count(json, "tried", mutation.tried);
  write_count(json, "killed", mutation.killed);
  write_count(json, "equivalent", mutation.equivalent);
  write_count(json, "undecided", mutation.undecided);
  json.key("survivors").begin_array();
  for (const Survivor& survivor : mutation.survivors) {
    json.begin_object()
        .member("policy", suite.policies[survivor.policy].name)
        .key("statement")
        .integer(survivor.statement);
    write_place(json, suite.policies[survivor.policy].source, survivor.at);
    json.member("what", survivor.what).key("undecided").boolean(survivor.is_undecided);
    json.member("test", survivor.test).member("why_no_test", survivor.why_no_test).end_object();
  }
  json.end_array().end_object();
}

// Cases of one file, which follow each other.
struct FileCases {
  std::size_t begin{};
  std::size_t end{};
  std::uint64_t failed{};
  std::uint64_t skipped{};
};

FileCases cases_of(const TestReport& report, std::size_t file, std::size_t begin) {
  FileCases out{begin, begin};
  while (out.end < report.suite->cases.size() && report.suite->cases[out.end].file == file) {
    const CaseStatus status = report.run->cases[out.end].status;
    out.failed += status == CaseStatus::kFailed ? 1U : 0U;
    out.skipped += status == CaseStatus::kSkipped ? 1U : 0U;
    ++out.end;
  }
  return out;
}

std::string failure_text(const CaseResult& result) {
  std::string text = fmt::format("wanted {}, got {}", result.wanted, result.got);
  if (!result.why.empty()) text += fmt::format(": {}", result.why);
  return text;
}

void append_testcase(std::string& out, const TestReport& report, std::size_t index) {
  const TestCase& test_case = report.suite->cases[index];
  const CaseResult& result = report.run->cases[index];
  const std::string& path = report.suite->files[test_case.file].path;
  const TextPosition at = report.suite->declaration(test_case).name.at;
  out += fmt::format("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"", xml_text(test_case.name),
                     xml_text(path), xml_text(path), at.line);
  switch (result.status) {
    case CaseStatus::kPassed:
      out += "/>\n";
      return;
    case CaseStatus::kSkipped:
      out += "><skipped/></testcase>\n";
      return;
    case CaseStatus::kFailed:
      break;
  }
  out += fmt::format("><failure message=\"{}\">{}:{}:{}</failure></testcase>\n", xml_text(failure_text(result)),
                     xml_text(path), at.line, at.column);
}

// A description of TAP: a `#` would start a directive.
std::string tap_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// A value of the YAML block of TAP.
std::string yaml_text(std::string_view text) {
  std::string out;
  append_json_string(out, printable(text));
  return out;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  const std::string shown = printable(text);
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const std::string_view rest = std::string_view(shown).substr(at);
    if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {  // U+FFFE, U+FFFF
      out += kReplacement;
      at += 2;
      continue;
    }
    switch (rest.front()) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += rest.front();
    }
  }
  return out;
}

std::string report_json(const TestReport& report, std::string_view version) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("tool").begin_object().member("name", "imagewarden").member("version", version).end_object();
  json.key("summary").begin_object();
  write_count(json, "files", report.suite->files.size());
  write_count(json, "cases", report.run->cases.size());
  write_count(json, "passed", report.run->passed);
  write_count(json, "failed", report.run->failed);
  write_count(json, "skipped", report.run->skipped);
  json.end_object();
  write_texts(json, "notes", report.suite->notes);
  json.key("cases").begin_array();
  for (std::size_t i = 0; i < report.run->cases.size(); ++i)
    write_case(json, *report.suite, report.suite->cases[i], report.run->cases[i]);
  json.end_array();
  if (report.coverage != nullptr) write_coverage(json, *report.suite, *report.coverage);
  if (report.mutation != nullptr) write_mutation(json, *report.suite, *report.mutation);
  json.end_object();
  return out + '\n';
}

std::string report_junit(const TestReport& report) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format(
      "<testsuites name=\"imagewarden policy test\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" errors=\"0\">\n",
      report.run->cases.size(), report.run->failed, report.run->skipped);
  std::size_t begin = 0;
  for (std::size_t file = 0; file < report.suite->files.size(); ++file) {
    const FileCases cases = cases_of(report, file, begin);
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" errors=\"0\">\n",
                       xml_text(report.suite->files[file].path), cases.end - cases.begin, cases.failed, cases.skipped);
    for (std::size_t i = cases.begin; i < cases.end; ++i) append_testcase(out, report, i);
    out += "  </testsuite>\n";
    begin = cases.end;
  }
  return out + "</testsuites>\n";
}

std::string report_tap(const TestReport& report) {
  std::string out = fmt::format("TAP version 14\n1..{}\n", report.run->cases.size());
  for (std::size_t i = 0; i < report.run->cases.size(); ++i) {
    const TestCase& test_case = report.suite->cases[i];
    const CaseResult& result = report.run->cases[i];
    const bool failed = result.status == CaseStatus::kFailed;
    out += fmt::format("{}ok {} - {}{}\n", failed ? "not " : "", i + 1, tap_text(test_case.name),
                       result.status == CaseStatus::kSkipped ? " # SKIP" : "");
    if (!failed) continue;
    const TextPosition at = report.suite->declaration(test_case).name.at;
    out += fmt::format("  ---\n  at: {}\n  wanted: {}\n  got: {}\n  why: {}\n  ...\n",
                       yaml_text(fmt::format("{}:{}:{}", report.suite->files[test_case.file].path, at.line, at.column)),
                       yaml_text(result.wanted), yaml_text(result.got), yaml_text(result.why));
  }
  return out;
}

}  // namespace imagewarden::policy
