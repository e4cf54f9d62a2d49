#pragma once
// What `policy lint` found, and how it is written: table, JSON (docs/schema/policy-lint.schema.json), SARIF 2.1.0.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/lint_inputs.h"
#include "cli/text.h"

namespace imagewarden::cli {

// A finding, or a waiver that is itself at fault.
struct LintItem {
  std::string_view id;  // `RAM017`, `WAIVER-EXPIRED`, `WAIVER-UNUSED`
  ram::Severity severity{};
  std::string message;
  std::string repair;
  std::string policy;  // its name; empty: of no policy
  std::string path;    // as shown
  LintSource source;
  bool in_file{};  // the place is one of the file `source.file`, not of a text inside it
  TextPosition begin;
  std::optional<TextPosition> end;
  std::uint32_t begin_character{1};
  std::uint32_t end_character{};
  std::string pointer;
  const ram::LintRule* rule{};  // null: a waiver
  const LintWaiver* waiver{};   // whoever answers for it; null: nobody
};

struct LintReport {
  const LintWork* work{};
  const LintTablesUsed* tables{};
  Time now;
  std::string_view fail_level;
  std::vector<LintItem> items;
  std::vector<ram::AttachmentNote> notes;

  // How many that nobody answers for, by severity.
  [[nodiscard]] std::array<std::size_t, 4> counts() const;
  [[nodiscard]] std::size_t waived() const;
  // Whether one that nobody answers for weighs at least what fail_level says.
  [[nodiscard]] bool failed() const;
};

// Lints everything. Waivers must outlive the report.
[[nodiscard]] LintReport make_lint_report(const LintWork& work, const LintTablesUsed& tables,
                                          const std::vector<LintWaiver>& waivers, Time now,
                                          std::string_view fail_level);

[[nodiscard]] std::string lint_table(const LintReport& report, const Look& look);
[[nodiscard]] std::string lint_json(const LintReport& report);
[[nodiscard]] std::string lint_sarif(const LintReport& report);
// `--explain ID`.
[[nodiscard]] std::string lint_rule_text(const ram::LintRule& rule);
[[nodiscard]] std::string lint_rule_json(const ram::LintRule& rule);

// `user/alice, user/bob`: on whom a policy hangs, in words; empty where there is nothing to remark.
[[nodiscard]] std::string attachment_remark(const ram::AttachmentNote& note);
// `0.1.0`.
[[nodiscard]] std::string tool_version();

}  // namespace imagewarden::cli
