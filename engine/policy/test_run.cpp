#include "engine/policy/test_run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/decide/permission.h"

namespace imagewarden::policy {
namespace {

constexpr std::size_t kReasonsShown = 3;

bool is_selected(std::string_view name, const std::string& filter) {
  if (filter.empty()) return true;
  return has_wildcard(filter) ? glob_matches(filter, name) : name.find(filter) != std::string_view::npos;
}

DecidingStatement describe(const TestSuite& suite, const SuitePrincipal& principal,
                           const ram::ConsideredStatement& considered) {
  DecidingStatement out;
  out.statement = ram::statement_name(considered.ref);
  out.via = considered.ref.policy->via;
  out.source = considered.ref.policy->source;
  if (considered.ref.statement == nullptr) return out;
  if (considered.ref.statement->effect_known)
    out.effect = considered.ref.statement->effect == ram::Effect::kAllow ? "Allow" : "Deny";
  for (const std::size_t index : principal.policies) {
    const SuitePolicy& policy = suite.policies[index];
    if (policy.document == considered.ref.policy->document) out.at = policy.at(considered.ref.statement->offset);
  }
  return out;
}

std::string place_of(const DecidingStatement& statement) {
  return fmt::format("{} ({}:{}:{})", statement.statement, statement.source, statement.at.line, statement.at.column);
}

std::vector<DecidingStatement> deciding_of(const TestSuite& suite, const SuitePrincipal& principal,
                                           const ram::Evaluation& evaluation) {
  std::vector<DecidingStatement> out;
  for (const std::size_t index : evaluation.deciding)
    out.push_back(describe(suite, principal, evaluation.considered[index]));
  return out;
}

std::string listed(const std::vector<std::string>& parts) {
  const std::size_t shown = std::min(parts.size(), kReasonsShown);
  std::string out =
      fmt::format("{}", fmt::join(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < parts.size()) out += fmt::format(" and {} more", parts.size() - shown);
  return out;
}

// `Custom/ops#0 fits but for Bool acs:MFAPresent: wanted `true`, found `false``.
std::string near_miss_text(const NearMiss& miss) {
  std::vector<std::string> parts;
  for (const NearMiss::FailedCondition& failed : miss.failed) {
    const std::string found = failed.found.empty() ? (failed.open ? "it is open" : "the request does not carry it")
                                                   : fmt::format("found `{}`", fmt::join(failed.found, "`, `"));
    parts.push_back(fmt::format("{}: wanted `{}`, {}", failed.condition, fmt::join(failed.wanted, "`, `"), found));
  }
  return fmt::format("{} fits but for {}", miss.statement, fmt::join(parts, "; "));
}

std::string wanted_text(const TestDeclaration& test) {
  std::string text(to_string(test.expect));
  if (test.because) text += fmt::format(" because of {}#{}", test.because->policy, test.because->index);
  if (!test.code.empty()) text += fmt::format(" with code {}", test.code);
  if (test.violations) {
    std::vector<std::string_view> ids;
    for (const PlacedText& id : *test.violations) ids.push_back(id.text);
    text += fmt::format(" violating [{}]", fmt::join(ids, ", "));
  }
  return text;
}

void run_action(const TestSuite& suite, const TestCase& test_case, const RunOptions& options, CaseResult& result) {
  const TestDeclaration& test = suite.declaration(test_case);
  const SuitePrincipal& principal = suite.principals[test_case.principal];
  const ram::Verdict verdict = principal.principal.decide(test_case.request);
  bool passed = meets(test.expect, verdict.outcome);
  result.got = ram::to_string(verdict.outcome);
  result.step = ram::to_string(verdict.step);
  if (!passed || test.because || options.explain_passed) {
    const ram::Evaluation evaluation = principal.principal.explain(test_case.request);
    if (test.because) passed = passed && is_decided_by(evaluation, test_case.because_policy, test.because->index);
    result.deciding = deciding_of(suite, principal, evaluation);
    result.why = reason_of(suite, principal, evaluation);
  }
  result.status = passed ? CaseStatus::kPassed : CaseStatus::kFailed;
}

bool meets(Expect expect, Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      return expect == Expect::kAllow;
    case Outcome::kDeny:
      return expect == Expect::kDeny;
    case Outcome::kIndeterminate:
      return expect == Expect::kIndeterminate;
  }
  return false;
}

// Rules and guards that the decision names as violated, against those wanted, in whatever order.
bool is_same_set(const std::vector<std::string>& found, const std::vector<PlacedText>& wanted) {
  std::vector<std::string> a = found;
  std::vector<std::string> b;
  b.reserve(wanted.size());
  for (const PlacedText& id : wanted) b.push_back(id.text);
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  b.erase(std::unique(b.begin(), b.end()), b.end());
  return a == b;
}

void run_image(const TestSuite& suite, const TestCase& test_case, CaseResult& result) {
  const TestDeclaration& test = suite.declaration(test_case);
  const Decision decision = suite.deciders[*test_case.decider].decide_image(test_case.image);
  result.got = to_string(decision.outcome);
  result.code = decision.code;
  std::vector<std::string> reasons;
  for (const std::vector<Finding>* findings : {&decision.violations, &decision.guards}) {
    for (const Finding& finding : *findings) {
      result.violations.push_back(finding.rule);
      reasons.push_back(fmt::format("violates {}", finding.rule));
    }
  }
  for (const UnknownFinding& unknown : decision.unknowns)
    reasons.push_back(fmt::format("{} is not known: {}", unknown.rule, unknown.because));
  result.why = listed(reasons);
  const bool passed = meets(test.expect, decision.outcome) && (test.code.empty() || test.code == decision.code) &&
                      (!test.violations || is_same_set(result.violations, *test.violations));
  result.status = passed ? CaseStatus::kPassed : CaseStatus::kFailed;
  if (!decision.code.empty()) result.got += fmt::format(" with code {}", decision.code);
  if (test.violations) result.got += fmt::format(" violating [{}]", fmt::join(result.violations, ", "));
}

}  // namespace

std::string_view to_string(CaseStatus status) {
  switch (status) {
    case CaseStatus::kPassed:
      return "passed";
    case CaseStatus::kSkipped:
      return "skipped";
    case CaseStatus::kFailed:
      break;
  }
  return "failed";
}

bool meets(Expect expect, ram::Outcome outcome) {
  switch (expect) {
    case Expect::kAllow:
      return outcome == ram::Outcome::kAllow;
    case Expect::kDeny:
      return outcome == ram::Outcome::kExplicitDeny || outcome == ram::Outcome::kImplicitDeny;
    case Expect::kExplicitDeny:
      return outcome == ram::Outcome::kExplicitDeny;
    case Expect::kImplicitDeny:
      return outcome == ram::Outcome::kImplicitDeny;
    case Expect::kIndeterminate:
      return outcome == ram::Outcome::kIndeterminate;
  }
  return false;
}

bool is_decided_by(const ram::Evaluation& evaluation, std::string_view policy, std::uint32_t index) {
  return std::any_of(evaluation.deciding.begin(), evaluation.deciding.end(), [&](std::size_t at) {
    const ram::StatementRef& ref = evaluation.considered[at].ref;
    return ref.statement != nullptr && ref.policy->name == policy && ref.index == index;
  });
}

std::string reason_of(const TestSuite& suite, const SuitePrincipal& principal, const ram::Evaluation& evaluation) {
  std::vector<std::string> places;
  for (const DecidingStatement& statement : deciding_of(suite, principal, evaluation))
    places.push_back(place_of(statement));
  switch (evaluation.verdict.outcome) {
    case ram::Outcome::kAllow:
      return places.empty() ? "the account's root needs no policies" : fmt::format("allowed by {}", listed(places));
    case ram::Outcome::kExplicitDeny:
      return fmt::format("denied by {}", listed(places));
    case ram::Outcome::kImplicitDeny: {
      std::vector<std::string> misses;
      for (const NearMiss& miss : describe_permission(evaluation).near_misses) misses.push_back(near_miss_text(miss));
      const std::string_view where =
          evaluation.verdict.step == ram::Step::kControlPolicy   ? "no statement of a control policy"
          : evaluation.verdict.step == ram::Step::kSessionPolicy ? "no statement of the session policies"
                                                                 : "no statement";
      return misses.empty() ? fmt::format("{} allows it", where)
                            : fmt::format("{} allows it; {}", where, listed(misses));
    }
    case ram::Outcome::kIndeterminate:
      break;
  }
  std::string text;
  if (!evaluation.open_keys.empty()) text = fmt::format("open: {}", listed(evaluation.open_keys));
  if (!evaluation.not_known.empty())
    text += fmt::format("{}not known: {}", text.empty() ? "" : "; ", listed(evaluation.not_known));
  return text;
}

RunResult run_suite(const TestSuite& suite, const RunOptions& options) {
  RunResult out;
  out.cases.reserve(suite.cases.size());
  for (const TestCase& test_case : suite.cases) {
    CaseResult result;
    result.wanted = wanted_text(suite.declaration(test_case));
    if ((options.fail_fast && out.failed > 0) || !is_selected(suite.declaration(test_case).name.text, options.filter)) {
      result.status = CaseStatus::kSkipped;
    } else if (test_case.decider) {
      run_image(suite, test_case, result);
    } else {
      run_action(suite, test_case, options, result);
    }
    out.passed += result.status == CaseStatus::kPassed ? 1U : 0U;
    out.failed += result.status == CaseStatus::kFailed ? 1U : 0U;
    out.skipped += result.status == CaseStatus::kSkipped ? 1U : 0U;
    out.cases.push_back(std::move(result));
  }
  return out;
}

}  // namespace imagewarden::policy
