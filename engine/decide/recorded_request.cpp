#include "engine/decide/recorded_request.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/base/sha256.h"

namespace imagewarden {
namespace {

constexpr std::string_view kName = "request";
constexpr std::pair<std::string_view, KeyState> kStates[] = {{"absent", KeyState::kAbsent},
                                                             {"known", KeyState::kKnown},
                                                             {"partial", KeyState::kPartial},
                                                             {"open", KeyState::kOpen}};

std::string_view state_word(KeyState state) {
  const auto* found =
      std::find_if(std::begin(kStates), std::end(kStates), [&](const auto& s) { return s.second == state; });
  return found == std::end(kStates) ? std::string_view("open") : found->first;
}

std::optional<KeyState> parse_state(std::string_view word) {
  const auto* found =
      std::find_if(std::begin(kStates), std::end(kStates), [&](const auto& s) { return s.first == word; });
  return found == std::end(kStates) ? std::nullopt : std::optional(found->second);
}

tl::unexpected<Error> refuse(const JsonDocument& document, std::uint32_t offset, std::string pointer,
                             std::string what) {
  return tl::make_unexpected(to_error({offset, std::move(pointer), std::move(what)}, kName, document.text()));
}

// A member of the object, of the type that it must have; null where it is not.
const JsonValue* find_member(const JsonValue& object, std::string_view name, JsonType type) {
  if (!object.is(JsonType::kObject)) return nullptr;
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is(type) ? value : nullptr;
}

// False where an entry is none.
bool read_context(const JsonValue& json, Context& context) {
  for (const JsonMember& member : json.members) {
    const JsonValue* word = find_member(member.value, "state", JsonType::kString);
    const JsonValue* list = find_member(member.value, "values", JsonType::kArray);
    const auto state = word == nullptr ? std::nullopt : parse_state(word->text);
    if (!state || list == nullptr) return false;
    std::vector<Value> values;
    for (const JsonValue& item : list->items) {
      if (!item.is(JsonType::kString)) return false;
      values.push_back(Value::of(item.text));
    }
    context.set(member.key, *state, std::move(values));
  }
  return true;
}

}  // namespace

RequestText::RequestText(std::string_view account, std::string_view operation, const Question& question) {
  JsonWriter before(before_);
  before.begin_object().member("account", account).key("context").begin_object();
  // By name: the context itself is in the order of its hashes.
  std::vector<const Context::Entry*> entries;
  for (const Context::Entry& entry : question.context.entries()) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) { return a->key.lower < b->key.lower; });
  for (const Context::Entry* entry : entries) {
    before.key(entry->key.lower).begin_object().member("state", state_word(entry->state)).key("values").begin_array();
    for (const Value& value : entry->values) before.string(value.text);
    before.end_array().end_object();
  }
  before.end_object().key("image");
  JsonWriter after(after_);
  after.begin_object().member("operation", operation).member("principal", question.principal.text());
  after.key("strict").boolean(question.strict).member("time", format_rfc3339_us(question.now)).end_object();
  // One object in two parts: the second one's bracket becomes the comma after the image.
  after_.front() = ',';
}

std::string RequestText::with_image(std::string_view image_id) const {
  std::string text;
  put_image(image_id, text);
  return text;
}

std::string RequestText::digest(std::string_view image_id) const {
  std::string text;
  digest(image_id, text);
  return text;
}

void RequestText::digest(std::string_view image_id, std::string& digest) const {
  thread_local std::string text;
  put_image(image_id, text);
  sha256_text(text, digest);
}

void RequestText::put_image(std::string_view image_id, std::string& text) const {
  text = before_;
  append_json_string(text, image_id);
  text += after_;
}

Result<RecordedRequest> parse_request(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), kName, text));
  const JsonValue& root = document->root();
  RecordedRequest out;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"account", &out.account}, {"image", &out.image}, {"operation", &out.operation}};
  for (const auto& [name, where] : texts) {
    const JsonValue* value = find_member(root, name, JsonType::kString);
    if (value == nullptr) return refuse(*document, root.offset, "", fmt::format("no text `{}`, expected one", name));
    *where = value->text;
  }
  const JsonValue* context = find_member(root, "context", JsonType::kObject);
  if (context == nullptr || !read_context(*context, out.question.context)) {
    return refuse(*document, root.offset, "/context", "expected keys, each with a state and texts as values");
  }
  const JsonValue* principal = find_member(root, "principal", JsonType::kString);
  auto caller = parse_principal(principal == nullptr ? std::string_view{} : principal->text);
  if (!caller) return refuse(*document, root.offset, "/principal", caller.error().message);
  out.question.principal = std::move(*caller);
  out.question.principal.account = out.account;
  const JsonValue* strict = find_member(root, "strict", JsonType::kBool);
  const JsonValue* time = find_member(root, "time", JsonType::kString);
  const auto now = time == nullptr ? std::nullopt : parse_rfc3339(time->text);
  if (strict == nullptr || !now) return refuse(*document, root.offset, "", "expected `strict` and a `time`");
  out.question.strict = strict->boolean;
  out.question.now = *now;
  // Whatever else differs from the canonical form (order, white space, case, members too many) shows here.
  if (RequestText(out.account, out.operation, out.question).with_image(out.image) != text) {
    return refuse(*document, root.offset, "", "not in its canonical form");
  }
  return out;
}

}  // namespace imagewarden
