#pragma once
// Mutation testing of policies: change one thing of a policy, and see whether a test notices. A mutant that no request
// tells from the original is equivalent, which ram::find_difference() proves, and does not count.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/test_run.h"
#include "engine/policy/test_suite.h"
#include "engine/ram/analyse.h"
#include "engine/ram/document.h"

namespace imagewarden::policy {

// The part of a statement that a mutant changes.
enum class MutatedPart : std::uint8_t { kEffect, kWhole, kAction, kResource, kCondition };

// One change of one statement.
struct Mutant {
  std::size_t policy{};  // into TestSuite::policies
  std::uint32_t statement{};
  MutatedPart part{};
  std::string what;        // `action `appstreaming:Get*` widened to `appstreaming:*``
  std::uint32_t offset{};  // of what was changed, in the document
  ram::Statement changed;  // kWhole: not used, the statement is gone
};

// Every mutant of the policies that hold for the cases which passed, in the order of the documents; not of an
// inventory's system policies, nor of statements that are not evaluable. At most `most`: of more, evenly spread ones.
struct MutantList {
  std::vector<Mutant> mutants;
  std::uint64_t possible{};  // how many there would be without the limit
};
[[nodiscard]] MutantList make_mutants(const TestSuite& suite, const RunResult& run, std::uint64_t most);
// The same of one statement.
[[nodiscard]] std::vector<Mutant> mutate_statement(const ram::Statement& statement, std::size_t policy,
                                                   std::uint32_t index);

// The document with the change.
[[nodiscard]] std::shared_ptr<const ram::Document> mutated_document(const ram::Document& document,
                                                                    const Mutant& mutant);

// A mutant that no test noticed.
struct Survivor {
  std::size_t policy{};
  std::uint32_t statement{};
  std::string what;
  TextPosition at;
  bool is_undecided{};      // whether it is equivalent could not be decided
  std::string test;         // a test that kills it, as an item of `tests`; empty: none was found
  std::string why_no_test;  // then
};

struct MutationResult {
  std::uint64_t possible{};
  std::uint64_t tried{};
  std::uint64_t killed{};
  std::uint64_t equivalent{};  // proved: not counted
  std::uint64_t undecided{};   // among the survivors
  std::uint64_t passing{};     // cases that the mutants were put to
  std::vector<Survivor> survivors;

  [[nodiscard]] std::uint64_t counted() const { return tried - equivalent; }
  // Rounded down: 100 is every one.
  [[nodiscard]] std::uint64_t score() const { return counted() == 0 ? 100 : killed * 100 / counted(); }
};

struct MutationOptions {
  std::uint64_t max_mutants{10'000};
  ram::AnalysisLimits limits;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // may be empty
};

// Puts every mutant to the cases that passed in `run`; cases of images are left out.
[[nodiscard]] MutationResult run_mutants(const TestSuite& suite, const RunResult& run, const MutationOptions& options);

// Which mutants some case notices, and nothing else: killed[i] is mutants[i]'s.
[[nodiscard]] std::vector<bool> find_killed(const TestSuite& suite, const RunResult& run,
                                            const std::vector<Mutant>& mutants);

// The principal's policies with the mutant's document in place of the original.
[[nodiscard]] ram::PrincipalPolicies mutated_policies(const ram::PrincipalPolicies& policies,
                                                      const ram::Document* original,
                                                      const std::shared_ptr<const ram::Document>& changed);

// A request that tells two sets of policies apart, as an item of `tests` for the file of `like`, a case of the same
// principal. `name` is the test's. Empty where the request comes out the same when it is asked as such a test.
[[nodiscard]] std::string write_killing_test(const TestSuite& suite, const TestCase& like, const ram::Request& witness,
                                             const ram::PrincipalPolicies& changed, std::string_view name);

}  // namespace imagewarden::policy
