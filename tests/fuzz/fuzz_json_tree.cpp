// The strict JSON reader against another one.

#include <string>
#include <utility>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "tests/fuzz/json_judge.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

void check_offsets(const JsonValue& value, std::size_t size) {
  fuzz::require(value.offset < size, "a value stands in its document");
  for (const JsonValue& item : value.items) check_offsets(item, size);
  for (auto at = value.members.begin(); at != value.members.end(); ++at) {
    fuzz::require(at->key_offset < at->value.offset, "a key stands before its value");
    fuzz::require(value.find(at->key) == &at->value, "a key is there once");
    check_offsets(at->value, size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  auto tree = JsonDocument::parse(text);
  const bool has_tree = tree.has_value();
  const auto fault = find_json_error(text);
  if (tree) {
    fuzz::require(!fault, "what has a tree has no fault");
    check_offsets(tree->root(), text.size());
    const JsonDocument moved = std::move(*tree);
    fuzz::require(moved.text() == text, "a document keeps its text");
  } else {
    const bool is_duplicate = tree.error().what.starts_with("duplicate key");
    fuzz::require(is_duplicate || fault, "what has no tree has a fault, or a key twice");
    if (!is_duplicate)
      fuzz::require(fault->offset == tree.error().offset && fault->what == tree.error().what, "one fault");
    fuzz::require(tree.error().offset <= text.size(), "a fault stands in its document");
    fuzz::require(to_error(tree.error(), "x", text).message.starts_with("x:"), "an error names its place");
  }

  const fuzz::JsonVerdict other = fuzz::judge(text);
  const bool is_good = other.is_json && other.depth <= limits::kMaxJsonDepth;
  fuzz::require(!fault == is_good, "both readers agree on what JSON is");
  fuzz::require(has_tree == (is_good && !other.repeats_key), "both readers agree on what a tree is");
  return 0;
}
