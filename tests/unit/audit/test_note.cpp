// Signed notes: one form for one note, names and keys as they are, and who is believed.

#include <random>

#include "audit/note.h"
#include "engine/base/limits.h"
#include "tests/unit/audit/merkle_vectors.h"

namespace imagewarden::audit {
namespace {

using test::must;
using test::vector_key;

const std::string kDash = "\xe2\x80\x94 ";
const std::string kBytes68 = base64(std::string(68, 'x'));

TEST_CASE("base64 of RFC 4648", "[audit][note][table]") {
  struct Row {
    const char* bytes;
    const char* text;
  };
  const auto row = GENERATE(values<Row>({{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xfb\xff\xbf", "+/+/"}}));
  CHECK(base64(row.bytes) == row.text);
  CHECK(from_base64(row.text) == std::optional<std::string>(row.bytes));
}

TEST_CASE("what is no base64", "[audit][note][table]") {
  const auto text = GENERATE(values<std::string>({"Z",
                                                  "Zg",
                                                  "Zg=",
                                                  "Zg===",
                                                  "=",
                                                  "==",
                                                  "===",
                                                  "====",
                                                  "Zh==",
                                                  "Zm9=",

                                                  "Zm9v=",
                                                  "Zm9v====",
                                                  "Zg==Zg==",
                                                  "Z===",
                                                  "Zm=v",
                                                  "=m9v",
                                                  "Zm9v\n",
                                                  "Zm9v\nYg==",
                                                  " Zm9v",
                                                  "Zm9v    ",
                                                  "    Zm9v",
                                                  "\tZm9",
                                                  "Zm9v\r\n\r\n",
                                                  "-_-_",
                                                  "Zm9!",
                                                  std::string("Zm9v\0\0\0\0", 8),
                                                  std::string("\0m9v", 4),
                                                  "Zm9v\xc3\xa9zz",
                                                  "Zg=\n",
                                                  "Z g="}));
  CAPTURE(text);
  CHECK_FALSE(from_base64(text).has_value());
}

TEST_CASE("base64 there and back; no two texts for one value", "[audit][note][property]") {
  std::mt19937 random(Catch::rngSeed());
  for (int round = 0; round < 1'000; ++round) {
    std::string bytes;
    for (std::size_t i = random() % 80; i > 0; --i) bytes += static_cast<char>(random() & 0xffU);
    std::string text = base64(bytes);
    CAPTURE(text);
    REQUIRE(text.size() == (bytes.size() + 2) / 3 * 4);
    REQUIRE(from_base64(text) == std::optional<std::string>(bytes));
    if (text.empty()) continue;
    text[random() % text.size()] = static_cast<char>(random() & 0xffU);
    if (const auto changed = from_base64(text)) REQUIRE(base64(*changed) == text);
  }
}

TEST_CASE("names of keys", "[audit][note][table]") {
  struct Row {
    const char* why;
    std::string name;
    bool good;
  };
  const auto row = GENERATE(values<Row>({
      {"as recommended", "example.com/log1", true},
      {"one letter", "a", true},
      {"a letter beyond ASCII", "\xc3\xa4.example", true},
      {"a dash", "a-b\xe2\x80\x94", true},
      {"empty", "", false},
      {"a space", "a b", false},
      {"a space at the end", "a ", false},
      {"a plus", "a+b", false},
      {"a tab", "a\tb", false},
      {"a line feed", "a\nb", false},
      {"a carriage return", "a\r", false},
      {"a zero byte", std::string("a\0b", 3), false},
      {"an escape", "a\x1b[2K", false},
      {"no UTF-8", "a\xff", false},
      {"half a character", "a\xc3", false},
      {"next line, U+0085", "a\xc2\x85", false},
      {"no-break space, U+00A0", "a\xc2\xa0z", false},
      {"ogham space mark, U+1680", "\xe1\x9a\x80", false},
      {"en quad, U+2000", "a\xe2\x80\x80z", false},
      {"hair space, U+200A", "a\xe2\x80\x8az", false},
      {"line separator, U+2028", "a\xe2\x80\xa8z", false},
      {"paragraph separator, U+2029", "a\xe2\x80\xa9z", false},
      {"narrow no-break space, U+202F", "a\xe2\x80\xafz", false},
      {"medium mathematical space, U+205F", "a\xe2\x81\x9fz", false},
      {"ideographic space, U+3000", "a\xe3\x80\x80z", false},
  }));
  CAPTURE(row.why);
  const auto checked = check_key_name(row.name);
  CHECK(checked.has_value() == row.good);
  if (!checked) {
    CHECK(checked.error().code == Errc::kMalformedInput);
    CHECK(checked.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("verifier keys as text", "[audit][note]") {
  for (const char* const who : {"log", "witness"}) {
    const auto text = test::merkle_vectors().at("keys").at(who).at(1).get<std::string>();
    const VerifierKey key = must(parse_vkey(text));
    CHECK(format_vkey(key) == text);
    CHECK(key.public_key == vector_key(who).public_key());
    CHECK(key == make_verifier_key(key.name, key.kind, key.public_key));
  }
  CHECK(test::vector_vkey("log").kind == SignatureKind::kEd25519);
  CHECK(test::vector_vkey("witness").kind == SignatureKind::kCosignatureV1);
  // The id depends on each of its parts.
  const PublicKey one{1};
  const VerifierKey key = make_verifier_key("a", SignatureKind::kEd25519, one);
  CHECK(key.id != make_verifier_key("b", SignatureKind::kEd25519, one).id);
  CHECK(key.id != make_verifier_key("a", SignatureKind::kCosignatureV1, one).id);
  CHECK(key.id != make_verifier_key("a", SignatureKind::kEd25519, PublicKey{2}).id);
}

TEST_CASE("what is no verifier key", "[audit][note][table]") {
  // The published example of C2SP signed-note.
  const std::string good = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  REQUIRE(parse_vkey(good).has_value());
  struct Row {
    const char* why;
    std::string from;
    std::string to;
  };
  const auto row = GENERATE(values<Row>({
      {"another name", "foo", "fop"},
      {"no name", "example.com/foo", ""},
      {"a space in the name", "/foo", "/f o"},
      {"a plus in the name", "/foo", "/f+o"},
      {"a line feed before it", "example", "\nexample"},
      {"a line feed behind it", "U2k", "U2k\n"},
      {"another id", "530d903a", "530d903b"},
      {"upper-case digits", "530d903a", "530D903A"},
      {"seven digits", "530d903a", "530d903"},
      {"nine digits", "530d903a", "0530d903a"},
      {"a sign", "530d903a", "+30d903a"},
      {"no digits", "530d903a", "530d903g"},
      {"no id", "+530d903a", ""},
      {"another key", "AekyeR", "AekyeS"},
      {"an unknown kind", "+Aek", "+Auk"},
      {"the kind of a cosignature with the id of a note", "+Aek", "+BOk"},
      {"a short key", "3U2k", ""},
      {"a long key", "3U2k", "3U2kAAAA"},
      {"base64 for addresses", "AekyeRrm", "Aekye_rm"},
      {"no key", "+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ""},
      {"an empty key", "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ""},
      {"nothing", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ""},
  }));
  CAPTURE(row.why);
  std::string text = good;
  const std::size_t at = text.find(row.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, row.from.size(), row.to);
  const auto parsed = parse_vkey(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Errc::kMalformedInput);
  CHECK(parsed.error().message.find('\n') == std::string::npos);
}

TEST_CASE("the published note of C2SP", "[audit][note]") {
  const std::string text =
      "This is an example message.\n\n" + kDash +
      "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  const VerifierKey key = must(parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"));
  Note note = must(parse_note(text));
  CHECK(note.text == "This is an example message.\n");
  REQUIRE(note.signatures.size() == 1);
  CHECK(note.signatures[0].id == key.id);
  CHECK(note.signatures[0].bytes.size() == 64);
  CHECK(format_note(note) == text);
  CHECK(must(verify_note(note, {&key, 1})).size() == 1);
  note.text = "This is another message.\n";
  CHECK_FALSE(verify_note(note, {&key, 1}).has_value());
}

TEST_CASE("what is a note", "[audit][note][table]") {
  struct Row {
    const char* why;
    std::string bytes;
    std::optional<std::string> text;  // nothing: refused
  };
  const std::string line = kDash + "a.example " + kBytes68 + "\n";
  const auto row = GENERATE_COPY(values<Row>({
      {"one line", "text\n\n" + line, "text\n"},
      {"two signatures", "text\n\n" + line + line, "text\n"},
      {"an empty line in the text", "one\n\ntwo\n\n" + line, "one\n\ntwo\n"},
      {"an empty line at the end of the text", "text\n\n\n" + line, "text\n\n"},
      {"an empty text", "\n\n" + line, "\n"},
      {"a signature in the text", "text\n\n" + line + "\n" + line, "text\n\n" + line},
      {"letters beyond ASCII", "\xc3\xa4\xf0\x9f\x98\x82\n\n" + line, "\xc3\xa4\xf0\x9f\x98\x82\n"},
      {"a signature of one byte", "text\n\n" + kDash + "a AAAAAAA=\n", "text\n"},
      {"no signature", "text\n\n", {}},
      {"no empty line", "text\n" + line, {}},
      {"no text", "\n" + line, {}},
      {"nothing", "", {}},
      {"a line feed", "\n", {}},
      {"signatures alone", line, {}},
      {"no line feed at the end", "text\n\n" + line.substr(0, line.size() - 1), {}},
      {"an empty line behind", "text\n\n" + line + "\n", {}},
      {"a text behind", "text\n\n" + line + "text\n", {}},
      {"line ends of Windows", "text\r\n\r\n" + line.substr(0, line.size() - 1) + "\r\n", {}},
      {"a carriage return in the text", "te\rxt\n\n" + line, {}},
      {"a carriage return behind the signature", "text\n\n" + line.substr(0, line.size() - 1) + "\r\n", {}},
      {"a tab", "te\txt\n\n" + line, {}},
      {"a zero byte", std::string("te\0xt\n\n", 7) + line, {}},
      {"an escape", "te\x1b[2Jxt\n\n" + line, {}},
      {"no UTF-8", "te\xff\n\n" + line, {}},
      {"an overlong form", "te\xc0\x8a\n\n" + line, {}},
      {"a surrogate", "te\xed\xa0\x80\n\n" + line, {}},
      {"a hyphen for the dash", "text\n\n- a.example " + kBytes68 + "\n", {}},
      {"an en dash for the dash", "text\n\n\xe2\x80\x93 a.example " + kBytes68 + "\n", {}},
      {"no space behind the dash", "text\n\n\xe2\x80\x94" + ("a.example " + kBytes68) + "\n", {}},
      {"two spaces behind the dash", "text\n\n" + kDash + " a.example " + kBytes68 + "\n", {}},
      {"two spaces behind the name", "text\n\n" + kDash + "a.example  " + kBytes68 + "\n", {}},
      {"a space at the end", "text\n\n" + kDash + "a.example " + kBytes68 + " \n", {}},
      {"a no-break space behind the name", "text\n\n" + kDash + "a.example\xc2\xa0" + kBytes68 + "\n", {}},
      {"no name", "text\n\n" + kDash + kBytes68 + "\n", {}},
      {"a plus in the name", "text\n\n" + kDash + "a+b " + kBytes68 + "\n", {}},
      {"no signature behind the name", "text\n\n" + kDash + "a.example \n", {}},
      {"an id and no signature", "text\n\n" + kDash + "a.example AAAAAA==\n", {}},
      {"half an id", "text\n\n" + kDash + "a.example AAAA\n", {}},
      {"spare bits", "text\n\n" + kDash + "a AAAAAAB=\n", {}},
      {"no padding", "text\n\n" + kDash + "a AAAAAAA\n", {}},
      {"no base64", "text\n\n" + kDash + "a.example ?\n", {}},
  }));
  CAPTURE(row.why);
  const auto parsed = parse_note(row.bytes);
  REQUIRE(parsed.has_value() == row.text.has_value());
  if (parsed) {
    CHECK(parsed->text == *row.text);
    CHECK(format_note(*parsed) == row.bytes);
  } else {
    CHECK(parsed.error().code == Errc::kMalformedInput);
    CHECK(parsed.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a note has its limits", "[audit][note]") {
  const std::string line = kDash + "a.example " + kBytes68 + "\n";
  const auto with_signatures = [&](std::size_t count) {
    std::string bytes = "text\n\n";
    for (std::size_t i = 0; i < count; ++i) bytes += line;
    return bytes;
  };
  // C2SP asks for at least 16.
  CHECK(must(parse_note(with_signatures(16))).signatures.size() == 16);
  CHECK(must(parse_note(with_signatures(limits::kMaxNoteSignatures))).signatures.size() == limits::kMaxNoteSignatures);
  CHECK_FALSE(parse_note(with_signatures(limits::kMaxNoteSignatures + 1)).has_value());
  const std::size_t most = limits::kMaxNoteBytes - line.size() - 2;
  CHECK(parse_note(std::string(most, 'x') + "\n\n" + line).has_value());
  CHECK_FALSE(parse_note(std::string(most + 1, 'x') + "\n\n" + line).has_value());
}

TEST_CASE("what the text of a note is", "[audit][note]") {
  CHECK(check_note_text("text\n").has_value());
  CHECK(check_note_text("\n").has_value());
  CHECK(check_note_text("one\n\ntwo\n").has_value());
  for (const std::string& text : {std::string(), std::string("text"), std::string("te\rxt\n"), std::string("\0\n", 2),
                                  std::string("\xff\n"), std::string("\x1f\n")}) {
    CAPTURE(text);
    CHECK_FALSE(check_note_text(text).has_value());
  }
}

TEST_CASE("signing and cosigning, to the byte", "[audit][note]") {
  const VerifierKey log = test::vector_vkey("log");
  const VerifierKey witness = test::vector_vkey("witness");
  std::size_t compared = 0;
  for (const auto& row : test::merkle_vectors().at("checkpoints")) {
    const auto why = row.at("why").get<std::string>();
    if (why != "cosigned" && why.find("checkpoint of") == std::string::npos) continue;
    CAPTURE(why);
    const auto bytes = row.at("note").get<std::string>();
    Note note{must(parse_note(bytes)).text, {}};
    sign_note(note, log.name, vector_key("log"));
    if (why == "cosigned") cosign_note(note, witness.name, vector_key("witness"), row.at("time").get<std::uint64_t>());
    CHECK(format_note(note) == bytes);
    ++compared;
  }
  CHECK(compared == 5);
}

TEST_CASE("whose signatures are found", "[audit][note]") {
  const std::vector<VerifierKey> keys = {test::vector_vkey("witness"), test::vector_vkey("log")};
  Note note{"text\n", {}};
  CHECK(must(verify_note(note, keys)).empty());
  sign_note(note, keys[1].name, vector_key("log"));
  cosign_note(note, keys[0].name, vector_key("witness"), 7);
  cosign_note(note, keys[0].name, vector_key("witness"), 9);
  cosign_note(note, keys[0].name, vector_key("witness"), 8);
  const auto good = must(verify_note(note, keys));
  REQUIRE(good.size() == 2);
  CHECK(good[0].key == 1);
  CHECK_FALSE(good[0].cosigned_unix_s.has_value());
  CHECK(good[1].key == 0);
  CHECK(good[1].cosigned_unix_s == std::optional<std::uint64_t>(9));
  CHECK(must(verify_note(note, {})).empty());
  // A key of the same name, or of the same id, is another key; of both, it is to verify.
  VerifierKey like = keys[1];
  like.name += "x";
  CHECK(must(verify_note(note, {&like, 1})).empty());
  like = keys[1];
  like.id ^= 1U;
  CHECK(must(verify_note(note, {&like, 1})).empty());
  like = keys[1];
  like.public_key = keys[0].public_key;
  CHECK(verify_note(note, {&like, 1}).error().code == Errc::kMalformedInput);
  like = keys[1];
  like.kind = SignatureKind::kCosignatureV1;
  CHECK_FALSE(verify_note(note, {&like, 1}).has_value());
}

TEST_CASE("a name that looks like another one is another one", "[audit][note]") {
  // The last letter is Cyrillic; the second one has an invisible character behind it.
  const VerifierKey key = test::vector_vkey("log");
  for (const std::string& name : {std::string("log.example/\xd0\xb0"), std::string("log.example/a\xe2\x80\x8b"),
                                  std::string("LOG.example/a"), std::string("log.example/a/")}) {
    CAPTURE(name);
    Note note{"text\n", {}};
    sign_note(note, name, vector_key("log"));
    CHECK(must(verify_note(must(parse_note(format_note(note))), {&key, 1})).empty());
  }
}

TEST_CASE("whatever byte of a signed note is changed, its text is not believed", "[audit][note][property]") {
  const VerifierKey key = test::vector_vkey("log");
  Note note{"a text\n", {}};
  sign_note(note, key.name, vector_key("log"));
  const std::string bytes = format_note(note);
  REQUIRE(must(verify_note(must(parse_note(bytes)), {&key, 1})).size() == 1);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(byte);
      if (changed == bytes) continue;
      const auto parsed = parse_note(changed);
      if (!parsed) continue;
      CAPTURE(at, byte);
      REQUIRE(format_note(*parsed) == changed);
      const auto good = verify_note(*parsed, {&key, 1});
      REQUIRE((!good || good->empty()));
    }
  }
}

}  // namespace
}  // namespace imagewarden::audit
