#pragma once
// What the gateway answers to a denied request, so that a prediction can be held against a real 403: the body with its
// AccessDeniedDetail, and what DecodeDiagnosticMessage tells of it. Source: "How do I troubleshoot an access denied
// error" and "DecodeDiagnosticMessage"; docs/ram.md.

#include "engine/base/json_writer.h"
#include "engine/condition/readings.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// Precondition of both: the verdict is a deny, and the evaluation is of this principal and request.
// {"Code", "Message", "AccessDeniedDetail": {…}}; the code is a reading.
void write_denied_body(JsonWriter& json, const PrincipalPolicies& principal, const Request& request,
                       const Evaluation& evaluation, const Readings& readings);
// {"AuthAction", "AuthResource", …, "AuthConditions": […], "MatchedPolicies": […]}: the policies whose statements
// decided.
void write_diagnosis(JsonWriter& json, const PrincipalPolicies& principal, const Request& request,
                     const Evaluation& evaluation);
// HTTP status of the body: a reading.
[[nodiscard]] std::int32_t denied_status(const Readings& readings);

}  // namespace imagewarden::ram
