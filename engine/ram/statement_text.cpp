#include "engine/ram/statement_text.h"

#include <fmt/format.h>

namespace imagewarden::ram {

std::string_view match_word(Tri matches) {
  switch (matches) {
    case Tri::kTrue:
      return "matches";
    case Tri::kUnknown:
      return "could match";
    case Tri::kFalse:
      break;
  }
  return "no match";
}

std::string reason_text(const ConsideredStatement& considered) {
  if (considered.ref.statement == nullptr) return considered.ref.policy->unknown_because;
  if (considered.ref.statement->not_evaluable) return *considered.ref.statement->not_evaluable;
  if (!considered.action_matches) return "action does not match";
  if (!considered.resource_matches) return "resource does not match";
  std::string text;
  for (const AtomResult& failed : considered.failed) {
    if (!text.empty()) text += "; ";
    std::vector<std::string_view> wanted;
    for (const Value& value : failed.atom->values) wanted.push_back(value.text);
    text += fmt::format("{} {}: wanted {}, ", operator_name(failed.atom->op), failed.atom->key.name,
                        fmt::join(wanted, " or "));
    if (failed.state == KeyState::kOpen) {
      text += "not given";
    } else {
      text += failed.found.empty() ? "the request does not carry it"
                                   : fmt::format("found {}", fmt::join(failed.found, ", "));
    }
  }
  return text;
}

std::string_view effect_word(const StatementRef& ref) {
  const std::string_view effect = effect_name(ref);
  return effect.empty() ? "not known" : effect;
}

}  // namespace imagewarden::ram
