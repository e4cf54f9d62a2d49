#include "engine/rules/strict_json.h"

#include <algorithm>

#include "engine/base/suggest.h"

namespace imagewarden::rules {
namespace {

constexpr std::size_t kNamesListed = 8;  // a longer list in a message helps nobody

std::string_view type_name(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "true or false";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "an array";
    case JsonType::kObject:
      return "an object";
  }
  return "a value";
}

std::string quoted(std::string_view text) { return '`' + std::string(text) + '`'; }

}  // namespace

bool StrictReader::refuse_at(std::uint32_t offset, const std::string& pointer, std::string_view what, Errc code) {
  if (fault_) return false;
  const TextPosition at = document_.position(offset);
  fault_ = Error{code, path_ + ':' + std::to_string(at.line) + ':' + std::to_string(at.column) + ' ' +
                           (pointer.empty() ? "/" : one_line(pointer)) + ": " + one_line(what)};
  return false;
}

bool StrictReader::refuse(const Node& node, std::string_view what) {
  return refuse_at(node.value->offset, node.pointer, what, Errc::kMalformedInput);
}

std::string StrictReader::expected_names(std::string_view wrong, std::span<const std::string_view> names) {
  if (const auto nearest = nearest_name(wrong, names)) return ", did you mean " + quoted(*nearest) + '?';
  std::string list;
  for (const std::string_view name : names.first(std::min(names.size(), kNamesListed))) {
    list += (list.empty() ? "" : ", ") + quoted(name);
  }
  if (names.size() > kNamesListed) list += ", …";
  return ", expected one of " + list;
}

bool StrictReader::check_object(const Node& node, std::span<const Field> fields) {
  if (!ok()) return false;
  if (!node.value->is(JsonType::kObject)) {
    return refuse(node, std::string(type_name(node.value->type)) + ", expected an object");
  }
  for (const JsonMember& found : node.value->members) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == found.key; });
    std::string pointer = node.pointer;
    append_pointer(pointer, found.key);
    if (field == fields.end()) {
      std::vector<std::string_view> names;
      for (const Field& known : fields) names.push_back(known.name);
      return refuse_at(found.key_offset, pointer, "unknown key " + quoted(found.key) + expected_names(found.key, names),
                       Errc::kMalformedInput);
    }
    const Node value{&found.value, pointer};
    if (!found.value.is(field->type)) {
      return refuse(value,
                    std::string(type_name(found.value.type)) + ", expected " + std::string(type_name(field->type)));
    }
    if (field->type == JsonType::kString && found.value.text.empty()) {
      return refuse(value, "empty string, expected some text");
    }
  }
  for (const Field& field : fields) {
    if (field.presence == Presence::kRequired && node.value->find(field.name) == nullptr) {
      return refuse(node, "no member " + quoted(field.name) + ", expected " + std::string(type_name(field.type)));
    }
  }
  return true;
}

Node StrictReader::member(const Node& object, std::string_view name) {
  const JsonValue* value = object.value->find(name);
  if (value == nullptr) return {};
  std::string pointer = object.pointer;
  append_pointer(pointer, name);
  return {value, std::move(pointer)};
}

std::vector<Node> StrictReader::items(const Node& array) {
  std::vector<Node> nodes;
  if (!array) return nodes;
  for (const JsonValue& item : array.value->items) {
    nodes.push_back({&item, array.pointer + '/' + std::to_string(nodes.size())});
  }
  return nodes;
}

std::string StrictReader::text(const Node& object, std::string_view name) {
  const JsonValue* value = object.value->find(name);
  return value == nullptr ? std::string{} : std::string(value->text);
}

std::vector<std::string> StrictReader::texts(const Node& array) {
  std::vector<std::string> result;
  for (const Node& item : items(array)) {
    if (!item.value->is(JsonType::kString)) {
      refuse(item, std::string(type_name(item.value->type)) + ", expected a string");
      return {};
    }
    std::string entry(item.value->text);
    if (entry.empty() || std::find(result.begin(), result.end(), entry) != result.end()) {
      refuse(item, entry.empty() ? "empty string, expected some text" : quoted(entry) + " twice, expected it once");
      return {};
    }
    result.push_back(std::move(entry));
  }
  return result;
}

std::int64_t StrictReader::integer(const Node& number, std::int64_t least, std::int64_t most) {
  const auto value = json_integer(*number.value);
  if (value && *value >= least && *value <= most) return *value;
  refuse(number, quoted(number.value->text) + ", expected an integer from " + std::to_string(least) + " to " +
                     std::to_string(most));
  return 0;
}

}  // namespace imagewarden::rules
