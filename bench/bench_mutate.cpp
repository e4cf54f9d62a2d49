// Mutation testing: 10,000 mutants against 100 cases. The line to hold: at most two seconds.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "engine/policy/mutate.h"

namespace {

using namespace imagewarden;

constexpr std::size_t kMutants = 10'000;
constexpr std::size_t kCases = 100;
constexpr std::size_t kStatementsPerPolicy = 54;
constexpr std::size_t kPoliciesPerPrincipal = 10;

std::string number(std::size_t value) { return std::to_string(value); }

// A statement as authors write them: two actions, a resource, two conditions.
std::string statement(std::size_t index) {
  return R"({"Effect":")" + std::string(index % 5 == 4 ? "Deny" : "Allow") + R"(","Action":["svc)" +
         number(index % 40) + ":Get*\",\"svc" + number(index % 40) + ":Put" + number(index) +
         R"("],"Resource":"acs:svc)" + number(index % 40) + ":*:*:box-" + number(index) +
         R"(/*","Condition":{"IpAddress":{"acs:SourceIp":["203.0.113.0/24","198.51.)" + number(index % 200) +
         R"(.0/24"]},"StringEquals":{"acs:ResourceTag/team":"team-)" + number(index % 10) + R"("}}})";
}

std::string document(std::size_t policy) {
  std::string statements;
  for (std::size_t i = 0; i < kStatementsPerPolicy; ++i) {
    if (i > 0) statements += ',';
    statements += statement(policy * kStatementsPerPolicy + i);
  }
  return R"({"Version":"1","Statement":[)" + statements + "]}";
}

// `policies` documents; principals hold ten of them each, and the cases go round. `noticed`: the tests look at the
// statements.
policy::TestSuite make_suite(const rules::Ruleset& rules, std::size_t policies, bool noticed) {
  std::string text = "policies: []\ntests:\n";
  const std::size_t principals = policies / kPoliciesPerPrincipal;
  for (std::size_t i = 0; i < kCases; ++i) {
    const std::size_t principal = i % principals;
    const std::size_t index = principal * kPoliciesPerPrincipal * kStatementsPerPolicy +
                              i * 7 % (kPoliciesPerPrincipal * kStatementsPerPolicy);
    text += "  - name: case " + number(i) + "\n    principal: user/u" + number(principal) + "\n    action: svc" +
            number(noticed ? index % 40 : 99) + ":GetBox\n    resource: acs:svc" + number(index % 40) +
            ":cn-hangzhou:1:box-" + number(index) +
            "/x\n    context: {acs:SourceIp: 203.0.113.7, acs:ResourceTag/team: team-" + number(index % 10) +
            "}\n    policies: [";
    for (std::size_t p = 0; p < kPoliciesPerPrincipal; ++p)
      text += (p > 0 ? "," : "") + number(principal * kPoliciesPerPrincipal + p) + ".json";
    text += std::string("]\n    expect: ") +
            (!noticed         ? "implicit-deny"
             : index % 5 == 4 ? "explicit-deny"
                              : "allow") +
            "\n";
  }
  policy::SuiteSources sources;
  sources.read_file = [](const std::string& path) -> Result<std::string> { return document(std::stoul(path)); };
  sources.rules = &rules;
  auto file = policy::parse_test_file(text, "bench.yaml");
  if (!file) {
    std::fprintf(stderr, "bench_mutate: %s\n", file.error().message.c_str());
    std::exit(1);
  }
  std::vector<policy::TestFile> files;
  files.push_back(std::move(*file));
  auto suite = policy::make_suite(std::move(files), sources);
  if (!suite) {
    std::fprintf(stderr, "bench_mutate: %s\n", suite.error().message.c_str());
    std::exit(1);
  }
  return std::move(*suite);
}

const rules::Ruleset& built_in_rules() {
  static const rules::Ruleset rules = *rules::Ruleset::load({});
  return rules;
}

// Making the mutants and putting them to the cases.
void run(benchmark::State& state, std::size_t policies, bool noticed) {
  const policy::TestSuite suite = make_suite(built_in_rules(), policies, noticed);
  const policy::RunResult result = policy::run_suite(suite, {});
  if (result.failed > 0) {
    state.SkipWithError("a case fails on the policies as they are");
    return;
  }
  std::size_t mutants = 0;
  std::size_t killed = 0;
  for (auto _ : state) {
    const policy::MutantList list = policy::make_mutants(suite, result, kMutants);
    const std::vector<bool> found = policy::find_killed(suite, result, list.mutants);
    mutants = list.mutants.size();
    killed = 0;
    for (const bool one : found) killed += one ? 1U : 0U;
    benchmark::DoNotOptimize(killed);
  }
  state.counters["mutants"] = static_cast<double>(mutants);
  state.counters["killed"] = static_cast<double>(killed);
  state.SetItemsProcessed(static_cast<std::int64_t>(mutants) * static_cast<std::int64_t>(kCases) *
                          static_cast<std::int64_t>(state.iterations()));
}

// 100 cases spread over four principals with 540 statements each.
void spread_over_principals(benchmark::State& state) { run(state, 40, true); }
// All 100 cases are one principal's, so that every mutant is put to all of them.
void one_principal(benchmark::State& state) { run(state, 10, true); }
// No case notices anything: nothing ends the search.
void nothing_killed(benchmark::State& state) { run(state, 10, false); }

// The whole of `--mutate` on tests that let most mutants live: each survivor is told from an equivalent one, and gets a
// test that would kill it.
void survivors_judged(benchmark::State& state) {
  const policy::TestSuite suite = make_suite(built_in_rules(), 10, true);
  const policy::RunResult result = policy::run_suite(suite, {});
  policy::MutationOptions options;
  options.max_mutants = static_cast<std::uint64_t>(state.range(0));
  std::size_t survivors = 0;
  for (auto _ : state) survivors = policy::run_mutants(suite, result, options).survivors.size();
  state.counters["mutants"] = static_cast<double>(state.range(0));
  state.counters["survivors"] = static_cast<double>(survivors);
}

BENCHMARK(spread_over_principals)->Unit(benchmark::kMillisecond);
BENCHMARK(one_principal)->Unit(benchmark::kMillisecond);
BENCHMARK(nothing_killed)->Unit(benchmark::kMillisecond);
BENCHMARK(survivors_judged)->Unit(benchmark::kMillisecond)->Arg(100);

}  // namespace

BENCHMARK_MAIN();
