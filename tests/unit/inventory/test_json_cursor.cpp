// The cursor against the strict parser: both take and refuse the same texts, and say the same of what they refuse.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/inventory/json_cursor.h"

namespace imagewarden::inventory {
namespace {

using std::string_literals::operator""s;

// A document whose byte after the last one is readable, as open() wants it.
struct Walk {
  explicit Walk(std::string text) : text_(std::move(text)) { opened = cursor.open(text_); }
  std::string text_;
  JsonCursor cursor;
  bool opened{};
};

std::vector<std::string> texts() {
  std::vector<std::string> table{"",
                                 " ",
                                 "{}",
                                 "[]",
                                 "null",
                                 "true",
                                 "false",
                                 "0",
                                 "-0",
                                 "-",
                                 "1.5e+10",
                                 "1.",
                                 ".5",
                                 "1e",
                                 "1e+",
                                 "01",
                                 "-01",
                                 "+1",
                                 "0x1",
                                 "1 2",
                                 "[1,2]",
                                 "[1 2]",
                                 "[1,]",
                                 "[,]",
                                 "[",
                                 "]",
                                 "{",
                                 "}",
                                 "{]",
                                 "[}",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\" 1}",
                                 "{\"a\":1 \"b\":2}",
                                 "{1:2}",
                                 "{\"a\":1}}",
                                 "[[1],[2]]",
                                 "\"",
                                 "\"a",
                                 "\"a\"",
                                 "\"a\"b",
                                 "nul",
                                 "nulls",
                                 "tru",
                                 "truee",
                                 "TRUE",
                                 "fals",
                                 "NaN",
                                 "Infinity",
                                 "\"\\n\\u0041\"",
                                 "\"\\u12\"",
                                 "\"\\u12G4\"",
                                 "\"\\x\"",
                                 "\"\\",
                                 "\"\\\"",
                                 "\"\\ud83d\\ude00\"",
                                 "\"\\ud83d\"",
                                 "\"\\ude00\"",
                                 "\"\\ud83d\\u0041\"",
                                 "\"\\ud83d\\ud83d\"",
                                 "\"\t\"",
                                 "\"\x7f\"",
                                 "\"\xc3\xa9\"",
                                 "\"\xff\"",
                                 "\"\xc3\"",
                                 "\"\xed\xa0\x80\"",
                                 "\"\xf4\x90\x80\x80\"",
                                 "\"\xc0\x80\"",
                                 "\xef\xbb\xbf{}",
                                 "{}\xef\xbb\xbf",
                                 "[1]\n\r\t ",
                                 "\f{}",
                                 "[\"a\",{\"b\":[null,true,-1.5E-3]}]",
                                 "[1]//",
                                 "/**/[]",
                                 "['a']",
                                 "[\"a\":1]",
                                 "{\"a\":[}",
                                 "[{]",
                                 "{\"a\":{\"a\":{}}}",
                                 "\\",
                                 "[\\]",
                                 "[\"\\\\\"]",
                                 "[\"\\\\\\\"\"]",
                                 "[1,2",
                                 "[\"a\", ",
                                 "123456789012345678901234567890",
                                 "[1.0.0]",
                                 "[--1]",
                                 "[1-]",
                                 "[-]",
                                 "[- 1]"};
  table.push_back("[1\0]"s);
  table.push_back("\0"s);
  table.push_back("[]\0"s);
  table.push_back("\"\0\""s);
  for (const std::size_t depth : {63U, 64U, 65U, 1000U}) {
    table.push_back(std::string(depth, '[') + std::string(depth, ']'));
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += "{\"a\":";
    table.push_back(objects + "1" + std::string(depth, '}'));
  }
  // Quotes, backslashes and brackets across the 64-byte steps of the index.
  for (std::size_t pad = 55; pad < 70; ++pad) {
    const std::string text(pad, 'x');
    table.push_back("[\"" + text + "\"]");
    table.push_back("[\"" + text + "\\\"]\"]");
    table.push_back("[\"" + text + "\\\\\"]");
    table.push_back("[\"" + text + "\\\\\\\"]");
    table.push_back(std::string(pad, ' ') + "[1]");
    table.push_back("[" + std::string(pad, '1') + "]");
  }
  return table;
}

TEST_CASE("skipping is as strict as the strict parser", "[inventory][cursor][table]") {
  for (const std::string& text : texts()) {
    CAPTURE(text);
    Walk walk(text);
    const bool good = walk.opened && walk.cursor.skip() && walk.cursor.close();
    const auto error = find_json_error(text);
    CHECK(good == !error.has_value());
    if (good || !error) continue;
    const JsonFault fault = walk.cursor.take_fault();
    CHECK(fault.offset == error->offset);
    CHECK(fault.pointer == error->pointer);
    CHECK(fault.what == error->what);
  }
}

TEST_CASE("so is walking", "[inventory][cursor][table]") {
  struct Walker {
    JsonCursor& cursor;
    bool value() {
      if (cursor.peek() == '{') return cursor.members([&](std::string_view) { return value(); });
      if (cursor.peek() == '[') return cursor.array([&](std::uint32_t) { return value(); });
      std::string_view text;
      if (cursor.peek() == '"') return cursor.string(text);
      return cursor.raw(text);
    }
  };
  for (const std::string& text : texts()) {
    CAPTURE(text);
    Walk walk(text);
    const bool good = walk.opened && Walker{walk.cursor}.value() && walk.cursor.close();
    CHECK(good == !find_json_error(text).has_value());
  }
}

TEST_CASE("strings", "[inventory][cursor][table]") {
  struct Row {
    const char* text;
    std::string want;
  };
  const auto row = GENERATE(values<Row>({
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("a\"b\\c\/d\b\f\n\r\t")", "a\"b\\c/d\b\f\n\r\t"},
      {R"("\u0041\u00e9\u4e2d\ud83d\ude00")", "A\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"},
      {R"("\u0000x")", "\0x"s},
      {R"( "spaces" )", "spaces"},
      {R"("ends in a backslash\\")", "ends in a backslash\\"},
  }));
  CAPTURE(row.text);
  Walk walk(row.text);
  std::string_view out;
  REQUIRE((walk.opened && walk.cursor.string(out) && walk.cursor.close()));
  CHECK(out == row.want);
}

TEST_CASE("long escaped strings stay until the next document", "[inventory][cursor]") {
  std::string text = "[";
  for (int i = 0; i < 50; ++i)
    text += (i == 0 ? "\"\\u0061" : ",\"\\u0061") + std::string(5000, static_cast<char>('a' + i % 26)) + "\"";
  Walk walk(text + "]");
  REQUIRE(walk.opened);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string_view> strings;
    REQUIRE(walk.cursor.array([&](std::uint32_t) {
      strings.emplace_back();
      return walk.cursor.string(strings.back());
    }));
    for (std::size_t i = 0; i < strings.size(); ++i)
      CHECK(strings[i] == "a" + std::string(5000, static_cast<char>('a' + i % 26)));
    REQUIRE(walk.cursor.open(walk.text_));
  }
}

TEST_CASE("numbers", "[inventory][cursor][table]") {
  struct Row {
    const char* text;
    const char* want;  // the number, `nothing`, or the fault
  };
  const auto row = GENERATE(values<Row>({
      {"0", "0"},
      {"-5", "-5"},
      {"100", "100"},
      {R"("7")", "7"},
      {R"("")", "nothing"},
      {"null", "nothing"},
      {"101", "number `101` out of range, expected -10 to 100"},
      {"-11", "number `-11` out of range, expected -10 to 100"},
      {"99999999999999999999", "number `99999999999999999999` out of range, expected -10 to 100"},
      {R"("101")", "number `101` out of range, expected -10 to 100"},
      {"1.0", "number `1.0`, expected an integer"},
      {"1e1", "number `1e1`, expected an integer"},
      {R"("1x")", "string `1x`, expected an integer"},
      {R"(" 1")", "string ` 1`, expected an integer"},
      {"true", "boolean, expected an integer"},
      {"{}", "object, expected an integer"},
  }));
  CAPTURE(row.text);
  Walk walk(row.text);
  REQUIRE(walk.opened);
  std::optional<std::int64_t> number;
  if (walk.cursor.integer(number, -10, 100)) {
    CHECK((number ? std::to_string(*number) : "nothing") == row.want);
  } else {
    CHECK(walk.cursor.take_fault().what == row.want);
  }
}

TEST_CASE("words, ids and truths", "[inventory][cursor]") {
  const auto word = [](const std::string& text) {
    Walk walk(text);
    REQUIRE(walk.opened);
    std::string_view out;
    return walk.cursor.word(out) ? std::string(out) : "! " + walk.cursor.take_fault().what;
  };
  CHECK(word("\"a\"") == "a");
  CHECK(word("12") == "12");
  CHECK(word("12345678901234567890123") == "12345678901234567890123");
  CHECK(word("1.5") == "! number `1.5`, expected a string or an integer");
  CHECK(word("true") == "! boolean, expected a string");
  const auto id = [](std::size_t size) {
    Walk walk("\"" + std::string(size, 'x') + "\"");
    std::string_view out;
    return walk.cursor.id(out) ? std::to_string(out.size()) : walk.cursor.take_fault().what;
  };
  CHECK(id(limits::kMaxIdBytes) == "256");
  CHECK(id(limits::kMaxIdBytes + 1) == "id of 257 bytes, expected at most 256");
  const auto truth = [](const std::string& text) {
    Walk walk(text);
    std::optional<bool> out;
    if (!walk.cursor.boolean(out)) return walk.cursor.take_fault().what;
    return std::string(!out ? "nothing" : *out ? "true" : "false");
  };
  CHECK(truth("true") == "true");
  CHECK(truth("\"false\"") == "false");
  CHECK(truth("null") == "nothing");
  CHECK(truth("\"\"") == "nothing");
  CHECK(truth("1") == "number, expected a boolean");
  CHECK(truth("\"yes\"") == "string `yes`, expected a boolean");
}

// The fields of an object in the order they came, or the fault.
std::string fields(ObjectShape& shape, const std::string& text) {
  Walk walk(text);
  if (!walk.opened) return walk.cursor.take_fault().what;
  std::string out;
  const bool good = walk.cursor.object(shape, [&](int field) {
    out += std::to_string(field);
    return walk.cursor.skip();
  });
  if (!good) {
    const JsonFault fault = walk.cursor.take_fault();
    return std::to_string(fault.offset) + " " + fault.pointer + ": " + fault.what;
  }
  return out;
}

TEST_CASE("objects", "[inventory][cursor]") {
  ObjectShape shape{"ImageId", "Status", "Name"};
  // The shape learns an order; what comes otherwise is found all the same.
  for (int round = 0; round < 3; ++round) {
    CHECK(fields(shape, R"({"ImageId":1,"Other":2,"Status":3})") == "01");
    CHECK(fields(shape, R"({"Status":1,"ImageId":2})") == "10");
    CHECK(fields(shape, R"({"status":1,"imageId":2,"name":3})") == "102");
    CHECK(fields(shape, R"({"New":1,"Name":2,"Other":0})") == "2");
    CHECK(fields(shape, R"({"STATUS":1})").empty());
    CHECK(fields(shape, R"({})").empty());
    CHECK(fields(shape, R"({"Im\u0061geId":1})") == "0");
    CHECK(fields(shape, R"({"ImageId":1,"Status":2,"ImageId":3})") ==
          "24 /ImageId: duplicate key `ImageId`, expected each field once");
    CHECK(fields(shape, R"({"ImageId":1,"imageId":3})") ==
          "13 /imageId: duplicate key `imageId`, expected each field once");
    CHECK(fields(shape, R"({"Other":1,"Status":2,"Other":3})") ==
          "22 /Other: duplicate key `Other`, expected each field once");
    CHECK(fields(shape, R"({"a":1,"\u0061":3})") == "7 /a: duplicate key `a`, expected each field once");
    CHECK(fields(shape, "[1]") == "0 : array, expected an object");
  }
}

TEST_CASE("an object of more keys than a shape remembers", "[inventory][cursor]") {
  ObjectShape shape{"ImageId"};
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  CHECK(fields(shape, text + R"("ImageId":1})") == "0");
  CHECK(fields(shape, text + R"("ImageId":1})") == "0");
  CHECK_THAT(fields(shape, text + R"("ImageId":1,"k999":2})"),
             Catch::EndsWith("/k999: duplicate key `k999`, expected each field once"));
}

TEST_CASE("coming back to a value", "[inventory][cursor]") {
  Walk walk(R"([{"a":[1,2]},3])");
  REQUIRE(walk.opened);
  int seen = 0;
  REQUIRE(walk.cursor.array([&](std::uint32_t index) {
    const JsonCursor::Mark mark = walk.cursor.mark();
    if (!walk.cursor.skip()) return false;
    if (index != 0) return true;
    walk.cursor.rewind(mark);
    return walk.cursor.members([&](std::string_view key) {
      CHECK(key == "a");
      return walk.cursor.array([&](std::uint32_t) {
        ++seen;
        return walk.cursor.skip();
      });
    });
  }));
  CHECK(walk.cursor.close());
  CHECK(seen == 2);
}

}  // namespace
}  // namespace imagewarden::inventory
