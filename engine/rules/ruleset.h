#pragma once
// Rule files: the preconditions of an operation, its error catalogue, an organisation's guards, the readings. Data,
// loaded and checked; conditions are compiled, but bound to no inventory yet (engine/decide does that). Format:
// docs/rules.md. Immutable once loaded; safe to share between threads.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/condition/condition.h"
#include "engine/condition/readings.h"

namespace imagewarden::rules {

enum class Basis : std::uint8_t { kDocumented, kInferred, kOrganisation };
[[nodiscard]] std::string_view to_string(Basis basis);

// One way in which a rule is violated. A rule is violated if any of its alternatives is.
struct Alternative {
  Condition when;
  Basis basis{Basis::kDocumented};
  // Where the facts leave `when` open, but this condition is certainly met, the alternative does not hold after all
  // (an image of product line CloudApp needs no list of workstations). Empty: never.
  std::optional<Condition> settled_when;
};

struct Rule {
  std::string id;
  std::string code;                         // error code; guards: `Guard.<id>`
  std::optional<std::int32_t> http_status;  // empty: guards
  Basis basis{Basis::kDocumented};          // of the rule as a whole
  std::vector<Alternative> when;
  std::vector<Condition> unknown_when;  // any of them met: unknown, unless violated
  bool needs_image{true};  // false: evaluated also where the image's record is missing (permission, exists)
  bool is_guard{};
  std::string explanation;  // why the rule is there, one or two sentences
  std::string remedy;       // template: `{values}`, `{image}`, `{account}`, `{principal}` are filled in
  std::string source;       // where the fact comes from
  std::string file;         // name of the rule file that defined it
};

enum class Predictable : std::uint8_t { kYes, kRecorded, kNo };

struct ErrorEntry {
  std::string code;
  std::int32_t http_status{};
  std::string message;
  Predictable predictable{Predictable::kNo};
  std::string cause;  // when it comes, and why it cannot be predicted where it cannot
  std::string remedy;
};

struct RuleFile {
  std::string name;     // `appstreaming-delete-image`
  std::string version;  // `2026-07-04`
  std::string digest;   // `sha256:HEX` of its bytes
  std::string path;     // `built-in`, or as given
};

struct RuleSource {
  std::string path;  // for messages
  std::string text;
  std::string only_guards{};  // why the file may add guards and codes, and nothing else; empty: it may change rules
};

// Rules in the order in which the first violated one decides the code; guards after all preconditions.
class Ruleset {
 public:
  // The built-in rules with `user_files` on top, in order: each may add guards, override a rule by its id, reorder, set
  // readings. kMalformedInput: `PATH:LINE:COLUMN POINTER: what, what was expected`; kLimit: more than 64 rules.
  [[nodiscard]] static Result<Ruleset> load(std::span<const RuleSource> user_files);

  [[nodiscard]] const std::string& operation() const { return operation_; }
  [[nodiscard]] std::span<const Rule> rules() const { return rules_; }
  [[nodiscard]] std::span<const ErrorEntry> errors() const { return errors_; }
  [[nodiscard]] const ErrorEntry* find_error(std::string_view code) const;
  [[nodiscard]] std::span<const RuleFile> files() const { return files_; }
  [[nodiscard]] const Readings& readings() const { return readings_; }
  // `sha256:HEX` over the digests of the files, in order.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  friend class RulesetLoader;
  std::string operation_;
  std::vector<Rule> rules_;
  std::vector<ErrorEntry> errors_;
  std::vector<RuleFile> files_;
  Readings readings_;
  std::string digest_;
};

}  // namespace imagewarden::rules
