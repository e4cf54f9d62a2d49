// Wildcards against their definition where a plain search would go over the same text again and again, and what that
// may cost.

#include <ctime>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/glob.h"
#include "tests/oracle/wildcards.h"

namespace imagewarden {
namespace {

std::string times(std::string_view part, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += part;
  return out;
}

// The least processor time of several tries, in nanoseconds; whatever else the machine does only makes it longer.
std::int64_t cost_ns(std::string_view pattern, std::string_view text) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  bool matches = false;
  for (int round = 0; round < 7; ++round) {
    std::timespec begin{};
    std::timespec end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    matches = glob_matches(pattern, text) || matches;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    least = std::min(least, std::int64_t{end.tv_sec - begin.tv_sec} * 1'000'000'000 + (end.tv_nsec - begin.tv_nsec));
  }
  CHECK_FALSE(matches);
  return least;
}

TEST_CASE("patterns that almost match over and over match by their definition", "[base][glob][property]") {
  std::mt19937 random(Catch::rngSeed());
  CAPTURE(Catch::rngSeed());
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random() % end); };
  constexpr std::string_view kLetters[] = {"a", "b", "\xc3\xa9"};
  std::size_t matching = 0;
  for (int round = 0; round < 1'000; ++round) {
    // A text of few letters that repeats a short part of itself, and a pattern cut out of it.
    std::string part;
    for (std::size_t i = below(6) + 1; i > 0; --i) part += kLetters[below(8) == 0 ? 1 + below(2) : 0];
    std::string text = times(part, 1 + below(300 / part.size()));
    text += times(kLetters[below(3)], below(3));
    text += times(part, below(40));
    std::string pattern = below(4) == 0 ? "" : "*";
    for (std::size_t pieces = below(3) + 1; pieces > 0; --pieces) {
      std::string piece = times(part, 1 + below(90 / part.size()));
      if (below(2) == 0) piece += kLetters[below(3)];
      for (std::size_t marks = below(4); marks > 0; --marks) {
        const std::size_t at = below(piece.size());
        if (!oracle::is_continuation(piece[at]) && (at + 1 == piece.size() || !oracle::is_continuation(piece[at + 1])))
          piece[at] = '?';
      }
      pattern += piece;
      if (pieces > 1 || below(4) > 0) pattern += '*';
    }
    CAPTURE(pattern, text);
    const bool wanted = oracle::glob_by_definition(pattern, text, false);
    matching += wanted ? 1 : 0;
    REQUIRE(glob_matches(pattern, text) == wanted);
  }
  CHECK(matching > 50);
  CHECK(matching < 950);
}

TEST_CASE("the cost of a match grows with its size, not with the square", "[base][glob]") {
  struct Row {
    const char* why;
    std::string (*pattern)(std::size_t size);
  };
  const auto row = GENERATE(values<Row>({
      {"stars", [](std::size_t size) { return times("*", size / 6) + "b"; }},
      {"stars with letters between", [](std::size_t size) { return times("*a", size / 6) + "b*"; }},
      {"a long piece", [](std::size_t size) { return "*" + times("a", size / 2) + "b*"; }},
      {"long pieces",
       [](std::size_t size) { return times("*" + times("a", size / 20), 4) + "*" + times("a", size / 2) + "b*"; }},
      {"a piece that fails at its front", [](std::size_t size) { return "*ab" + times("a", size / 2) + "*"; }},
      {"a short piece with marks", [](std::size_t /*size*/) { return "*" + times("a?", 20) + "b*"; }},
  }));
  CAPTURE(row.why);
  constexpr std::size_t kSmall = 6'000;
  constexpr std::size_t kTimes = 16;
  const std::int64_t small = cost_ns(row.pattern(kSmall), times("a", kSmall));
  const std::int64_t large = cost_ns(row.pattern(kSmall * kTimes), times("a", kSmall * kTimes));
  // The square would be 256 times as much.
  CHECK(large < small * 64 + 100'000);
}

TEST_CASE("a piece with marks costs a 64th of its length for each byte", "[base][glob]") {
  const auto pattern = [](std::size_t size) { return "*" + times("a?", size / 4) + "b*"; };
  constexpr std::size_t kSize = 24'000;
  // The same text, first with a piece that the bits of one word hold.
  const std::int64_t one_word = cost_ns("*" + times("a?", 20) + "b*", times("a", kSize));
  const std::int64_t words = cost_ns(pattern(kSize), times("a", kSize));
  CHECK(words < one_word * static_cast<std::int64_t>(kSize / 2 / 64) * 4);
}

}  // namespace
}  // namespace imagewarden
