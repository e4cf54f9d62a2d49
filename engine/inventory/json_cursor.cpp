#include "engine/inventory/json_cursor.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "engine/base/best_simdjson.h"
#include "engine/base/json_tree.h"
#include "engine/base/limits.h"

namespace imagewarden::inventory {
namespace {

constexpr std::size_t kMaxLayout = 128;  // keys that a shape remembers
constexpr std::size_t kArenaBlock = std::size_t{64} << 10U;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_delimiter(char c) {
  return c == ',' || c == '}' || c == ']' || c == '\n' || c == ' ' || c == '\r' || c == '\t' || c == ':';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether two texts of one size are equal. Keys are short: a call of memcmp costs more than it does.
bool is_same(const char* a, const char* b, std::size_t size) {
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    std::memcpy(&left, a + i, 8);
    std::memcpy(&right, b + i, 8);
    if (left != right) return false;
  }
  std::memcpy(&left, a + size - 8, 8);
  std::memcpy(&right, b + size - 8, 8);
  return left == right;
}

// The end of the number at `at`, or null. `at` may be read up to a byte that is no part of a number.
const char* number_end(const char* at) {
  if (*at == '-') ++at;
  if (*at == '0') {
    ++at;
  } else if (is_digit(*at)) {
    while (is_digit(*at)) ++at;
  } else {
    return nullptr;
  }
  if (*at == '.') {
    if (!is_digit(*++at)) return nullptr;
    while (is_digit(*at)) ++at;
  }
  if (*at == 'e' || *at == 'E') {
    ++at;
    if (*at == '+' || *at == '-') ++at;
    if (!is_digit(*at)) return nullptr;
    while (is_digit(*at)) ++at;
  }
  return at;
}

// The code unit of four hexadecimal digits, or -1.
std::int32_t code_unit(const char* begin, const char* end) {
  if (end - begin < 4) return -1;
  std::uint32_t unit = 0;
  for (const char* at = begin; at != begin + 4; ++at) {
    const char c = lower(*at);
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    } else {
      return -1;
    }
    unit = unit << 4U | digit;
  }
  return static_cast<std::int32_t>(unit);
}

char* put_utf8(char* out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | (code >> 6U));
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3fU));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
  return out;
}

std::string_view type_name(char first) {
  switch (first) {
    case '{':
      return "object";
    case '[':
      return "array";
    case '"':
      return "string";
    case 't':
    case 'f':
      return "boolean";
    case 'n':
      return "null";
    default:
      return "number";
  }
}

}  // namespace

ObjectShape::ObjectShape(std::initializer_list<std::string_view> fields) : fields_(fields.begin(), fields.end()) {}

int ObjectShape::field_of(std::string_view key) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const std::string& field = fields_[i];
    if (field.size() != key.size() || key.empty()) continue;
    if (key[0] != field[0] && key[0] != lower(field[0])) continue;
    if (key.substr(1) == std::string_view(field).substr(1)) return static_cast<int>(i);
  }
  return -1;
}

struct JsonCursor::Index {
  simdjson::dom::parser parser;
};

JsonCursor::JsonCursor() : index_(std::make_unique<Index>()) { best_simdjson(); }
JsonCursor::~JsonCursor() = default;

bool JsonCursor::open(std::string_view text) {
  text_ = text.data();
  size_ = text.size();
  depth_ = 0;
  escaped_ = false;
  keys_.clear();
  fault_ = {};
  if (arena_.size() > 1) arena_.clear();
  arena_left_ = arena_.empty() ? 0 : kArenaBlock;
  auto& parser = index_->parser;
  if (parser.implementation == nullptr || parser.capacity() < size_) {
    const std::size_t capacity = std::max<std::size_t>(size_ + size_ / 4, std::size_t{1} << 16U);
    if (parser.allocate(capacity, limits::kMaxJsonDepth) != simdjson::SUCCESS) {
      return refuse(0, "document too long for the memory at hand", Errc::kLimit);
    }
  }
  auto& implementation = *parser.implementation;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_);
  if (implementation.stage1(bytes, size_, simdjson::stage1_mode::regular) != simdjson::SUCCESS) return refuse_syntax();
  at_ = implementation.structural_indexes.get();
  end_ = at_ + implementation.n_structural_indexes;
  return check_escapes();
}

bool JsonCursor::close() { return at_ == end_ || refuse_syntax(); }

// Backslashes stand in strings only (elsewhere the grammar refuses them), so that one pass over them is enough.
bool JsonCursor::check_escapes() {
  const char* const end = text_ + size_;
  const auto find = [&](const char* from) {
    return static_cast<const char*>(std::memchr(from, '\\', static_cast<std::size_t>(end - from)));
  };
  for (const char* at = find(text_); at != nullptr; at = find(at)) {
    escaped_ = true;
    if (end - at < 2) return refuse_syntax();
    const char kind = at[1];
    at += 2;
    if (kind == 'u') {
      const std::int32_t unit = code_unit(at, end);
      if (unit < 0) return refuse_syntax();
      at += 4;
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const bool pair = unit <= 0xdbff && end - at >= 2 && at[0] == '\\' && at[1] == 'u';
        const std::int32_t low = pair ? code_unit(at + 2, end) : -1;
        if (low < 0xdc00 || low > 0xdfff) return refuse_syntax();
        at += 6;
      }
    } else if (std::strchr("\"\\/bfnrt", kind) == nullptr || kind == '\0') {
      return refuse_syntax();
    }
  }
  return true;
}

std::string_view JsonCursor::unescape(std::string_view quoted) {
  const char* at = quoted.data();
  const char* const end = at + quoted.size();
  if (quoted.empty() || std::memchr(at, '\\', quoted.size()) == nullptr) return quoted;
  // The first block stays from one document to the next, so it has the common size.
  if (arena_.empty()) {
    arena_.push_back(std::make_unique_for_overwrite<char[]>(kArenaBlock));
    arena_left_ = kArenaBlock;
  }
  if (arena_left_ < quoted.size()) {
    arena_left_ = std::max(kArenaBlock, quoted.size());
    arena_.push_back(std::make_unique_for_overwrite<char[]>(arena_left_));
  }
  // Blocks are filled from the end, so that what is left is all there is to know.
  arena_left_ -= quoted.size();
  char* const begin = arena_.back().get() + arena_left_;
  char* out = begin;
  while (at != end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    const char kind = at[1];
    at += 2;
    switch (kind) {
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        auto code = static_cast<std::uint32_t>(code_unit(at, end));
        at += 4;
        if (code >= 0xd800 && code <= 0xdbff) {
          const auto low = static_cast<std::uint32_t>(code_unit(at + 2, end));
          code = 0x10000U + ((code - 0xd800U) << 10U) + (low - 0xdc00U);
          at += 6;
        }
        out = put_utf8(out, code);
        break;
      }
      default:
        *out++ = kind;
    }
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

std::string_view JsonCursor::key_text(const KeyPlace& place) {
  const std::string_view text(text_ + place.begin, place.size);
  return escaped_ ? unescape(text) : text;
}

int JsonCursor::find_field(ObjectShape& shape, std::string_view key, std::size_t& next, bool& exact) {
  auto& layout = shape.layout_;
  // INVARIANT: layout holds no key twice, so keys that are found in rising order are no repetition.
  for (std::size_t i = next; i < layout.size(); ++i) {
    if (layout[i].text.size() == key.size() && is_same(layout[i].text.data(), key.data(), key.size())) {
      next = i + 1;
      return layout[i].field;
    }
  }
  exact = true;
  for (std::size_t i = 0; i < next; ++i) {
    if (layout[i].text == key) return layout[i].field;
  }
  const int field = shape.field_of(key);
  if (layout.size() < kMaxLayout) {
    layout.insert(layout.begin() + static_cast<std::ptrdiff_t>(next), {std::string(key), field});
    ++next;
  }
  return field;
}

bool JsonCursor::check_repeated_keys(std::size_t base) {
  struct Seen {
    std::string_view text;
    std::size_t index;
  };
  std::vector<Seen> seen;
  seen.reserve(keys_.size() - base);
  for (std::size_t i = base; i < keys_.size(); ++i) seen.push_back({key_text(keys_[i]), i});
  std::sort(seen.begin(), seen.end(),
            [](const Seen& a, const Seen& b) { return a.text != b.text ? a.text < b.text : a.index < b.index; });
  std::size_t first = keys_.size();  // the repetition that comes first in the document
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].text == seen[i - 1].text) first = std::min(first, seen[i].index);
  }
  return first == keys_.size() || refuse_repeated_key(keys_[first]);
}

bool JsonCursor::refuse_repeated_key(const KeyPlace& place) {
  refuse(place.value, fmt::format("duplicate key `{}`, expected each field once", key_text(place)));
  fault_.offset = place.begin - 1;
  return false;
}

bool JsonCursor::scalar() {
  if (at_ >= end_) return refuse_syntax();
  const char* const begin = text_ + *at_;
  const char* const text_end = text_ + size_;
  const auto left = static_cast<std::size_t>(text_end - begin);
  const char* end = nullptr;
  switch (*begin) {
    case 't':
      if (left >= 4 && std::memcmp(begin, "true", 4) == 0) end = begin + 4;
      break;
    case 'f':
      if (left >= 5 && std::memcmp(begin, "false", 5) == 0) end = begin + 5;
      break;
    case 'n':
      if (left >= 4 && std::memcmp(begin, "null", 4) == 0) end = begin + 4;
      break;
    default:
      end = number_end(begin);
  }
  if (end == nullptr || (end != text_end && !is_delimiter(*end))) return refuse_syntax();
  ++at_;
  return true;
}

bool JsonCursor::skip_container() {
  const unsigned base = depth_;
  std::uint64_t objects = 0;  // a bit for each open container: whether it is an object
  enum class State : std::uint8_t { kValue, kKey, kAfter };
  State state = State::kValue;
  while (true) {
    switch (state) {
      case State::kValue: {
        const char c = peek();
        if (c == '"') {
          ++at_;
          state = State::kAfter;
        } else if (c == '{') {
          if (!enter()) return false;
          objects = objects << 1U | 1U;
          state = State::kKey;
          if (peek() == '}') state = State::kAfter;
        } else if (c == '[') {
          if (!enter()) return false;
          objects <<= 1U;
          if (peek() == ']') state = State::kAfter;
        } else {
          if (!scalar()) return false;
          state = State::kAfter;
        }
        break;
      }
      case State::kKey:
        if (peek() != '"') return refuse_syntax();
        ++at_;
        if (peek() != ':') return refuse_syntax();
        ++at_;
        state = State::kValue;
        break;
      case State::kAfter: {
        if (depth_ == base) return true;
        const bool object = (objects & 1U) != 0;
        const char c = peek();
        if (c == ',') {
          ++at_;
          state = object ? State::kKey : State::kValue;
        } else if (c == (object ? '}' : ']')) {
          leave();
          objects >>= 1U;
        } else {
          return refuse_syntax();
        }
        break;
      }
    }
  }
}

bool JsonCursor::raw(std::string_view& out) {
  const std::uint32_t begin = offset();
  if (!skip()) return false;
  std::uint32_t end = at_ == end_ ? static_cast<std::uint32_t>(size_) : offset();
  constexpr std::string_view kSpace = " \t\r\n";
  while (end > begin && kSpace.find(text_[end - 1]) != std::string_view::npos) --end;
  out = {text_ + begin, end - begin};
  return true;
}

bool JsonCursor::string(std::string_view& out) {
  const char c = peek();
  if (c == '"') {
    out = quoted(at_++);
    if (escaped_) out = unescape(out);
    return true;
  }
  if (c != 'n') return refuse_type("a string");
  out = {};
  return scalar();
}

bool JsonCursor::word(std::string_view& out) {
  const char c = peek();
  if (c == '"' || c == 'n') return string(out);
  if (c != '-' && !is_digit(c)) return refuse_type("a string");
  const std::uint32_t at = offset();
  if (!scalar()) return false;
  const char* const begin = text_ + at;
  out = {begin, static_cast<std::size_t>(number_end(begin) - begin)};
  if (out.find_first_of(".eE") != std::string_view::npos) {
    return refuse(at, fmt::format("number `{}`, expected a string or an integer", out.substr(0, 40)));
  }
  return true;
}

bool JsonCursor::id(std::string_view& out) {
  const std::uint32_t at = offset();
  if (!word(out)) return false;
  if (out.size() <= limits::kMaxIdBytes) return true;
  return refuse(at, fmt::format("id of {} bytes, expected at most {}", out.size(), limits::kMaxIdBytes));
}

bool JsonCursor::integer(std::optional<std::int64_t>& out, std::int64_t min, std::int64_t max) {
  const std::uint32_t at = offset();
  const char c = peek();
  if (c != '"' && c != 'n' && c != '-' && !is_digit(c)) return refuse_type("an integer");
  out.reset();
  std::string_view text;
  if (c == '"' || c == 'n') {
    if (!string(text)) return false;
    if (text.empty()) return true;
  } else {
    if (!scalar()) return false;
    const char* const begin = text_ + at;
    text = {begin, static_cast<std::size_t>(number_end(begin) - begin)};
  }
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range ||
      (error == std::errc{} && stopped == end && (value < min || value > max))) {
    return refuse(at, fmt::format("number `{}` out of range, expected {} to {}", text.substr(0, 40), min, max));
  }
  if (error != std::errc{} || stopped != end) {
    return refuse(at, fmt::format("{} `{}`, expected an integer", c == '"' ? "string" : "number", text.substr(0, 40)));
  }
  out = value;
  return true;
}

bool JsonCursor::boolean(std::optional<bool>& out) {
  const std::uint32_t at = offset();
  const char c = peek();
  out.reset();
  if (c == 't' || c == 'f') {
    out = c == 't';
    return scalar();
  }
  if (c != '"' && c != 'n') return refuse_type("a boolean");
  std::string_view text;
  if (!string(text)) return false;
  if (text.empty()) return true;
  if (text != "true" && text != "false") {
    return refuse(at, fmt::format("string `{}`, expected a boolean", text.substr(0, 40)));
  }
  out = text == "true";
  return true;
}

bool JsonCursor::refuse(std::uint32_t offset, std::string what, Errc code) {
  fault_.code = code;
  fault_.offset = offset;
  fault_.what = std::move(what);
  // The strict parser, given the text up to a value, stops there and knows the way to it.
  if (const auto stop = find_json_error({text_, offset})) fault_.pointer = stop->pointer;
  return false;
}

bool JsonCursor::refuse_type(std::string_view expected) {
  const Mark here = mark();
  if (!skip()) return false;  // no JSON at all: that is the better message
  rewind(here);
  return refuse(offset(), fmt::format("{}, expected {}", type_name(peek()), expected));
}

bool JsonCursor::refuse_syntax() {
  auto error = find_json_error({text_, size_});
  if (!error) error = JsonError{0, "", "no JSON, expected one JSON value"};  // the two parsers never disagree: fuzzed
  fault_ = {Errc::kMalformedInput, error->offset, std::move(error->pointer), std::move(error->what)};
  return false;
}

}  // namespace imagewarden::inventory
