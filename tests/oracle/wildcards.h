#pragma once
// What `*` and `?` of RAM mean, written down as it is defined: slow, and obviously so. Shares no code with engine/.

#include <string_view>
#include <utility>
#include <vector>

namespace oracle {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// `stops`: no wildcard stands for `:` or `/`.
inline bool glob_by_definition(std::string_view pattern, std::string_view text, bool stops) {
  // matches[t]: whether the pattern read so far matches text[0, t).
  const auto is_free = [&](char c) { return !stops || (c != ':' && c != '/'); };
  std::vector<char> matches(text.size() + 1);
  matches[0] = 1;
  for (const char p : pattern) {
    std::vector<char> next(text.size() + 1);
    for (std::size_t t = 0; t <= text.size(); ++t) {
      if (p == '*') {
        next[t] = matches[t] != 0 || (t > 0 && next[t - 1] != 0 && is_free(text[t - 1])) ? 1 : 0;
      } else if (p == '?') {
        if (matches[t] == 0 || t == text.size() || !is_free(text[t])) continue;
        std::size_t end = t + 1;
        while (end < text.size() && is_continuation(text[end])) ++end;
        next[end] = 1;
      } else if (matches[t] != 0 && t < text.size() && text[t] == p) {
        next[t + 1] = 1;
      }
    }
    matches = std::move(next);
  }
  return matches[text.size()] != 0;
}

}  // namespace oracle
