#pragma once
// Writes compact JSON (RFC 8259) to a string: no white space, members in the order of the calls, strings escaped as
// RFC 8785 wants them. It keeps no tree; the caller sees to it that keys and values alternate.
// See docs/decisions/0003-json.md. Not thread-safe: one writer, one thread.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace imagewarden {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  // Precondition of a name that stands in the source: it needs no escape.
  template <std::size_t kSize>
  JsonWriter& key(const char (&name)[kSize]) {
    // One call of append() with all of it: call after call takes most of the time of a short member.
    char bytes[kSize + 3];
    bytes[0] = ',';
    bytes[1] = '"';
    std::memcpy(bytes + 2, name, kSize - 1);
    bytes[kSize + 1] = '"';
    bytes[kSize + 2] = ':';
    return plain_key({bytes, kSize + 3});
  }
  // Precondition: valid UTF-8.
  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // A value that is JSON already; or some, or members, with their commas.
  JsonWriter& raw(std::string_view json);

  // key() and string() in one.
  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).string(value); }
  template <std::size_t kSize>
  JsonWriter& member(const char (&name)[kSize], std::string_view value) {
    return key(name).string(value);
  }

 private:
  // `,"name":`
  JsonWriter& plain_key(std::string_view bytes);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool comma_{false};  // whether a value stands before the next one on this level
};

// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace imagewarden
