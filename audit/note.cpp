#include "audit/note.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "audit/record.h"
#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"

namespace imagewarden::audit {
namespace {

constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kIdDigits = 2 * kIdBytes;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kMaxBase64Bytes = std::size_t{1} << 30U;  // libcrypto counts in int
constexpr std::string_view kDash = "\xe2\x80\x94 ";             // em dash and space, before each signature

// What Unicode calls white space (White_Space in PropList.txt) beyond the control characters.
constexpr std::array<std::string_view, 20> kSpaces = {" ",
                                                      "\xc2\x85",
                                                      "\xc2\xa0",
                                                      "\xe1\x9a\x80",
                                                      "\xe2\x80\x80",
                                                      "\xe2\x80\x81",
                                                      "\xe2\x80\x82",
                                                      "\xe2\x80\x83",
                                                      "\xe2\x80\x84",
                                                      "\xe2\x80\x85",
                                                      "\xe2\x80\x86",
                                                      "\xe2\x80\x87",
                                                      "\xe2\x80\x88",
                                                      "\xe2\x80\x89",
                                                      "\xe2\x80\x8a",
                                                      "\xe2\x80\xa8",
                                                      "\xe2\x80\xa9",
                                                      "\xe2\x80\xaf",
                                                      "\xe2\x81\x9f",
                                                      "\xe3\x80\x80"};

tl::unexpected<Error> malformed(std::string message) { return fail(Errc::kMalformedInput, std::move(message)); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20U; }

template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Unsigned>
std::string big_endian(Unsigned value) {
  std::string bytes(sizeof value, '\0');
  for (std::size_t i = bytes.size(); i-- > 0; value >>= 8U) bytes[i] = static_cast<char>(value & 0xffU);
  return bytes;
}

// Precondition: as many bytes as the type has.
template <class Unsigned>
Unsigned from_big_endian(std::string_view bytes) {
  Unsigned value{};
  for (const char byte : bytes) value = static_cast<Unsigned>(value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

std::string key_bytes(SignatureKind kind, const PublicKey& public_key) {
  std::string bytes(1, static_cast<char>(kind));
  return bytes.append(text_of(public_key));
}

// What a witness signs. Its first line keeps it apart from any text of a checkpoint.
std::string cosigned_message(std::string_view text, std::uint64_t unix_s) {
  return fmt::format("cosignature/v1\ntime {}\n{}", unix_s, text);
}

void add_signature(Note& note, std::string_view name, SignatureKind kind, const SigningKey& key, std::string bytes) {
  const VerifierKey signer = make_verifier_key(name, kind, key.public_key());
  note.signatures.push_back({signer.name, signer.id, std::move(bytes)});
}

// Whether `bytes` are a signature of `text` by `key`; with its time where the key is a witness's.
std::optional<GoodSignature> check_signature(std::string_view text, std::string_view bytes, const VerifierKey& key) {
  GoodSignature good;
  std::string message;
  switch (key.kind) {
    case SignatureKind::kEd25519:
      break;
    case SignatureKind::kCosignatureV1: {
      if (bytes.size() < kTimeBytes) return std::nullopt;
      const auto unix_s = from_big_endian<std::uint64_t>(bytes.substr(0, kTimeBytes));
      // tlog-cosignature: the time must not exceed 2^63 - 1.
      if (unix_s > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
      good.cosigned_unix_s = unix_s;
      bytes.remove_prefix(kTimeBytes);
      message = cosigned_message(text, unix_s);
      text = message;
      break;
    }
  }
  Signature signature{};
  if (bytes.size() != signature.size()) return std::nullopt;
  std::memcpy(signature.data(), bytes.data(), bytes.size());
  if (!verify_signature(key.public_key, text, signature)) return std::nullopt;
  return good;
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return malformed("does not start with an em dash and a space");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("has no signature behind the name");
  const std::string_view name = line.substr(0, space);
  if (const auto named = check_key_name(name); !named) return tl::make_unexpected(named.error());
  const auto bytes = from_base64(line.substr(space + 1));
  if (!bytes) return malformed("is not in base64");
  if (bytes->size() <= kIdBytes) return malformed("has no signature behind the id");
  const auto id = from_big_endian<std::uint32_t>(std::string_view(*bytes).substr(0, kIdBytes));
  return NoteSignature{std::string(name), id, bytes->substr(kIdBytes)};
}

}  // namespace

Status check_key_name(std::string_view name) {
  if (name.empty()) return malformed("the name of the key is empty");
  if (!is_utf8(name)) return malformed("the name of the key is not UTF-8");
  const bool spaced = std::any_of(kSpaces.begin(), kSpaces.end(),
                                  [&](std::string_view space) { return name.find(space) != std::string_view::npos; });
  if (spaced || name.find('+') != std::string_view::npos || std::any_of(name.begin(), name.end(), is_control)) {
    return malformed(fmt::format("the name of the key, `{}`, holds white space or `+`", one_line(name)));
  }
  return {};
}

VerifierKey make_verifier_key(std::string_view name, SignatureKind kind, const PublicKey& public_key) {
  const Sha256Digest digest = sha256(fmt::format("{}\n{}", name, key_bytes(kind, public_key)));
  return {std::string(name), from_big_endian<std::uint32_t>(text_of(digest).substr(0, kIdBytes)), kind, public_key};
}

Result<VerifierKey> parse_vkey(std::string_view text) {
  const std::size_t plus = text.find('+');
  // The base64 behind the second `+` can hold more of them.
  if (plus == std::string_view::npos || text.size() < plus + kIdDigits + 2 || text[plus + 1 + kIdDigits] != '+') {
    return malformed("no verifier key, expected `NAME+ID+KEY` with 8 hexadecimal digits and base64");
  }
  const std::string_view name = text.substr(0, plus);
  if (const auto named = check_key_name(name); !named) return tl::make_unexpected(named.error());
  const auto bytes = from_base64(text.substr(plus + kIdDigits + 2));
  PublicKey public_key{};
  if (!bytes || bytes->size() != 1 + public_key.size()) {
    return malformed(fmt::format("the verifier key of `{}` does not end in the base64 of 33 bytes", name));
  }
  const auto kind = static_cast<SignatureKind>(static_cast<unsigned char>((*bytes)[0]));
  if (kind != SignatureKind::kEd25519 && kind != SignatureKind::kCosignatureV1) {
    return malformed(fmt::format("the verifier key of `{}` is of the kind {}, expected 1 (Ed25519) or 4 (cosignature)",
                                 name, static_cast<unsigned>(kind)));
  }
  std::memcpy(public_key.data(), bytes->data() + 1, public_key.size());
  VerifierKey key = make_verifier_key(name, kind, public_key);
  if (format_vkey(key) != text)
    return malformed(fmt::format("the verifier key of `{}` has not the id of its name and key", name));
  return key;
}

std::string format_vkey(const VerifierKey& key) {
  return fmt::format("{}+{:08x}+{}", key.name, key.id, base64(key_bytes(key.kind, key.public_key)));
}

Status check_note_text(std::string_view text) {
  if (text.empty() || text.back() != '\n') return malformed("does not end with a line feed");
  if (!is_utf8(text)) return malformed("is not UTF-8");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c != '\n' && is_control(c); }))
    return malformed("holds a control character");
  return {};
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > limits::kMaxNoteBytes)
    return malformed(fmt::format("the note has {} bytes, expected at most {}", bytes.size(), limits::kMaxNoteBytes));
  if (const auto checked = check_note_text(bytes); !checked)
    return malformed(fmt::format("the note {}", checked.error().message));
  // The last empty line: the text may hold others.
  const std::size_t end = bytes.rfind("\n\n");
  if (end == std::string_view::npos) return malformed("the note has no empty line before its signatures");
  Note note{std::string(bytes.substr(0, end + 1)), {}};
  std::string_view rest = bytes.substr(end + 2);
  if (rest.empty()) return malformed("the note has no signature");
  while (!rest.empty()) {
    if (note.signatures.size() == limits::kMaxNoteSignatures)
      return malformed(fmt::format("the note has more than {} signatures", limits::kMaxNoteSignatures));
    const std::size_t length = rest.find('\n');
    auto signature = parse_signature(rest.substr(0, length));
    if (!signature) {
      return malformed(
          fmt::format("signature {} of the note: {}", note.signatures.size() + 1, signature.error().message));
    }
    note.signatures.push_back(std::move(*signature));
    rest.remove_prefix(length + 1);
  }
  return note;
}

std::string format_note(const Note& note) {
  std::string bytes = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) {
    bytes.append(kDash).append(signature.name).append(" ");
    bytes.append(base64(big_endian(signature.id) + signature.bytes)).append("\n");
  }
  return bytes;
}

void sign_note(Note& note, std::string_view name, const SigningKey& key) {
  add_signature(note, name, SignatureKind::kEd25519, key, std::string(text_of(key.sign(note.text))));
}

void cosign_note(Note& note, std::string_view name, const SigningKey& key, std::uint64_t unix_s) {
  const Signature signature = key.sign(cosigned_message(note.text, unix_s));
  add_signature(note, name, SignatureKind::kCosignatureV1, key, big_endian(unix_s).append(text_of(signature)));
}

Result<std::vector<GoodSignature>> verify_note(const Note& note, std::span<const VerifierKey> keys) {
  std::vector<GoodSignature> good;
  for (const NoteSignature& signature : note.signatures) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].name != signature.name || keys[i].id != signature.id) continue;
      const auto checked = check_signature(note.text, signature.bytes, keys[i]);
      if (!checked) return malformed(fmt::format("the signature of `{}` does not verify", signature.name));
      const auto seen =
          std::find_if(good.begin(), good.end(), [i](const GoodSignature& earlier) { return earlier.key == i; });
      if (seen == good.end()) {
        good.push_back({i, checked->cosigned_unix_s});
      } else {
        seen->cosigned_unix_s = std::max(seen->cosigned_unix_s, checked->cosigned_unix_s);
      }
    }
  }
  return good;
}

std::string base64(std::string_view bytes) {
  // libcrypto ends its text with a zero byte.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kMaxBase64Bytes) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int decoded =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (decoded < 0) return std::nullopt;
  // libcrypto decodes padding as zero bytes.
  bytes.resize(bytes.size() - (text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U));
  // It also passes over white space at the ends, misplaced padding and spare bits; here there is one form only.
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace imagewarden::audit
