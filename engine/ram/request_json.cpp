#include "engine/ram/request_json.h"

#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/base/json_tree.h"
#include "engine/base/limits.h"

namespace imagewarden::ram {
namespace {

constexpr std::string_view kName = "request";

tl::unexpected<Error> refuse(const JsonDocument& document, std::uint32_t offset, std::string pointer,
                             std::string what) {
  return tl::make_unexpected(to_error({offset, std::move(pointer), std::move(what)}, kName, document.text()));
}

std::string pointer_of(std::string_view parent, std::string_view key) {
  std::string pointer(parent);
  append_pointer(pointer, key);
  return pointer;
}

Status read_text(const JsonDocument& document, const JsonMember& member, std::string& out) {
  if (!member.value.is(JsonType::kString)) {
    return refuse(document, member.value.offset, pointer_of("", member.key), "expected a string");
  }
  out = member.value.text;
  return {};
}

// One value of a key: false for what is none.
bool append_value(const JsonValue& json, std::vector<Value>& values) {
  switch (json.type) {
    case JsonType::kString:
    case JsonType::kNumber:
      values.push_back(Value::of(json.text));
      return true;
    case JsonType::kBool:
      values.push_back(Value::of_bool(json.boolean));
      return true;
    case JsonType::kNull:
    case JsonType::kArray:
    case JsonType::kObject:
      break;
  }
  return false;
}

bool read_values(const JsonValue& json, KeyState& state, std::vector<Value>& values) {
  if (json.is(JsonType::kNull)) {
    state = KeyState::kAbsent;
    return true;
  }
  if (!json.is(JsonType::kArray)) return append_value(json, values);
  for (const JsonValue& item : json.items) {
    if (!append_value(item, values)) return false;
  }
  return true;
}

Status read_context(const JsonDocument& document, const JsonMember& context, Context& out) {
  if (!context.value.is(JsonType::kObject)) {
    return refuse(document, context.value.offset, "/context", "expected an object");
  }
  for (const JsonMember& member : context.value.members) {
    KeyState state = KeyState::kKnown;
    std::vector<Value> values;
    if (!read_values(member.value, state, values)) {
      return refuse(document, member.value.offset, pointer_of("/context", member.key),
                    "expected a string, a boolean, a number, a list of these, or null");
    }
    if (std::any_of(values.begin(), values.end(),
                    [](const Value& value) { return Decimal::is_beyond_limits(value.text); })) {
      return refuse(document, member.value.offset, pointer_of("/context", member.key),
                    fmt::format("expected a number of at most {} bytes, and an exponent of at most {}",
                                limits::kMaxNumberBytes, limits::kMaxNumberExponent));
    }
    const std::size_t before = out.entries().size();
    out.set(member.key, state, std::move(values));
    if (out.entries().size() == before) {
      return refuse(document, member.key_offset, "/context",
                    fmt::format("key `{}` repeated in another case, expected each key once", member.key));
    }
  }
  return {};
}

Status read_member(const JsonDocument& document, const JsonMember& member, ParsedRequest& out) {
  if (member.key == "action") return read_text(document, member, out.request.action);
  if (member.key == "resource") return read_text(document, member, out.request.resource);
  if (member.key == "context") return read_context(document, member, out.request.context);
  if (member.key == "principal") return read_text(document, member, out.principal);
  if (member.key == "resource_group") return read_text(document, member, out.request.resource_group);
  return refuse(
      document, member.key_offset, "",
      fmt::format("unknown key `{}`, expected principal, action, resource, resource_group or context", member.key));
}

}  // namespace

Result<ParsedRequest> parse_request_json(std::string_view text) {
  if (text.size() > limits::kMaxRequestBytes) {
    return fail(Errc::kLimit,
                fmt::format("request: {} bytes, expected at most {}", text.size(), limits::kMaxRequestBytes));
  }
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), kName, text));
  if (!document->root().is(JsonType::kObject))
    return refuse(*document, document->root().offset, "", "expected an object");
  ParsedRequest out;
  for (const JsonMember& member : document->root().members) {
    if (const Status status = read_member(*document, member, out); !status) {
      return tl::make_unexpected(status.error());
    }
  }
  if (out.request.action.empty()) return refuse(*document, document->root().offset, "", "no `action`, expected one");
  out.request.action_lower = to_lower(out.request.action);
  return out;
}

}  // namespace imagewarden::ram
