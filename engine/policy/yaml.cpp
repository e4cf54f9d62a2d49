#include "engine/policy/yaml.h"

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "engine/base/json_writer.h"
#include "engine/base/limits.h"
#include "engine/base/printable.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kMergeKey = "<<";
constexpr std::string_view kAlias = "an alias, expected the value itself; text that starts with `*` needs quotes";

TextPosition position_of(const YAML::Mark& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// Ends the parse from inside a handler; read_yaml() catches it.
struct Refused {
  TextPosition at;
  std::string what;
  Errc code{Errc::kMalformedInput};
};

bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// Builds the tree from yaml-cpp's events. Its own nodes would have resolved aliases already.
class TreeBuilder : public YAML::EventHandler {
 public:
  [[nodiscard]] TextNode take() { return std::move(root_); }
  // Whether the last scalar of the document stands in quotes.
  [[nodiscard]] bool ends_quoted() const { return ends_quoted_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    place(mark, TextNode{});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{position_of(mark), std::string(kAlias)};
  }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    throw Refused{position_of(mark), fmt::format("anchor `&{}`, expected none", name)};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    // `?` is what a plain scalar has, `!` what a quoted one has.
    if (!tag.empty() && tag != "?" && tag != "!") refuse_tag(mark, tag);
    // The library makes single bytes of `\N` and `\_`.
    if (!is_valid_utf8(value)) throw Refused{position_of(mark), "an escape that gives no UTF-8, expected `\\uXXXX`"};
    TextNode node;
    node.quoted = tag == "!";
    ends_quoted_ = node.quoted;
    if (node.quoted || !is_null_word(value)) {
      node.kind = TextKind::kScalar;
      node.text = value;
    }
    place(mark, std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, TextKind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, TextKind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is being filled.
  struct Frame {
    TextNode node;
    std::unordered_set<std::string> keys;  // of the map, looked up only
    bool waits_for_value{};                // the map has its last member's key, but not its value
  };

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) throw Refused{position_of(mark), "an anchor, expected none"};
  }
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    throw Refused{position_of(mark), fmt::format("tag `{}`, expected none", tag)};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, TextKind kind) {
    refuse_anchor(mark, anchor);
    if (!tag.empty() && tag != "?") refuse_tag(mark, tag);
    if (!frames_.empty() && frames_.back().node.is(TextKind::kMap) && !frames_.back().waits_for_value) {
      throw Refused{position_of(mark), "a list or map in place of a key, expected a name; is a bracket not closed?"};
    }
    if (frames_.size() >= limits::kMaxJsonDepth) {
      throw Refused{position_of(mark), fmt::format("nested more than {} levels deep", limits::kMaxJsonDepth),
                    Errc::kLimit};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.at = position_of(mark);
    frames_.push_back(std::move(frame));
  }

  void close() {
    TextNode node = std::move(frames_.back().node);
    frames_.pop_back();
    add(std::move(node));
  }

  void place(const YAML::Mark& mark, TextNode node) {
    node.at = position_of(mark);
    if (!frames_.empty() && frames_.back().node.is(TextKind::kMap) && !frames_.back().waits_for_value) {
      start_member(std::move(node));
    } else {
      add(std::move(node));
    }
  }

  void start_member(TextNode key) {
    Frame& frame = frames_.back();
    if (!key.is(TextKind::kScalar)) throw Refused{key.at, "an empty key, expected a name"};
    if (key.text == kMergeKey && !key.quoted) throw Refused{key.at, "merge key `<<`, expected the members themselves"};
    if (!frame.keys.insert(key.text).second) {
      throw Refused{key.at, fmt::format("key `{}` twice, expected it once", key.text)};
    }
    frame.node.members.push_back({std::move(key.text), key.at, {}});
    frame.waits_for_value = true;
  }

  void add(TextNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is(TextKind::kList)) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    frame.node.members.back().value = std::move(node);
    frame.waits_for_value = false;
  }

  std::vector<Frame> frames_;
  TextNode root_;
  bool ends_quoted_{};
};

// A stream over text that is not copied.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

// The tree of the only document; throws what the parser and the builder throw.
TextNode parse_document(std::string text, TreeBuilder& builder) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return {};
  TreeBuilder rest;
  if (parser.HandleNextDocument(rest)) throw Refused{rest.take().at, "a second document, expected one a file"};
  return builder.take();
}

Result<TextNode> read_yaml(std::string_view text, std::string_view name) {
  try {
    TreeBuilder builder;
    TextNode root = parse_document(std::string(text), builder);
    if (builder.ends_quoted()) {
      // The library takes a line break at the end of the text for a closing quote. Without one it looks.
      TreeBuilder again;
      parse_document(std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1)), again);
    }
    return root;
  } catch (const Refused& refused) {
    return tl::make_unexpected(error_at(name, refused.at, refused.what, refused.code));
  } catch (const YAML::Exception& e) {
    // What the library says of a lone `*` helps nobody.
    const bool is_alias = e.msg == YAML::ErrorMsg::ALIAS_NOT_FOUND || e.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR);
    return tl::make_unexpected(error_at(name, position_of(e.mark), is_alias ? std::string(kAlias) : e.msg));
  }
}

TextNode from_json(const JsonValue& value, const LineIndex& lines) {
  TextNode node;
  node.at = lines.at(value.offset);
  switch (value.type) {
    case JsonType::kNull:
      break;
    case JsonType::kBool:
      node.kind = TextKind::kScalar;
      node.text = value.boolean ? "true" : "false";
      break;
    case JsonType::kNumber:
    case JsonType::kString:
      node.kind = TextKind::kScalar;
      node.quoted = value.is(JsonType::kString);
      node.text = value.text;
      break;
    case JsonType::kArray:
      node.kind = TextKind::kList;
      for (const JsonValue& item : value.items) node.items.push_back(from_json(item, lines));
      break;
    case JsonType::kObject:
      node.kind = TextKind::kMap;
      for (const JsonMember& member : value.members) {
        node.members.push_back({std::string(member.key), lines.at(member.key_offset), from_json(member.value, lines)});
      }
      break;
  }
  return node;
}

Result<TextNode> read_json(std::string_view text, std::string_view name) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), name, text));
  return from_json(document->root(), LineIndex(text));
}

// All of the text: white space around it, such as a lone carriage return, is of the text, and no part of a number.
bool is_json_number(const std::string& text) {
  const auto document = JsonDocument::parse(text);
  return document && document->root().is(JsonType::kNumber) && document->root().text == text;
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

TextPosition LineIndex::at(std::uint32_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - starts_.begin());
  return {line, offset - *std::prev(after) + 1};
}

const TextNode* TextNode::find(std::string_view key) const {
  const auto at_key =
      std::find_if(members.begin(), members.end(), [&](const TextMember& member) { return member.key == key; });
  return at_key == members.end() ? nullptr : &at_key->value;
}

Error error_at(std::string_view name, TextPosition at, std::string_view what, Errc code) {
  return {code, fmt::format("{}:{}:{}: {}", name, at.line, at.column, one_line(what))};
}

Result<TextNode> read_text_tree(std::string_view text, std::string_view name) {
  if (text.size() > limits::kMaxTestFileBytes) {
    return tl::make_unexpected(error_at(
        name, {}, fmt::format("{} bytes, expected at most {}", text.size(), limits::kMaxTestFileBytes), Errc::kLimit));
  }
  if (name.ends_with(".json")) return read_json(text, name);
  if (!is_valid_utf8(text)) return tl::make_unexpected(error_at(name, {}, "not UTF-8"));
  // No character of YAML, and to the library a sign that the text is UTF-16 or UTF-32.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return tl::make_unexpected(
        error_at(name, LineIndex(text).at(static_cast<std::uint32_t>(nul)), "a NUL byte, expected text"));
  }
  return read_yaml(text, name);
}

void write_json_text(const TextNode& node, std::string& out, std::vector<SourcePoint>& points) {
  points.push_back({static_cast<std::uint32_t>(out.size()), node.at});
  switch (node.kind) {
    case TextKind::kNull:
      out += "null";
      break;
    case TextKind::kScalar:
      if (!node.quoted && (node.text == "true" || node.text == "false" || is_json_number(node.text))) {
        out += node.text;
      } else {
        append_json_string(out, node.text);
      }
      break;
    case TextKind::kList:
      out += '[';
      for (const TextNode& item : node.items) {
        if (&item != &node.items.front()) out += ',';
        write_json_text(item, out, points);
      }
      out += ']';
      break;
    case TextKind::kMap:
      out += '{';
      for (const TextMember& member : node.members) {
        if (&member != &node.members.front()) out += ',';
        points.push_back({static_cast<std::uint32_t>(out.size()), member.key_at});
        append_json_string(out, member.key);
        out += ':';
        write_json_text(member.value, out, points);
      }
      out += '}';
      break;
  }
}

}  // namespace imagewarden::policy
