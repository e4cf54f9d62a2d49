// Wildcards against their definition. The first line of an input is the pattern, the rest the text.

#include <string>
#include <vector>

#include "engine/base/glob.h"
#include "engine/base/json_tree.h"
#include "engine/ram/matching.h"
#include "engine/ram/pattern_index.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

constexpr std::size_t kMaxBytes = 200;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

bool is_utf8(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' ? 'x' : c;
  return !find_json_error(quoted + '"');
}

// matches[t]: whether the pattern read so far matches text[0, t). `stops`: no wildcard stands for `:` or `/`.
bool by_definition(std::string_view pattern, std::string_view text, bool stops) {
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view pattern = fuzz::take_line(text);
  const bool matches = glob_matches(pattern, text);
  Readings stops;
  stops.set(Reading::kWildcardCrossing, 1);
  const bool in_segments = ram::resource_glob_matches(pattern, text, stops);

  ram::PatternIndex index;
  (void)index.add(std::string(pattern));
  index.build();
  bool found = false;
  index.match(text, [&](std::uint32_t /*number*/) { found = true; });
  fuzz::require(found == matches, "the index finds what the pattern matches");

  // Of broken UTF-8 it is not said what a character is.
  if (size > kMaxBytes || !is_utf8(pattern) || !is_utf8(text)) return 0;
  fuzz::require(!in_segments || matches, "a wildcard that stops matches no more");
  fuzz::require(matches == by_definition(pattern, text, false), "a pattern matches by its definition");
  const bool everything = ram::takes_everything(pattern);
  fuzz::require(in_segments == (everything || by_definition(pattern, text, true)),
                "segments match by their definition");
  return 0;
}
