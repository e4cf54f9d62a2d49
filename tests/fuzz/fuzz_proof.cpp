// Proofs that stand for themselves: what is read is written in the same bytes.

#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto proof = audit::parse_tlog_proof(text);
  if (!proof) {
    fuzz::require(proof.error().code == Errc::kMalformedInput, "a bad proof is malformed input");
    fuzz::require(proof.error().message.find('\n') == std::string::npos, "a message is one line");
    return 0;
  }
  fuzz::require(audit::format_tlog_proof(*proof) == text, "reading and writing a proof give the same bytes");
  const auto checkpoint = audit::parse_signed_checkpoint(proof->checkpoint);
  fuzz::require(checkpoint.has_value(), "a proof ends in a signed checkpoint");
  fuzz::require(!audit::verify_inclusion(proof->index, checkpoint->checkpoint.size, Sha256Digest{}, proof->hashes,
                                         checkpoint->checkpoint.root) ||
                    proof->index < checkpoint->checkpoint.size,
                "what is included has its place in the tree");
  return 0;
}
