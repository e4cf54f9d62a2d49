// Collects findings and gives them their places.

#include <algorithm>
#include <tuple>

#include "engine/ram/lint_view.h"

namespace imagewarden::ram::lint {
namespace {

// Just past the closing quote of the string that starts at `offset`; 0 for what is no string.
std::uint32_t string_end(std::string_view text, std::uint32_t offset) {
  if (offset >= text.size() || text[offset] != '"') return 0;
  for (std::size_t i = offset + std::size_t{1}; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return static_cast<std::uint32_t>(i + 1);
    } else if (text[i] == '\n') {
      break;
    }
  }
  return 0;
}

std::uint32_t count_characters(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

auto order_of(const Finding& finding) {
  return std::tie(finding.offset, finding.rule, finding.pointer, finding.message);
}

}  // namespace

void Report::add(std::size_t rule, Place place, std::string message, std::string repair,
                 std::optional<Severity> severity) {
  const LintRule& entry = lint_rules()[rule - 1];
  Finding& finding = findings_.emplace_back();
  finding.rule = &entry;
  finding.severity = severity.value_or(entry.severity);
  finding.message = std::move(message);
  finding.repair = std::move(repair);
  finding.input = input_;
  finding.pointer = std::move(place.pointer);
  finding.offset = place.offset;
}

std::vector<Finding> Report::take() {
  std::sort(findings_.begin(), findings_.end(),
            [](const Finding& a, const Finding& b) { return order_of(a) < order_of(b); });
  findings_.erase(std::unique(findings_.begin(), findings_.end(),
                              [](const Finding& a, const Finding& b) { return order_of(a) == order_of(b); }),
                  findings_.end());
  // Characters are counted on from the finding before, so that one long line is walked once.
  std::uint32_t counted = 0;
  std::uint32_t characters = 0;
  std::uint32_t line = 0;
  for (Finding& finding : findings_) {
    const auto offset = std::min(finding.offset, static_cast<std::uint32_t>(text_.size()));
    finding.begin = lines_.position(offset);
    const std::uint32_t line_start = offset + 1 - finding.begin.column;
    if (finding.begin.line != line) {
      line = finding.begin.line;
      counted = line_start;
      characters = 0;
    }
    characters += count_characters(text_.substr(counted, offset - counted));
    counted = offset;
    finding.begin_character = characters + 1;
    if (const std::uint32_t end = string_end(text_, offset); end != 0) {
      finding.end = lines_.position(end);
      finding.end_character = finding.begin_character + count_characters(text_.substr(offset, end - offset));
    }
  }
  return std::move(findings_);
}

}  // namespace imagewarden::ram::lint
