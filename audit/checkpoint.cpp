#include "audit/checkpoint.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "audit/decimal.h"
#include "audit/layout.h"

namespace imagewarden::audit {
namespace {

tl::unexpected<Error> malformed(std::string message) { return fail(Errc::kMalformedInput, std::move(message)); }

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  std::string text =
      fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, base64(digest_bytes(checkpoint.root)));
  for (const std::string& line : checkpoint.extensions) text.append(line).append("\n");
  return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (const auto checked = check_note_text(text); !checked)
    return malformed(fmt::format("the checkpoint {}", checked.error().message));
  std::vector<std::string_view> lines;
  split_leaves(text, lines);
  constexpr std::size_t kLines = 3;
  if (lines.size() < kLines)
    return malformed(fmt::format("the checkpoint has {} lines, expected origin, size and root", lines.size()));
  if (std::any_of(lines.begin(), lines.end(), [](std::string_view line) { return line.empty(); }))
    return malformed("the checkpoint has an empty line");
  const auto size = parse_decimal(lines[1]);
  if (!size)
    return malformed("line 2 of the checkpoint is no size: expected a number of 64 bits without leading zeroes");
  const auto root = from_base64(lines[2]);
  Checkpoint checkpoint{std::string(lines[0]), *size, {}, {}};
  if (!root || root->size() != checkpoint.root.size())
    return malformed("line 3 of the checkpoint is no root: expected 32 bytes in base64");
  checkpoint.root = digest_from(*root);
  if (*size == 0 && checkpoint.root != sha256({}))
    return malformed("the checkpoint is of no records, but its root is not that of the empty tree");
  checkpoint.extensions.assign(lines.begin() + kLines, lines.end());
  return checkpoint;
}

Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view note) {
  auto parsed = parse_note(note);
  if (!parsed) return tl::make_unexpected(parsed.error());
  auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  return SignedCheckpoint{std::move(*checkpoint), std::move(*parsed)};
}

Result<Endorsement> verify_checkpoint(const SignedCheckpoint& checkpoint, std::span<const VerifierKey> keys) {
  // What was signed is the text; what is relied on is what was read from it.
  if (format_checkpoint(checkpoint.checkpoint) != checkpoint.note.text)
    return malformed("the checkpoint is not what its note says");
  const std::string& origin = checkpoint.checkpoint.origin;
  const auto is_log = [&origin](const VerifierKey& key) {
    return key.kind == SignatureKind::kEd25519 && key.name == origin;
  };
  if (std::none_of(keys.begin(), keys.end(), is_log))
    return malformed(fmt::format("the checkpoint is of the log `{}`, and no key of that name was given", origin));
  const auto good = verify_note(checkpoint.note, keys);
  if (!good) return tl::make_unexpected(good.error());
  std::vector<bool> has_signed(keys.size());
  std::map<PublicKey, std::uint64_t> cosigned;
  for (const GoodSignature& signature : *good) {
    has_signed[signature.key] = true;
    if (!signature.cosigned_unix_s) continue;
    std::uint64_t& last = cosigned[keys[signature.key].public_key];
    last = std::max(last, *signature.cosigned_unix_s);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!has_signed[i]) return malformed(fmt::format("the checkpoint is not signed by `{}`", keys[i].name));
  }
  // A cosignature says nothing of the name of its key: one key under two names is one witness, and the log's own none.
  for (const VerifierKey& key : keys) {
    if (is_log(key)) cosigned.erase(key.public_key);
  }
  Endorsement endorsement{cosigned.size(), 0};
  for (const auto& [key, last] : cosigned)
    endorsement.last_cosigned_unix_s = std::max(endorsement.last_cosigned_unix_s, last);
  return endorsement;
}

}  // namespace imagewarden::audit
