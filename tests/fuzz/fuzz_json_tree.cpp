// The strict JSON reader against another one.

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/base/json_tree.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

// What the other reader makes of a text: whether it is JSON, how deep, whether a number is beyond a double.
class Judge : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*elements*/) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    overflows = error.id == kNumberOverflow;
    return false;
  }

  std::size_t depth{};
  std::size_t deepest{};
  bool overflows{};

 private:
  bool enter() {
    deepest = std::max(deepest, ++depth);
    return true;
  }
  bool leave() {
    --depth;
    return true;
  }
};

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

  // The other reader takes a NUL for the end of its input, and skips a byte order mark.
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xef\xbb\xbf")) return 0;
  Judge judge;
  const bool other = nlohmann::json::sax_parse(text.begin(), text.end(), &judge);
  constexpr std::size_t kMaxDepth = 64;
  if (judge.overflows) return 0;  // numbers are kept as text here: none is too large
  fuzz::require(!fault == (other && judge.deepest <= kMaxDepth) || (fault && judge.deepest > kMaxDepth),
                "both readers agree on what JSON is");
  return 0;
}
