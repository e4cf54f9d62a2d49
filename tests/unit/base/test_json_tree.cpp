// The strict JSON reader: trees, places, refusals, and its verdict held against another parser's.

#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"

namespace imagewarden {
namespace {

// A value as text that shows every part of the tree.
std::string show(const JsonValue& value) {
  switch (value.type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return value.boolean ? "true" : "false";
    case JsonType::kNumber:
      return "#" + std::string(value.text);
    case JsonType::kString:
      return "<" + std::string(value.text) + ">";
    case JsonType::kArray: {
      std::string all = "[";
      for (const JsonValue& item : value.items) all += show(item) + ";";
      return all + "]";
    }
    case JsonType::kObject: {
      std::string all = "{";
      for (const JsonMember& member : value.members) all += std::string(member.key) + "=" + show(member.value) + ";";
      return all + "}";
    }
  }
  return "?";
}

TEST_CASE("good documents", "[base][json][table]") {
  struct Row {
    const char* why;
    std::string text;
    std::string want;
  };
  const std::vector<Row> rows{
      {"scalars stand alone", "null", "null"},
      {"white space around", " \t\r\n true \n", "true"},
      {"false", "false", "false"},
      {"empty string", "\"\"", "<>"},
      {"empty containers", "[{},[]]", "[{};[];]"},
      {"members keep their order", R"({"b":1,"a":{"c":[2,"x"]}})", "{b=#1;a={c=[#2;<x>;];};}"},
      {"numbers stay text", "[-0,0.50,1E+9,12345678901234567890,1e999]",
       "[#-0;#0.50;#1E+9;#12345678901234567890;#1e999;]"},
      {"escapes", R"(["\"\\\/\b\f\n\r\t"])", "[<\"\\/\b\f\n\r\t>;]"},
      {"code units", R"(["A\u00e9\u20ac\ud83d\ude00"])", "[<A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>;]"},
      {"escaped NUL", std::string(R"(["a\u0000b"])"), std::string("[<a\0b>;]", 8)},
      {"raw UTF-8 of every length", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"",
       "<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f>"},
      {"keys are unescaped", R"({"a\u002fb":1})", "{a/b=#1;}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(find_json_error(row.text).has_value());
    auto document = JsonDocument::parse(row.text);
    REQUIRE(document.has_value());
    CHECK(show(document->root()) == row.want);
    CHECK(document->text() == row.text);
    // Views survive a move.
    const JsonDocument moved = std::move(*document);
    CHECK(show(moved.root()) == row.want);
  }
}

// Plain text is passed over in words, which overlap at its end.
TEST_CASE("what is not plain text is seen at each place of a string of each length", "[base][json]") {
  constexpr std::size_t kLongest = 40;
  for (std::size_t length = 1; length <= kLongest; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      const auto string_with = [&](std::string_view bytes) {
        return "\"" + std::string(text).replace(at, 1, bytes) + "\"";
      };
      INFO("a string of " << length << ", at " << at);
      for (const std::string_view bad : {"\x1f", "\x80", "\xed\xa0\x80", "\\x"}) {
        const auto error = find_json_error(string_with(bad));
        REQUIRE(error);
        CHECK(error->offset == 1 + at);
      }
      const auto escaped = JsonDocument::parse(string_with("\\n"));
      REQUIRE(escaped);
      CHECK(escaped->root().text == std::string(text).replace(at, 1, "\n"));
      const auto wide = JsonDocument::parse(string_with("\xe2\x82\xac"));
      REQUIRE(wide);
      CHECK(wide->root().text == std::string(text).replace(at, 1, "\xe2\x82\xac"));
      const auto ended = find_json_error(string_with("\""));
      REQUIRE(ended);
      CHECK(ended->offset == 1 + at + 1);
    }
  }
}

TEST_CASE("bad documents are refused with the place", "[base][json][table]") {
  struct Row {
    std::string text;
    const char* message;
  };
  const std::vector<Row> rows{
      {"", "f:1:1 /: empty input, expected a JSON value"},
      {"  ", "f:1:3 /: empty input, expected a JSON value"},
      {"\xef\xbb\xbf{}", "f:1:1 /: byte order mark, expected JSON without one"},
      {"{} x", "f:1:4 /: trailing content, expected the end of the JSON value"},
      {"1 2", "f:1:3 /: trailing content, expected the end of the JSON value"},
      {"nul", "f:1:1 /: misspelled word, expected `null`"},
      {"trues", "f:1:5 /: trailing content, expected the end of the JSON value"},
      {"[1,]", "f:1:4 /1: `]`, expected a JSON value"},
      {"[1 2]", "f:1:4 /0: `2`, expected `,` or `]`"},
      {"[1", "f:1:3 /0: end of input, expected `,` or `]`"},
      {"{\"a\":1,}", "f:1:8 /a: `}`, expected a key in quotes"},
      {"{\"a\" 1}", "f:1:6 /a: `1`, expected `:` after a key"},
      {"{\"a\":1 \"b\":2}", "f:1:8 /a: `\"`, expected `,` or `}`"},
      {"{a:1}", "f:1:2 /: `a`, expected a key in quotes"},
      {"{\"a\":\n{\"b\":[0,\n  -]}}", "f:3:3 /a/b/1: malformed number, expected digits without a leading zero"},
      {"01", "f:1:1 /: malformed number, expected digits without a leading zero"},
      {"-01", "f:1:1 /: malformed number, expected digits without a leading zero"},
      {"1.", "f:1:1 /: malformed number, expected digits after the point"},
      {".5", "f:1:1 /: `.`, expected a JSON value"},
      {"1e+", "f:1:1 /: malformed number, expected digits in the exponent"},
      {"+1", "f:1:1 /: `+`, expected a JSON value"},
      {"NaN", "f:1:1 /: `N`, expected a JSON value"},
      {"\"abc", "f:1:1 /: unterminated string, expected a closing quote"},
      {"\"a\nb\"", "f:1:3 /: control character 0x0a in a string, expected an escape"},
      {"\"\\x\"", "f:1:2 /: unknown escape in a string, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"},
      {"\"\\u12g4\"", "f:1:2 /: malformed \\u escape, expected four hexadecimal digits"},
      {"\"\\u-001\"", "f:1:2 /: malformed \\u escape, expected four hexadecimal digits"},
      {"\"\\ud83d\"", "f:1:2 /: lone surrogate, expected a pair"},
      {"\"\\ude00\\ud83d\"", "f:1:2 /: lone surrogate, expected a pair"},
      {"\"\\ud83d\\u0041\"", "f:1:2 /: lone surrogate, expected a pair"},
      {"\"\x80\"", "f:1:2 /: byte 0x80, expected valid UTF-8"},
      {"\"\xc0\xaf\"", "f:1:2 /: byte 0xc0, expected valid UTF-8"},
      {"\"\xed\xa0\x80\"", "f:1:2 /: byte 0xed, expected valid UTF-8"},
      {"\"\xf4\x90\x80\x80\"", "f:1:2 /: byte 0xf4, expected valid UTF-8"},
      {"\"\xe2\x82\"", "f:1:2 /: byte 0xe2, expected valid UTF-8"},
      {std::string("[1]\0", 4), "f:1:4 /: trailing content, expected the end of the JSON value"},
      {std::string("[\0]", 3), "f:1:2 /0: byte 0x00, expected a JSON value"},
      {R"({"a/b":{"c~d":[[],x]}})", "f:1:19 /a~1b/c~0d/1: `x`, expected a JSON value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const auto found = find_json_error(row.text);
    REQUIRE(found.has_value());
    CHECK(to_error(*found, "f", row.text).message == row.message);
    CHECK(to_error(*found, "f", row.text).code == Errc::kMalformedInput);
    const auto document = JsonDocument::parse(row.text);
    REQUIRE_FALSE(document.has_value());
    CHECK(to_error(document.error(), "f", row.text).message == row.message);
  }
}

TEST_CASE("a duplicate key is refused by the tree only, however many members there are", "[base][json]") {
  const int members = GENERATE(1, 2, 15, 16, 17, 40);
  for (int twice = 0; twice < members; ++twice) {
    std::string text = "{\"o\":{";
    for (int i = 0; i < members; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    const std::size_t at = text.size();
    // The same key, spelled with an escape.
    text += R"("\u006b)" + std::to_string(twice) + "\":null}}";
    CHECK_FALSE(find_json_error(text).has_value());
    const auto document = JsonDocument::parse(text);
    REQUIRE_FALSE(document.has_value());
    CHECK(document.error().offset == at);
    CHECK(document.error().what == "duplicate key `k" + std::to_string(twice) + "`, expected each key once");
  }
}

TEST_CASE("nesting ends at 64 levels", "[base][json]") {
  const auto nested = [](std::size_t depth, const char* open, const char* close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  for (const auto& [open, close] : {std::pair{"[", "]"}, {"{\"a\":", "}"}}) {
    CHECK(JsonDocument::parse(nested(64, open, close)).has_value());
    const auto deep = JsonDocument::parse(nested(65, open, close));
    REQUIRE_FALSE(deep.has_value());
    CHECK(deep.error().what == "nesting beyond 64 levels");
    CHECK(find_json_error(nested(100'000, open, close)).has_value());
  }
}

TEST_CASE("a tree of more than 64 MiB is refused, a fault is looked for all the same", "[base][json][limits]") {
  std::string text = "\"" + std::string(limits::kMaxTreeBytes - 2, 'x') + "\"";
  CHECK(JsonDocument::parse(text).has_value());
  text += ' ';
  const auto document = JsonDocument::parse(text);
  REQUIRE_FALSE(document.has_value());
  CHECK(document.error().what == "document of more than 64 MiB, expected less");
  CHECK_FALSE(find_json_error(text).has_value());
}

TEST_CASE("offsets and positions", "[base][json]") {
  const auto document = JsonDocument::parse("{\n  \"a\": [10,\n\t\"\xc3\xa9\", {}]}");
  REQUIRE(document.has_value());
  const JsonMember& a = document->root().members.at(0);
  CHECK(document->position(document->root().offset) == TextPosition{1, 1});
  CHECK(document->position(a.key_offset) == TextPosition{2, 3});
  CHECK(document->position(a.value.offset) == TextPosition{2, 8});
  CHECK(document->position(a.value.items.at(0).offset) == TextPosition{2, 9});
  CHECK(document->position(a.value.items.at(1).offset) == TextPosition{3, 2});
  // A column counts bytes: the two of the letter too.
  CHECK(document->position(a.value.items.at(2).offset) == TextPosition{3, 8});
  CHECK(text_position("", 0) == TextPosition{1, 1});
  CHECK(text_position("a\n", 2) == TextPosition{2, 1});
  CHECK(document->root().find("a") == &a.value);
  CHECK(document->root().find("b") == nullptr);
  CHECK(a.value.is(JsonType::kArray));
}

TEST_CASE("integers", "[base][json][table]") {
  struct Row {
    const char* text;
    std::optional<std::int64_t> want;
  };
  const auto row = GENERATE(values<Row>({{"0", 0},
                                         {"-0", 0},
                                         {"-42", -42},
                                         {"9223372036854775807", 9223372036854775807},
                                         {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
                                         {"9223372036854775808", std::nullopt},
                                         {"1.0", std::nullopt},
                                         {"1e3", std::nullopt},
                                         {"\"1\"", std::nullopt},
                                         {"true", std::nullopt}}));
  CAPTURE(row.text);
  const auto document = JsonDocument::parse(row.text);
  REQUIRE(document.has_value());
  CHECK(json_integer(document->root()) == row.want);
}

TEST_CASE("a duplicate key is named by its own pointer", "[base][json]") {
  const auto document = JsonDocument::parse(R"({"a": {"x": 1, "y": 2, "x": 3}})");
  REQUIRE_FALSE(document);
  CHECK(document.error().pointer == "/a/x");
  CHECK(document.error().offset == 23);
}

TEST_CASE("a message about a key with control characters is one line", "[base][json]") {
  const std::string text = R"({"a\nb": {"c\u001b": tru}})";
  const auto document = JsonDocument::parse(text);
  REQUIRE_FALSE(document);
  CHECK(to_error(document.error(), "f.json", text).message ==
        R"(f.json:1:22 /a\u000ab/c\u001b: misspelled word, expected `true`)");
  const std::string twice = R"({"a\nb": 1, "a\nb": 2})";
  const auto duplicate = JsonDocument::parse(twice);
  REQUIRE_FALSE(duplicate);
  CHECK(to_error(duplicate.error(), "f.json", twice).message.find('\n') == std::string::npos);
  CHECK(one_line("a\x7f\t\xc3\xa9") == "a\\u007f\\u0009\xc3\xa9");
}

TEST_CASE("pointer segments are escaped", "[base][json]") {
  std::string pointer;
  append_pointer(pointer, "Data");
  append_pointer(pointer, "a/b~c");
  append_pointer(pointer, "");
  append_pointer(pointer, "~\n/\x7f");
  CHECK(pointer == "/Data/a~1b~0c//~0\\u000a~1\\u007f");
}

// A value of random shape, as nlohmann writes it.
nlohmann::json random_value(std::mt19937_64& random, int depth) {
  const auto pick = [&](std::uint64_t count) { return random() % count; };
  switch (pick(depth > 4 ? 6 : 8)) {
    case 0:
      return nullptr;
    case 1:
      return pick(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random());
    case 3:
      return static_cast<double>(static_cast<std::int64_t>(pick(2'000'000)) - 1'000'000) / 512;
    case 4:
      return std::string(pick(6), static_cast<char>('a' + pick(26)));
    case 5:
      return "\xc3\xa9\"\\\n\x01\xf0\x9f\x98\x80/" + std::to_string(pick(10));
    case 6: {
      auto array = nlohmann::json::array();
      for (std::uint64_t i = pick(5); i > 0; --i) array.push_back(random_value(random, depth + 1));
      return array;
    }
    default: {
      auto object = nlohmann::json::object();
      for (std::uint64_t i = pick(5); i > 0; --i)
        object["k" + std::to_string(pick(9))] = random_value(random, depth + 1);
      return object;
    }
  }
}

// Changes a few bytes, mostly to such as mean something in JSON. Never to NUL: nlohmann takes it for the end of the
// text.
std::string mutate(std::string text, std::mt19937_64& random) {
  constexpr std::string_view kBytes = "{}[]:,\"\\/u0123456789abcdefDE.+-eEtrfnls \t\n\x1f\x7f\x80\xbf\xc3\xed\xf0\xff";
  for (std::uint64_t edits = random() % 4; edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random() % text.size();
    const char byte = kBytes[random() % kBytes.size()];
    switch (random() % 4) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, 1 + random() % 3);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 8));
        break;
    }
  }
  return text;
}

TEST_CASE("the verdict is that of another parser on mutated documents", "[base][json][property]") {
  INFO("seed " << Catch::rngSeed());
  std::mt19937_64 random(Catch::rngSeed());
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const nlohmann::json value = random_value(random, 0);
    const std::string text = mutate(value.dump(random() % 2 == 0 ? -1 : 1, ' ', random() % 2 == 0), random);
    CAPTURE(text);
    bool theirs = true;
    bool overflow = false;
    try {
      const auto parsed = nlohmann::json::parse(text);
      static_cast<void>(parsed);
    } catch (const nlohmann::json::exception& e) {
      theirs = false;
      overflow = e.id == 406;  // a number beyond double, which the grammar allows
    }
    if (overflow) continue;
    const auto ours = find_json_error(text);
    CHECK(!ours.has_value() == theirs);
    const auto tree = JsonDocument::parse(text);
    if (tree) {
      CHECK(theirs);
    } else if (!tree.error().what.starts_with("duplicate key")) {
      REQUIRE(ours.has_value());
      CHECK(tree.error().offset == ours->offset);
      CHECK(tree.error().what == ours->what);
      CHECK(tree.error().pointer == ours->pointer);
    }
    ++(theirs ? accepted : refused);
  }
  // The mutations reach both sides.
  CHECK(accepted > 2'000);
  CHECK(refused > 2'000);
}

// Whether both trees say the same.
bool same(const JsonValue& ours, const nlohmann::json& theirs) {
  switch (ours.type) {
    case JsonType::kNull:
      return theirs.is_null();
    case JsonType::kBool:
      return theirs.is_boolean() && theirs.get<bool>() == ours.boolean;
    case JsonType::kNumber:
      return theirs.is_number() && nlohmann::json::parse(ours.text) == theirs;
    case JsonType::kString:
      return theirs.is_string() && theirs.get<std::string>() == ours.text;
    case JsonType::kArray: {
      if (!theirs.is_array() || theirs.size() != ours.items.size()) return false;
      for (std::size_t i = 0; i < ours.items.size(); ++i) {
        if (!same(ours.items[i], theirs[i])) return false;
      }
      return true;
    }
    case JsonType::kObject: {
      if (!theirs.is_object() || theirs.size() != ours.members.size()) return false;
      for (const JsonMember& member : ours.members) {
        const auto found = theirs.find(std::string(member.key));
        if (found == theirs.end() || !same(member.value, *found)) return false;
      }
      return true;
    }
  }
  return false;
}

TEST_CASE("the tree is that of another parser", "[base][json][property]") {
  INFO("seed " << Catch::rngSeed());
  std::mt19937_64 random(Catch::rngSeed());
  for (int round = 0; round < 2'000; ++round) {
    const nlohmann::json value = random_value(random, 0);
    const std::string text = value.dump(round % 2 == 0 ? -1 : 2, ' ', round % 3 == 0);
    CAPTURE(text);
    const auto document = JsonDocument::parse(text);
    REQUIRE(document.has_value());
    CHECK(same(document->root(), value));
  }
}

}  // namespace
}  // namespace imagewarden
