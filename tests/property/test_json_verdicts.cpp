// JSON that is generated and damaged: our three readers and another one say the same of whether it is JSON. Where they
// differ by intent is stated in tests/fuzz/json_judge.h. The seed is fixed: the fuzz targets look further.

#include <catch2/catch.hpp>

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/inventory/json_cursor.h"
#include "tests/fuzz/json_judge.h"
#include "tests/property/random.h"

namespace {

using namespace imagewarden;
using property::Random;

std::string space(Random& random) { return random.chance(80) ? "" : random.pick({" ", "\n", "\t", "\r", " \r\n "}); }

std::string text(Random& random) {
  std::string out = "\"";
  while (random.chance(60)) {
    out += random.pick({"a", "key", "\xc3\xa9", "\xf0\x9f\x98\x80", "\\n", "\\u0041", "\\ud83d\\ude00", "\\\"", "\\\\",
                        "\x7f", "\xe2\x80\xa8", "\\/", "eight by", "\\u0000"});
  }
  return out + '"';
}

std::string value(Random& random, std::size_t depth) {
  const std::size_t kind = random.below(depth > 5 ? 5 : 8);
  std::string out = space(random);
  if (kind < 2) {
    out += text(random);
  } else if (kind == 2) {
    out += random.pick({"true", "false", "null"});
  } else if (kind < 5) {
    out += random.pick({"0", "-0", "1", "-12", "1.5", "0.0e-5", "1e9", "1E+400", "-1e-999",
                        "123456789012345678901234567890", "1e308"});
  } else if (kind == 5) {
    out += '[';
    for (std::size_t left = random.below(4); left > 0; --left) out += value(random, depth + 1) + (left > 1 ? "," : "");
    out += space(random) + ']';
  } else {
    out += '{';
    for (std::size_t left = random.below(4); left > 0; --left) {
      out += space(random) + text(random) + space(random) + ':' + value(random, depth + 1) + (left > 1 ? "," : "");
    }
    out += space(random) + '}';
  }
  return out + space(random);
}

// One to three changes of the kind that a broken export has.
void damage(Random& random, std::string& json) {
  for (std::size_t left = 1 + random.below(3); left > 0 && !json.empty(); --left) {
    const std::size_t at = random.below(json.size());
    switch (random.below(6)) {
      case 0:
        json.erase(at, 1 + random.below(3));
        break;
      case 1:
        json.resize(at);
        break;
      case 2:
        json.insert(at, random.pick({",",       ":",        "\"",      "{",
                                     "}",       "[",        "]",       "\\",
                                     "0",       "-",        ".",       "e",
                                     "tru",     "\xff",     "\x01",    "\xed\xa0\x80",
                                     "\\ud800", "\xc0\x80", "//",      "\xef\xbb\xbf",
                                     "'",       "+",        "\xc2\xa0"}));
        break;
      case 3:
        json[at] = static_cast<char>(random.below(256));
        break;
      case 4:
        json += json.substr(at);
        break;
      default:
        json[at] = static_cast<char>(json[at] ^ (1 << random.below(8)));
    }
  }
}

void check(const std::string& json, std::size_t& good) {
  CAPTURE(json);
  const fuzz::JsonVerdict other = fuzz::judge(json);
  const bool is_good = other.is_json && other.depth <= limits::kMaxJsonDepth;
  good += is_good ? 1 : 0;
  REQUIRE(!find_json_error(json) == is_good);
  REQUIRE(JsonDocument::parse(json).has_value() == (is_good && !other.repeats_key));
  inventory::JsonCursor cursor;
  const bool is_skipped = cursor.open(json) && cursor.skip() && cursor.close();
  REQUIRE(is_skipped == is_good);
  const bool is_read = cursor.open(json) && cursor.peek() == '{' &&
                       cursor.members([&](std::string_view /*key*/) { return cursor.skip(); }) && cursor.close();
  // Of the object that is known each key is looked at, of those inside none.
  REQUIRE((!is_read || is_good));
}

}  // namespace

TEST_CASE("generated JSON, whole and damaged: all readers agree", "[property][json]") {
  Random random(20261124);
  std::size_t good = 0;
  constexpr std::size_t kRounds = 20'000;
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::string json = value(random, 0);
    check(json, good);
    damage(random, json);
    check(json, good);
  }
  CHECK(good > kRounds);
  CHECK(good < kRounds * 3 / 2);
}

TEST_CASE("nesting at the limit and beyond: all readers agree", "[property][json]") {
  std::size_t good = 0;
  for (const std::size_t depth :
       {limits::kMaxJsonDepth - 1, limits::kMaxJsonDepth, limits::kMaxJsonDepth + 1, 5'000U}) {
    for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
      std::string json;
      for (std::size_t i = 0; i < depth; ++i) json += open;
      json += "0";
      for (std::size_t i = 0; i < depth; ++i) json += close;
      check(json, good);
    }
  }
  CHECK(good == 4);
}
