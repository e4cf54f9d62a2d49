#pragma once
// One measured figure a line, for people and for bench/run: `read.walk  1.58 s`.

#include <string_view>

#include <fmt/format.h>

namespace imagewarden::bench {

inline void print_figure(std::string_view name, double value, std::string_view unit) {
  fmt::print("{:<32} {:>16.6g} {}\n", name, value, unit);
}

}  // namespace imagewarden::bench
