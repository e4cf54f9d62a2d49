#pragma once
// Runs the cases of a suite and says of each what was wanted, what came out, and which statement made it so.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/test_suite.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::policy {

enum class CaseStatus : std::uint8_t { kFailed = 0, kPassed, kSkipped };
// `passed`, `failed`, `skipped`.
[[nodiscard]] std::string_view to_string(CaseStatus status);

// A statement that decided, and where it stands.
struct DecidingStatement {
  std::string statement;  // `ops-images#0`
  std::string effect;     // `Allow`, `Deny`, empty where it is not known
  std::string via;
  std::string source;
  TextPosition at;
};

struct CaseResult {
  CaseStatus status{CaseStatus::kFailed};
  std::string wanted;  // `allow because of ops-images#0`
  std::string got;     // `implicit-deny`
  std::string why;     // in words, one line; empty where nothing was to be said
  std::string step;    // of an action
  std::string code;    // of an image
  std::vector<std::string> violations;
  std::vector<DecidingStatement> deciding;
};

struct RunOptions {
  std::string filter;     // part of a test's name, or a pattern with `*` and `?` for the whole of it; empty: all
  bool fail_fast{};       // what follows the first failure is skipped
  bool explain_passed{};  // deciding statements and reasons of passed cases too
};

struct RunResult {
  std::vector<CaseResult> cases;  // as TestSuite::cases
  std::uint64_t passed{};
  std::uint64_t failed{};
  std::uint64_t skipped{};
};

[[nodiscard]] RunResult run_suite(const TestSuite& suite, const RunOptions& options);

// Whether the outcome is what the test wants.
[[nodiscard]] bool meets(Expect expect, ram::Outcome outcome);
// Whether a statement of `policy` (its full name) with the index is among those that decided.
[[nodiscard]] bool is_decided_by(const ram::Evaluation& evaluation, std::string_view policy, std::uint32_t index);
// Why the answer is what it is, in one line: the statements that decided, near misses, what is open or not known.
[[nodiscard]] std::string reason_of(const TestSuite& suite, const SuitePrincipal& principal,
                                    const ram::Evaluation& evaluation);

}  // namespace imagewarden::policy
