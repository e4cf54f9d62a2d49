#pragma once
// How a policy statement met a request, in words.

#include <string>
#include <string_view>

#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

// `matches`, `could match`, `no match`.
[[nodiscard]] std::string_view match_word(Tri matches);
// `Allow`, `Deny`, `not known`.
[[nodiscard]] std::string_view effect_word(const StatementRef& ref);
// Why a statement did or did not match: its action, its resource, each condition that failed with what was wanted and
// found.
[[nodiscard]] std::string reason_text(const ConsideredStatement& considered);

}  // namespace imagewarden::ram
