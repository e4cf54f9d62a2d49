#pragma once
// Kleene's three-valued logic. kUnknown means that the facts at hand do not decide; it is never taken for either side.

#include <algorithm>
#include <cstdint>

namespace imagewarden {

// The order makes AND the minimum and OR the maximum.
enum class Tri : std::uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

constexpr Tri tri_and(Tri a, Tri b) { return std::min(a, b); }
constexpr Tri tri_or(Tri a, Tri b) { return std::max(a, b); }
constexpr Tri tri_not(Tri a) { return static_cast<Tri>(2 - static_cast<std::uint8_t>(a)); }
constexpr Tri tri_of(bool value) { return value ? Tri::kTrue : Tri::kFalse; }

}  // namespace imagewarden
