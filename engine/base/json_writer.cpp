#include "engine/base/json_writer.h"

#include <array>
#include <cassert>
#include <cstring>

#include <fmt/format.h>

#include "engine/base/json_plain.h"

namespace imagewarden {
namespace {

// For each byte: 0 if it stands for itself, else the letter after the backslash ('u' for \u00XX).
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\f'] = 'f';
  escapes['\r'] = 'r';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = make_escapes();

// Appends a few parts to a string in one growth: call after call of append() takes most of the time of a short member.
class Parts {
 public:
  Parts(std::string& out, std::size_t size) {
    out.resize(out.size() + size);
    at_ = out.data() + out.size() - size;
  }
  void put(char c) { *at_++ = c; }
  void put(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

 private:
  char* at_;
};

bool is_plain(std::string_view text) { return plain_json_length<PlainJson::kAll>(text, 0) == text.size(); }

// append_quoted() of a text without anything to escape.
void append_plain(std::string& out, bool comma, std::string_view text, std::string_view tail) {
  Parts parts(out, (comma ? 1 : 0) + 1 + text.size() + tail.size());
  if (comma) parts.put(',');
  parts.put('"');
  parts.put(text);
  parts.put(tail);
}

// Appends a comma if there is to be one, the text as a JSON string up to its last quote, and the tail that holds it.
void append_quoted(std::string& out, bool comma, std::string_view text, std::string_view tail) {
  std::size_t plain = plain_json_length<PlainJson::kAll>(text, 0);
  if (plain == text.size()) {
    append_plain(out, comma, text, tail);
    return;
  }
  if (comma) out += ',';
  out += '"';
  for (std::size_t at = 0;; plain = plain_json_length<PlainJson::kAll>(text, at)) {
    out.append(text, at, plain);
    at += plain;
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    const char escape = kEscapes[byte];
    out += '\\';
    out += escape;
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
    ++at;
  }
  out += tail;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) { append_quoted(out, false, text, "\""); }

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  append_quoted(out_, comma_, name, "\":");
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  append_quoted(out_, comma_, value, "\"");
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::plain_key(std::string_view name) {
  assert(is_plain(name));
  append_plain(out_, comma_, name, "\":");
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::plain_member(std::string_view name, std::string_view value) {
  if (!is_plain(value)) return plain_key(name).string(value);
  assert(is_plain(name));
  Parts parts(out_, (comma_ ? 1 : 0) + name.size() + value.size() + 5);
  if (comma_) parts.put(',');
  parts.put('"');
  parts.put(name);
  parts.put("\":\"");
  parts.put(value);
  parts.put('"');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace imagewarden
