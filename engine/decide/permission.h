#pragma once
// RAM's answer for the caller: asked once for a whole batch, because DeleteImage is authorized on `*`, whatever the
// image.

#include "engine/base/time.h"
#include "engine/condition/condition.h"
#include "engine/decide/decision.h"
#include "engine/ram/evaluate.h"

namespace imagewarden {

// Whether an action can be granted per resource, as the built-in action catalogue says.
[[nodiscard]] ram::ResourceLevel resource_level_of(std::string_view action);

// The request of an operation: on `*` where the action catalogue says that it has no resource level.
[[nodiscard]] ram::Request operation_request(std::string_view action, const Context& context,
                                             const ram::PrincipalPolicies& principal, Time now);

// The answer for the operation and for the actions that the catalogue says it depends on: the one that allows least.
[[nodiscard]] ram::Evaluation evaluate_permission(const ram::Principal& principal, std::string_view action,
                                                  const Context& context, Time now);

[[nodiscard]] Tri caller_allowed(const ram::Verdict& verdict);
// The same answer as plain data.
[[nodiscard]] Permission describe_permission(const ram::Evaluation& evaluation);

}  // namespace imagewarden
