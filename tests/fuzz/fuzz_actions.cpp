// A table of actions: every one that is read is found again, however its letters are written.

#include <algorithm>
#include <string>

#include "engine/base/glob.h"
#include "engine/base/json_tree.h"
#include "engine/rules/actions.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view text = fuzz::text_of(data, size);
  const auto catalogue = rules::ActionCatalogue::parse(text, "a.json");
  if (!catalogue) {
    fuzz::require(catalogue.error().message.starts_with("a.json:"), "an error names its place");
    fuzz::require(catalogue.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  const auto tree = JsonDocument::parse(text);
  fuzz::require(tree.has_value(), "what is no JSON is refused");
  const auto entries = catalogue->entries();
  const JsonValue* const actions = tree->root().find("actions");
  fuzz::require(actions != nullptr && actions->items.size() == entries.size(), "no action is lost");
  for (const rules::ActionEntry& entry : entries) {
    fuzz::require(!has_wildcard(entry.name), "an action is one");
    std::string upper = entry.name;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    fuzz::require(catalogue->find(entry.name) == &entry && catalogue->find(upper) == &entry, "an action is found");
    const auto here = std::count_if(actions->items.begin(), actions->items.end(), [&](const JsonValue& item) {
      return item.find("name") != nullptr && item.find("name")->text == entry.name;
    });
    fuzz::require(here == 1, "an action stands in the file once");
  }
  return 0;
}
