#include "engine/ram/lint.h"

#include <algorithm>

#include "engine/ram/lint_view.h"

namespace imagewarden::ram {
namespace {

constexpr std::size_t kMaxRepeatedKeys = 32;  // each is found by reading the text once more

// A text in which a repeated key no longer stops the reader: the same length, so that every place stays the same.
struct Repaired {
  std::string text;
  std::vector<JsonError> repeated;
};

bool is_repeated_key(const JsonError& error, std::string_view text) {
  return error.what.starts_with("duplicate key") && error.offset + 2 < text.size() && text[error.offset] == '"';
}

// Overwrites the key whose quote stands at `offset` by a name that no policy holds. False: it has no letter to change.
bool overwrite_key(std::string& text, std::size_t offset, std::size_t attempt) {
  constexpr std::string_view kLetters = "~^%$#@!+=|";
  std::size_t end = offset + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  if (end >= text.size() || end == offset + 1) return false;
  for (std::size_t i = offset + 1; i < end; ++i) {
    text[i] = kLetters[attempt % kLetters.size()];
    attempt /= kLetters.size();
  }
  return true;
}

void report_syntax(lint::Report& report, const JsonError& error) {
  report.add(1, {static_cast<std::uint32_t>(error.offset), error.pointer}, error.what,
             "make it JSON as RFC 8259 has it; nothing else of the document was looked at");
}

void report_repeated(lint::Report& report, const JsonError& error) {
  report.add(2, {static_cast<std::uint32_t>(error.offset), error.pointer}, error.what,
             "keep one of the two; which one a reader takes is its own affair, so a Deny can get lost");
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kSuggestion:
      return "suggestion";
    case Severity::kWarning:
      return "warning";
    case Severity::kSecurity:
      return "security";
    case Severity::kError:
      break;
  }
  return "error";
}

std::string_view policy_kind_name(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kUnknown:
      return "unknown";
    case PolicyKind::kIdentity:
      return "identity";
    case PolicyKind::kControl:
      return "control";
    case PolicyKind::kSession:
      return "session";
    case PolicyKind::kTrust:
      return "trust";
    case PolicyKind::kResource:
      break;
  }
  return "resource";
}

const LintRule* find_lint_rule(std::string_view id) {
  const auto rules = lint_rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const LintRule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<Finding> lint_document(const LintInput& input, const LintTables& tables, const LintOptions& options) {
  lint::Report report(input.text, 0);
  Repaired repaired{input.text, {}};
  auto document = JsonDocument::parse(repaired.text);
  while (!document && is_repeated_key(document.error(), repaired.text)) {
    const JsonError& error = document.error();
    // The same place again: the new name is taken as well, which only keys of a letter or two can come to.
    if (!repaired.repeated.empty() && repaired.repeated.back().offset == error.offset) break;
    if (repaired.repeated.size() == kMaxRepeatedKeys) break;
    repaired.repeated.push_back(error);
    report_repeated(report, error);
    if (!overwrite_key(repaired.text, error.offset, repaired.repeated.size())) break;
    document = JsonDocument::parse(repaired.text);
  }
  if (!document) {
    if (is_repeated_key(document.error(), repaired.text)) {
      report.add(2, {static_cast<std::uint32_t>(document.error().offset), document.error().pointer},
                 "repeated keys beyond this one: nothing else of the document was looked at", "keep one of each");
    } else {
      report_syntax(report, document.error());
    }
    return report.take();
  }
  std::vector<std::uint32_t> ignored;
  for (const JsonError& error : repaired.repeated) ignored.push_back(static_cast<std::uint32_t>(error.offset));
  const lint::DocumentView view = lint::make_view(*document, input.kind, std::move(ignored));
  lint::TableIndex index(tables);
  const lint::Job job{input, view, tables, index, options, report};
  lint::lint_grammar(job);
  lint::lint_actions(job);
  lint::lint_resources(job);
  lint::lint_text(job);
  lint::lint_conditions(job);
  lint::lint_addresses(job);
  lint::lint_condition_sense(job);
  lint::lint_security(job);
  lint::lint_redundancy(job);
  return report.take();
}

}  // namespace imagewarden::ram
