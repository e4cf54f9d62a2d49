// A file of envelopes, one a line.

#include "engine/base/json_tree.h"
#include "tests/fuzz/inventory_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  std::string_view text = fuzz::text_of(data, size);
  const bool accepted = fuzz::read_twice({fuzz::account_file(), {"all.ndjson", std::string(text)}}, "all.ndjson");
  while (!text.empty()) {
    const std::string_view line = fuzz::take_line(text);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    fuzz::require(!accepted || !find_json_error(line), "a line that is no JSON is refused");
  }
  return 0;
}
