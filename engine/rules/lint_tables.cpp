#include "engine/rules/lint_tables.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/rules/embedded.h"
#include "engine/rules/strict_json.h"

namespace imagewarden::rules {
namespace {

constexpr std::string_view kSchema = "imagewarden-lint-tables/1";

constexpr std::array kFileFields{
    Field{"schema", JsonType::kString},
    Field{"date", JsonType::kString},
    Field{"description", JsonType::kString, Presence::kOptional},
    Field{"services", JsonType::kArray},
    Field{"complete_services", JsonType::kArray},
    Field{"global_services", JsonType::kArray},
    Field{"regions", JsonType::kArray},
    Field{"keys", JsonType::kArray},
    Field{"arn_services", JsonType::kArray},
    Field{"resource_types", JsonType::kArray},
    Field{"escalation_actions", JsonType::kArray},
    Field{"wide_services", JsonType::kArray},
    Field{"destructive_actions", JsonType::kArray},
    Field{"service_principals", JsonType::kArray},
};
constexpr std::array kKeyFields{
    Field{"name", JsonType::kString},
    Field{"type", JsonType::kString},
    Field{"can_be_missing", JsonType::kBool},
    Field{"single", JsonType::kBool},
    Field{"not_filled_by", JsonType::kArray, Presence::kOptional},
    Field{"basis", JsonType::kString},
};
constexpr std::array kServiceFields{Field{"service", JsonType::kString}, Field{"resources", JsonType::kArray}};
constexpr std::array kTypeFields{Field{"action", JsonType::kString}, Field{"types", JsonType::kArray}};
// In the order of LintKeyType.
constexpr std::array<std::string_view, 6> kTypeNames{"string", "bool", "date", "number", "ip", "any"};
constexpr std::array<std::string_view, 2> kBasisNames{"documented", "inferred"};

std::size_t read_word(StrictReader& reader, const Node& object, std::string_view name,
                      std::span<const std::string_view> names) {
  const Node node = StrictReader::member(object, name);
  const auto found = std::find(names.begin(), names.end(), node.value->text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  reader.refuse(node,
                '`' + std::string(node.value->text) + '`' + StrictReader::expected_names(node.value->text, names));
  return 0;
}

LintKeyEntry read_key(StrictReader& reader, const Node& item) {
  LintKeyEntry key;
  if (!reader.check_object(item, kKeyFields)) return key;
  key.name = StrictReader::text(item, "name");
  key.type = static_cast<LintKeyType>(read_word(reader, item, "type", kTypeNames));
  key.can_be_missing = StrictReader::member(item, "can_be_missing").value->boolean;
  key.single = StrictReader::member(item, "single").value->boolean;
  if (const Node patterns = StrictReader::member(item, "not_filled_by")) key.not_filled_by = reader.texts(patterns);
  read_word(reader, item, "basis", kBasisNames);
  return key;
}

std::vector<NamedList> read_lists(StrictReader& reader, const Node& array, const std::array<Field, 2>& fields) {
  std::vector<NamedList> lists;
  for (const Node& item : StrictReader::items(array)) {
    if (!reader.check_object(item, fields)) break;
    lists.push_back({std::string(StrictReader::text(item, fields[0].name)),
                     reader.texts(StrictReader::member(item, fields[1].name))});
  }
  return lists;
}

}  // namespace

Result<LintTableFile> parse_lint_tables(std::string_view text, std::string_view path) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), path, text));
  StrictReader reader(*document, path);
  const Node root = reader.root();
  if (!reader.check_object(root, kFileFields)) return tl::make_unexpected(reader.fault());
  const Node schema = StrictReader::member(root, "schema");
  if (schema.value->text != kSchema) {
    reader.refuse(schema, "schema `" + std::string(schema.value->text) + "`, expected `" + std::string(kSchema) + '`');
    return tl::make_unexpected(reader.fault());
  }
  const auto names = [&](std::string_view name) { return reader.texts(StrictReader::member(root, name)); };
  LintTableFile file;
  file.date = StrictReader::text(root, "date");
  file.services = names("services");
  file.complete_services = names("complete_services");
  file.global_services = names("global_services");
  file.regions = names("regions");
  for (const Node& item : StrictReader::items(StrictReader::member(root, "keys"))) {
    file.keys.push_back(read_key(reader, item));
    if (!reader.ok()) return tl::make_unexpected(reader.fault());
  }
  file.arn_services = read_lists(reader, StrictReader::member(root, "arn_services"), kServiceFields);
  file.resource_types = read_lists(reader, StrictReader::member(root, "resource_types"), kTypeFields);
  file.escalation_actions = names("escalation_actions");
  file.wide_services = names("wide_services");
  file.destructive_actions = names("destructive_actions");
  file.service_principals = names("service_principals");
  if (!reader.ok()) return tl::make_unexpected(reader.fault());
  return file;
}

const LintTableFile& built_in_lint_tables() {
  static const LintTableFile kFile = [] {
    auto parsed = parse_lint_tables(embedded_file("lint-tables.json"), "built-in");
    assert(parsed.has_value());
    return parsed ? std::move(*parsed) : LintTableFile{};
  }();
  return kFile;
}

}  // namespace imagewarden::rules
