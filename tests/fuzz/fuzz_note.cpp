// Signed notes: what is read is written in the same bytes, so that there is one text for one meaning; and nobody signed
// anything here.

#include <vector>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

template <class T>
bool is_malformed(const Result<T>& result) {
  return !result && result.error().code == Errc::kMalformedInput &&
         result.error().message.find('\n') == std::string::npos;
}

// Keys whose private halves nobody has: the published ones of C2SP, and a witness.
const std::vector<audit::VerifierKey>& keys() {
  static const std::vector<audit::VerifierKey> all = [] {
    audit::PublicKey witness{};
    witness.fill(7);
    return std::vector{*audit::parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
                       audit::make_verifier_key("w", audit::SignatureKind::kCosignatureV1, witness)};
  }();
  return all;
}

void check_note(std::string_view text) {
  const auto note = audit::parse_note(text);
  if (!note) {
    fuzz::require(is_malformed(note), "a bad note is malformed input");
    fuzz::require(!audit::parse_signed_checkpoint(text), "a signed checkpoint is a note");
    return;
  }
  fuzz::require(audit::format_note(*note) == text, "reading and writing a note give the same bytes");
  fuzz::require(!note->signatures.empty(), "a note is signed");
  fuzz::require(audit::check_note_text(note->text).has_value(), "the text of a note is one");
  const auto good = audit::verify_note(*note, keys());
  fuzz::require(good ? good->size() <= keys().size() : is_malformed(good), "a key stands once in the answer");
  const auto checkpoint = audit::parse_signed_checkpoint(text);
  fuzz::require(checkpoint.has_value() == audit::parse_checkpoint(note->text).has_value(),
                "a signed checkpoint is a note whose text is a checkpoint");
  if (!checkpoint) return;
  fuzz::require(audit::format_checkpoint(checkpoint->checkpoint) == note->text,
                "reading and writing a checkpoint give the same bytes");
  fuzz::require(!audit::verify_checkpoint(*checkpoint, keys()), "nobody signed this checkpoint");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_note(text);
  const auto bytes = audit::from_base64(text);
  fuzz::require(!bytes || audit::base64(*bytes) == text, "base64 has one form");
  fuzz::require(audit::from_base64(audit::base64(text)) == std::string(text), "base64 comes back");
  return 0;
}
