#include "engine/rules/actions.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "engine/base/glob.h"
#include "engine/rules/embedded.h"
#include "engine/rules/strict_json.h"

namespace imagewarden::rules {
namespace {

constexpr std::string_view kActionSchema = "imagewarden-actions/1";
constexpr std::string_view kSystemPolicySchema = "imagewarden-system-policies/1";

constexpr std::array kFileFields{
    Field{"schema", JsonType::kString},
    Field{"date", JsonType::kString},
    Field{"description", JsonType::kString, Presence::kOptional},
    Field{"actions", JsonType::kArray},
};
constexpr std::array kActionFields{
    Field{"name", JsonType::kString},
    Field{"access", JsonType::kString},
    Field{"resource", JsonType::kString},
    Field{"basis", JsonType::kString},
    Field{"source", JsonType::kString, Presence::kOptional},
    Field{"dependent_actions", JsonType::kArray, Presence::kOptional},
    Field{"api_names", JsonType::kArray, Presence::kOptional},
};
constexpr std::array kPolicyFileFields{
    Field{"schema", JsonType::kString},
    Field{"date", JsonType::kString},
    Field{"description", JsonType::kString, Presence::kOptional},
    Field{"policies", JsonType::kArray},
};
constexpr std::array kPolicyFields{
    Field{"name", JsonType::kString},
    Field{"version", JsonType::kString},
    Field{"date", JsonType::kString, Presence::kOptional},
    Field{"kind", JsonType::kString},
    Field{"source", JsonType::kString},
    Field{"document", JsonType::kObject},
};
// In the order of AccessLevel.
constexpr std::array<std::string_view, 8> kAccessNames{"none",   "read",   "list",   "get",
                                                       "create", "update", "delete", "write"};
constexpr std::array<std::string_view, 2> kResourceNames{"resource", "all"};
constexpr std::array<std::string_view, 2> kBasisNames{"documented", "inferred"};
constexpr std::array<std::string_view, 2> kPolicyKinds{"system", "control"};

std::size_t read_word(StrictReader& reader, const Node& object, std::string_view name,
                      std::span<const std::string_view> names) {
  const Node node = StrictReader::member(object, name);
  const auto found = std::find(names.begin(), names.end(), node.value->text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  reader.refuse(node,
                '`' + std::string(node.value->text) + '`' + StrictReader::expected_names(node.value->text, names));
  return 0;
}

// `service:Name`, without wildcards.
bool is_action_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
         text.find(':', colon + 1) == std::string_view::npos && text.find_first_of("*? ") == std::string_view::npos;
}

void check_action_name(StrictReader& reader, const Node& node, std::string_view name) {
  if (!is_action_name(name)) {
    reader.refuse(node, "action `" + std::string(name) + "`, expected `ram-code:Name` without wildcards");
  }
}

ActionEntry read_action(StrictReader& reader, const Node& item) {
  ActionEntry entry;
  if (!reader.check_object(item, kActionFields)) return entry;
  entry.name = StrictReader::text(item, "name");
  check_action_name(reader, StrictReader::member(item, "name"), entry.name);
  entry.access = static_cast<AccessLevel>(read_word(reader, item, "access", kAccessNames));
  entry.all_resources = read_word(reader, item, "resource", kResourceNames) == 1;
  read_word(reader, item, "basis", kBasisNames);
  const Node dependent = StrictReader::member(item, "dependent_actions");
  entry.dependent_actions = reader.texts(dependent);
  for (const std::string& action : entry.dependent_actions) check_action_name(reader, dependent, action);
  entry.api_names = reader.texts(StrictReader::member(item, "api_names"));
  return entry;
}

bool check_schema(StrictReader& reader, const Node& root, std::string_view schema) {
  const Node node = StrictReader::member(root, "schema");
  return node.value->text == schema ||
         reader.refuse(node, "schema `" + std::string(node.value->text) + "`, expected `" + std::string(schema) + '`');
}

std::string_view text_of(const JsonDocument& document, const JsonValue& object) {
  // The tree keeps where a value begins; an object ends at the bracket that closes it outside of strings.
  const std::string_view text = document.text().substr(object.offset);
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        in_string = false;
      }
    } else if (text[i] == '"') {
      in_string = true;
    } else if (text[i] == '{' || text[i] == '[') {
      ++depth;
    } else if ((text[i] == '}' || text[i] == ']') && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return text;
}

std::vector<SystemPolicy> read_system_policies(std::string_view text, std::string_view path) {
  std::vector<SystemPolicy> policies;
  const auto document = JsonDocument::parse(text);
  assert(document.has_value());
  if (!document) return policies;
  StrictReader reader(*document, path);
  const Node root = reader.root();
  if (reader.check_object(root, kPolicyFileFields) && check_schema(reader, root, kSystemPolicySchema)) {
    for (const Node& item : StrictReader::items(StrictReader::member(root, "policies"))) {
      if (!reader.check_object(item, kPolicyFields)) break;
      policies.push_back({StrictReader::text(item, "name"), StrictReader::text(item, "version"),
                          read_word(reader, item, "kind", kPolicyKinds) == 1,
                          std::string(text_of(*document, *StrictReader::member(item, "document").value))});
    }
  }
  assert(reader.ok());
  return policies;
}

}  // namespace

Result<ActionCatalogue> ActionCatalogue::parse(std::string_view text, std::string_view path) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), path, text));
  StrictReader reader(*document, path);
  const Node root = reader.root();
  if (!reader.check_object(root, kFileFields) || !check_schema(reader, root, kActionSchema)) {
    return tl::make_unexpected(reader.fault());
  }
  ActionCatalogue catalogue;
  catalogue.date_ = StrictReader::text(root, "date");
  std::vector<std::pair<std::string, std::size_t>> order;
  std::vector<ActionEntry> entries;
  const std::vector<Node> items = StrictReader::items(StrictReader::member(root, "actions"));
  for (const Node& item : items) {
    entries.push_back(read_action(reader, item));
    if (!reader.ok()) return tl::make_unexpected(reader.fault());
    order.emplace_back(to_lower(entries.back().name), order.size());
  }
  std::sort(order.begin(), order.end());
  const auto same =
      std::adjacent_find(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != order.end()) {
    const std::size_t second = std::next(same)->second;
    reader.refuse(items[second], "action `" + entries[second].name + "` twice, expected it once");
    return tl::make_unexpected(reader.fault());
  }
  for (const auto& [name, index] : order) catalogue.entries_.push_back(std::move(entries[index]));
  return catalogue;
}

const ActionCatalogue& ActionCatalogue::built_in() {
  static const ActionCatalogue kCatalogue = [] {
    auto parsed = parse(embedded_file("actions.json"), "built-in");
    assert(parsed.has_value());
    return parsed ? std::move(*parsed) : ActionCatalogue{};
  }();
  return kCatalogue;
}

const ActionEntry* ActionCatalogue::find(std::string_view action) const {
  const std::string wanted = to_lower(action);
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), wanted,
                       [](const ActionEntry& entry, const std::string& name) { return to_lower(entry.name) < name; });
  return found != entries_.end() && equals_ignore_case(found->name, wanted) ? &*found : nullptr;
}

std::span<const SystemPolicy> system_policies() {
  static const std::vector<SystemPolicy> kPolicies =
      read_system_policies(embedded_file("system-policies.json"), "built-in");
  return kPolicies;
}

}  // namespace imagewarden::rules
