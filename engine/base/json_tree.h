#pragma once
// A strict reader for our own and other small JSON documents (policies, rule files, configuration): keeps the whole
// tree with the place of every value and key, so that a message can name line, column and JSON pointer.
// Exports, which are large, are read by engine/inventory with simdjson in one pass; where that refuses a text,
// find_json_error() says why and where. See docs/decisions/0003-json.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace imagewarden {

enum class JsonType : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonMember;

// One value. Texts live in the JsonDocument that owns the tree.
struct JsonValue {
  JsonType type{JsonType::kNull};
  bool boolean{};                   // kBool
  std::uint32_t offset{};           // bytes from the start of the document to the value's first byte
  std::string_view text;            // kString: unescaped; kNumber: the digits as written
  std::vector<JsonValue> items;     // kArray
  std::vector<JsonMember> members;  // kObject, in the order of the document; keys are unique

  [[nodiscard]] bool is(JsonType wanted) const { return type == wanted; }
  // The member of an object, or null.
  [[nodiscard]] const JsonValue* find(std::string_view key) const;
};

struct JsonMember {
  std::string_view key;        // unescaped
  std::uint32_t key_offset{};  // of the opening quote
  JsonValue value;
};

// From 1. A column counts bytes.
struct TextPosition {
  std::uint32_t line{1};
  std::uint32_t column{1};
  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

// The place of a parse error.
struct JsonError {
  std::uint64_t offset{};
  std::string pointer;  // JSON pointer of the innermost value that was being read
  std::string what;     // what was found and what was expected
};

// Owns text and tree. Movable; views stay valid.
class JsonDocument {
 public:
  // Strict: one value, UTF-8 without byte order mark, no trailing bytes, no duplicate key, no lone surrogate, nesting
  // up to 64 levels, at most 64 MiB; numbers are checked by the grammar and kept as text.
  static tl::expected<JsonDocument, JsonError> parse(std::string_view text);

  [[nodiscard]] const JsonValue& root() const { return *root_; }
  [[nodiscard]] TextPosition position(std::uint32_t offset) const;
  [[nodiscard]] std::string_view text() const { return *text_; }

 private:
  std::unique_ptr<std::string> text_;     // as it was given
  std::unique_ptr<std::string> strings_;  // the unescaped strings
  std::unique_ptr<JsonValue> root_;
};

// The first fault of `text` as the same strict grammar sees it, without keeping a tree; nothing if it is good JSON.
// Any length; duplicate keys are not looked for (a reader of exports skips the objects that it does not know).
[[nodiscard]] std::optional<JsonError> find_json_error(std::string_view text);

// `NAME:LINE:COLUMN POINTER: what`, as kMalformedInput.
[[nodiscard]] Error to_error(const JsonError& error, std::string_view name, std::string_view text);
[[nodiscard]] TextPosition text_position(std::string_view text, std::uint64_t offset);
// Integers only (no fraction, no exponent), in the range of int64.
[[nodiscard]] std::optional<std::int64_t> json_integer(const JsonValue& value);
// Control characters as JSON escapes (`\u000a`): what a document holds cannot break a message into two lines.
[[nodiscard]] std::string one_line(std::string_view text);
// Appends `/segment` with `~` and `/` escaped as RFC 6901 says, in one line.
void append_pointer(std::string& pointer, std::string_view segment);

}  // namespace imagewarden
