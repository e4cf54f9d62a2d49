#pragma once
// From a verdict to words: what each violated rule rests on, what each unknown one waits for. One image at a time, by
// fact_reader.h.

#include <span>
#include <string>
#include <vector>

#include "engine/decide/decide.h"
#include "engine/decide/fact_reader.h"
#include "engine/decide/principal.h"

namespace imagewarden {

// What all decisions of one question share.
struct FindingScope {
  const FactScope& facts;
  const rules::Ruleset& ruleset;
  const ResolvedPrincipal& principal;
  const Permission& permission;
  std::string principal_text;  // `user/alice`
};

// Whether the rule is violated for one image.
[[nodiscard]] Tri violated(const FactScope& scope, const rules::Rule& rule, const ImageSubject& image);

[[nodiscard]] Finding describe_violation(const FindingScope& scope, const rules::Rule& rule, const ImageSubject& image,
                                         std::string_view image_id);
[[nodiscard]] UnknownFinding describe_unknown(const FindingScope& scope, const rules::Rule& rule,
                                              const ImageSubject& image, std::string_view image_id);
// Every fact that the rule's conditions name, each once.
[[nodiscard]] std::vector<FactReading> read_facts(const FactScope& scope, const rules::Rule& rule,
                                                  const ImageSubject& image);

// The code and the status of a violated rule: those of a permission are a reading.
[[nodiscard]] std::string_view code_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule);
[[nodiscard]] std::optional<std::int32_t> status_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule);
// What the API would say; of a guard, its explanation.
[[nodiscard]] std::string_view message_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule);

}  // namespace imagewarden
