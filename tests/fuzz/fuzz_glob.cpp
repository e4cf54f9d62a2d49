// Wildcards against their definition. The first line of an input is the pattern, the rest the text.

#include <string>

#include "engine/base/glob.h"
#include "engine/base/printable.h"
#include "engine/ram/matching.h"
#include "engine/ram/pattern_index.h"
#include "tests/fuzz/support.h"
#include "tests/oracle/wildcards.h"

namespace {

using namespace imagewarden;

constexpr std::size_t kMaxBytes = 200;

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
  if (size > kMaxBytes || !is_valid_utf8(pattern) || !is_valid_utf8(text)) return 0;
  fuzz::require(!in_segments || matches, "a wildcard that stops matches no more");
  fuzz::require(matches == oracle::glob_by_definition(pattern, text, false), "a pattern matches by its definition");
  const bool everything = ram::takes_everything(pattern);
  fuzz::require(in_segments == (everything || oracle::glob_by_definition(pattern, text, true)),
                "segments match by their definition");
  return 0;
}
