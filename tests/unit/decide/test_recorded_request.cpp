// The canonical request and the way back: what a replay asks again is what was asked.

#include <random>

#include "engine/base/sha256.h"
#include "engine/decide/recorded_request.h"
#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

const std::string kPlain =
    R"({"account":"1","context":{},"image":"img-1","operation":"o","principal":"user/a","strict":false,"time":"2026-11-24T08:00:00.000000Z"})";

// A text with what has to be escaped, and what must not be.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"a",  "Z",    "0",    "\"",       "\\",           "/",
                                                   "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x80\xae", "\xf0\x9f\x98\x80",
                                                   ":",  ",",    " ",    "{"};
  std::string text;
  for (std::size_t left = random() % 6; left > 0; --left) text += kPieces[random() % kPieces.size()];
  return text;
}

Question random_question(std::mt19937& random) {
  static const std::vector<std::string> kKeys = {"acs:SourceIp",       "ACS:MFAPresent", "acs:RequestTag/Key",
                                                 "acs:requesttag/key", "svc:\"odd\"",    "svc:\xc3\xa9"};
  Question asked = question(random() % 3 == 0 ? "root" : "user/alice");
  if (random() % 2 == 0 && asked.principal.kind == ram::PrincipalKind::kUser)
    asked.principal.name = "a/" + random_text(random);
  for (std::size_t left = random() % 5; left > 0; --left) {
    const std::string& key = kKeys[random() % kKeys.size()];
    switch (random() % 4) {
      case 0:
        asked.context.set_absent(key);
        break;
      case 1:
        asked.context.set(key, random() % 2 == 0 ? KeyState::kPartial : KeyState::kOpen,
                          {Value::of(random_text(random))});
        break;
      default:
        asked.context.add_value(key, random() % 2 == 0 ? std::string("203.0.113.7") : random_text(random));
    }
  }
  asked.strict = random() % 2 == 0;
  asked.now = Time{static_cast<std::int64_t>(random()) * 1'000'003};
  return asked;
}

}  // namespace

TEST_CASE("a canonical request names what was asked, and nothing else", "[decide][request]") {
  Question asked = question("user/alice");
  asked.strict = true;
  asked.context.add_value("acs:SourceIp", "203.0.113.7");
  asked.context.add_value("ACS:sourceip", "203.0.113.8");
  asked.context.set_absent("acs:MFAPresent");
  World world;
  const Snapshot snapshot = world.read();
  const rules::Ruleset ruleset = built_in_rules();
  const Decider plain = decider(snapshot, ruleset, asked);
  CHECK(
      plain.request_text("img-\"1\"") ==
      R"({"account":"1000000000000001","context":{"acs:mfapresent":{"state":"absent","values":[]},)"
      R"("acs:sourceip":{"state":"known","values":["203.0.113.7","203.0.113.8"]}},"image":"img-\"1\"",)"
      R"("operation":"appstreaming:DeleteImage","principal":"user/alice","strict":true,"time":"2026-11-24T08:00:00.000000Z"})");
  CHECK(plain.request_digest("img-1") == "sha256:" + to_hex(sha256(plain.request_text("img-1"))));
  // A what-if is no other request.
  asked.replacements.push_back({"Custom/any", {}, nullptr, {}, {}});
  CHECK(decider(snapshot, ruleset, asked).request_text("img-1") == plain.request_text("img-1"));
}

TEST_CASE("a request that was read asks the same question again", "[decide][request]") {
  World world;
  world.images({image("img-1")});
  const Snapshot snapshot = world.read();
  const rules::Ruleset ruleset = built_in_rules();
  Question asked = question("user/alice");
  asked.context.add_value("ACS:SourceIp", "203.0.113.7");
  asked.context.set_absent("acs:MFAPresent");
  const Decider first = decider(snapshot, ruleset, asked);
  const auto read = parse_request(first.request_text("img-1"));
  REQUIRE(read);
  CHECK(read->account == kAccount);
  CHECK(read->image == "img-1");
  CHECK(read->operation == ruleset.operation());
  CHECK(read->question.principal.text() == "user/alice");
  CHECK(read->question.principal.account == kAccount);
  CHECK(read->question.now == asked.now);
  CHECK_FALSE(read->question.strict);
  CHECK(read->question.context.find(Key::of("acs:mfapresent")).state == KeyState::kAbsent);
  const KeyFacts source = read->question.context.find(Key::of("acs:SourceIp"));
  REQUIRE(source.values.size() == 1);
  CHECK(source.values[0].ip.has_value());  // the typed views are there again
  const Decider again = decider(snapshot, ruleset, read->question);
  CHECK(decision_digest(again.decide_image("img-1")) == decision_digest(first.decide_image("img-1")));
  CHECK(again.request_text("img-1") == first.request_text("img-1"));
}

TEST_CASE("what was read gives the same bytes again", "[decide][request][property]") {
  std::mt19937 random(Catch::rngSeed());
  CAPTURE(Catch::rngSeed());
  for (int round = 0; round < 1000; ++round) {
    const Question asked = random_question(random);
    const std::string account = random_text(random);
    const std::string image_id = random_text(random);
    const std::string text = RequestText(account, "appstreaming:DeleteImage", asked).with_image(image_id);
    CAPTURE(text);
    const auto read = parse_request(text);
    REQUIRE(read);
    REQUIRE(read->image == image_id);
    REQUIRE(read->account == account);
    REQUIRE(RequestText(read->account, read->operation, read->question).with_image(read->image) == text);
    // Every change of one byte is another request, or none.
    std::string changed = text;
    const std::size_t at = random() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << (random() % 7)));
    const auto other = parse_request(changed);
    if (other)
      REQUIRE(RequestText(other->account, other->operation, other->question).with_image(other->image) == changed);
  }
}

TEST_CASE("only the canonical form is read", "[decide][request][table]") {
  REQUIRE(parse_request(kPlain));
  struct Row {
    const char* why;
    const char* from;
    const char* to;
  };
  const auto row = GENERATE(values<Row>({
      {"white space", ",\"image\"", ", \"image\""},
      {"white space at the end", "Z\"}", "Z\"} "},
      {"a member too many", "\"context\"", "\"c\":1,\"context\""},
      {"a member is missing", ",\"strict\":false", ""},
      {"another order", "\"image\":\"img-1\",\"operation\":\"o\"", "\"operation\":\"o\",\"image\":\"img-1\""},
      {"another type", "\"strict\":false", "\"strict\":\"false\""},
      {"a number for a text", "\"img-1\"", "1"},
      {"an escape that is not needed", "img-1", "img\\u002d1"},
      {"a group is no caller", "user/a", "group/a"},
      {"an account before the caller", "user/a", "1:user/a"},
      {"no time", "2026-11-24T08:00:00.000000Z", "today"},
      {"another form of the time", "08:00:00.000000Z", "08:00:00Z"},
      {"another offset", "08:00:00.000000Z", "08:00:00.000000+00:00"},
      {"a key in capitals", "\"context\":{}", "\"context\":{\"A\":{\"state\":\"known\",\"values\":[]}}"},
      {"keys in another order", "\"context\":{}",
       "\"context\":{\"b\":{\"state\":\"known\",\"values\":[]},\"a\":{\"state\":\"known\",\"values\":[]}}"},
      {"a key twice", "\"context\":{}",
       "\"context\":{\"a\":{\"state\":\"known\",\"values\":[]},\"a\":{\"state\":\"known\",\"values\":[]}}"},
      {"a state that is none", "\"context\":{}", "\"context\":{\"a\":{\"state\":\"there\",\"values\":[]}}"},
      {"a value that is no text", "\"context\":{}", "\"context\":{\"a\":{\"state\":\"known\",\"values\":[1]}}"},
      {"an entry without values", "\"context\":{}", "\"context\":{\"a\":{\"state\":\"known\"}}"},
      {"no object", "{\"account\"", "[{\"account\""},
  }));
  CAPTURE(row.why);
  std::string text = kPlain;
  const std::size_t at = text.find(row.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, std::string_view(row.from).size(), row.to);
  const auto read = parse_request(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::kMalformedInput);
  CHECK(read.error().message.starts_with("request:1:"));
}

TEST_CASE("what is no JSON, or no object, is no request", "[decide][request]") {
  for (const char* text : {"", "null", "[]", "\"\"", "{}", "free text", "allow=1 deny=2 indeterminate=0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_request(text));
  }
}
