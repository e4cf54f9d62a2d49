#include "engine/base/json_tree.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/json_plain.h"
#include "engine/base/limits.h"

namespace imagewarden {
namespace {

constexpr std::size_t kSmallObject = 16;  // up to here duplicate keys are found by comparing

// Bytes of the UTF-8 sequence at text[at], which is not ASCII; 0 if it is not well-formed (surrogates and overlong
// forms are not).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(at);
  if (first >= 0xc2 && first <= 0xdf) return tail(at + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!tail(at + 1) || !tail(at + 2)) return 0;
    const unsigned second = byte(at + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!tail(at + 1) || !tail(at + 2) || !tail(at + 3)) return 0;
    const unsigned second = byte(at + 1);
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
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
}

// A recursive descent over RFC 8259. With `keep` it builds the tree, without it only looks for the first fault.
class Parser {
 public:
  Parser(std::string_view text, std::string* strings) : text_(text), strings_(strings) {}

  // The whole text is one value. False: error() holds the fault.
  bool parse_text(JsonValue& root) {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") return refuse(0, "byte order mark, expected JSON without one");
    skip_space();
    if (at_ == text_.size()) return refuse(at_, "empty input, expected a JSON value");
    if (!parse_value(root)) return false;
    skip_space();
    if (at_ != text_.size()) return refuse(at_, "trailing content, expected the end of the JSON value");
    return true;
  }

  JsonError take_error() { return std::move(error_); }

 private:
  bool keep() const { return strings_ != nullptr; }

  bool refuse(std::size_t offset, std::string what) {
    error_.offset = offset;
    error_.what = std::move(what);
    for (const Step& step : path_) {
      if (step.in_array) {
        append_pointer(error_.pointer, fmt::format("{}", step.index));
      } else {
        append_pointer(error_.pointer, step.key);
      }
    }
    return false;
  }

  // What stands at `at_`, for messages.
  std::string found() const {
    if (at_ >= text_.size()) return "end of input";
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x20 || byte >= 0x7f) return fmt::format("byte 0x{:02x}", byte);
    return fmt::format("`{}`", text_[at_]);
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool parse_value(JsonValue& value) {
    value.offset = static_cast<std::uint32_t>(at_);
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    switch (first) {
      case '{':
        return parse_object(value);
      case '[':
        return parse_array(value);
      case '"':
        value.type = JsonType::kString;
        return parse_string(value.text);
      case 't':
        value.type = JsonType::kBool;
        value.boolean = true;
        return parse_word("true");
      case 'f':
        value.type = JsonType::kBool;
        return parse_word("false");
      case 'n':
        return parse_word("null");
      default:
        if (first == '-' || (first >= '0' && first <= '9')) return parse_number(value);
        return refuse(at_, found() + ", expected a JSON value");
    }
  }

  bool parse_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return refuse(at_, fmt::format("misspelled word, expected `{}`", word));
    at_ += word.size();
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }

  bool parse_number(JsonValue& value) {
    const std::size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    if (!digits() || (zero && at_ - begin > (text_[begin] == '-' ? 2U : 1U))) {
      return refuse(begin, "malformed number, expected digits without a leading zero");
    }
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!digits()) return refuse(begin, "malformed number, expected digits after the point");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits()) return refuse(begin, "malformed number, expected digits in the exponent");
    }
    value.type = JsonType::kNumber;
    value.text = text_.substr(begin, at_ - begin);
    return true;
  }

  // The code unit of \uXXXX whose digits start at `digits_at`, or -1.
  std::int32_t code_unit(std::size_t digits_at) const {
    std::uint32_t unit = 0;
    if (digits_at + 4 > text_.size()) return -1;
    const char* begin = text_.data() + digits_at;
    const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
    return error == std::errc{} && end == begin + 4 ? static_cast<std::int32_t>(unit) : -1;
  }

  bool parse_string(std::string_view& out) {
    const std::size_t begin = ++at_;
    scratch_.clear();
    bool escaped = false;
    while (true) {
      const std::size_t plain = plain_json_length<PlainJson::kAscii>(text_, at_);
      if (escaped) scratch_.append(text_, at_, plain);
      at_ += plain;
      if (at_ >= text_.size()) return refuse(begin - 1, "unterminated string, expected a closing quote");
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') break;
      if (byte < 0x20)
        return refuse(at_, fmt::format("control character 0x{:02x} in a string, expected an escape", byte));
      if (byte == '\\') {
        if (!escaped) scratch_.assign(text_, begin, at_ - begin);
        escaped = true;
        if (!parse_escape()) return false;
        continue;
      }
      const std::size_t length = utf8_length(text_, at_);
      if (length == 0) return refuse(at_, fmt::format("byte 0x{:02x}, expected valid UTF-8", byte));
      if (escaped) scratch_.append(text_, at_, length);
      at_ += length;
    }
    const std::string_view raw = text_.substr(begin, at_ - begin);
    ++at_;
    out = escaped ? std::string_view(scratch_) : raw;
    if (escaped && keep()) {
      // Never moves: the capacity is that of the whole text, and unescaped text is no longer than its source.
      const std::size_t stored = strings_->size();
      strings_->append(scratch_);
      out = std::string_view(*strings_).substr(stored);
    }
    return true;
  }

  bool parse_escape() {
    const std::size_t begin = at_++;
    const char kind = at_ < text_.size() ? text_[at_++] : '\0';
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        scratch_ += kind;
        return true;
      case 'b':
        scratch_ += '\b';
        return true;
      case 'f':
        scratch_ += '\f';
        return true;
      case 'n':
        scratch_ += '\n';
        return true;
      case 'r':
        scratch_ += '\r';
        return true;
      case 't':
        scratch_ += '\t';
        return true;
      case 'u':
        return parse_unicode_escape(begin);
      default:
        return refuse(begin, "unknown escape in a string, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
    }
  }

  bool parse_unicode_escape(std::size_t begin) {
    const std::int32_t unit = code_unit(at_);
    if (unit < 0) return refuse(begin, "malformed \\u escape, expected four hexadecimal digits");
    at_ += 4;
    auto code = static_cast<std::uint32_t>(unit);
    if (code >= 0xd800 && code <= 0xdfff) {
      const bool high = code <= 0xdbff;
      const std::int32_t low = high && text_.substr(at_, 2) == "\\u" ? code_unit(at_ + 2) : -1;
      if (low < 0xdc00 || low > 0xdfff) return refuse(begin, "lone surrogate, expected a pair");
      code = 0x10000U + ((code - 0xd800U) << 10U) + (static_cast<std::uint32_t>(low) - 0xdc00U);
      at_ += 6;
    }
    append_utf8(scratch_, code);
    return true;
  }

  bool enter() {
    if (path_.size() >= limits::kMaxJsonDepth)
      return refuse(at_, fmt::format("nesting beyond {} levels", limits::kMaxJsonDepth));
    path_.emplace_back();
    ++at_;
    skip_space();
    return true;
  }

  bool parse_array(JsonValue& value) {
    value.type = JsonType::kArray;
    if (!enter()) return false;
    path_.back().in_array = true;
    if (at_ < text_.size() && text_[at_] == ']') return leave();
    while (true) {
      JsonValue item;
      if (!parse_value(item)) return false;
      if (keep()) value.items.push_back(std::move(item));
      skip_space();
      if (at_ < text_.size() && text_[at_] == ']') return leave();
      if (at_ >= text_.size() || text_[at_] != ',') return refuse(at_, found() + ", expected `,` or `]`");
      ++at_;
      ++path_.back().index;
      skip_space();
    }
  }

  bool parse_object(JsonValue& value) {
    value.type = JsonType::kObject;
    if (!enter()) return false;
    if (at_ < text_.size() && text_[at_] == '}') return leave();
    std::unordered_set<std::string_view> seen;
    while (true) {
      if (at_ >= text_.size() || text_[at_] != '"') return refuse(at_, found() + ", expected a key in quotes");
      JsonMember member;
      const std::size_t key_at = at_;
      member.key_offset = static_cast<std::uint32_t>(key_at);
      if (!parse_string(member.key)) return false;
      path_.back().key.assign(member.key);
      if (keep() && is_repeated(value, member.key, seen)) {
        return refuse(key_at, fmt::format("duplicate key `{}`, expected each key once", member.key));
      }
      skip_space();
      if (at_ >= text_.size() || text_[at_] != ':') return refuse(at_, found() + ", expected `:` after a key");
      ++at_;
      skip_space();
      if (!parse_value(member.value)) return false;
      if (keep()) value.members.push_back(std::move(member));
      skip_space();
      if (at_ < text_.size() && text_[at_] == '}') return leave();
      if (at_ >= text_.size() || text_[at_] != ',') return refuse(at_, found() + ", expected `,` or `}`");
      ++at_;
      skip_space();
    }
  }

  static bool is_repeated(const JsonValue& object, std::string_view key, std::unordered_set<std::string_view>& seen) {
    if (object.members.size() < kSmallObject) return object.find(key) != nullptr;
    if (seen.empty()) {
      for (const JsonMember& member : object.members) seen.insert(member.key);
    }
    return !seen.insert(key).second;
  }

  bool leave() {
    ++at_;
    path_.pop_back();
    return true;
  }

  struct Step {
    bool in_array{};
    std::uint64_t index{};
    std::string key;
  };

  std::string_view text_;
  std::string* strings_;  // where unescaped strings are kept; null: nothing is kept
  std::size_t at_{};
  std::string scratch_;  // the string that is being unescaped
  std::vector<Step> path_;
  JsonError error_;
};

// Appends `text` without what would break a line. `other_form` of a byte: what it becomes; empty: itself.
template <class OtherForm>
void append_one_line(std::string& out, std::string_view text, OtherForm other_form) {
  std::size_t begin = 0;  // of what is not appended yet
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_control = byte < 0x20 || byte == 0x7f;
    const std::string_view other = other_form(byte);
    if (!is_control && other.empty()) continue;
    out.append(text, begin, at - begin);
    begin = at + 1;
    if (is_control) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += other;
    }
  }
  out.append(text, begin);
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

tl::expected<JsonDocument, JsonError> JsonDocument::parse(std::string_view text) {
  if (text.size() > limits::kMaxTreeBytes) {
    return tl::make_unexpected(
        JsonError{limits::kMaxTreeBytes, "",
                  fmt::format("document of more than {} MiB, expected less", limits::kMaxTreeBytes >> 20U)});
  }
  JsonDocument document;
  document.text_ = std::make_unique<std::string>(text);
  document.strings_ = std::make_unique<std::string>();
  document.strings_->reserve(text.size());
  document.root_ = std::make_unique<JsonValue>();
  Parser parser(*document.text_, document.strings_.get());
  if (!parser.parse_text(*document.root_)) return tl::make_unexpected(parser.take_error());
  return document;
}

TextPosition JsonDocument::position(std::uint32_t offset) const { return text_position(*text_, offset); }

std::optional<JsonError> find_json_error(std::string_view text) {
  Parser parser(text, nullptr);
  JsonValue root;
  if (parser.parse_text(root)) return std::nullopt;
  return parser.take_error();
}

TextPosition text_position(std::string_view text, std::uint64_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n');
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = line_start == std::string_view::npos ? before.size() : before.size() - line_start - 1;
  return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(column + 1)};
}

Error to_error(const JsonError& error, std::string_view name, std::string_view text) {
  const TextPosition at = text_position(text, error.offset);
  return {Errc::kMalformedInput, fmt::format("{}:{}:{} {}: {}", name, at.line, at.column,
                                             error.pointer.empty() ? "/" : error.pointer, one_line(error.what))};
}

std::optional<std::int64_t> json_integer(const JsonValue& value) {
  if (!value.is(JsonType::kNumber)) return std::nullopt;
  std::int64_t integer = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stopped, error] = std::from_chars(value.text.data(), end, integer);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return integer;
}

std::string one_line(std::string_view text) {
  std::string line;
  append_one_line(line, text, [](unsigned char) { return std::string_view{}; });
  return line;
}

void append_pointer(std::string& pointer, std::string_view segment) {
  pointer += '/';
  append_one_line(pointer, segment, [](unsigned char byte) -> std::string_view {
    if (byte == '~') return "~0";
    if (byte == '/') return "~1";
    return {};
  });
}

}  // namespace imagewarden
