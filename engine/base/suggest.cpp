#include "engine/base/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "engine/base/glob.h"

namespace imagewarden {
namespace {

constexpr std::size_t kMaxLength = 128;
using Row = std::array<std::size_t, kMaxLength + 1>;

// Optimal string alignment: three rows of the table are enough. Precondition: both at most kMaxLength bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  Row before{};
  Row above{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view wanted, std::span<const std::string_view> names) {
  if (wanted.empty() || wanted.size() > kMaxLength) return std::nullopt;
  const std::string lower = to_lower(wanted);
  std::optional<std::string_view> nearest;
  std::size_t least = 0;
  for (const std::string_view name : names) {
    if (name.size() > kMaxLength) continue;
    const std::size_t distance = edit_distance(lower, to_lower(name));
    if (distance * 3 > std::max(lower.size(), name.size())) continue;
    if (!nearest || distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace imagewarden
