// The leaves of a run, cut at line feeds: put together they are the run again.

#include <string>
#include <vector>

#include "audit/layout.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  std::vector<std::string_view> pieces{"left over"};
  const bool is_ended = audit::split_leaves(text, pieces);
  std::string again;
  for (const std::string_view piece : pieces) {
    fuzz::require(piece.find('\n') == std::string_view::npos, "a leaf is one line");
    again.append(piece) += '\n';
  }
  if (!is_ended) {
    fuzz::require(!again.empty(), "what is not ended is there");
    again.pop_back();
  }
  fuzz::require(again == text, "the leaves together are the run");
  fuzz::require(is_ended == (text.empty() || text.back() == '\n'), "a run ends with a line feed");
  return 0;
}
