#pragma once
// What the patterns of a statement mean, by the readings: the normal form in which patterns and texts are compared, and
// the plain comparison of one statement with one request. The compiled index (compiled.h) uses the same normal form.

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/tri.h"
#include "engine/condition/condition.h"
#include "engine/ram/document.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// A lone `*` (or several): every text.
[[nodiscard]] bool takes_everything(std::string_view pattern);

// A Resource pattern in the form that is compared: service segment in lower case, an empty region or account as `*`
// (reading empty-arn-segment), all in lower case (reading resource-case).
[[nodiscard]] std::string normal_resource_pattern(std::string_view pattern, const Readings& readings);
// Whether a request's resource has to be changed at all before it is compared with normal patterns, and how.
[[nodiscard]] bool needs_normal_form(std::string_view resource, const Readings& readings);
// Writes the normal form of `resource` to out[0, resource.size()).
void write_normal_resource(std::string_view resource, const Readings& readings, char* out);

// Compares normal forms; by the reading wildcard-crossing.
[[nodiscard]] bool resource_glob_matches(std::string_view pattern, std::string_view text, const Readings& readings);

// The resource that RAM authorizes the request on: `*` for an action that has no resource level.
[[nodiscard]] std::string_view authorization_resource(const Request& request);

// The plain comparison. Of a statement that is not evaluable: whether its part could match.
[[nodiscard]] bool action_matches(const Statement& statement, std::string_view action_lower);
[[nodiscard]] bool resource_matches(const Statement& statement, const Request& request, const Readings& readings);

// Whether the key is one of the two pseudo-keys, and then the request's value.
enum class PseudoKey : std::uint8_t { kNone, kAction, kResource };
[[nodiscard]] PseudoKey pseudo_key(const Key& key);
[[nodiscard]] Tri evaluate_pseudo(const Atom& atom, PseudoKey key, const Request& request, const Readings& readings);
// One atom of a policy's condition, pseudo-keys included.
[[nodiscard]] Tri evaluate_atom(const Atom& atom, const Request& request, const Readings& readings);

}  // namespace imagewarden::ram
