#include <catch2/catch.hpp>

#include "engine/base/limits.h"
#include "engine/policy/yaml.h"

namespace imagewarden::policy {
namespace {

std::string as_json(const TextNode& node) {
  std::string out;
  std::vector<SourcePoint> points;
  write_json_text(node, out, points);
  return out;
}

std::string read(const std::string& text, const std::string& name) {
  const auto tree = read_text_tree(text, name);
  return tree ? as_json(*tree) : tree.error().message;
}

struct Row {
  std::string why;
  std::string text;
  std::string want;
};

}  // namespace

TEST_CASE("YAML is maps, lists and scalars", "[policy][yaml][table]") {
  const auto row = GENERATE(values<Row>({
      {"plain words stay text, but for true, false and numbers",
       "a: [x, true, 1.50, 1e3, yes, ~, 2026-01-02T03:04:05Z]",
       R"({"a":["x",true,1.50,1e3,"yes",null,"2026-01-02T03:04:05Z"]})"},
      {"quotes make text of everything", R"(a: ["true", '1', "", "null"])", R"({"a":["true","1","","null"]})"},
      {"colons within a word belong to it", "acs:SourceIp: 2001:db8::1\n", R"({"acs:SourceIp":"2001:db8::1"})"},
      {"a folded and a literal block", "a: >\n  x\n  y\nb: |\n  x\n  y\n", R"({"a":"x y\n","b":"x\ny\n"})"},
      {"nothing at all", "", "null"},
      {"a comment only", "# nothing\n", "null"},
      {"JSON is YAML", R"({"a": [1, {"b": "c"}]})", R"({"a":[1,{"b":"c"}]})"},
      {"a carriage return before it makes a number text", "a: \r1", R"({"a":"\r1"})"},
      {"lines may end as on Windows", "a: 1\r\nb: [x]\r\n", R"({"a":1,"b":["x"]})"},
      {"a leading zero is no number", "a: 007", R"({"a":"007"})"},
  }));
  CAPTURE(row.why);
  CHECK(read(row.text, "t.yaml") == row.want);
}

TEST_CASE("what YAML has beyond that is refused with its place", "[policy][yaml][table]") {
  const auto row = GENERATE(values<Row>({
      {"NULs, by which the library would take it for UTF-32", std::string("k: v\na\0\0\0: b", 12),
       "t.yaml:2:2: a NUL byte, expected text"},
      {"an escape of which the library makes half a character", R"(a: "x\Ny")",
       "t.yaml:1:4: an escape that gives no UTF-8, expected `\\uXXXX`"},
      {"another one, in a key", R"("\_": 1)", "t.yaml:1:1: an escape that gives no UTF-8, expected `\\uXXXX`"},
      {"an anchor", "a: &x 1\nb: 2", "t.yaml:1:4: anchor `&x`, expected none"},
      {"an anchor on a list", "a: &x [1]", "t.yaml:1:4: anchor `&x`, expected none"},
      {"an alias without its anchor", "a: *x",
       "t.yaml:1:4: an alias, expected the value itself; text that starts with `*` needs quotes"},
      {"a lone star, which people write for a resource", "a:\n  resource: *\n",
       "t.yaml:2:14: an alias, expected the value itself; text that starts with `*` needs quotes"},
      {"a merge key", "a:\n  <<: {b: 1}", "t.yaml:2:3: merge key `<<`, expected the members themselves"},
      {"a tag of YAML's own", "a: !!str 1", "t.yaml:1:4: tag `tag:yaml.org,2002:str`, expected none"},
      {"a tag on a map", "a: !x {b: 1}", "t.yaml:1:4: tag `!x`, expected none"},
      {"a key twice", "a: 1\nb: 2\na: 3", "t.yaml:3:1: key `a` twice, expected it once"},
      {"a list as a key", "? [a]\n: 1",
       "t.yaml:1:3: a list or map in place of a key, expected a name; is a bracket not closed?"},
      {"no key", "{: 1}", "t.yaml:1:2: an empty key, expected a name"},
      {"two documents", "---\na: 1\n---\nb: 1\n", "t.yaml:4:1: a second document, expected one a file"},
      {"a list that is not closed", "a: 1\nb: [1\n", "t.yaml:3:1: end of sequence flow not found"},
      {"a quote that is not closed, at the end", "a: 1\nb: \"c\n\n", "t.yaml:2:6: illegal EOF in scalar"},
      {"an indentation that fits nothing", "a: 1\n b: 2", "t.yaml:2:3: illegal map value"},
      {"not UTF-8", "a: \xff", "t.yaml:1:1: not UTF-8"},
  }));
  CAPTURE(row.why);
  CHECK(read(row.text, "t.yaml") == row.want);
}

TEST_CASE("limits of size and depth", "[policy][yaml]") {
  CHECK(read("a" + std::string(limits::kMaxTestFileBytes - 1, ' '), "t.yaml") == "\"a\"");
  CHECK(read("a" + std::string(limits::kMaxTestFileBytes, ' '), "t.yaml") ==
        "t.yaml:1:1: 1048577 bytes, expected at most 1048576");
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(read(nested(limits::kMaxJsonDepth), "t.yaml") == nested(limits::kMaxJsonDepth));
  CHECK(read(nested(limits::kMaxJsonDepth + 1), "t.yaml") == "t.yaml:1:65: nested more than 64 levels deep");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "- ";
  CHECK(read(deep, "t.yaml") == "t.yaml:1:129: nested more than 64 levels deep");
  CHECK_FALSE(read_text_tree(nested(100'000), "t.json"));
}

TEST_CASE("a map of many keys takes no quadratic time", "[policy][yaml]") {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto tree = read_text_tree(text, "t.yaml");
  REQUIRE(tree);
  CHECK(tree->members.size() == 60'000);
}

TEST_CASE("JSON test files go through the strict reader", "[policy][yaml]") {
  CHECK(read(R"({"a": "1", "b": [true, 2]})", "t.json") == R"({"a":"1","b":[true,2]})");
  CHECK(read("{\"a\": 1,\n \"a\": 2}", "t.json") == "t.json:2:2 /a: duplicate key `a`, expected each key once");
  CHECK(read("{'a': 1}", "t.json").substr(0, 11) == "t.json:1:2 ");
}

TEST_CASE("every value knows its place", "[policy][yaml]") {
  const std::string text = "a: x\nb:\n  - y\n  - c: z\n";
  const auto tree = read_text_tree(text, "t.yaml");
  REQUIRE(tree);
  CHECK(tree->find("a")->at == TextPosition{1, 4});
  CHECK(tree->find("b")->items[1].members[0].key_at == TextPosition{4, 5});
  CHECK(tree->find("b")->items[1].find("c")->at == TextPosition{4, 8});

  std::string json;
  std::vector<SourcePoint> points;
  write_json_text(*tree, json, points);
  const auto offset = static_cast<std::uint32_t>(json.find("\"z\""));
  const auto point =
      std::find_if(points.begin(), points.end(), [&](const SourcePoint& one) { return one.offset == offset; });
  REQUIRE(point != points.end());
  CHECK(point->at == TextPosition{4, 8});
}

TEST_CASE("lines are found at their borders", "[policy][yaml]") {
  const LineIndex lines("ab\n\ncd");
  CHECK(lines.at(0) == TextPosition{1, 1});
  CHECK(lines.at(2) == TextPosition{1, 3});
  CHECK(lines.at(3) == TextPosition{2, 1});
  CHECK(lines.at(5) == TextPosition{3, 2});
}

}  // namespace imagewarden::policy
