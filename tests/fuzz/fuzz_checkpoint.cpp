// The text of a checkpoint: what is read is written in the same bytes.

#include "audit/checkpoint.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto checkpoint = audit::parse_checkpoint(text);
  if (!checkpoint) {
    fuzz::require(checkpoint.error().code == Errc::kMalformedInput, "a bad checkpoint is malformed input");
    fuzz::require(checkpoint.error().message.find('\n') == std::string::npos, "a message is one line");
    return 0;
  }
  fuzz::require(audit::format_checkpoint(*checkpoint) == text, "reading and writing a checkpoint give the same bytes");
  fuzz::require(audit::check_note_text(text).has_value(), "a checkpoint can be the text of a note");
  return 0;
}
