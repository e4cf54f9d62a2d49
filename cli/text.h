#pragma once
// Text for people: tables, colours, plurals. Cells are printable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/printable.h"

namespace imagewarden::cli {

// `1 image`, `2 images`.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

enum class Tone : std::uint8_t { kPlain, kGood, kBad, kUnsure, kFaint };

// Rows of cells, aligned. Colour only where `colored`, and never as the only sign.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)}, tones_{Tone::kFaint} {}
  // `tone` colours the first cell.
  void add(std::vector<std::string> cells, Tone tone = Tone::kPlain);
  [[nodiscard]] std::string render(bool colored) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<Tone> tones_;
};

[[nodiscard]] std::string paint(std::string_view text, Tone tone, bool colored);

}  // namespace imagewarden::cli
