#pragma once
// The readings: every point of the RAM language on which the public pages are silent or disagree is a named switch
// here, with a default and its alternatives, so that a user can set it once the truth is known (a rule file's
// `readings`, listed by `rules show ram`). One table; nothing else in the engine decides such a point.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/error.h"

namespace imagewarden {

enum class Reading : std::uint8_t {
  kResourceCase,          // resource-case: sensitive | insensitive
  kWildcardCrossing,      // wildcard-crossing: crosses | stops-at-separator  (`*` and `?` over `/` and `:`)
  kEmptyArnSegment,       // empty-arn-segment: any | literal  (empty region or account in a pattern)
  kDenyNarrowResource,    // deny-narrow-resource: dead | applies  (a Deny narrower than `*` on an All-Resources action)
  kMissingKeyNegated,     // missing-key-negated: matches | does-not-match
  kSeveralRequestValues,  // several-request-values: any | all
  kForAllValuesAbsent,    // for-all-values-absent: met | not-met
  kResourceGroupStep,     // resource-group-step: account-ends | deny-anywhere (an Allow at account level ends the step)
  kControlPolicyRoot,     // control-policy-root: exempt | bound (the root user of a member account)
  kNotResource,           // not-resource: complement | not-evaluable
  kSingleStatement,       // single-statement-object: accepted | not-evaluable
  kLooseConditionValue,   // loose-condition-value: accepted | not-evaluable (JSON booleans and numbers)
  kPseudoKeys,            // pseudo-keys: request-values | absent (condition keys Action and Resource)
  kDenialCode,            // denial-code: NoPermission | Forbidden.RAM | NotAuthorized
  kDenialStatus,          // denial-http-status: 403 | 400
  kCount,
};

struct ReadingInfo {
  Reading reading;
  std::string_view name;
  std::span<const std::string_view> choices;  // the first is the default
  std::string_view explanation;               // one sentence: what it decides, and on what the default rests
};

// All readings, in the order of the enum.
[[nodiscard]] std::span<const ReadingInfo> reading_table();

// A value: which choice holds for each reading. Default: the first choice of each.
class Readings {
 public:
  [[nodiscard]] std::uint8_t choice(Reading reading) const { return choices_[static_cast<std::size_t>(reading)]; }
  [[nodiscard]] bool is_default(Reading reading) const { return choice(reading) == 0; }
  [[nodiscard]] std::string_view choice_name(Reading reading) const;
  void set(Reading reading, std::uint8_t choice) { choices_[static_cast<std::size_t>(reading)] = choice; }
  // By name, as a rule file gives them. kNotFound lists the known names or choices.
  [[nodiscard]] Status set(std::string_view name, std::string_view choice);
  friend bool operator==(const Readings&, const Readings&) = default;

 private:
  std::array<std::uint8_t, static_cast<std::size_t>(Reading::kCount)> choices_{};
};

}  // namespace imagewarden
