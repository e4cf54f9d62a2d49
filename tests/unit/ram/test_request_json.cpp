// A request as JSON.

#include <catch2/catch.hpp>

#include <array>
#include <tuple>

#include "engine/base/limits.h"
#include "engine/ram/request_reader.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

TEST_CASE("a request has all of its parts", "[ram][request-json]") {
  const auto parsed = parse_request_json(
      R"({"principal": "user/alice", "action": "OSS:GetObject", "resource": "acs:oss:x:1:b/k", "resource_group": "rg-1",
          "context": {"acs:SourceIp": "203.0.113.7", "acs:MFAPresent": true, "svc:Size": 12.5,
                      "svc:List": ["a", 7, false], "acs:SourceVpc": null, "svc:None": []}})");
  REQUIRE(parsed);
  CHECK(parsed->principal == "user/alice");
  const Request& request = parsed->request;
  CHECK(request.action == "OSS:GetObject");
  CHECK(request.action_lower == "oss:getobject");
  CHECK(request.resource == "acs:oss:x:1:b/k");
  CHECK(request.resource_group == "rg-1");
  const auto facts = [&](const char* name) { return request.context.find(Key::of(name)); };
  CHECK(facts("acs:sourceip").values[0].ip.has_value());
  CHECK(facts("acs:MFAPresent").values[0].boolean == true);
  CHECK(facts("svc:Size").values[0].number == Decimal::parse("12.5"));
  REQUIRE(facts("svc:List").values.size() == 3);
  CHECK(facts("svc:List").values[1].number == Decimal::of(7));
  CHECK(facts("svc:List").values[2].boolean == false);
  CHECK(facts("acs:SourceVpc").state == KeyState::kAbsent);
  CHECK(facts("acs:SecureTransport").state == KeyState::kOpen);
  CHECK(facts("svc:None").state == KeyState::kKnown);
  CHECK(facts("svc:None").values.empty());
}

TEST_CASE("what is not given has its default", "[ram][request-json]") {
  const auto parsed = parse_request_json(R"({"action": "oss:GetObject"})");
  REQUIRE(parsed);
  CHECK(parsed->principal.empty());
  CHECK(parsed->request.resource == "*");
  CHECK(parsed->request.resource_group.empty());
  CHECK(parsed->request.context.entries().empty());
}

TEST_CASE("a malformed request is an error with its place", "[ram][request-json]") {
  struct Row {
    const char* why;
    const char* text;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"no JSON", "{", "request:1:2 /: end of input, expected a key in quotes"},
      {"no object", "[]", "request:1:1 /: expected an object"},
      {"no action", R"({"resource": "*"})", "request:1:1 /: no `action`, expected one"},
      {"an empty action", R"({"action": ""})", "request:1:1 /: no `action`, expected one"},
      {"an action that is no string", "{\n \"action\": 7}", "request:2:12 /action: expected a string"},
      {"a list of actions", R"({"action": ["a:B"]})", "request:1:12 /action: expected a string"},
      {"an unknown key", R"({"action": "a:B", "user": "alice"})",
       "request:1:19 /: unknown key `user`, expected principal, action, resource, resource_group or context"},
      {"a repeated key", R"({"action": "a:B", "action": "a:C"})",
       "request:1:19 /action: duplicate key `action`, expected each key once"},
      {"a context that is a list", R"({"action": "a:B", "context": []})", "request:1:30 /context: expected an object"},
      {"a value that is an object", R"({"action": "a:B", "context": {"x": {}}})",
       "request:1:36 /context/x: expected a string, a boolean, a number, a list of these, or null"},
      {"a null in a list", R"({"action": "a:B", "context": {"x/y": [null]}})",
       "request:1:38 /context/x~1y: expected a string, a boolean, a number, a list of these, or null"},
      {"a number beyond the limits", R"({"action": "a:B", "context": {"x": "1e10001"}})",
       "request:1:36 /context/x: expected a number of at most 256 bytes, and an exponent of at most 10000"},
      {"a number beyond the limits in a list", R"({"action": "a:B", "context": {"x": ["1", 1e10001]}})",
       "request:1:36 /context/x: expected a number of at most 256 bytes, and an exponent of at most 10000"},
      {"a key in two cases", R"({"action": "a:B", "context": {"acs:SourceIp": "a", "ACS:sourceip": "b"}})",
       "request:1:52 /context: key `ACS:sourceip` repeated in another case, expected each key once"},
      {"something after it", R"({"action": "a:B"} {})",
       "request:1:19 /: trailing content, expected the end of the JSON value"},
  }));
  CAPTURE(row.why);
  const auto parsed = parse_request_json(row.text);
  REQUIRE(!parsed);
  CHECK(parsed.error().code == Errc::kMalformedInput);
  CHECK(parsed.error().message == row.want);
}

TEST_CASE("a request that is too long is refused unread", "[ram][request-json]") {
  const std::string request = R"({"action": "a:B"})";
  const std::string longest = request + std::string(limits::kMaxRequestBytes - request.size(), ' ');
  CHECK(parse_request_json(longest).has_value());
  const auto parsed = parse_request_json(longest + ' ');
  REQUIRE(!parsed);
  CHECK(parsed.error().code == Errc::kLimit);
}

// The same request or the same error, however the reader goes about it.
void check_alike(RequestReader& reader, const std::string& text) {
  const auto want = parse_request_json(text);
  const auto got = reader.read(text);
  CAPTURE(text);
  REQUIRE(got.has_value() == want.has_value());
  if (!want) {
    REQUIRE(got.error() == want.error());
    return;
  }
  REQUIRE(got->principal == want->principal);
  const Request& a = got->request;
  const Request& b = want->request;
  REQUIRE(std::tie(a.action, a.action_lower, a.resource, a.resource_group) ==
          std::tie(b.action, b.action_lower, b.resource, b.resource_group));
  REQUIRE(a.context.entries().size() == b.context.entries().size());
  for (std::size_t i = 0; i < a.context.entries().size(); ++i) {
    const Context::Entry& mine = a.context.entries()[i];
    const Context::Entry& other = b.context.entries()[i];
    REQUIRE(std::tie(mine.key.name, mine.key.lower, mine.state) ==
            std::tie(other.key.name, other.key.lower, other.state));
    REQUIRE(mine.values.size() == other.values.size());
    for (std::size_t j = 0; j < mine.values.size(); ++j) {
      REQUIRE(mine.values[j].text == other.values[j].text);
      REQUIRE(mine.values[j].boolean == other.values[j].boolean);
      REQUIRE(mine.values[j].ip.has_value() == other.values[j].ip.has_value());
    }
  }
}

TEST_CASE("the reader of many requests reads what the strict one reads", "[ram][request-json][property]") {
  using Texts = std::vector<std::string>;
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  RequestReader reader;
  const Texts members = {R"("principal": "user/alice")",
                         R"("action":"oss:GetObject")",
                         R"("action": "")",
                         R"("resource" : "acs:oss:*:*:b\u00fccher/\"k\"")",
                         R"("resource": "\ud83d\ude00 \ud83d")",
                         R"("resource_group":"rg-1")",
                         R"("context": {"acs:SourceIp": "203.0.113.7", "acs:MFAPresent": true, "acs:SourceVpc": null})",
                         R"("context": {"acs:SourceIp": "a", "ACS:sourceip": "b"})",
                         R"("context": {"svc:Size": "1e10001"})",
                         R"("context": {"acs:ResourceTag/Key": "a", "acs:resourcetag/key": "b"})",
                         R"("context": {"a": 1, "b": [true, "x"], "c": {}})",
                         R"("context": {"a": nul, "b": tru})",
                         R"("context": {})",
                         R"("context": [])",
                         R"("user": "bob")"};
  const std::string bytes =
      "{}[]\",:\\ \n\x01\xff"
      "true1-e0.";
  std::array<std::size_t, 2> outcomes{};
  for (int round = 0; round < 20000; ++round) {
    std::string text = R"({"action": "oss:GetObject")";
    if (test::chance(rng, 20)) text = R"({"principal": "user/alice")";
    while (test::chance(rng, 60)) text += ", " + test::pick(rng, members);
    text += "}";
    while (test::chance(rng, 30)) {
      const auto at = std::uniform_int_distribution<std::size_t>(0, text.size() - 1)(rng);
      text[at] = test::pick(rng, bytes);
    }
    if (test::chance(rng, 5)) text.resize(std::uniform_int_distribution<std::size_t>(0, text.size())(rng));
    if (test::chance(rng, 5)) text += test::pick(rng, bytes);
    check_alike(reader, text);
    ++outcomes[parse_request_json(text) ? 1 : 0];
  }
  CHECK(outcomes[0] > 2000);
  CHECK(outcomes[1] > 2000);
}

TEST_CASE("more keys than the quick way takes", "[ram][request-json]") {
  RequestReader reader;
  std::string text = R"({"action": "a:B", "context": {"k": "v")";
  for (int i = 0; i < 40; ++i) text += ", \"k" + std::to_string(i) + "\": \"v\"";
  check_alike(reader, text + "}}");
  check_alike(reader, text + R"(, "K7": "v"}})");
  check_alike(reader, "");
  check_alike(reader, std::string(limits::kMaxRequestBytes + 1, ' '));
}

TEST_CASE("keys that nobody asks for may be left out, but not their faults", "[ram][request-json]") {
  RequestReader reader;
  const KeyFilter wanted({"acs:sourceip", "acs:resourcetag/Key"});
  CHECK(wanted.asks_for("ACS:SourceIP"));
  CHECK(wanted.asks_for("acs:ResourceTag/Key"));
  CHECK(!wanted.asks_for("acs:ResourceTag/key"));
  const auto parsed = reader.read(
      R"({"action": "a:B", "context": {"acs:MFAPresent": true, "acs:SourceIp": "10.0.0.1", "x": "y"}})", &wanted);
  REQUIRE(parsed);
  REQUIRE(parsed->request.context.entries().size() == 1);
  CHECK(parsed->request.context.entries()[0].key.name == "acs:SourceIp");
  CHECK(!reader.read(R"({"action": "a:B", "context": {"x": "y", "X": "z"}})", &wanted));
  CHECK(!reader.read(R"({"action": "a:B", "context": {"x": {}}})", &wanted));
  CHECK(!reader.read(R"({"action": "a:B", "context": {"x": "1e10001"}})", &wanted));

  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("k" + std::to_string(i));
  CHECK(KeyFilter(many).asks_for("other"));
}

}  // namespace
}  // namespace imagewarden::ram
