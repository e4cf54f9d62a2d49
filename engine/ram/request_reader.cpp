#include "engine/ram/request_reader.h"

#include <algorithm>
#include <span>

#include "engine/base/glob.h"
#include "engine/base/limits.h"

namespace imagewarden::ram {
namespace {

constexpr std::size_t kContextKeysMax = 16;  // up to here repeated keys are found by comparing

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Whether two names are one key: without regard to case up to the first slash (Key::of).
bool is_same_key(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  bool folds = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (folds ? lower(a[i]) != lower(b[i]) : a[i] != b[i]) return false;
    if (a[i] == '/') folds = false;
  }
  return true;
}

// Each of these is false where the strict reader has to look at the request.

bool read_context(std::span<const FlatMember> members, const KeyFilter* wanted, Context& out) {
  if (members.size() > kContextKeysMax) return false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const FlatMember& member = members[i];
    const auto before = members.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](const FlatMember& other) { return is_same_key(member.key, other.key); })) {
      return false;
    }
    if (member.type == JsonType::kString && Decimal::is_beyond_limits(member.text)) return false;
    if (wanted != nullptr && !wanted->asks_for(member.key)) continue;
    std::vector<Value> values;
    if (member.type == JsonType::kString) values.push_back(Value::of(member.text));
    if (member.type == JsonType::kBool) values.push_back(Value::of_bool(member.boolean));
    const KeyState state = member.type == JsonType::kNull ? KeyState::kAbsent : KeyState::kKnown;
    out.set(member.key, state, std::move(values));
  }
  return true;
}

bool read_text(const FlatMember& member, std::string& out) {
  if (member.type != JsonType::kString) return false;
  out = member.text;
  return true;
}

bool read_request(const std::vector<FlatMember>& members, const KeyFilter* wanted, ParsedRequest& out) {
  enum Part : unsigned { kAction = 1, kResource = 2, kContext = 4, kPrincipal = 8, kResourceGroup = 16 };
  unsigned seen = 0;
  const auto is_first = [&](Part part) {
    const bool first = (seen & part) == 0;
    seen |= part;
    return first;
  };
  for (std::size_t i = 0; i < members.size(); ++i) {
    const FlatMember& member = members[i];
    bool is_read = false;
    if (member.key == "action") {
      is_read = is_first(kAction) && read_text(member, out.request.action);
    } else if (member.key == "resource") {
      is_read = is_first(kResource) && read_text(member, out.request.resource);
    } else if (member.key == "context" && member.type == JsonType::kObject) {
      const auto inner = std::span(members).subspan(i + 1, member.end - i - 1);
      is_read = is_first(kContext) && read_context(inner, wanted, out.request.context);
      i = member.end - 1;
    } else if (member.key == "principal") {
      is_read = is_first(kPrincipal) && read_text(member, out.principal);
    } else if (member.key == "resource_group") {
      is_read = is_first(kResourceGroup) && read_text(member, out.request.resource_group);
    }
    if (!is_read) return false;
  }
  out.request.action_lower = to_lower(out.request.action);
  return !out.request.action.empty();
}

}  // namespace

bool KeyFilter::asks_for(std::string_view name) const {
  if (keys_.size() > kComparedMax) return true;
  return std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) { return is_same_key(name, key); });
}

Result<ParsedRequest> RequestReader::read(std::string_view text, const KeyFilter* wanted) {
  ParsedRequest out;
  if (text.size() <= limits::kMaxRequestBytes && flat_.read(text) && read_request(flat_.members(), wanted, out))
    return out;
  return parse_request_json(text);
}

}  // namespace imagewarden::ram
