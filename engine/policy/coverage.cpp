#include "engine/policy/coverage.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/base/printable.h"
#include "engine/policy/test_report.h"
#include "engine/ram/matching.h"
#include "engine/ram/steps.h"

namespace imagewarden::policy {
namespace {

// What one item is compared by.
struct Probe {
  std::string pattern;  // normal form, of an action or resource
  Atom atom;            // of a value: the condition with this value alone
};

std::string value_text(const Atom& atom, const Value& value) {
  std::string_view quantifier;
  if (atom.quantifier == Quantifier::kForAllValues) quantifier = "ForAllValues:";
  if (atom.quantifier == Quantifier::kForAnyValue) quantifier = "ForAnyValue:";
  return fmt::format("{}{} {} {}", quantifier, operator_name(atom.op), atom.key.name, value.text);
}

class Meter {
 public:
  Meter(const TestSuite& suite, const Readings& readings) : suite_(suite), readings_(readings) {
    for (std::size_t policy = 0; policy < suite.policies.size(); ++policy) {
      first_.emplace_back();
      if (suite.policies[policy].is_system) continue;
      index_.emplace(suite.policies[policy].document.get(), policy);
      const auto& statements = suite.policies[policy].document->statements;
      for (std::uint32_t i = 0; i < statements.size(); ++i) {
        first_.back().push_back(out_.items.size());
        add_statement(policy, i, statements[i]);
      }
    }
  }

  void count(const TestCase& test_case) {
    const ram::PrincipalPolicies& policies = suite_.principals[test_case.principal].principal.policies();
    const ram::StepPlan plan = ram::plan_steps(policies, readings_);
    const auto group = ram::resource_group_set(plan, test_case.request);
    std::set<std::size_t> counted;
    for (std::size_t set = 0; set < plan.sets.size(); ++set) {
      if (plan.sets[set].step == ram::Step::kResourceGroupLevel && group != set) continue;
      for (const ram::AttachedPolicy* policy : plan.sets[set].policies) {
        const auto known = index_.find(policy->document.get());
        if (known != index_.end() && counted.insert(known->second).second)
          count_policy(known->second, test_case.request);
      }
    }
  }

  Coverage take() { return std::move(out_); }

 private:
  CoverageItem& add(std::size_t policy, std::uint32_t statement, CoveredPart part, std::string text,
                    std::uint32_t offset) {
    CoverageItem item;
    item.policy = policy;
    item.statement = statement;
    item.part = part;
    item.text = std::move(text);
    item.at = suite_.policies[policy].at(offset);
    out_.items.push_back(std::move(item));
    probes_.emplace_back();
    return out_.items.back();
  }

  void add_statement(std::size_t policy, std::uint32_t index, const ram::Statement& statement) {
    std::string text = fmt::format("statement {}", index);
    if (statement.not_evaluable) text += " (not evaluable)";
    CoverageItem& whole = add(policy, index, CoveredPart::kStatement, std::move(text), statement.offset);
    if (statement.not_evaluable) return;
    const auto takes_all = [](const std::vector<ram::Pattern>& patterns) {
      return std::any_of(patterns.begin(), patterns.end(),
                         [](const ram::Pattern& pattern) { return ram::takes_everything(pattern.text); });
    };
    const bool any_action = !statement.not_action && takes_all(statement.actions);
    const bool any_resource =
        statement.resources.empty() || (!statement.not_resource && takes_all(statement.resources));
    whole.can_miss = !any_action || !any_resource || !statement.condition.atoms.empty();
    for (const ram::Pattern& pattern : statement.actions) {
      add(policy, index, CoveredPart::kAction, pattern.text, pattern.offset).can_miss =
          !ram::takes_everything(pattern.text);
      probes_.back().pattern = to_lower(pattern.text);
    }
    for (const ram::Pattern& pattern : statement.resources) {
      add(policy, index, CoveredPart::kResource, pattern.text, pattern.offset).can_miss =
          !ram::takes_everything(pattern.text);
      probes_.back().pattern = ram::normal_resource_pattern(pattern.text, readings_);
    }
    for (const Atom& atom : statement.condition.atoms) {
      for (std::size_t i = 0; i < atom.values.size(); ++i) {
        add(policy, index, CoveredPart::kValue, value_text(atom, atom.values[i]), atom.value_offsets[i]);
        Atom& single = probes_.back().atom;
        single = atom;
        single.values = {atom.values[i]};
      }
    }
  }

  void note(std::size_t item, Tri matches) {
    if (matches == Tri::kTrue) ++out_.items[item].matched;
    if (matches == Tri::kFalse) ++out_.items[item].missed;
  }

  void count_policy(std::size_t policy, const ram::Request& request) {
    std::string resource(ram::authorization_resource(request));
    ram::write_normal_resource(resource, readings_, resource.data());
    const auto& statements = suite_.policies[policy].document->statements;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (!statements[i].not_evaluable) count_statement(first_[policy][i], statements[i], request, resource);
    }
  }

  void count_statement(std::size_t first, const ram::Statement& statement, const ram::Request& request,
                       const std::string& resource) {
    std::size_t item = first + 1;
    bool fits = false;
    for (std::size_t i = 0; i < statement.actions.size(); ++i, ++item) {
      const bool matches = glob_matches(probes_[item].pattern, request.action_lower);
      fits = fits || matches;
      note(item, tri_of(matches));
    }
    if (fits == statement.not_action) return note(first, Tri::kFalse);
    for (std::size_t i = 0; i < statement.resources.size(); ++i, ++item) {
      note(item, tri_of(ram::resource_glob_matches(probes_[item].pattern, resource, readings_)));
    }
    if (!ram::resource_matches(statement, request, readings_)) return note(first, Tri::kFalse);
    Tri holds = Tri::kTrue;
    for (const Atom& atom : statement.condition.atoms) {
      holds = tri_and(holds, ram::evaluate_atom(atom, request, readings_));
      for (std::size_t i = 0; i < atom.values.size(); ++i, ++item) {
        note(item, ram::evaluate_atom(probes_[item].atom, request, readings_));
      }
    }
    note(first, holds);
  }

  const TestSuite& suite_;
  const Readings& readings_;
  Coverage out_;
  std::vector<Probe> probes_;                          // as out_.items
  std::vector<std::vector<std::size_t>> first_;        // by policy and statement: its first item
  std::map<const ram::Document*, std::size_t> index_;  // looked up only
};

// What stands on one line of a source.
struct Line {
  std::uint64_t hits{};  // of the part that was met least
  bool is_first{true};
  std::vector<std::uint64_t> branches;  // cases that went each way
};

// Lines by source; the same file may hold several policies.
std::map<std::string, std::map<std::uint32_t, Line>> lines_of(const TestSuite& suite, const Coverage& coverage) {
  std::map<std::string, std::map<std::uint32_t, Line>> files;
  for (const CoverageItem& item : coverage.items) {
    Line& line = files[suite.policies[item.policy].source][item.at.line];
    const std::uint64_t hits = item.can_match ? item.matched : item.missed;
    line.hits = line.is_first ? hits : std::min(line.hits, hits);
    line.is_first = false;
    if (item.can_match) line.branches.push_back(item.matched);
    if (item.can_miss) line.branches.push_back(item.missed);
  }
  return files;
}

std::uint64_t taken(const std::vector<std::uint64_t>& branches) {
  return static_cast<std::uint64_t>(
      std::count_if(branches.begin(), branches.end(), [](std::uint64_t count) { return count > 0; }));
}

struct LineTotals {
  std::uint64_t lines{};
  std::uint64_t hit{};
  std::uint64_t branches{};
  std::uint64_t taken{};
};

LineTotals totals_of(const std::map<std::uint32_t, Line>& lines) {
  LineTotals out;
  for (const auto& [number, line] : lines) {
    ++out.lines;
    out.hit += line.hits > 0 ? 1U : 0U;
    out.branches += line.branches.size();
    out.taken += taken(line.branches);
  }
  return out;
}

// `0.7500`, without binary floating point.
std::string rate(std::uint64_t part, std::uint64_t whole) {
  constexpr std::uint64_t kScale = 10'000;
  const std::uint64_t scaled = whole == 0 ? kScale : part * kScale / whole;
  return fmt::format("{}.{:04}", scaled / kScale, scaled % kScale);
}

}  // namespace

std::string_view to_string(CoveredPart part) {
  switch (part) {
    case CoveredPart::kStatement:
      return "statement";
    case CoveredPart::kAction:
      return "action";
    case CoveredPart::kResource:
      return "resource";
    case CoveredPart::kValue:
      return "condition value";
    case CoveredPart::kCount:
      break;
  }
  return "";
}

CoverageSum sum_of(const Coverage& coverage) {
  CoverageSum sum;
  for (const CoverageItem& item : coverage.items) {
    sum.covered += item.covered();
    sum.ways += item.ways();
  }
  return sum;
}

CoverageSum sum_of(const Coverage& coverage, CoveredPart part) {
  CoverageSum sum;
  for (const CoverageItem& item : coverage.items) {
    if (item.part != part) continue;
    sum.covered += item.covered();
    sum.ways += item.ways();
  }
  return sum;
}

Coverage measure_coverage(const TestSuite& suite, const RunResult& run) {
  Meter meter(suite, suite.rules->readings());
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    if (run.cases[i].status != CaseStatus::kSkipped && !suite.cases[i].decider) meter.count(suite.cases[i]);
  }
  return meter.take();
}

std::string coverage_lcov(const TestSuite& suite, const Coverage& coverage) {
  std::string out;
  for (const auto& [source, lines] : lines_of(suite, coverage)) {
    const LineTotals totals = totals_of(lines);
    out += fmt::format("TN:\nSF:{}\n", printable(source));
    for (const auto& [number, line] : lines) {
      // Without a hit on the line LCOV wants `-` for its branches.
      const bool reached = taken(line.branches) > 0;
      for (std::size_t i = 0; i < line.branches.size(); ++i) {
        out += fmt::format("BRDA:{},0,{},{}\n", number, i, reached ? fmt::format("{}", line.branches[i]) : "-");
      }
    }
    out += fmt::format("BRF:{}\nBRH:{}\n", totals.branches, totals.taken);
    for (const auto& [number, line] : lines) out += fmt::format("DA:{},{}\n", number, line.hits);
    out += fmt::format("LF:{}\nLH:{}\nend_of_record\n", totals.lines, totals.hit);
  }
  return out;
}

std::string coverage_cobertura(const TestSuite& suite, const Coverage& coverage, std::string_view version) {
  const auto files = lines_of(suite, coverage);
  LineTotals all;
  std::string classes;
  for (const auto& [source, lines] : files) {
    const LineTotals totals = totals_of(lines);
    all.lines += totals.lines;
    all.hit += totals.hit;
    all.branches += totals.branches;
    all.taken += totals.taken;
    classes += fmt::format(
        "        <class name=\"{0}\" filename=\"{0}\" line-rate=\"{1}\" branch-rate=\"{2}\" complexity=\"0\">\n        "
        "  <methods/>\n          <lines>\n",
        xml_text(source), rate(totals.hit, totals.lines), rate(totals.taken, totals.branches));
    for (const auto& [number, line] : lines) {
      const std::uint64_t covered = taken(line.branches);
      classes += fmt::format(
          "            <line number=\"{}\" hits=\"{}\" branch=\"true\" condition-coverage=\"{}% ({}/{})\"/>\n", number,
          line.hits, line.branches.empty() ? 100 : covered * 100 / line.branches.size(), covered, line.branches.size());
    }
    classes += "          </lines>\n        </class>\n";
  }
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE coverage SYSTEM "
      "\"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n";
  const std::string line_rate = rate(all.hit, all.lines);
  const std::string branch_rate = rate(all.taken, all.branches);
  // No time of day: the same tests make the same bytes.
  out += fmt::format(
      "<coverage line-rate=\"{}\" branch-rate=\"{}\" lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" "
      "branches-valid=\"{}\" "
      "complexity=\"0\" version=\"imagewarden {}\" timestamp=\"0\">\n  <sources><source>.</source></sources>\n  "
      "<packages>\n",
      line_rate, branch_rate, all.hit, all.lines, all.taken, all.branches, xml_text(version));
  out += fmt::format(
      "    <package name=\"policies\" line-rate=\"{}\" branch-rate=\"{}\" complexity=\"0\">\n      <classes>\n",
      line_rate, branch_rate);
  return out + classes + "      </classes>\n    </package>\n  </packages>\n</coverage>\n";
}

}  // namespace imagewarden::policy
