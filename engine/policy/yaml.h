#pragma once
// A small document of ours, YAML 1.2 or JSON, as one tree with the place of every value: test files. Strict: what YAML
// has beyond maps, lists and scalars (anchors, aliases, merge keys, tags, several documents) is refused, so that what
// stands in the file is what it says and no file grows while it is read.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_tree.h"

namespace imagewarden::policy {

enum class TextKind : std::uint8_t { kNull, kScalar, kList, kMap };

struct TextMember;

// One value. A scalar keeps its text as written: `true`, `1.50` and `"1.50"` differ in `quoted` only.
struct TextNode {
  TextKind kind{TextKind::kNull};
  bool quoted{};
  std::string text;                 // kScalar
  TextPosition at;                  // of its first character; a column counts bytes
  std::vector<TextNode> items;      // kList
  std::vector<TextMember> members;  // kMap, in the order of the file; keys are unique

  [[nodiscard]] bool is(TextKind wanted) const { return kind == wanted; }
  // The member of a map, or null.
  [[nodiscard]] const TextNode* find(std::string_view key) const;
};

struct TextMember {
  std::string key;
  TextPosition key_at;
  TextNode value;
};

// JSON where `name` ends with `.json`, else YAML. kMalformedInput, kLimit: `NAME:LINE:COLUMN: what, what was expected`.
[[nodiscard]] Result<TextNode> read_text_tree(std::string_view text, std::string_view name);

// `NAME:LINE:COLUMN: what`, in one line whatever `what` quotes.
[[nodiscard]] Error error_at(std::string_view name, TextPosition at, std::string_view what,
                             Errc code = Errc::kMalformedInput);

// Finds line and column of any number of places in one text, each in logarithmic time.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  [[nodiscard]] TextPosition at(std::uint32_t offset) const;

 private:
  std::vector<std::uint32_t> starts_;  // offset of each line's first byte
};

// A place in a JSON text that was written from a tree, and where it came from.
struct SourcePoint {
  std::uint32_t offset{};
  TextPosition at;
};

// Appends the node as JSON: unquoted `true`, `false`, `null` and numbers as such, everything else as strings. `points`
// gets the place of every value, member and item, by growing offset.
void write_json_text(const TextNode& node, std::string& out, std::vector<SourcePoint>& points);

}  // namespace imagewarden::policy
