#include "engine/base/printable.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>
#include <simdjson.h>

#include "engine/base/best_simdjson.h"

namespace imagewarden {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;  // 0: not UTF-8
};

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4) return {first, 0};
  std::uint32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {first, 0};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {first, 0};
  return {value, length};
}

struct Span {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool in_spans(const Span (&spans)[N], std::uint32_t value) {
  const auto* found = std::lower_bound(std::begin(spans), std::end(spans), value,
                                       [](const Span& span, std::uint32_t v) { return span.last < v; });
  return found != std::end(spans) && found->first <= value;
}

// Characters that act instead of showing: controls, zero-width, bidirectional marks, separators, tags, byte order mark.
constexpr Span kActing[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},
                            {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f},
                            {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
constexpr Span kCombining[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
                               {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
                               {0x302a, 0x302d}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
constexpr Span kWide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},  {0x3400, 0x4dbf},
                          {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},
                          {0xfe30, 0xfe4f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                          {0x1f900, 0x1f9ff}, {0x20000, 0x2fffd}, {0x30000, 0x3fffd}};

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (point.bytes == 0) {
      shown += fmt::format("\\x{:02x}", point.value);
      ++at;
    } else {
      if (in_spans(kActing, point.value)) {
        shown += fmt::format("\\u{{{:x}}}", point.value);
      } else {
        shown.append(text, at, point.bytes);
      }
      at += point.bytes;
    }
  }
  return shown;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (!in_spans(kCombining, point.value)) width += in_spans(kWide, point.value) ? 2U : 1U;
    at += std::max<std::size_t>(point.bytes, 1);
  }
  return width;
}

bool is_valid_utf8(std::string_view text) { return best_simdjson().validate_utf8(text.data(), text.size()); }

}  // namespace imagewarden
