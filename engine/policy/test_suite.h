#pragma once
// Test files made ready to run: policies read, principals resolved, every combination of the lists a case with its
// request.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/decide/decide.h"
#include "engine/inventory/snapshot.h"
#include "engine/policy/test_file.h"
#include "engine/ram/evaluate.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::policy {

// What a suite is made from. The engine reads no files: whoever calls it says how.
struct SuiteSources {
  // The content of a policy file. Its error message says what is wrong with the path.
  std::function<Result<std::string>(const std::string& path)> read_file;
  // The inventory that a test file names.
  std::function<Result<std::shared_ptr<const Snapshot>>(const std::string& path)> read_inventory;
  std::shared_ptr<const Snapshot> inventory;  // for files that name neither policies nor an inventory; may be null
  const rules::Ruleset* rules{};              // must outlive the suite
  Time now;                                   // of cases that have no `now`
};

// One distinct policy document and where its parts stand.
struct SuitePolicy {
  std::string name;    // `ops-images`, `Custom/ops-images`
  std::string source;  // the file that holds it
  std::shared_ptr<const ram::Document> document;
  std::vector<SourcePoint> points;  // of a document inside a test file
  LineIndex lines{{}};
  bool is_system{};  // an exported system policy: nobody's to test

  [[nodiscard]] TextPosition at(std::uint32_t offset) const;
};

// One distinct caller: a principal with the policies that apply to it.
struct SuitePrincipal {
  std::string text;  // `user/alice`, as in the test file
  ram::Principal principal;
  std::vector<std::size_t> policies;  // into TestSuite::policies, each once, in order of the steps
};

struct TestCase {
  std::size_t file{};  // into TestSuite::files
  std::size_t test{};  // into its tests
  std::string name;    // of the test, and what tells its cases apart
  std::string principal_text;
  std::size_t principal{};             // into TestSuite::principals; of an action
  ram::Request request;                // of an action
  std::string because_policy;          // full name of the policy of `because`; empty: none wanted
  std::optional<std::size_t> decider;  // into TestSuite::deciders: an image's case
  std::string image;
};

// Immutable once made. Not copyable: cases point into it.
struct TestSuite {
  std::vector<TestFile> files;
  std::deque<SuitePolicy> policies;
  std::vector<SuitePrincipal> principals;
  std::vector<Decider> deciders;
  std::vector<std::shared_ptr<const Snapshot>> inventories;  // kept alive for the deciders
  std::vector<TestCase> cases;
  std::vector<std::string> notes;  // `FILE:LINE:COLUMN: statement 0 is not evaluable: …`
  const rules::Ruleset* rules{};
  Time now;

  TestSuite() = default;
  TestSuite(TestSuite&&) = default;
  TestSuite& operator=(TestSuite&&) = default;
  TestSuite(const TestSuite&) = delete;
  TestSuite& operator=(const TestSuite&) = delete;

  [[nodiscard]] const TestDeclaration& declaration(const TestCase& test_case) const {
    return files[test_case.file].tests[test_case.test];
  }
};

// The first fault of any file: `FILE:LINE:COLUMN: what`. kMalformedInput, kNotFound, kUsage, kLimit.
[[nodiscard]] Result<TestSuite> make_suite(std::vector<TestFile> files, const SuiteSources& sources);

// `policies/x.json` as seen from `tests/t.yaml`: `tests/policies/x.json`. Absolute paths stay.
[[nodiscard]] std::string path_beside(std::string_view file, std::string_view path);

// The request context that a test file's context stands for.
[[nodiscard]] Context make_context(const ContextSpec& spec);

}  // namespace imagewarden::policy
