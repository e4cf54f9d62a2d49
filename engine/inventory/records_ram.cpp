// The records of RAM, resource groups and the resource directory.

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/json_tree.h"
#include "engine/inventory/document.h"

namespace imagewarden::inventory {
namespace {

constexpr std::string_view kNone = "N/A";  // how the API writes that there is nothing

// `\"` becomes `"` and `\\` becomes `\`: one level of quoting less.
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  return out;
}

std::string_view before_at(std::string_view name) { return name.substr(0, name.find('@')); }

}  // namespace

bool DocumentReader::read_object() {
  const Operation operation = frame_.operation;
  if (operation == Operation::kGetAppInstanceGroup) return read_group(Provenance::kNone);
  if (operation == Operation::kGetUser) return read_user();
  if (operation == Operation::kGetPolicy) return read_policy_object();
  if (operation == Operation::kGetPolicyVersion) return read_policy_version();
  if (operation == Operation::kGetRole) return read_role();
  if (operation == Operation::kGetControlPolicy) return read_control_policy(Provenance::kNone);
  if (operation == Operation::kGetAccount) return read_place();
  if (operation == Operation::kGetResourceDirectory) return read_directory();
  if (operation != Operation::kGetCallerIdentity) return json_.skip();
  std::string_view text;
  if (!json_.id(text)) return false;
  if (frame_.account.empty()) frame_.account = text;
  store_.caller_identities.push_back(store_.intern(text));
  return true;
}

// A policy document: JSON in a string. `out` stays empty where there is none.
bool DocumentReader::policy_text(std::string& out) {
  const std::uint32_t at = json_.offset();
  std::string_view text;
  if (!json_.string(text)) return false;
  if (text.empty() || text == kNone) return true;
  out = text;
  const auto error = find_json_error(out);
  if (!error) return true;
  // Some answers are quoted more often than once.
  std::string inner = out;
  for (int level = 0; level < 2; ++level) {
    inner = unquoted(inner);
    if (!find_json_error(inner)) {
      out = std::move(inner);
      return true;
    }
  }
  return json_.refuse(at,
                      fmt::format("policy document that is no JSON (at its byte {}: {})", error->offset, error->what));
}

bool DocumentReader::read_principal(HolderKind kind, std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  RamPrincipal principal;
  principal.kind = kind;
  principal.source = here(index);
  ObjectShape& shape = kind == HolderKind::kUser ? user_ : kind == HolderKind::kGroup ? ram_group_ : role_;
  if (!json_.object(shape, [&](int field) {
        if (field == 0) return id_field(principal.name);
        if (field == 1) return id_field(principal.id);
        return field == 2 ? name_field(principal.arn) : json_.skip();
      })) {
    return false;
  }
  const std::string_view name = kind == HolderKind::kUser    ? "UserName"
                                : kind == HolderKind::kGroup ? "GroupName"
                                                             : "RoleName";
  if (!need(principal.name, name, at)) return false;
  store_.ram.principals.push_back(principal);
  count_item(principal.name);
  return true;
}

bool DocumentReader::read_user() { return read_principal(HolderKind::kUser, Provenance::kNone); }

bool DocumentReader::read_member(std::uint32_t index) {
  const bool of_user = frame_.operation == Operation::kListGroupsForUser;
  const std::uint32_t at = json_.offset();
  StringId name;
  if (!json_.object(of_user ? ram_group_ : user_,
                    [&](int field) { return field == 0 ? id_field(name) : json_.skip(); })) {
    return false;
  }
  if (!need(name, of_user ? "GroupName" : "UserName", at)) return false;
  Membership member;
  (of_user ? member.group : member.user) = name;  // the other one is the request's
  member.source = here(index);
  store_.ram.memberships.push_back(member);
  count_item(name);
  return true;
}

bool DocumentReader::read_attached_policy(HolderKind kind, std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  PolicyAttachment attachment;
  attachment.kind = kind;
  attachment.source = here(index);
  if (!json_.object(policy_, [&](int field) {
        if (field == 0) return id_field(attachment.policy_name);
        return field == 1 ? id_field(attachment.policy_type) : json_.skip();
      })) {
    return false;
  }
  if (!need(attachment.policy_name, "PolicyName", at)) return false;
  store_.ram.attachments.push_back(attachment);
  count_item(store_.intern(fmt::format("{}/{}", store_.strings->text(attachment.policy_type),
                                       store_.strings->text(attachment.policy_name))));
  return true;
}

bool DocumentReader::read_attachment(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  PolicyAttachment attachment;
  attachment.source = here(index);
  std::string_view principal_type;
  std::string_view principal;
  std::string_view group;
  if (!json_.object(attachment_, [&](int field) {
        switch (field) {
          case 0:
            return id_field(attachment.policy_name);
          case 1:
            return id_field(attachment.policy_type);
          case 2:
            return json_.string(principal_type);
          case 3:
            return json_.id(principal);
          default:
            return json_.id(group);
        }
      })) {
    return false;
  }
  if (!need(attachment.policy_name, "PolicyName", at)) return false;
  if (principal.empty()) return need({}, "PrincipalName", at);
  count_item(
      store_.intern(fmt::format("{}/{} {} {} {}", store_.strings->text(attachment.policy_type),
                                store_.strings->text(attachment.policy_name), principal_type, principal, group)));
  if (principal_type == "IMSUser") {
    attachment.kind = HolderKind::kUser;
  } else if (principal_type == "IMSGroup") {
    attachment.kind = HolderKind::kGroup;
  } else if (principal_type == "ServiceRole") {
    attachment.kind = HolderKind::kRole;
  } else {
    store_.notes.push_back(fmt::format("{}: attachment {} to a principal of type `{}` is not read", file_->display,
                                       index, principal_type));
    return true;
  }
  attachment.holder = store_.intern(before_at(principal));
  // An account id stands for the account level, `rg-…` for a resource group.
  const bool is_account = group.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_account) attachment.resource_group = store_.intern(group);
  store_.ram.attachments.push_back(attachment);
  return true;
}

// GetPolicy answers `Policy` and `DefaultPolicyVersion`, in any order: the page has one PolicyText for both.
bool DocumentReader::read_policy_object() {
  auto& policies = store_.ram.policies;
  const bool is_new = policies.size() == marks_.policies;
  if (is_new) {
    policies.emplace_back();
    policies.back().source = here(Provenance::kNone);
  }
  const std::uint32_t at = json_.offset();
  PolicyText& policy = policies.back();
  // The two objects have no field in common but the document; that of the version is the one that holds.
  JsonCursor::Mark begin = json_.mark();
  bool is_policy = false;
  std::string document;
  if (!json_.object(policy_, [&](int field) {
        if (field == 2) return policy_text(document);
        is_policy = true;
        return id_field(field == 0 ? policy.name : policy.type);
      })) {
    return false;
  }
  if (is_policy) {
    return need(policy.name, "PolicyName", at);
  }
  json_.rewind(begin);
  return json_.object(policy_version_, [&](int field) {
    if (field == 0) return id_field(policy.version);
    if (field == 2) return json_.skip();
    if (!document.empty()) policy.document = document;
    return json_.skip();
  });
}

bool DocumentReader::read_policy_version() {
  PolicyText policy;
  policy.source = here(Provenance::kNone);
  if (!json_.object(policy_version_, [&](int field) {
        if (field == 0) return id_field(policy.version);
        if (field == 1) return policy_text(policy.document);
        std::optional<bool> is_default;
        if (!json_.boolean(is_default)) return false;
        policy.is_default = is_default.value_or(false);
        return true;
      })) {
    return false;
  }
  store_.ram.policies.push_back(std::move(policy));
  return true;
}

bool DocumentReader::read_role() {
  const std::uint32_t at = json_.offset();
  RoleTrust trust;
  RamPrincipal principal;
  principal.kind = HolderKind::kRole;
  trust.source = principal.source = here(Provenance::kNone);
  if (!json_.object(role_, [&](int field) {
        switch (field) {
          case 0:
            return id_field(principal.name);
          case 1:
            return id_field(principal.id);
          case 2:
            return name_field(principal.arn);
          case 3:
            return policy_text(trust.document);
          default: {
            std::optional<std::int64_t> seconds;
            if (!json_.integer(seconds, 0, 1'000'000'000)) return false;
            trust.max_session_s = seconds.value_or(0);
            return true;
          }
        }
      })) {
    return false;
  }
  if (!need(principal.name, "RoleName", at)) return false;
  trust.role = principal.name;
  store_.ram.principals.push_back(principal);
  store_.ram.trusts.push_back(std::move(trust));
  return true;
}

bool DocumentReader::read_control_policy(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  PolicyText policy;
  policy.source = here(index);
  if (!json_.object(control_policy_, [&](int field) {
        if (field == 0) return id_field(policy.name);
        return field == 1 ? json_.skip() : policy_text(policy.document);
      })) {
    return false;
  }
  if (!need(policy.name, "PolicyId", at)) return false;
  count_item(policy.name);
  policy.type = store_.intern("Control");
  // The list says which there are; only GetControlPolicy has the document.
  if (!policy.document.empty()) store_.ram.control_policies.push_back(std::move(policy));
  return true;
}

bool DocumentReader::read_control_attachment(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  ControlAttachment attachment;
  attachment.source = here(index);
  if (!json_.object(control_policy_, [&](int field) {
        if (field == 0) return id_field(attachment.policy);
        return field == 1 ? name_field(attachment.policy_name) : json_.skip();
      })) {
    return false;
  }
  if (!need(attachment.policy, "PolicyId", at)) return false;
  store_.ram.control_attachments.push_back(attachment);
  count_item(attachment.policy);
  return true;
}

bool DocumentReader::read_place() {
  const std::uint32_t at = json_.offset();
  Store::Place place;
  place.page = page_;
  if (!json_.object(member_account_, [&](int field) {
        if (field == 0) return id_field(place.account);
        if (field == 1) return id_field(place.folder);
        std::string_view path;
        if (!json_.string(path)) return false;
        while (!path.empty()) {
          const std::string_view part = path.substr(0, path.find('/'));
          path.remove_prefix(std::min(path.size(), part.size() + 1));
          // The directory itself (`rd-…`) holds no policies.
          if (!part.empty() && !part.starts_with("rd-")) place.path.push_back(store_.intern(part));
        }
        return true;
      })) {
    return false;
  }
  if (!need(place.account, "AccountId", at)) return false;
  store_.places.push_back(std::move(place));
  return true;
}

bool DocumentReader::read_directory() {
  StringId master;
  if (!json_.object(directory_, [&](int) { return id_field(master); })) return false;
  if (master != StringId{}) store_.masters.push_back({master, page_});
  return true;
}

}  // namespace imagewarden::inventory
