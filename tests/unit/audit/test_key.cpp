// Ed25519 against the vectors of RFC 8032, and the file that holds a key: who may read it, and what it holds.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "audit/key.h"
#include "engine/base/limits.h"
#include "tests/unit/audit/child.h"
#include "tests/unit/audit/merkle_vectors.h"

namespace imagewarden::audit {
namespace {

using test::bytes_from_hex;
using test::from_hex;
using test::TempFolder;

// PKCS#8 of the seed of test 1 of RFC 8032 §7.1, as `openssl genpkey` would write it: a fixed prefix and the seed.
constexpr const char* kSeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr const char* kPublic = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
constexpr const char* kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

void write_key_file(const std::string& path, std::string_view text, ::mode_t mode = 0600) {
  test::write_file(path, text);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

::mode_t mode_of(const std::string& path) {
  struct ::stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

TEST_CASE("the vectors of RFC 8032", "[audit][key][table]") {
  struct Row {
    const char* why;
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
  };
  const auto row = GENERATE(values<Row>({
      {"7.1 test 1: an empty message", kSeed, kPublic, "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
       "d25bf5f0595bbe24655141438e7a100b"},
      {"7.1 test 2: one byte", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
       "387b2eaeb4302aeeb00d291612bb0c00"},
      {"7.1 test 3: two bytes", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
       "4a7c15e9716ed28dc027beceea1ec40a"},
  }));
  CAPTURE(row.why);
  const SigningKey key = test::must(SigningKey::from_seed(bytes_from_hex<PublicKey>(row.seed)));
  CHECK(key.public_key() == bytes_from_hex<PublicKey>(row.public_key));
  const std::string message = from_hex(row.message);
  const auto signature = bytes_from_hex<Signature>(row.signature);
  CHECK(key.sign(message) == signature);
  CHECK(verify_signature(key.public_key(), message, signature));
  CHECK_FALSE(verify_signature(key.public_key(), message + "x", signature));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    Signature changed = signature;
    changed[at] ^= 0x10U;
    CAPTURE(at);
    CHECK_FALSE(verify_signature(key.public_key(), message, changed));
  }
  PublicKey other = key.public_key();
  other[3] ^= 1U;
  CHECK_FALSE(verify_signature(other, message, signature));
}

TEST_CASE("a signature has one form", "[audit][key]") {
  // RFC 8032 §5.1.7: s is below the order of the group; s plus the order is the same point and must be refused.
  const SigningKey key = test::must(SigningKey::from_seed(bytes_from_hex<PublicKey>(kSeed)));
  const auto order = bytes_from_hex<PublicKey>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Signature signature = key.sign("message");
  REQUIRE(verify_signature(key.public_key(), "message", signature));
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry & 0xffU);
    carry >>= 8U;
  }
  REQUIRE(carry == 0);
  CHECK_FALSE(verify_signature(key.public_key(), "message", signature));
  CHECK_FALSE(verify_signature(key.public_key(), "message", Signature{}));
  CHECK_FALSE(verify_signature(PublicKey{}, "message", key.sign("message")));
}

TEST_CASE("every new key is another one", "[audit][key]") {
  const SigningKey a = test::must(SigningKey::generate());
  const SigningKey b = test::must(SigningKey::generate());
  CHECK(a.public_key() != b.public_key());
  CHECK(verify_signature(a.public_key(), "message", a.sign("message")));
  CHECK_FALSE(verify_signature(b.public_key(), "message", a.sign("message")));
}

TEST_CASE("a key is written and read", "[audit][key][files]") {
  const TempFolder folder;
  const std::string path = folder / "key.pem";
  const SigningKey key = test::must(SigningKey::from_seed(bytes_from_hex<PublicKey>(kSeed)));
  SECTION("as other programs write it") {
    REQUIRE(key.write_new(path).has_value());
    CHECK(test::read_file(path) == kPem);
    CHECK(mode_of(path) == 0600);
    CHECK(folder.names() == std::vector<std::string>{"key.pem"});
    const SigningKey again = test::must(SigningKey::read(path));
    CHECK(again.public_key() == key.public_key());
    CHECK(again.sign("message") == key.sign("message"));
  }
  SECTION("whatever the umask is") {
    const ::mode_t before = ::umask(GENERATE(::mode_t{0}, ::mode_t{0777}));
    const auto written = key.write_new(path);
    ::umask(before);
    REQUIRE(written.has_value());
    CHECK(mode_of(path) == 0600);
  }
  SECTION("never over another file") {
    test::write_file(path, "mine");
    const auto written = key.write_new(path);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == Errc::kConflict);
    CHECK(test::read_file(path) == "mine");
    CHECK(folder.names().size() == 1);
  }
  SECTION("never through a link that leads nowhere") {
    std::filesystem::create_symlink(folder / "elsewhere", path);
    const auto written = key.write_new(path);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == Errc::kConflict);
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
    CHECK(folder.names().size() == 1);
  }
  SECTION("not where there is no folder") {
    const auto written = key.write_new(folder / "none/key.pem");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == Errc::kIo);
  }
  SECTION("not where no file can be made") {
    const auto written = key.write_new("/proc/key.pem");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == Errc::kIo);
    CHECK(written.error().message.starts_with("/proc/key.pem: cannot be made"));
  }
  SECTION("whole or not at all, where the disk is full") {
    const int status = test::in_child([&] {
      test::limit_files(60);
      const auto written = key.write_new(path);
      return !written && written.error().code == Errc::kIo ? 0 : 1;
    });
    CHECK(status == 0);
    CHECK(folder.names().empty());
  }
  SECTION("a generated one too") {
    const SigningKey generated = test::must(SigningKey::generate());
    REQUIRE(generated.write_new(path).has_value());
    CHECK(test::must(SigningKey::read(path)).public_key() == generated.public_key());
  }
}

TEST_CASE("a key that others may use is refused", "[audit][key][files]") {
  const TempFolder folder;
  const std::string path = folder / "key.pem";
  for (const ::mode_t mode : {0600U, 0400U, 0700U}) {
    CAPTURE(mode);
    write_key_file(path, kPem, mode);
    CHECK(SigningKey::read(path).has_value());
  }
  for (const ::mode_t mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U, 0666U, 0444U}) {
    CAPTURE(mode);
    write_key_file(path, kPem, mode);
    const auto read = SigningKey::read(path);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Errc::kUsage);
    CHECK(read.error().message.find("0600") != std::string::npos);
  }
  // The mode that counts is that of the file, not of the link to it.
  std::filesystem::create_symlink(path, folder / "link.pem");
  CHECK_FALSE(SigningKey::read(folder / "link.pem").has_value());
  write_key_file(path, kPem);
  CHECK(SigningKey::read(folder / "link.pem").has_value());
  if (::geteuid() == 0) {
    write_key_file(path, kPem);
    constexpr ::uid_t kAnother = 65'534;
    REQUIRE(::chown(path.c_str(), kAnother, kAnother) == 0);
    const auto read = SigningKey::read(path);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message.find("belongs to another user") != std::string::npos);
  }
}

TEST_CASE("what is no key", "[audit][key][files][table]") {
  struct Row {
    const char* why;
    std::string text;
    bool good;
  };
  const std::string pem = kPem;
  const auto row = GENERATE_COPY(values<Row>({
      {"a key", pem, true},
      {"with a text before it", "made in 2026\n" + pem, true},
      {"as long as a file may be", std::string(limits::kMaxKeyFileBytes - pem.size() - 1, 'x') + "\n" + pem, true},
      {"longer", std::string(limits::kMaxKeyFileBytes - pem.size(), 'x') + "\n" + pem, false},
      {"with line ends of Windows",
       "-----BEGIN PRIVATE KEY-----\r\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\r\n-----END "
       "PRIVATE KEY-----\r\n",
       true},
      {"nothing", "", false},
      {"the bytes of a seed", std::string(32, 'a'), false},
      {"cut off", pem.substr(0, 90), false},
      {"its public half",
       "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC "
       "KEY-----\n",
       false},
      {"of X25519",
       "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END "
       "PRIVATE KEY-----\n",
       false},
      {"of another algorithm, P-256",
       "-----BEGIN PRIVATE KEY-----\n"
       "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/36i9wOtc5XFSr0L\n"
       "7zUoddJ+UoZQ9bHq2ge+2MyCwUqhRANCAASLRud4yBOuz54iQmWBVx8DdHfD+DRX\n"
       "E50QCKAhLt/b03QVtxzejdeQsLBMucLRKbOG1EMkjy8/CV7ZjGYdFJJn\n"
       "-----END PRIVATE KEY-----\n",
       false},
      {"a seed of 31 bytes",
       "-----BEGIN PRIVATE KEY-----\nMC0CAQAwBQYDK2VwBCEEH51hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn8=\n-----END "
       "PRIVATE KEY-----\n",
       false},
      {"a byte behind the key",
       "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9gAA==\n-----END "
       "PRIVATE KEY-----\n",
       false},
      {"longer than any key file", pem + std::string(20'000, '\n'), false},
      {"zero bytes", std::string(200, '\0'), false},
  }));
  CAPTURE(row.why);
  const TempFolder folder;
  const std::string path = folder / "key.pem";
  write_key_file(path, row.text);
  const auto read = SigningKey::read(path);
  REQUIRE(read.has_value() == row.good);
  if (row.good) {
    CHECK(read->public_key() == bytes_from_hex<PublicKey>(kPublic));
  } else {
    CHECK(read.error().code == Errc::kMalformedInput);
    CHECK(read.error().message.starts_with(path + ": "));
    CHECK(read.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a key under a passphrase is refused without asking for one", "[audit][key][files]") {
  const TempFolder folder;
  const std::string path = folder / "key.pem";
  write_key_file(path,
                 "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                 "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgtvmA2ZKsGNwICCAAw\n"
                 "-----END ENCRYPTED PRIVATE KEY-----\n");
  const auto read = SigningKey::read(path);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Errc::kMalformedInput);
  CHECK(read.error().message.find("passphrase") != std::string::npos);
}

TEST_CASE("what is not there, or no file", "[audit][key][files]") {
  const TempFolder folder;
  CHECK(SigningKey::read(folder / "none.pem").error().code == Errc::kNotFound);
  CHECK(SigningKey::read(folder / "none/none.pem").error().code == Errc::kNotFound);
  test::write_file(folder / "file", "");
  CHECK(SigningKey::read(folder / "file/none.pem").error().code == Errc::kNotFound);
  const std::string directory = folder / "folder";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  CHECK(SigningKey::read(directory).error().code == Errc::kMalformedInput);
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(SigningKey::read(pipe).error().code == Errc::kMalformedInput);
}

TEST_CASE("a key that cannot be opened or read", "[audit][key][files]") {
  const TempFolder folder;
  const std::string link = folder / "link.pem";
  std::filesystem::create_symlink(link, link);
  const auto opened = SigningKey::read(link);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::kIo);
  CHECK(opened.error().message.starts_with(link + ": cannot be opened: "));
  // A file of mode 0600 whose first page is no memory of this process.
  const std::string memory = "/proc/self/mem";
  const auto read = SigningKey::read(memory);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Errc::kIo);
  CHECK(read.error().message.starts_with(memory + ": cannot be read: "));
}

}  // namespace
}  // namespace imagewarden::audit
