// The quick reader of flat objects, and the strict one, which must read the same from whatever it takes.

#include <catch2/catch.hpp>

#include <random>
#include <string>

#include "engine/base/json_flat.h"

namespace imagewarden {
namespace {

// What the strict reader makes of a document that the quick one takes.
void check_same(const JsonValue& object, const std::vector<FlatMember>& members, std::size_t begin, std::size_t end) {
  std::size_t at = begin;
  for (const JsonMember& want : object.members) {
    REQUIRE(at < end);
    const FlatMember& got = members[at++];
    REQUIRE(got.key == want.key);
    REQUIRE(got.type == want.value.type);
    REQUIRE(got.boolean == want.value.boolean);
    if (got.type == JsonType::kString) REQUIRE(got.text == want.value.text);
    if (got.type == JsonType::kObject) {
      check_same(want.value, members, at, got.end);
      at = got.end;
    }
  }
  REQUIRE(at == end);
}

TEST_CASE("a flat object is read with its inner objects", "[base][json]") {
  FlatReader reader;
  REQUIRE(reader.read(R"( {"a": "x\ny", "b": {"c": true, "\u00fc": null}, "d": {}, "e": false} )"));
  const auto& members = reader.members();
  REQUIRE(members.size() == 6);
  CHECK(members[0].text == "x\ny");
  CHECK(members[1].type == JsonType::kObject);
  CHECK(members[1].end == 4);
  CHECK(members[2].boolean);
  CHECK(members[3].key == "\xc3\xbc");
  CHECK(members[3].type == JsonType::kNull);
  CHECK(members[4].end == 5);
  CHECK(members[5].type == JsonType::kBool);
  CHECK(!members[5].boolean);
  REQUIRE(reader.read("{}"));
  CHECK(reader.members().empty());
}

TEST_CASE("what is not flat, or faulty, is not taken", "[base][json]") {
  const char* const text =
      GENERATE("", " ", "[]", "7", "\"a\"", "null", R"({"a": 1})", R"({"a": []})", R"({"a": {"b": {}}})",
               R"({"a": "b",})", R"({"a" "b"})", R"({"a": "b" "c": "d"})", R"({"a": "b"} x)", R"({"a": "b"}{})",
               R"({"a": tru})", R"({"a": truex})", R"({"a": nul})", R"({"a": "b)", R"({"a": "b")", "{\"a\": \"\x01\"}",
               "{\"a\": \"\xff\"}", R"({"a": "\ud800"})", R"({"a": "\x"})", R"({a: "b"})", "\xef\xbb\xbf{}");
  CAPTURE(text);
  FlatReader reader;
  CHECK(!reader.read(text));
}

TEST_CASE("the strict reader reads the same from what the quick one takes", "[base][json][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  const std::vector<std::string> pieces = {R"("a")",
                                           R"("b":)",
                                           R"("k": "v")",
                                           R"("t":true)",
                                           R"("n": null)",
                                           R"("o": {)",
                                           "}",
                                           "{",
                                           ",",
                                           ", ",
                                           R"("\u00e9\"")",
                                           "false",
                                           R"("\ud83d\ude00": "x")",
                                           R"("\ud83d": "x")",
                                           "1",
                                           "[]",
                                           " ",
                                           "\xff",
                                           "\\",
                                           "\""};
  FlatReader reader;
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text = "{";
    const std::size_t count = below(6);
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 && below(3) > 0 ? "," : "") + pieces[below(pieces.size())];
    text += below(4) == 0 ? "}}" : "}";
    CAPTURE(text);
    if (!reader.read(text)) {
      ++refused;
      continue;
    }
    ++taken;
    const auto document = JsonDocument::parse(text);
    if (!document) {
      // The one rule that is left to the caller.
      REQUIRE(document.error().what.starts_with("duplicate key"));
      continue;
    }
    check_same(document->root(), reader.members(), 0, reader.members().size());
  }
  CHECK(taken > 2000);
  CHECK(refused > 2000);
}

}  // namespace
}  // namespace imagewarden
