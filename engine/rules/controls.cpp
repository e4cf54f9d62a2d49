#include "engine/rules/controls.h"

#include <algorithm>
#include <array>

#include "engine/base/sha256.h"
#include "engine/rules/embedded.h"
#include "engine/rules/strict_json.h"

namespace imagewarden::rules {
namespace {

constexpr std::string_view kSchema = "imagewarden-controls/1";

constexpr CheckInfo kChecks[] = {
    {Check::kDeletionDirect, "deletion-direct", "Users may delete images only through groups or roles.",
     "Attach the policy to a group, put the user into it, and detach it from the user."},
    {Check::kDeletionAdministrator, "deletion-administrator",
     "Nobody may delete images only because AdministratorAccess allows everything.",
     "Grant what the work needs by a policy of its own instead of AdministratorAccess."},
    {Check::kDeletionUnknown, "deletion-unknown", "Who may delete images is known for every principal.",
     "Export what is named as missing, or give the condition keys with --context."},
    {Check::kRoleTrustForeign, "role-trust-foreign",
     "Roles that may delete images are assumed only from within the accounts of the inventory.",
     "Name the principals that need the role in its trust policy, with a condition, or remove the foreign ones."},
    {Check::kImagesSharedOut, "images-shared-out", "No image is shared with another account.",
     "Cancel the sharing of images that the other account no longer needs."},
    {Check::kImagesUndecided, "images-undecided", "For every image the inventory says whether it can be deleted.",
     "Export what is named as missing."},
    {Check::kExportsMissing, "exports-missing", "Every export that the answers rest on is there and complete.",
     "Run the calls that are named as missing, and read the inventory again."},
    {Check::kInventoryAge, "inventory-age", "No fact of the inventory is older than 90 days.",
     "Export the inventory again."},
    {Check::kLogVerifies, "log-verifies", "The audit log verifies: no record was changed, moved or removed.",
     "Keep the file as it is, and compare it with the checkpoints and copies that were kept elsewhere."},
    {Check::kLogSigned, "log-signed", "The audit log holds signed checkpoints.",
     "Sign the log: `imagewarden audit checkpoint --key FILE`."},
    {Check::kLogAnchored, "log-anchored", "The audit log was compared with a checkpoint from outside of the machine.",
     "Keep checkpoints elsewhere, and give one with --checkpoint and --vkey."},
    {Check::kLogReach, "log-reach", "The audit log reaches back for six months (184 days).",
     "Keep the logs before it, and report on them too; a young log gets there by itself."},
    {Check::kLogRetention, "log-retention", "Nothing was removed from the audit log before its time.",
     "Ask who removed it and why: the records name both."},
    {Check::kLogRoot, "log-root", "No decision was asked for as the root user.",
     "Work as a RAM user or role; root is for what nobody else can do."},
    {Check::kWaiversExpired, "waivers-expired", "No waiver has expired.",
     "Fix what was waived, or have its owner decide anew."},
};
static_assert(std::size(kChecks) == static_cast<std::size_t>(Check::kCount));

constexpr std::array kFileFields{
    Field{"schema", JsonType::kString},
    Field{"name", JsonType::kString},
    Field{"version", JsonType::kString},
    Field{"description", JsonType::kString, Presence::kOptional},
    Field{"frameworks", JsonType::kArray, Presence::kOptional},
    Field{"controls", JsonType::kArray, Presence::kOptional},
    Field{"waivers", JsonType::kArray, Presence::kOptional},
};
constexpr std::array kFrameworkFields{
    Field{"id", JsonType::kString},
    Field{"name", JsonType::kString},
    Field{"source", JsonType::kString},
};
constexpr std::array kControlFields{
    Field{"id", JsonType::kString},    Field{"framework", JsonType::kString},   Field{"number", JsonType::kString},
    Field{"title", JsonType::kString}, Field{"explanation", JsonType::kString}, Field{"checks", JsonType::kArray},
};
constexpr std::array kWaiverFields{
    Field{"check", JsonType::kString},  Field{"subject", JsonType::kString}, Field{"owner", JsonType::kString},
    Field{"reason", JsonType::kString}, Field{"expires", JsonType::kString},
};

// An optional array's items; none where it is not there.
std::vector<Node> items_of(const Node& root, std::string_view name) {
  const Node array = StrictReader::member(root, name);
  return array ? StrictReader::items(array) : std::vector<Node>{};
}

template <class Item>
bool has_id(const std::vector<Item>& items, std::string_view id) {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.id == id; });
}

Check read_check(StrictReader& reader, const Node& node, std::string_view name) {
  if (const CheckInfo* info = find_check(name)) return info->check;
  std::vector<std::string_view> names;
  for (const CheckInfo& info : kChecks) names.push_back(info.name);
  reader.refuse(node, "no check `" + std::string(name) + '`' + StrictReader::expected_names(name, names));
  return Check::kCount;
}

void read_framework(StrictReader& reader, const Node& item, ControlSet& out) {
  if (!reader.check_object(item, kFrameworkFields)) return;
  Framework framework{StrictReader::text(item, "id"), StrictReader::text(item, "name"),
                      StrictReader::text(item, "source")};
  if (has_id(out.frameworks, framework.id)) {
    reader.refuse(StrictReader::member(item, "id"), "a second framework `" + framework.id + '`');
  }
  out.frameworks.push_back(std::move(framework));
}

void read_control(StrictReader& reader, const Node& item, ControlSet& out) {
  if (!reader.check_object(item, kControlFields)) return;
  Control control{StrictReader::text(item, "id"),          StrictReader::text(item, "framework"),
                  StrictReader::text(item, "number"),      StrictReader::text(item, "title"),
                  StrictReader::text(item, "explanation"), {}};
  if (has_id(out.controls, control.id))
    reader.refuse(StrictReader::member(item, "id"), "a second control `" + control.id + '`');
  if (!has_id(out.frameworks, control.framework)) {
    std::vector<std::string_view> ids;
    for (const Framework& framework : out.frameworks) ids.push_back(framework.id);
    reader.refuse(StrictReader::member(item, "framework"),
                  "no framework `" + control.framework + '`' + StrictReader::expected_names(control.framework, ids));
  }
  const Node checks = StrictReader::member(item, "checks");
  for (const std::string& name : reader.texts(checks)) {
    if (!reader.ok()) return;
    control.checks.push_back(read_check(reader, checks, name));
  }
  if (reader.ok() && control.checks.empty()) reader.refuse(checks, "no check, expected at least one");
  out.controls.push_back(std::move(control));
}

void read_waiver(StrictReader& reader, const Node& item, std::string_view path, ControlSet& out) {
  if (!reader.check_object(item, kWaiverFields)) return;
  ControlWaiver waiver;
  waiver.check = read_check(reader, StrictReader::member(item, "check"), StrictReader::text(item, "check"));
  waiver.subject = StrictReader::text(item, "subject");
  waiver.owner = StrictReader::text(item, "owner");
  waiver.reason = StrictReader::text(item, "reason");
  waiver.expires = StrictReader::text(item, "expires");
  waiver.file = path;
  // A day counts to its end, in UTC.
  const auto until = parse_rfc3339(waiver.expires + "T23:59:59Z");
  if (!until) {
    reader.refuse(StrictReader::member(item, "expires"), '`' + waiver.expires + "`, expected a day as `2027-01-31`");
    return;
  }
  waiver.expires_after = *until;
  out.waivers.push_back(std::move(waiver));
}

Status add_file(std::string_view text, std::string_view path, ControlSet& out) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), path, text));
  StrictReader reader(*document, path);
  const Node root = reader.root();
  if (!reader.check_object(root, kFileFields)) return tl::make_unexpected(reader.fault());
  const Node schema = StrictReader::member(root, "schema");
  if (schema.value->text != kSchema) {
    reader.refuse(schema, "schema `" + std::string(schema.value->text) + "`, expected `" + std::string(kSchema) + '`');
  }
  const auto each = [&](std::string_view name, auto&& read) {
    for (const Node& item : items_of(root, name)) {
      if (!reader.ok()) return;
      read(item);
    }
  };
  each("frameworks", [&](const Node& item) { read_framework(reader, item, out); });
  each("controls", [&](const Node& item) { read_control(reader, item, out); });
  each("waivers", [&](const Node& item) { read_waiver(reader, item, path, out); });
  if (!reader.ok()) return tl::make_unexpected(reader.fault());
  out.files.push_back(
      {StrictReader::text(root, "name"), StrictReader::text(root, "version"), sha256_text(text), std::string(path)});
  return {};
}

}  // namespace

std::span<const CheckInfo> check_table() { return kChecks; }
const CheckInfo& check_info(Check check) { return kChecks[static_cast<std::size_t>(check)]; }

const CheckInfo* find_check(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kChecks), std::end(kChecks), [&](const CheckInfo& info) { return info.name == name; });
  return found == std::end(kChecks) ? nullptr : found;
}

Result<ControlSet> load_controls(std::span<const RuleSource> user_files) {
  ControlSet out;
  if (const auto added = add_file(embedded_file("controls.json"), "built-in", out); !added)
    return tl::make_unexpected(added.error());
  for (const RuleSource& source : user_files) {
    if (const auto added = add_file(source.text, source.path, out); !added) return tl::make_unexpected(added.error());
  }
  return out;
}

}  // namespace imagewarden::rules
