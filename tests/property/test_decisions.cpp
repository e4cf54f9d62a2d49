// Whole decisions: random inventories, callers and contexts; the engine, in every way it decides, and the reference
// evaluator must agree in every field.

#include <catch2/catch.hpp>

#include <map>

#include "tests/property/engine.h"
#include "tests/property/worlds.h"

namespace {

using namespace property;

struct Coverage {
  std::map<std::string, int> rule_values;  // `exists violated`
  std::map<std::string, int> outcomes;
  std::map<std::string, int> codes;
  std::map<std::string, int> permissions;
  int decisions{};
  int missing_principals{};

  void count(const oracle::World& world, const oracle::Question& question, const std::vector<std::string>& ids) {
    const auto permission = oracle::decide_permission(world, question);
    if (!permission) {
      ++missing_principals;
      return;
    }
    ++permissions[permission->decision + " " + permission->step];
    auto all = oracle::image_ids(world, question.account);
    for (const std::string& id : ids) {
      if (!oracle::contains(all, id)) all.push_back(id);
    }
    for (const std::string& id : all) {
      const oracle::Answer answer = oracle::decide(world, question, *permission, id);
      ++decisions;
      ++outcomes[answer.outcome];
      ++codes[answer.code];
      for (const auto& [rule, code] : oracle::rules()) {
        const bool violated = oracle::contains(answer.violated, rule);
        const bool unknown = oracle::contains(answer.unknown, rule);
        ++rule_values[rule + (violated ? " violated" : unknown ? " unknown" : " holds")];
      }
    }
  }
};

Coverage run_worlds(std::uint64_t seed, int decisions) {
  Random random(seed);
  Coverage coverage;
  for (int round = 0; coverage.decisions < decisions; ++round) {
    const RandomWorld world = random_world(random);
    for (int questions = 0; questions < 5; ++questions) {
      oracle::Question question = random_question(random, world);
      // Between the times that the worlds' exports carry.
      if (random.chance(15)) question.not_before = "2026-11-24T07:15:00Z";
      const std::string problem = disagreement(world.files, question, world.ids);
      if (!problem.empty()) {
        const auto minimal = shrink(world.files, question, world.ids);
        INFO("round " << round << "\n" << shown(minimal, question));
        FAIL(disagreement(minimal, question, world.ids));
      }
      coverage.count(oracle::read_world(world.files, question.not_before), question, world.ids);
    }
  }
  return coverage;
}

void check_coverage(const Coverage& coverage) {
  // Templates that cannot be found or deleted are recorded or not: those two rules are never unknown.
  for (const auto& [rule, code] : oracle::rules()) {
    for (const std::string value : {"holds", "violated", "unknown"}) {
      if (value == "unknown" && (rule == "templates-exist" || rule == "templates-deletable")) continue;
      INFO(rule << " " << value);
      CHECK(coverage.rule_values.count(rule + " " + value) == 1);
    }
    INFO(code);
    CHECK(coverage.codes.count(code) == 1);
  }
  CHECK(coverage.codes.count("200") == 1);
  for (const std::string outcome : {"allow", "deny", "indeterminate"}) {
    INFO(outcome);
    REQUIRE(coverage.outcomes.count(outcome) == 1);
    CHECK(coverage.outcomes.at(outcome) * 50 > coverage.decisions);  // at least one in fifty
  }
  for (const std::string permission :
       {"allow ", "allow AccountLevelIdentityBasedPolicy", "explicit-deny AccountLevelIdentityBasedPolicy",
        "explicit-deny ControlPolicy", "implicit-deny AccountLevelIdentityBasedPolicy", "implicit-deny ControlPolicy",
        "indeterminate AccountLevelIdentityBasedPolicy", "indeterminate ControlPolicy"}) {
    INFO(permission);
    CHECK(coverage.permissions.count(permission) == 1);
  }
  CHECK(coverage.missing_principals > 0);
}

// In parts, so that ctest can run them side by side; together more than 100,000 decisions.
constexpr int kDecisionsAPart = 26'000;

void run_part(std::uint64_t part) {
  const std::uint64_t seed = Catch::rngSeed() + part * 1'000'003;
  CAPTURE(seed);
  check_coverage(run_worlds(seed, kDecisionsAPart));
}

TEST_CASE("decisions: engine and reference evaluator agree: part 1", "[decisions]") { run_part(1); }
TEST_CASE("decisions: engine and reference evaluator agree: part 2", "[decisions]") { run_part(2); }
TEST_CASE("decisions: engine and reference evaluator agree: part 3", "[decisions]") { run_part(3); }
TEST_CASE("decisions: engine and reference evaluator agree: part 4", "[decisions]") { run_part(4); }

TEST_CASE("decisions: a million more", "[.slow]") {
  const std::uint64_t seed = Catch::rngSeed() + 77;
  CAPTURE(seed);
  check_coverage(run_worlds(seed, 1'000'000));
}

}  // namespace
