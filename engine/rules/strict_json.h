#pragma once
// Reads our own JSON files strictly: every member of an object is declared, with its type; the first fault sticks and
// names file, line, column and JSON pointer. Internal to engine/rules.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_tree.h"

namespace imagewarden::rules {

enum class Presence : std::uint8_t { kRequired, kOptional };

// A member that an object may have. Strings must not be empty.
struct Field {
  std::string_view name;
  JsonType type{};
  Presence presence{Presence::kRequired};
};

// A value and where it stands. `value` is null for an optional member that is not there.
struct Node {
  const JsonValue* value{};
  std::string pointer;
  [[nodiscard]] explicit operator bool() const { return value != nullptr; }
};

// One document, one reader. After the first fault every check fails and every accessor answers an empty value, so that
// callers need to look at fault() only where they stop. The document must outlive it. Not thread-safe.
class StrictReader {
 public:
  StrictReader(const JsonDocument& document, std::string_view path) : document_(document), path_(path) {}

  [[nodiscard]] bool ok() const { return !fault_; }
  // Precondition: !ok().
  [[nodiscard]] const Error& fault() const { return *fault_; }

  [[nodiscard]] Node root() const { return {&document_.root(), ""}; }
  // Refuses an unknown member (naming the nearest known one), a missing one, a wrong type, an empty string.
  bool check_object(const Node& node, std::span<const Field> fields);
  [[nodiscard]] static Node member(const Node& object, std::string_view name);
  [[nodiscard]] static std::vector<Node> items(const Node& array);
  // Member `name` as text; empty if it is not there. Precondition of both: check_object() has seen it as a string.
  [[nodiscard]] static std::string text(const Node& object, std::string_view name);
  // An array of non-empty strings, no string twice.
  std::vector<std::string> texts(const Node& array);
  // An integer in [least, most].
  std::int64_t integer(const Node& number, std::int64_t least, std::int64_t most);

  // Keeps the first fault. Always false, so that checks can return it.
  bool refuse(const Node& node, std::string_view what);
  bool refuse_at(std::uint32_t offset, const std::string& pointer, std::string_view what, Errc code);
  // ", did you mean `NAME`?" or ", expected one of …" as a tail for messages about a wrong name.
  [[nodiscard]] static std::string expected_names(std::string_view wrong, std::span<const std::string_view> names);

 private:
  const JsonDocument& document_;
  std::string path_;
  std::optional<Error> fault_;
};

}  // namespace imagewarden::rules
