#pragma once
// Checkpoints (c2sp.org/tlog-checkpoint): the size and root of a log, as a signed note.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "engine/base/error.h"
#include "engine/base/sha256.h"

namespace imagewarden::audit {

struct Checkpoint {
  std::string origin;
  std::uint64_t size{};
  Sha256Digest root{};
  std::vector<std::string> extensions;  // further lines, opaque
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The text of the note: `origin LF size LF base64(root) LF` and a line an extension. Precondition: no line is empty or
// holds a control character.
[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint);
// Strict: check_note_text() holds, no line is empty, the size without sign and leading zeroes, a root of 32 bytes, that
// of the empty tree for size 0.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);

struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};
// No signature is checked here: verify_note().
[[nodiscard]] Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view note);

// What a verified checkpoint says about who stands behind it. A cosigner is a public key, under whatever names, and not
// that of the log.
struct Endorsement {
  std::size_t cosigners{};
  std::uint64_t last_cosigned_unix_s{};  // 0 without cosigners
};
// Every key in `keys` must have signed, and the log's own (kEd25519, its name the origin) must be among them. Else
// kMalformedInput.
[[nodiscard]] Result<Endorsement> verify_checkpoint(const SignedCheckpoint& checkpoint,
                                                    std::span<const VerifierKey> keys);

}  // namespace imagewarden::audit
