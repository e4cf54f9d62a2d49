#include "engine/rules/lint_waivers.h"

#include <array>
#include <limits>

#include "engine/rules/strict_json.h"

namespace imagewarden::rules {
namespace {

constexpr std::string_view kSchema = "imagewarden-lint-waivers/1";
constexpr std::int64_t kMostStatements = std::numeric_limits<std::int32_t>::max();

constexpr std::array kFileFields{
    Field{"schema", JsonType::kString},
    Field{"waivers", JsonType::kArray},
};
constexpr std::array kWaiverFields{
    Field{"rule", JsonType::kString},
    Field{"policy", JsonType::kString, Presence::kOptional},
    Field{"statement", JsonType::kNumber, Presence::kOptional},
    Field{"owner", JsonType::kString},
    Field{"reason", JsonType::kString},
    Field{"expires", JsonType::kString},
};

Waiver read_waiver(StrictReader& reader, const JsonDocument& document, const Node& item, bool policy_required) {
  Waiver waiver;
  if (!reader.check_object(item, kWaiverFields)) return waiver;
  waiver.rule = StrictReader::text(item, "rule");
  waiver.policy = StrictReader::text(item, "policy");
  if (policy_required && waiver.policy.empty()) {
    reader.refuse(item, "`policy` is missing, expected the name of the policy that is waived");
  }
  if (const Node statement = StrictReader::member(item, "statement")) {
    waiver.statement = reader.integer(statement, 0, kMostStatements);
  }
  waiver.owner = StrictReader::text(item, "owner");
  waiver.reason = StrictReader::text(item, "reason");
  waiver.expires = StrictReader::text(item, "expires");
  // A day counts to its end, in UTC.
  const auto until = parse_rfc3339(waiver.expires + "T23:59:59Z");
  if (!until) {
    reader.refuse(StrictReader::member(item, "expires"), '`' + waiver.expires + "`, expected a day as `2027-01-31`");
    return waiver;
  }
  waiver.expires_after = *until;
  waiver.position = document.position(item.value->offset);
  waiver.pointer = item.pointer;
  return waiver;
}

}  // namespace

Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view path, bool policy_required) {
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
  std::vector<Waiver> waivers;
  for (const Node& item : StrictReader::items(StrictReader::member(root, "waivers"))) {
    waivers.push_back(read_waiver(reader, *document, item, policy_required));
    if (!reader.ok()) return tl::make_unexpected(reader.fault());
  }
  return waivers;
}

}  // namespace imagewarden::rules
