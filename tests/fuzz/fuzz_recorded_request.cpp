// Canonical requests: what is read is written in the same bytes, so that a digest stands for one question.

#include "engine/decide/recorded_request.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto request = parse_request(text);
  if (!request) {
    fuzz::require(request.error().code == Errc::kMalformedInput, "a bad request is malformed input");
    fuzz::require(request.error().message.find('\n') == std::string::npos, "a message is one line");
    return 0;
  }
  const RequestText again(request->account, request->operation, request->question);
  fuzz::require(again.with_image(request->image) == text, "reading and writing a request give the same bytes");
  fuzz::require(request->question.principal.account == request->account, "the caller is of the account");
  fuzz::require(request->question.replacements.empty(), "a what-if is no part of a request");
  return 0;
}
