#include "engine/base/json_writer.h"

#include <algorithm>
#include <array>
#include <cassert>

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

// Appends a comma if there is to be one, the text as a JSON string up to its last quote, and the tail that holds it.
void append_quoted(std::string& out, bool comma, std::string_view text, std::string_view tail) {
  std::size_t plain = plain_json_length<PlainJson::kAll>(text, 0);
  if (plain == text.size()) {
    // In one growth: call after call of append() takes most of the time of a short string.
    const std::size_t before = out.size();
    out.resize(before + (comma ? 1 : 0) + 1 + text.size() + tail.size());
    char* at = out.data() + before;
    if (comma) *at++ = ',';
    *at++ = '"';
    at = std::copy(text.begin(), text.end(), at);
    std::copy(tail.begin(), tail.end(), at);
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

JsonWriter& JsonWriter::plain_key(std::string_view bytes) {
  // After the comma and the quote the first byte that is not plain is the other quote.
  assert(plain_json_length<PlainJson::kAll>(bytes, 2) == bytes.size() - 4);
  if (!comma_) bytes.remove_prefix(1);
  out_.append(bytes);
  comma_ = false;
  return *this;
}

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
