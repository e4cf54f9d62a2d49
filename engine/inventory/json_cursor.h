#pragma once
// A strict, one-way reader of one JSON document over simdjson's structural index. simdjson finds every token and checks
// UTF-8 and control characters at vector speed; the cursor walks the tokens and checks the rest: grammar, numbers,
// words, escapes and surrogate pairs, also in the values that are skipped. docs/decisions/0005-snapshot.md.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/limits.h"

namespace imagewarden::inventory {

// The keys of one kind of object. It remembers the order in which keys came, because the objects of a list are alike:
// a key is then found, and known to be no repetition, by one comparison. Not thread-safe: belongs to one reader.
class ObjectShape {
 public:
  // Names in the spelling of the API (`ImageId`); camelCase (`imageId`) names the same field. At most 64.
  ObjectShape(std::initializer_list<std::string_view> fields);

 private:
  friend class JsonCursor;
  struct Key {
    std::string text;
    int field;
  };
  [[nodiscard]] int field_of(std::string_view key) const;
  std::vector<std::string> fields_;
  std::vector<Key> layout_;
};

// What is wrong with a document.
struct JsonFault {
  Errc code{Errc::kMalformedInput};
  std::uint64_t offset{};
  std::string pointer;
  std::string what;
};

// Functions that return bool return false after a fault; nothing but take_fault() may be called then.
class JsonCursor {
 public:
  JsonCursor();
  JsonCursor(const JsonCursor&) = delete;
  JsonCursor& operator=(const JsonCursor&) = delete;
  ~JsonCursor();

  // Starts on a document. Precondition: the bytes stay until the next open(), the byte after the last one is readable
  // and no JSON token. Views that are handed out live as long.
  [[nodiscard]] bool open(std::string_view text);
  // The document must be at its end.
  [[nodiscard]] bool close();

  // The first byte of the value that comes next, and its place.
  [[nodiscard]] char peek() const { return text_[*at_]; }
  [[nodiscard]] std::uint32_t offset() const { return *at_; }

  // Calls on_field(field number) for each known key; it must consume the value. Unknown keys are checked and skipped.
  template <class F>
  [[nodiscard]] bool object(ObjectShape& shape, F&& on_field);
  // Calls on_member(key) for every key.
  template <class F>
  [[nodiscard]] bool members(F&& on_member);
  // Calls on_item(index); it must consume the value.
  template <class F>
  [[nodiscard]] bool array(F&& on_item);
  // Checks a value and leaves it.
  [[nodiscard]] bool skip();
  // The same, and its bytes.
  [[nodiscard]] bool raw(std::string_view& out);

  // A string. null: `out` has no data(), as if the field were missing.
  [[nodiscard]] bool string(std::string_view& out);
  // A string or an integer as written.
  [[nodiscard]] bool word(std::string_view& out);
  // The same, of at most 256 bytes.
  [[nodiscard]] bool id(std::string_view& out);
  // An integer, also one in a string. null or an empty string: nothing.
  [[nodiscard]] bool integer(std::optional<std::int64_t>& out, std::int64_t min, std::int64_t max);
  // true or false, also as a string.
  [[nodiscard]] bool boolean(std::optional<bool>& out);

  // To come back to a value that was skipped.
  struct Mark {
    const std::uint32_t* at{};
    unsigned depth{};
  };
  [[nodiscard]] Mark mark() const { return {at_, depth_}; }
  void rewind(Mark mark) {
    at_ = mark.at;
    depth_ = mark.depth;
  }

  // Faults; all return false. `offset` is that of a value: the pointer is found from it.
  bool refuse(std::uint32_t offset, std::string what, Errc code = Errc::kMalformedInput);
  bool refuse_type(std::string_view expected);
  // A fault of the syntax: the strict parser of engine/base finds place and words.
  bool refuse_syntax();
  [[nodiscard]] JsonFault take_fault() { return std::move(fault_); }

 private:
  struct KeyPlace {
    std::uint32_t begin;
    std::uint32_t size;
    std::uint32_t value;
  };

  bool enter() {
    if (depth_ >= limits::kMaxJsonDepth) return refuse_syntax();
    ++depth_;
    ++at_;
    return true;
  }
  void leave() {
    --depth_;
    ++at_;
  }
  // The bytes between the quotes of the string token at `at`.
  [[nodiscard]] std::string_view quoted(const std::uint32_t* at) const {
    std::uint32_t end = at[1];
    while (text_[end - 1] != '"') --end;
    return {text_ + *at + 1, end - *at - 2};
  }
  bool key(std::string_view& out);
  bool after_member(char close, bool& more);
  bool check_escapes();
  bool check_repeated_keys(std::size_t base);
  bool refuse_repeated_key(const KeyPlace& place);
  [[nodiscard]] int find_field(ObjectShape& shape, std::string_view key, std::size_t& next, bool& exact);
  [[nodiscard]] bool scalar();
  [[nodiscard]] bool skip_container();
  [[nodiscard]] std::string_view unescape(std::string_view quoted);
  [[nodiscard]] std::string_view key_text(const KeyPlace& place);

  struct Index;
  std::unique_ptr<Index> index_;
  const char* text_{};
  std::size_t size_{};
  const std::uint32_t* at_{};
  const std::uint32_t* end_{};
  unsigned depth_{};
  bool escaped_{};                              // whether there is a backslash anywhere
  std::vector<std::unique_ptr<char[]>> arena_;  // unescaped strings of the document
  std::size_t arena_left_{};
  std::vector<KeyPlace> keys_;  // of the objects that are open
  JsonFault fault_;
};

inline bool JsonCursor::key(std::string_view& out) {
  if (peek() != '"') return refuse_syntax();
  const std::uint32_t* const at = at_++;
  if (peek() != ':') return refuse_syntax();
  ++at_;
  out = quoted(at);
  keys_.push_back({*at + 1, static_cast<std::uint32_t>(out.size()), *at_});
  if (escaped_) out = unescape(out);
  return true;
}

inline bool JsonCursor::after_member(char close, bool& more) {
  const char c = peek();
  if (c == ',') {
    ++at_;
    more = true;
    return true;
  }
  if (c != close) return refuse_syntax();
  leave();
  more = false;
  return true;
}

template <class F>
bool JsonCursor::object(ObjectShape& shape, F&& on_field) {
  if (peek() != '{') return refuse_type("an object");
  if (!enter()) return false;
  if (peek() == '}') {
    leave();
    return true;
  }
  const std::size_t base = keys_.size();
  std::size_t next = 0;
  std::uint64_t seen = 0;
  bool exact = false;
  for (bool more = true; more;) {
    std::string_view name;
    if (!key(name)) return false;
    const int field = find_field(shape, name, next, exact);
    if (field < 0) {
      if (!skip()) return false;
    } else {
      const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(field);
      if ((seen & bit) != 0) return refuse_repeated_key(keys_.back());
      seen |= bit;
      if (!on_field(field)) return false;
    }
    if (!after_member('}', more)) return false;
  }
  if (exact && !check_repeated_keys(base)) return false;
  keys_.resize(base);
  return true;
}

template <class F>
bool JsonCursor::members(F&& on_member) {
  if (peek() != '{') return refuse_type("an object");
  if (!enter()) return false;
  if (peek() == '}') {
    leave();
    return true;
  }
  const std::size_t base = keys_.size();
  for (bool more = true; more;) {
    std::string_view name;
    if (!key(name) || !on_member(name) || !after_member('}', more)) return false;
  }
  if (!check_repeated_keys(base)) return false;
  keys_.resize(base);
  return true;
}

template <class F>
bool JsonCursor::array(F&& on_item) {
  if (peek() != '[') return refuse_type("an array");
  if (!enter()) return false;
  if (peek() == ']') {
    leave();
    return true;
  }
  std::uint32_t index = 0;
  for (bool more = true; more;) {
    if (!on_item(index++) || !after_member(']', more)) return false;
  }
  return true;
}

inline bool JsonCursor::skip() {
  const char c = peek();
  if (c == '"') {
    ++at_;
    return true;
  }
  if (c == '{' || c == '[') return skip_container();
  return scalar();
}

}  // namespace imagewarden::inventory
