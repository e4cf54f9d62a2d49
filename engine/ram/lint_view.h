#pragma once
// What the rules look at: a document taken apart as far as it can be read, and the list that findings go to.
// Internal to the linter.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json_tree.h"
#include "engine/condition/condition.h"
#include "engine/ram/document.h"
#include "engine/ram/lint.h"

namespace imagewarden::ram::lint {

// One string of an element that holds a string or a list of strings.
struct Word {
  std::string_view text;
  std::string lower;
  std::uint32_t offset{};
  std::int32_t index{-1};  // in the list; -1: the element is the string
};

// An element of a statement, `Action` for one.
struct Element {
  std::string_view name;
  const JsonMember* member{};  // null: it is not there
  std::vector<Word> words;
  bool readable{};  // all of it is strings, and there is at least one
  [[nodiscard]] bool present() const { return member != nullptr; }
};

struct ConditionValue {
  const JsonValue* json{};
  std::int32_t index{-1};
};

// `Operator: {key: values}` for one key.
struct ConditionEntry {
  std::string_view written;  // the operator as it stands there
  std::optional<Operator> op;
  Quantifier quantifier{};
  std::string_view key;
  std::string key_lower;  // up to a slash, as Key::of()
  std::uint32_t key_offset{};
  std::vector<ConditionValue> values;
  std::optional<Atom> atom;  // nothing: RAM would refuse it
};

struct StatementView {
  const JsonValue* json{};
  std::size_t index{};
  std::string pointer;
  std::optional<Effect> effect;
  Element action;  // Action or NotAction
  bool not_action{};
  bool both_actions{};
  Element resource;  // Resource or NotResource
  bool not_resource{};
  bool both_resources{};
  const JsonMember* condition{};
  std::vector<ConditionEntry> conditions;
  bool condition_readable{true};  // every entry has an atom
  const JsonMember* principal{};
  const JsonMember* not_principal{};
  const JsonMember* sid{};

  [[nodiscard]] bool allows() const { return effect == Effect::kAllow; }
  [[nodiscard]] bool denies() const { return effect == Effect::kDeny; }
  // Effect, actions, resources and condition are all as RAM accepts them.
  [[nodiscard]] bool is_sound() const {
    return effect && action.readable && !both_actions && (resource.readable || !resource.present()) &&
           !both_resources && condition_readable;
  }
};

struct DocumentView {
  const JsonDocument* document{};
  PolicyKind kind{PolicyKind::kIdentity};
  std::vector<std::uint32_t> ignored_keys;  // offsets of repeated keys, sorted: their members do not count
  std::vector<StatementView> statements;    // those that are objects
  [[nodiscard]] bool ignores(const JsonMember& member) const;
};

// Takes the statements apart. `kind` kUnknown: told by the content.
[[nodiscard]] DocumentView make_view(const JsonDocument& document, PolicyKind kind,
                                     std::vector<std::uint32_t> ignored_keys);

// Where a finding stands.
struct Place {
  std::uint32_t offset{};
  std::string pointer;
};
[[nodiscard]] Place place_of(const StatementView& statement);
[[nodiscard]] Place place_of(const StatementView& statement, const Element& element);
[[nodiscard]] Place place_of(const StatementView& statement, const Element& element, const Word& word);
[[nodiscard]] Place place_of(const StatementView& statement, const JsonMember& member);
[[nodiscard]] Place place_of(const StatementView& statement, const ConditionEntry& entry);
[[nodiscard]] Place place_of(const StatementView& statement, const ConditionEntry& entry, const ConditionValue& value);

class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  [[nodiscard]] TextPosition position(std::uint32_t offset) const;

 private:
  std::string_view text_;
  std::vector<std::uint32_t> starts_;
};

// Collects the findings of one document.
class Report {
 public:
  Report(std::string_view text, std::size_t input) : text_(text), lines_(text), input_(input) {}

  // `rule` is the number in the id.
  void add(std::size_t rule, Place place, std::string message, std::string repair,
           std::optional<Severity> severity = std::nullopt);
  // By place, then rule, then message; the same finding twice counts once.
  [[nodiscard]] std::vector<Finding> take();

 private:
  std::string_view text_;
  LineIndex lines_;
  std::size_t input_;
  std::vector<Finding> findings_;
};

// Everything that a rule may ask.
struct Job {
  const LintInput& input;
  const DocumentView& view;
  const LintTables& tables;
  class TableIndex& index;
  const LintOptions& options;
  Report& report;
};

// The tables, ready for look-up. Made once for each document; the tables must outlive it.
class TableIndex {
 public:
  explicit TableIndex(const LintTables& tables);
  [[nodiscard]] bool is_service(std::string_view code_lower) const;
  [[nodiscard]] bool is_complete(std::string_view code_lower) const;
  [[nodiscard]] bool is_global(std::string_view code_lower) const;
  [[nodiscard]] bool is_region(std::string_view region) const;
  // Whether a pattern of ram-codes or regions fits a known one.
  [[nodiscard]] bool fits_service(std::string_view pattern_lower) const;
  [[nodiscard]] bool fits_region(std::string_view pattern) const;
  [[nodiscard]] const LintAction* action(std::string_view lower) const;
  // The operation checks another action than its name says.
  [[nodiscard]] const LintAction* action_of_api(std::string_view lower) const;
  // Known actions that a pattern (or name) matches, in the order of the table.
  [[nodiscard]] std::vector<const LintAction*> matches(std::string_view lower) const;
  // The entry for a key, by its form before a slash; null: not known.
  [[nodiscard]] const LintKey* key(std::string_view key_lower) const;
  // The known name that a wrong one was probably meant to be; empty: none. After some hundred questions always empty,
  // so that a document of nothing but wrong names is still read within seconds.
  [[nodiscard]] std::string_view nearest_service(std::string_view code_lower);
  [[nodiscard]] std::string_view nearest_action(std::string_view lower);
  [[nodiscard]] std::string_view nearest_key(std::string_view key_lower);
  [[nodiscard]] std::string_view nearest_region(std::string_view region);
  [[nodiscard]] std::string_view lower_name(const LintAction& action) const;

 private:
  bool may_search() { return searches_ < kMaxSearches && ++searches_ > 0; }

  static constexpr std::size_t kMaxSearches = 500;
  const LintTables& tables_;
  std::size_t searches_{};
  std::vector<std::string> action_names_;                       // lower case, parallel to tables_.actions
  std::vector<std::string> services_;                           // lower case, sorted
  std::vector<std::string> keys_;                               // lower case, parallel to tables_.keys
  std::vector<std::pair<std::string, std::size_t>> api_names_;  // lower case, sorted
};

// In backticks; a long text is cut, so that a report is never much longer than what it is about.
[[nodiscard]] std::string quoted(std::string_view text);
// ", did you mean `NAME`?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name);
// The ram-code of an action: what stands before its colon.
[[nodiscard]] std::string_view service_of(std::string_view action);
// Case-insensitive `SERVICE:*`, `*`: whether the pattern stands for every action of the service.
[[nodiscard]] bool is_service_wide(std::string_view action_lower);
// Whether any Resource reaches every resource: the Resource of an All-Resources action has to.
[[nodiscard]] bool reaches_everything(const StatementView& statement);
// The fields of an ARN pattern: `acs`, service, region, account, relative id (all the rest); fewer if there are fewer
// colons.
[[nodiscard]] std::vector<std::string_view> arn_fields(std::string_view arn);

// The rules, by theme.
void lint_grammar(const Job& job);          // RAM003 to RAM008, RAM013, RAM023, RAM059, RAM060, RAM064
void lint_actions(const Job& job);          // RAM009 to RAM012, RAM016 to RAM019, RAM066
void lint_resources(const Job& job);        // RAM014, RAM015, RAM020 to RAM022
void lint_text(const Job& job);             // RAM062, RAM063
void lint_conditions(const Job& job);       // RAM024 to RAM035, RAM040, RAM065
void lint_addresses(const Job& job);        // RAM036 to RAM039
void lint_condition_sense(const Job& job);  // RAM041 to RAM046
void lint_security(const Job& job);         // RAM047 to RAM051, RAM054, RAM058
void lint_redundancy(const Job& job);       // RAM052, RAM053

}  // namespace imagewarden::ram::lint
