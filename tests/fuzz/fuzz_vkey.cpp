// Verifier keys: what is read is written in the same bytes.

#include "audit/note.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto key = audit::parse_vkey(text);
  if (!key) {
    fuzz::require(key.error().code == Errc::kMalformedInput, "a bad key is malformed input");
    fuzz::require(key.error().message.find('\n') == std::string::npos, "a message is one line");
    return 0;
  }
  fuzz::require(audit::format_vkey(*key) == text, "reading and writing a verifier key give the same bytes");
  fuzz::require(audit::check_key_name(key->name).has_value(), "its name is one");
  fuzz::require(audit::make_verifier_key(key->name, key->kind, key->public_key) == *key, "its id is that of its parts");
  return 0;
}
