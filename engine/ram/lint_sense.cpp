// What conditions mean together: windows in the past, contradictions, holes.

#include <algorithm>
#include <unordered_map>

#include "engine/ram/lint_contradiction.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

constexpr std::size_t kMostEntriesOfKey = 32;  // there are no more operators; each pair is compared

using Entries = std::vector<const ConditionEntry*>;

bool is_plain(const ConditionEntry& entry) { return entry.atom && entry.quantifier == Quantifier::kNone; }
bool negated(const ConditionEntry& entry) { return entry.op && is_negated(*entry.op); }

bool is_single(const Job& job, const ConditionEntry& entry) {
  const LintKey* key = job.index.key(entry.key_lower);
  return (key != nullptr && key->single) || entry.key_lower == "action" || entry.key_lower == "resource";
}

std::string effect_word(const StatementView& statement) { return statement.denies() ? "Deny" : "Allow"; }

void check_window(const Job& job, const StatementView& statement, const Entries& entries) {
  TimeWindow window;
  const ConditionEntry* last = nullptr;
  for (const ConditionEntry* entry : entries) {
    if (!is_plain(*entry) || !entry->op || !operator_name(*entry->op).starts_with("Date") || negated(*entry)) continue;
    narrow(window, *entry->atom);
    last = entry;
  }
  if (last == nullptr || last->key_lower != "acs:currenttime") return;
  const std::string effect = effect_word(statement);
  const std::string repair = "correct the window, or take the statement out";
  if (window.empty()) {
    job.report.add(41, place_of(statement, *last),
                   "empty date window: it ends before it begins, so this " + effect + " never applies", repair);
  } else if (window.until && *window.until < job.options.now.unix_us / 1'000'000) {
    job.report.add(41, place_of(statement, *last),
                   "date window ended at " + format_rfc3339(Time{*window.until * 1'000'000}) + ", so this " + effect +
                       " no longer applies",
                   repair);
  }
}

void check_contradictions(const Job& job, const StatementView& statement, const Entries& entries) {
  for (std::size_t j = 1; j < std::min(entries.size(), kMostEntriesOfKey); ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const ConditionEntry& a = *entries[i];
      const ConditionEntry& b = *entries[j];
      if (!is_plain(a) || !is_plain(b) || !excludes(*a.atom, *b.atom, is_single(job, a))) continue;
      job.report.add(42, place_of(statement, b),
                     quoted(b.written) + " and " + quoted(a.written) + " on " + quoted(b.key) +
                         " exclude each other, so this " + effect_word(statement) + " never applies",
                     "keep one of the two, or write two statements");
      return;
    }
  }
}

// Deny with `Bool acs:MFAPresent false`: calls made with an AccessKey do not carry the key.
bool is_mfa_false(const ConditionEntry& entry) {
  return entry.key_lower == "acs:mfapresent" && entry.op == Operator::kBool && entry.values.size() == 1 &&
         ((entry.values[0].json->is(JsonType::kString) && entry.values[0].json->text == "false") ||
          (entry.values[0].json->is(JsonType::kBool) && !entry.values[0].json->boolean));
}

void check_missing(const Job& job, const StatementView& statement, const Entries& entries,
                   const ConditionEntry& entry) {
  const LintKey* key = job.index.key(entry.key_lower);
  if (key == nullptr || !key->can_be_missing || !entry.op || entry.quantifier == Quantifier::kForAllValues) return;
  const Place place = place_of(statement, entry);
  if (statement.denies() && !negated(entry)) {
    if (is_mfa_false(entry)) {
      job.report.add(43, place, "this Deny does not cover calls made with an AccessKey: they carry no `acs:MFAPresent`",
                     "allow with `Bool acs:MFAPresent true` instead of denying with `false`");
      return;
    }
    job.report.add(
        44, place,
        quoted(entry.written) + " on " + quoted(entry.key) + " in a Deny: a request without the key is not denied",
        "deny with a negated operator (met where the key is missing), or make sure that an Allow wants the key");
  } else if (statement.allows() && negated(entry)) {
    const bool guarded = std::any_of(entries.begin(), entries.end(), [&](const ConditionEntry* other) {
      return other->op && !negated(*other) && other->quantifier != Quantifier::kForAllValues;
    });
    if (guarded) return;
    job.report.add(
        44, place,
        quoted(entry.written) + " on " + quoted(entry.key) + " in an Allow: a request without the key is allowed too",
        "allow with a positive operator");
  }
}

void check_quantifier(const Job& job, const StatementView& statement, const Entries& entries,
                      const ConditionEntry& entry) {
  if (!statement.allows() || entry.quantifier != Quantifier::kForAllValues) return;
  const bool guarded = std::any_of(entries.begin(), entries.end(), [&](const ConditionEntry* other) {
    return other->op && other->quantifier != Quantifier::kForAllValues && !negated(*other);
  });
  if (guarded) return;
  job.report.add(46, place_of(statement, entry),
                 quoted(entry.written) + " on " + quoted(entry.key) +
                     " in an Allow is met where the request does not carry the key",
                 "add a positive condition on the same key, `StringLike` with `*` for instance");
}

std::string value_list(const ConditionEntry& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.values.size() && i < 3; ++i)
    text += (i > 0 ? ", " : "") + quoted(entry.values[i].json->text);
  return entry.values.size() > 3 ? text + ", …" : text;
}

}  // namespace

void lint_condition_sense(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    if (statement.conditions.empty()) continue;
    std::unordered_map<std::string_view, Entries> by_key;
    for (const ConditionEntry& entry : statement.conditions) by_key[entry.key_lower].push_back(&entry);
    for (const ConditionEntry& entry : statement.conditions) {
      const Entries& entries = by_key[entry.key_lower];
      if (entries.front() == &entry) {
        check_window(job, statement, entries);
        check_contradictions(job, statement, entries);
      }
      check_missing(job, statement, entries, entry);
      check_quantifier(job, statement, entries, entry);
      if (negated(entry) && entry.values.size() > 1) {
        job.report.add(45, place_of(statement, entry),
                       quoted(entry.written) + " on " + quoted(entry.key) + " with " +
                           std::to_string(entry.values.size()) + " values is met by none of them (" +
                           value_list(entry) + "), not by any but one",
                       "keep it if none of these is meant; else write one statement for each value");
      }
    }
  }
}

}  // namespace imagewarden::ram::lint
