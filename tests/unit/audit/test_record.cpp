// The leaf: what it looks like to the byte, that it comes back as it was, and that nothing else is taken for one.

#include <iomanip>
#include <random>
#include <sstream>

#include <nlohmann/json.hpp>

#include "audit/record.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit {
namespace {

Record full_record() {
  Record record;
  record.draft = {RecordKind::kDecision,
                  "check",
                  "appstreaming:DeleteImage",
                  "user/alice",
                  "123",
                  "img-1",
                  "deny",
                  "ImageNotAllowDelete",
                  "ImageNotAllowDelete,200",
                  "allow",
                  "2026-11-24T08:00:00Z",
                  "sha256:aa",
                  "sha256:bb",
                  "sha256:cc",
                  "sha256:dd",
                  "imagewarden 0.1.0",
                  7,
                  "a note",
                  ""};
  record.origin = "example.com/images";
  record.seq = 42;
  record.time = {1'795'507'200'000'123};
  record.writer = "0123456789abcdef0123456789abcdef";
  record.pseq = 3;
  record.host = "host-1";
  record.user = "alice";
  return record;
}

Record small_record() {
  Record record;
  record.draft.kind = RecordKind::kLogStart;
  record.origin = "o";
  record.time = {0};
  record.writer = "w";
  return record;
}

TEST_CASE("a leaf to the byte", "[audit][record]") {
  CHECK(
      encode_record(full_record()) ==
      R"({"account":"123","code":"ImageNotAllowDelete","count":7,"decided_at":"2026-11-24T08:00:00Z","decision":"sha256:dd",)"
      R"("engine":"imagewarden 0.1.0","host":"host-1","image":"img-1","inventory":"sha256:aa","kind":"decision","note":"a note",)"
      R"("operation":"appstreaming:DeleteImage","origin":"example.com/images","outcome":"deny","permission":"allow",)"
      R"("possible_codes":"ImageNotAllowDelete,200","principal":"user/alice","pseq":3,"request":"sha256:cc","rules":"sha256:bb",)"
      R"("schema":1,"seq":42,"time":"2026-11-24T08:00:00.000123Z","user":"alice","verb":"check",)"
      R"("writer":"0123456789abcdef0123456789abcdef"})");
  CHECK(
      encode_record(small_record()) ==
      R"({"kind":"log-start","origin":"o","pseq":0,"schema":1,"seq":0,"time":"1970-01-01T00:00:00.000000Z","writer":"w"})");
}

TEST_CASE("strings as RFC 8785 writes them", "[audit][record][table]") {
  struct Row {
    const char* why;
    std::string text;
    const char* escaped;
  };
  const auto row = GENERATE(values<Row>({
      {"short escapes", "\b\t\n\f\r\"\\", R"(\b\t\n\f\r\"\\)"},
      {"other controls in lower-case hex", std::string("\0\x01\x1f", 3), R"(\u0000\u0001\u001f)"},
      {"delete and solidus stand for themselves", "\x7f/", "\x7f/"},
      {"euro, as in the RFC's example", "\xe2\x82\xac$\x0f\nA'B\"\\\\\"/",
       "\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/"},
      {"beyond the basic plane", "\xf0\x9f\x98\x82", "\xf0\x9f\x98\x82"},
      {"a special byte after eight plain ones", "12345678\"", R"(12345678\")"},
      {"a special byte in the middle of a long text", "123456789012\n345678901234567890",
       R"(123456789012\n345678901234567890)"},
  }));
  CAPTURE(row.why);
  Record record = small_record();
  record.draft.note = row.text;
  const std::string leaf = encode_record(record);
  CHECK(leaf.find(std::string(R"("note":")") + row.escaped + R"(","origin")") != std::string::npos);
  const auto decoded = decode_record(leaf);
  REQUIRE(decoded.has_value());
  CHECK(decoded->draft.note == row.text);
  CHECK(escape_text(row.text) == row.escaped);
}

TEST_CASE("every kind of record has its own word", "[audit][record]") {
  std::vector<std::string> words;
  for (int i = 0; i <= static_cast<int>(RecordKind::kRotation); ++i) {
    Record record = small_record();
    record.draft.kind = static_cast<RecordKind>(i);
    const auto decoded = decode_record(encode_record(record));
    REQUIRE(decoded.has_value());
    CHECK(decoded->draft.kind == record.draft.kind);
    words.emplace_back(to_string(record.draft.kind));
  }
  CHECK(words == std::vector<std::string>{"log-start", "decision", "batch-start", "batch-end", "key-change",
                                          "redaction", "retention", "import", "heartbeat", "rotation"});
}

bool same(const Record& a, const Record& b) {
  return encode_record(a) == encode_record(b) && a.draft.note == b.draft.note && a.draft.image == b.draft.image &&
         a.time == b.time && a.seq == b.seq && a.pseq == b.pseq && a.user == b.user && a.host == b.host &&
         a.draft.count == b.draft.count;
}

// Any mixture of plain text, escapes and longer UTF-8.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kParts = {"a",
                                                  "Z",
                                                  " ",
                                                  "\"",
                                                  "\\",
                                                  "\n",
                                                  std::string(1, '\0'),
                                                  "\x1f",
                                                  "\x7f",
                                                  "\xc3\xa9",
                                                  "\xe2\x82\xac",
                                                  "\xf0\x9f\x98\x82",
                                                  "/",
                                                  "plain text",
                                                  "\xed\x9f\xbf",
                                                  "\xee\x80\x80",
                                                  "\xf4\x8f\xbf\xbf"};
  std::string text;
  for (std::size_t count = random() % 12; count > 0; --count) text += kParts[random() % kParts.size()];
  return text;
}

TEST_CASE("what is written comes back, and other readers of JSON see the same", "[audit][record][property]") {
  std::mt19937 random(Catch::rngSeed());
  for (int round = 0; round < 1'000; ++round) {
    Record record = full_record();
    for (std::string* text : {&record.draft.account, &record.draft.image, &record.draft.note, &record.draft.code,
                              &record.draft.principal, &record.origin, &record.host, &record.user, &record.writer}) {
      *text = random_text(random);
    }
    record.seq = random() % 2 == 0 ? random() : static_cast<std::uint64_t>(kMaxInteger);
    record.draft.count = static_cast<std::int64_t>(random() % 3);
    const std::string leaf = encode_record(record);
    CAPTURE(leaf);
    const auto decoded = decode_record(leaf);
    REQUIRE(decoded.has_value());
    REQUIRE(same(*decoded, record));
    const auto other = nlohmann::json::parse(leaf);
    REQUIRE(other.value("note", "") == record.draft.note);
    REQUIRE(other.value("image", "") == record.draft.image);
    REQUIRE(other.at("seq").get<std::uint64_t>() == record.seq);
    // This library sorts its keys by bytes and escapes as little, so that its compact form is the canonical one here.
    REQUIRE(other.dump() == leaf);
  }
}

TEST_CASE("members stand in one order only", "[audit][record][property]") {
  const auto record = nlohmann::ordered_json::parse(encode_record(full_record()));
  std::vector<std::pair<std::string, nlohmann::ordered_json>> members;
  for (const auto& [key, value] : record.items()) members.emplace_back(key, value);
  REQUIRE(members.size() == kFieldCount);
  const auto written = [&] {
    nlohmann::ordered_json object;
    for (const auto& [key, value] : members) object[key] = value;
    return object.dump();
  };
  REQUIRE(decode_record(written()).has_value());
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = i + 1; j < members.size(); ++j) {
      CAPTURE(members[i].first, members[j].first);
      std::swap(members[i], members[j]);
      REQUIRE_FALSE(decode_record(written()).has_value());
      std::swap(members[i], members[j]);
    }
  }
}

TEST_CASE("a character has one form only", "[audit][record][property]") {
  Record record = full_record();
  record.draft.note = "?";
  const std::string leaf = encode_record(record);
  const auto with_note = [&leaf](const std::string& raw) {
    std::string changed = leaf;
    changed.replace(changed.find("\"?\"") + 1, 1, raw);
    return changed;
  };
  const auto is_taken = [&](const std::string& raw) { return decode_record(with_note(raw)).has_value(); };
  REQUIRE(is_taken("?"));
  for (unsigned code = 0; code < 0x300; ++code) {
    CAPTURE(code);
    const bool has_short_form =
        code < 0x20 && std::string("\b\t\n\f\r").find(static_cast<char>(code)) != std::string::npos;
    std::ostringstream hex;
    hex << "\\u" << std::hex << std::setw(4) << std::setfill('0') << code;
    CHECK(is_taken(hex.str()) == (code < 0x20 && !has_short_form));
    if (code < 0x80) {
      const auto character = static_cast<char>(code);
      CHECK(is_taken(std::string(1, character)) == (code >= 0x20 && character != '"' && character != '\\'));
      CHECK(is_taken(std::string("\\") + character) == (std::string("btnfr\"\\").find(character) != std::string::npos));
    }
  }
  CHECK_FALSE(is_taken("\\ud83d\\ude02"));
  CHECK_FALSE(is_taken("\\U0001"));
}

TEST_CASE("what is no leaf", "[audit][record][table]") {
  struct Row {
    const char* why;
    std::string from;
    std::string to;
  };
  const auto row = GENERATE(values<Row>({
      {"white space", R"({"account")", R"({ "account")"},
      {"white space after a colon", R"("seq":42)", R"("seq": 42)"},
      {"trailing line feed", R"(abcdef"})", "abcdef\"}\n"},
      {"trailing member", R"(abcdef"})", R"(abcdef","x":"y"})"},
      {"comma at the end", R"(abcdef"})", R"(abcdef",})"},
      {"unknown member in its place", R"("account":"123",)", R"("account":"123","b":"c",)"},
      {"repeated member", R"("account":"123",)", R"("account":"123","account":"123",)"},
      {"members in another order", R"("schema":1,"seq":42)", R"("seq":42,"schema":1)"},
      {"an empty member", R"("note":"a note")", R"("note":"")"},
      {"a null", R"("note":"a note")", R"("note":null)"},
      {"a zero count", R"("count":7)", R"("count":0)"},
      {"a float", R"("seq":42)", R"("seq":42.0)"},
      {"an exponent", R"("seq":42)", R"("seq":4e1)"},
      {"a leading zero", R"("seq":42)", R"("seq":042)"},
      {"a sign", R"("seq":42)", R"("seq":-42)"},
      {"minus zero", R"("pseq":3)", R"("pseq":-0)"},
      {"beyond 2^53-1", R"("seq":42)", R"("seq":9007199254740992)"},
      {"beyond 64 bits", R"("seq":42)", R"("seq":99999999999999999999)"},
      {"an integer as a string", R"("seq":42)", R"("seq":"42")"},
      {"a string as an integer", R"("account":"123")", R"("account":123)"},
      {"an escape that is not needed", R"("note":"a note")", R"("note":"\u0061 note")"},
      {"an escaped solidus", R"("note":"a note")", R"("note":"a\/note")"},
      {"upper-case hex", R"("note":"a note")", R"("note":"\u001F")"},
      {"a long escape where there is a short one", R"("note":"a note")", R"("note":"\u000a")"},
      {"half an escape", R"("note":"a note")", R"("note":"\u00")"},
      {"a raw control", R"("note":"a note")", "\"note\":\"a\nnote\""},
      {"a broken sequence", R"("note":"a note")", "\"note\":\"a\xc3note\""},
      {"an overlong form", R"("note":"a note")", "\"note\":\"\xc0\xaf\""},
      {"a surrogate", R"("note":"a note")", "\"note\":\"\xed\xa0\x80\""},
      {"beyond Unicode", R"("note":"a note")", "\"note\":\"\xf4\x90\x80\x80\""},
      {"a missing member", R"("pseq":3,)", ""},
      {"a missing origin", R"("origin":"example.com/images",)", ""},
      {"an unknown kind", R"("kind":"decision")", R"("kind":"Decision")"},
      {"another schema", R"("schema":1)", R"("schema":2)"},
      {"a time without microseconds", "00.000123Z", "00Z"},
      {"a time with nanoseconds", "00.000123Z", "00.000123000Z"},
      {"a time with an offset", "00.000123Z\",\"u", "00.00012+00:00\",\"u"},
      {"a time with a small letter", "T08:00:00.000123Z", "t08:00:00.000123Z"},
      {"a leap second", "T08:00:00.000123Z", "T08:00:60.000123Z"},
      {"no date", "2026-11-24T08:00:00.000123Z", "2026-11-31T08:00:00.000123Z"},
  }));
  CAPTURE(row.why);
  std::string leaf = encode_record(full_record());
  REQUIRE(decode_record(leaf).has_value());
  const std::size_t at = leaf.find(row.from);
  REQUIRE(at != std::string::npos);
  leaf.replace(at, row.from.size(), row.to);
  const auto decoded = decode_record(leaf);
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().code == Errc::kMalformedInput);
  CHECK_FALSE(decoded.error().message.empty());
}

TEST_CASE("what is taken for a leaf is written in the same bytes, whatever byte is changed",
          "[audit][record][property]") {
  const std::string leaf = encode_record(full_record());
  std::size_t taken = 0;
  for (std::size_t at = 0; at < leaf.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = leaf;
      changed[at] = static_cast<char>(byte);
      const auto decoded = decode_record(changed);
      if (!decoded) continue;
      ++taken;
      REQUIRE(encode_record(*decoded) == changed);
    }
    const auto cut = decode_record(leaf.substr(0, at));
    REQUIRE_FALSE(cut.has_value());
  }
  CHECK(taken > leaf.size());  // each byte itself, and most other letters inside of strings
}

TEST_CASE("a string that is no UTF-8 has no leaf", "[audit][record]") {
  Record record = small_record();
  record.draft.note = "a\xff";
  CHECK(encode_record(record).empty());
  CHECK_FALSE(decode_record("").has_value());
  std::string out = "before";
  DraftPlaces places;
  CHECK_FALSE(append_pieces(out, record.draft, places));
  CHECK(out == "before");
  record = small_record();
  record.host = "a\xff";
  CHECK(encode_record(record).empty());
  CHECK_FALSE(EncodedStamp::of({.host = "a\xff"}).has_value());
}

}  // namespace
}  // namespace imagewarden::audit
