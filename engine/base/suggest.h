#pragma once
// "Did you mean": the known name that is nearest to one that was mistyped.

#include <optional>
#include <span>
#include <string_view>

namespace imagewarden {

// The name of the least edit distance (insert, delete, replace, swap of neighbours; ASCII letters without regard to
// case), the first of several that are equally near. Nothing if even the nearest differs in more than a third of the
// longer one's bytes, or if `wanted` is longer than 128 bytes: no suggestion is better than a silly one.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view wanted,
                                                           std::span<const std::string_view> names);

}  // namespace imagewarden
