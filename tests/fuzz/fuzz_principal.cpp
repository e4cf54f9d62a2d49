// The caller as the command line names it: what is read is written and read again.

#include "engine/decide/principal.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto principal = parse_principal(text);
  if (!principal) {
    fuzz::require(principal.error().code == Errc::kUsage, "what is no caller is a wrong use");
    return 0;
  }
  const std::string again = (principal->account.empty() ? "" : principal->account + ':') + principal->text();
  fuzz::require(again == text, "reading and writing a caller give the same bytes");
  fuzz::require((principal->kind == ram::PrincipalKind::kRoot) == principal->name.empty(), "all but root have a name");
  return 0;
}
