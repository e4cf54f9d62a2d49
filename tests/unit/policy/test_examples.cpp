// examples/policies: what its README promises.

#include "tests/unit/policy/suite_support.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/policy/coverage.h"
#include "engine/policy/mutate.h"

namespace imagewarden::policy::test {
namespace {

const std::string kFolder = IMAGEWARDEN_SOURCE_DIR "/examples/policies/";

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  INFO(path);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The policies by name, in order.
std::vector<std::string> example_names() {
  std::vector<std::string> names;
  constexpr std::string_view kEnd = ".test.yaml";
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kEnd)) names.push_back(name.substr(0, name.size() - kEnd.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

TestSuite load(const std::string& folder, const std::string& name) {
  Files files;
  files.set("t.yaml", read_text(kFolder + name + ".test.yaml"));
  files.set(name + ".json", read_text(folder + name + ".json"));
  return files.suite();
}

}  // namespace

TEST_CASE("every example passes, is covered, and lets no mutant live", "[policy][examples]") {
  const std::vector<std::string> names = example_names();
  CHECK(names.size() >= 6);
  for (const std::string& name : names) {
    CAPTURE(name);
    const TestSuite suite = load(kFolder, name);
    CHECK(suite.notes.empty());
    const RunResult run = run_suite(suite, {});
    CHECK(run.failed == 0);
    const Coverage coverage = measure_coverage(suite, run);
    CHECK(sum_of(coverage).ways > 0);
    CHECK(sum_of(coverage).covered == sum_of(coverage).ways);
    const MutationResult mutation = run_mutants(suite, run, {});
    CHECK(mutation.killed > 0);
    CHECK(mutation.tried == mutation.possible);
    CHECK(mutation.killed == mutation.counted());
    for (const Survivor& survivor : mutation.survivors) UNSCOPED_INFO(survivor.what << '\n' << survivor.test);
    CHECK(mutation.survivors.empty());
  }
}

TEST_CASE("every example has a broken twin that its tests catch", "[policy][examples]") {
  for (const std::string& name : example_names()) {
    CAPTURE(name);
    // The tests of the twin are those of the policy, byte for byte.
    CHECK(read_text(kFolder + "broken/" + name + ".yaml") == read_text(kFolder + name + ".test.yaml"));
    const TestSuite good = load(kFolder, name);
    const TestSuite broken = load(kFolder + "broken/", name);
    CHECK(run_suite(broken, {}).failed > 0);

    // And some request tells the two apart.
    const auto alone = [&](const TestSuite& suite) {
      ram::PrincipalPolicies policies;
      policies.account = "1234567890123456";
      policies.name = "a";
      for (const SuitePolicy& policy : suite.policies) {
        if (policy.name == name)
          policies.account_level.push_back({policy.name, "user/a", policy.document, policy.source, {}});
      }
      return policies;
    };
    const ram::Difference found =
        ram::find_difference(alone(good), alone(broken), ram::Compare::kOutcome, {}, {{}, {}, kNow}, {});
    CHECK(found.found == ram::Found::kWitness);
  }
}

}  // namespace imagewarden::policy::test
