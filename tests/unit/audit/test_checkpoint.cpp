// Checkpoints: their text, and who has to stand behind them.

#include "audit/checkpoint.h"
#include "tests/unit/audit/merkle_vectors.h"

namespace imagewarden::audit {
namespace {

using test::must;

const std::string kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const std::string kEmptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

TEST_CASE("the published checkpoint of C2SP", "[audit][checkpoint]") {
  const std::string text = "example.com/behind-the-sofa\n20852163\n" + kRoot + "\n";
  const Checkpoint checkpoint = must(parse_checkpoint(text));
  CHECK(checkpoint.origin == "example.com/behind-the-sofa");
  CHECK(checkpoint.size == 20'852'163);
  CHECK(base64(digest_bytes(checkpoint.root)) == kRoot);
  CHECK(checkpoint.extensions.empty());
  CHECK(format_checkpoint(checkpoint) == text);
}

TEST_CASE("what is the text of a checkpoint", "[audit][checkpoint][table]") {
  struct Row {
    const char* why;
    std::string text;
    bool good;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"three lines", "Log\n7\n" + kRoot + "\n", true},
      {"the empty tree", "Log\n0\n" + kEmptyRoot + "\n", true},
      {"further lines", "Log\n7\n" + kRoot + "\nmore\nand more\n", true},
      {"an origin with spaces", "My Log + more\n7\n" + kRoot + "\n", true},
      {"an origin beyond ASCII", "\xc3\xa4\n7\n" + kRoot + "\n", true},
      {"the largest size", "Log\n18446744073709551615\n" + kRoot + "\n", true},
      {"the root of the empty tree for another size", "Log\n7\n" + kEmptyRoot + "\n", true},
      {"the empty tree with another root", "Log\n0\n" + kRoot + "\n", false},
      {"a size beyond 64 bits", "Log\n18446744073709551616\n" + kRoot + "\n", false},
      {"a far larger one", "Log\n3438945738945739845734895735\n" + kRoot + "\n", false},
      {"leading zeroes", "Log\n007\n" + kRoot + "\n", false},
      {"two zeroes", "Log\n00\n" + kEmptyRoot + "\n", false},
      {"a plus", "Log\n+7\n" + kRoot + "\n", false},
      {"a minus", "Log\n-7\n" + kRoot + "\n", false},
      {"minus zero", "Log\n-0\n" + kEmptyRoot + "\n", false},
      {"a space before the size", "Log\n 7\n" + kRoot + "\n", false},
      {"a space behind the size", "Log\n7 \n" + kRoot + "\n", false},
      {"a hexadecimal size", "Log\n0x7\n" + kRoot + "\n", false},
      {"an exponent", "Log\n7e1\n" + kRoot + "\n", false},
      {"digits of another script", "Log\n\xd9\xa7\n" + kRoot + "\n", false},
      {"a word for the size", "Log\nbananas\n" + kRoot + "\n", false},
      {"no size", "Log\n\n" + kRoot + "\n", false},
      {"no origin", "\n7\n" + kRoot + "\n", false},
      {"an empty line behind", "Log\n7\n" + kRoot + "\n\n", false},
      {"an empty line among further ones", "Log\n7\n" + kRoot + "\nmore\n\nmore\n", false},
      {"two lines", "Log\n7\n", false},
      {"nothing", "", false},
      {"no line feed at the end", "Log\n7\n" + kRoot, false},
      {"no line feed behind a further line", "Log\n7\n" + kRoot + "\nmore", false},
      {"line ends of Windows", "Log\r\n7\r\n" + kRoot + "\r\n", false},
      {"a carriage return in the origin", "Log\r\n7\n" + kRoot + "\n", false},
      {"a zero byte in the origin", std::string("L\0g\n7\n", 6) + kRoot + "\n", false},
      {"a zero byte in a further line", "Log\n7\n" + kRoot + std::string("\n\0\n", 3), false},
      {"an origin that is no UTF-8", "L\xff\n7\n" + kRoot + "\n", false},
      {"a root of 31 bytes", "Log\n7\n" + base64(std::string(31, 'x')) + "\n", false},
      {"a root of 33 bytes", "Log\n7\n" + base64(std::string(33, 'x')) + "\n", false},
      {"spare bits in the root", "Log\n7\n" + kRoot.substr(0, 42) + "J=\n", false},
      {"no padding of the root", "Log\n7\n" + kRoot.substr(0, 43) + "\n", false},
      {"a space behind the root", "Log\n7\n" + kRoot + " \n", false},
      {"a root in hexadecimal digits", "Log\n7\n" + std::string(64, 'a') + "\n", false},
  }));
  CAPTURE(row.why);
  const auto parsed = parse_checkpoint(row.text);
  REQUIRE(parsed.has_value() == row.good);
  if (parsed) {
    CHECK(format_checkpoint(*parsed) == row.text);
  } else {
    CHECK(parsed.error().code == Errc::kMalformedInput);
    CHECK(parsed.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a signed checkpoint is a note and a checkpoint", "[audit][checkpoint]") {
  const std::string line = "\xe2\x80\x94 a.example " + base64(std::string(68, 'x')) + "\n";
  const std::string text = "Log\n7\n" + kRoot + "\n";
  const auto parsed = must(parse_signed_checkpoint(text + "\n" + line));
  CHECK(parsed.checkpoint == must(parse_checkpoint(text)));
  CHECK(parsed.note.text == text);
  CHECK_FALSE(parse_signed_checkpoint(text).has_value());
  CHECK_FALSE(parse_signed_checkpoint("Log\n7\n\n" + line).has_value());
  // The last empty line ends the text: the first signature belongs to it, and is an extension line of a bad text.
  CHECK_FALSE(parse_signed_checkpoint(text + "\n" + line + "\n" + line).has_value());
}

TEST_CASE("who stands behind a checkpoint", "[audit][checkpoint][vectors]") {
  std::size_t good = 0;
  std::size_t refused = 0;
  for (const auto& row : test::merkle_vectors().at("checkpoints")) {
    CAPTURE(row.at("why").get<std::string>());
    const auto bytes = row.at("note").get<std::string>();
    const auto parsed = parse_signed_checkpoint(bytes);
    REQUIRE(parsed.has_value());
    CHECK(format_note(parsed->note) == bytes);
    std::vector<VerifierKey> keys;
    for (const auto& text : row.at("vkeys")) keys.push_back(must(parse_vkey(text.get<std::string>())));
    const auto endorsement = verify_checkpoint(*parsed, keys);
    const auto& cosigners = row.at("cosigners");
    REQUIRE(endorsement.has_value() == !cosigners.is_null());
    if (endorsement) {
      ++good;
      CHECK(endorsement->cosigners == cosigners.get<std::size_t>());
      CHECK(endorsement->last_cosigned_unix_s == row.at("time").get<std::uint64_t>());
    } else {
      ++refused;
      CHECK(endorsement.error().code == Errc::kMalformedInput);
      CHECK(endorsement.error().message.find('\n') == std::string::npos);
    }
  }
  CHECK(good >= 15);
  CHECK(refused >= 20);
}

TEST_CASE("what is believed of a checkpoint is what was signed", "[audit][checkpoint]") {
  const VerifierKey key = test::vector_vkey("log");
  const auto bytes = test::merkle_vectors().at("checkpoints").at(2).at("note").get<std::string>();
  SignedCheckpoint checkpoint = must(parse_signed_checkpoint(bytes));
  REQUIRE(verify_checkpoint(checkpoint, {&key, 1}).has_value());
  SECTION("its size") { ++checkpoint.checkpoint.size; }
  SECTION("its root") { checkpoint.checkpoint.root[0] ^= 1U; }
  SECTION("its origin") { checkpoint.checkpoint.origin += "x"; }
  SECTION("further lines") { checkpoint.checkpoint.extensions.emplace_back("more"); }
  CHECK_FALSE(verify_checkpoint(checkpoint, {&key, 1}).has_value());
}

}  // namespace
}  // namespace imagewarden::audit
