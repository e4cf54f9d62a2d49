#pragma once
// Signed notes (c2sp.org/signed-note), verifier keys, and cosignatures (c2sp.org/tlog-cosignature, version 1).
// Texts are taken as they are: a note that was written another way than format_note() writes it is refused.
// Pure functions; safe for any number of threads. Errors are kMalformedInput with one line that says what is wrong.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/key.h"
#include "engine/base/error.h"

namespace imagewarden::audit {

// The byte that names the algorithm in a verifier key.
enum class SignatureKind : std::uint8_t {
  kEd25519 = 0x01,       // a log signs the text of the note
  kCosignatureV1 = 0x04  // a witness signs `cosignature/v1`, the time and the text
};

// What a signature is checked against: `NAME+HEX+BASE64` as text.
struct VerifierKey {
  std::string name;
  std::uint32_t id{};  // the first four bytes of SHA-256(name ‖ LF ‖ kind ‖ public key)
  SignatureKind kind{SignatureKind::kEd25519};
  PublicKey public_key{};
  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

// A name is not empty, UTF-8, and holds neither white space (of Unicode), control characters nor `+`. Names are
// compared byte by byte.
[[nodiscard]] Status check_key_name(std::string_view name);
// Precondition: check_key_name(name).
[[nodiscard]] VerifierKey make_verifier_key(std::string_view name, SignatureKind kind, const PublicKey& public_key);
[[nodiscard]] Result<VerifierKey> parse_vkey(std::string_view text);
[[nodiscard]] std::string format_vkey(const VerifierKey& key);

// What the text of a note is: UTF-8 that ends with a line feed, without any control character but line feeds. The
// message goes on where the caller names the text.
[[nodiscard]] Status check_note_text(std::string_view text);

struct NoteSignature {
  std::string name;
  std::uint32_t id{};
  std::string bytes;  // what stands behind the id, not empty: 64 of a log, 8 of time and 64 of a witness
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // ends with a line feed
  std::vector<NoteSignature> signatures;
};

// At least one signature; at most 1 MiB and 100 signatures; check_note_text() holds for all of it; strict base64.
[[nodiscard]] Result<Note> parse_note(std::string_view bytes);
[[nodiscard]] std::string format_note(const Note& note);

// Signs `text` as `name` and appends the signature. Precondition: check_note_text(text); check_key_name(name).
void sign_note(Note& note, std::string_view name, const SigningKey& key);
// The same as a witness does it, at a time in seconds since 1970. Precondition: it fits 63 bits.
void cosign_note(Note& note, std::string_view name, const SigningKey& key, std::uint64_t unix_s);

struct GoodSignature {
  std::size_t key{};  // index into the keys that were asked about
  std::optional<std::uint64_t> cosigned_unix_s;
};
// The signatures of `keys`, in the order of the note; a key that signed more than once stands there once, with its last
// time. A signature by a key of that name and id that does not verify makes the whole note bad; one by anybody else is
// passed over. Nobody of them: an empty list, which is no success.
[[nodiscard]] Result<std::vector<GoodSignature>> verify_note(const Note& note, std::span<const VerifierKey> keys);

// RFC 4648 §4 with padding; one text for one value: anything else is refused, non-zero spare bits too. Precondition:
// less than 512 MiB.
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace imagewarden::audit
