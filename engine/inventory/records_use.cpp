// The records of what uses an image, and which reader an item belongs to.

#include <fmt/format.h>

#include "engine/inventory/document.h"

namespace imagewarden::inventory {

bool DocumentReader::read_item(std::uint32_t index) {
  switch (frame_.operation) {
    case Operation::kListImage:
      return read_image(index);
    case Operation::kDescribeImages:
      return read_described_image(index);
    case Operation::kListAppInstanceGroup:
      return read_group(index);
    case Operation::kListAppInstances:
      return read_counted(instance_);
    case Operation::kListPersistentAppInstances:
      return read_counted(persistent_);
    case Operation::kListWuyingServer:
      return read_server(index);
    case Operation::kDescribeImagePermission:
      return read_permission(index);
    case Operation::kDescribeDesktops:
      return read_desktop(index);
    case Operation::kDescribeDesktopGroups:
      return read_desktop_group(index);
    case Operation::kDescribeTemplates:
      return read_template(index);
    case Operation::kDescribeBundles:
      return read_bundle(index);
    case Operation::kListUsers:
      return read_principal(HolderKind::kUser, index);
    case Operation::kListGroups:
      return read_principal(HolderKind::kGroup, index);
    case Operation::kListRoles:
      return read_principal(HolderKind::kRole, index);
    case Operation::kListGroupsForUser:
    case Operation::kListUsersForGroup:
      return read_member(index);
    case Operation::kListPolicies: {
      StringId name;
      StringId type;
      const std::uint32_t at = json_.offset();
      if (!json_.object(policy_, [&](int field) {
            if (field > 1) return json_.skip();
            return id_field(field == 0 ? name : type);
          })) {
        return false;
      }
      if (!need(name, "PolicyName", at)) return false;
      // A system and a custom policy may share a name.
      count_item(store_.intern(fmt::format("{}/{}", store_.strings->text(type), store_.strings->text(name))));
      return true;
    }
    case Operation::kListPoliciesForUser:
      return read_attached_policy(HolderKind::kUser, index);
    case Operation::kListPoliciesForGroup:
      return read_attached_policy(HolderKind::kGroup, index);
    case Operation::kListPoliciesForRole:
      return read_attached_policy(HolderKind::kRole, index);
    case Operation::kListPolicyAttachments:
      return read_attachment(index);
    case Operation::kListControlPolicies:
      return read_control_policy(index);
    case Operation::kListControlPolicyAttachmentsForTarget:
      return read_control_attachment(index);
    case Operation::kListAncestors:
      return read_counted(folder_);
    case Operation::kLookupEvents:
      return read_counted(event_);
    case Operation::kGetAppInstanceGroup:
    case Operation::kGetCallerIdentity:
    case Operation::kGetUser:
    case Operation::kGetPolicy:
    case Operation::kGetPolicyVersion:
    case Operation::kGetRole:
    case Operation::kGetControlPolicy:
    case Operation::kGetAccount:
    case Operation::kGetResourceDirectory:
    case Operation::kDeleteImage:
    case Operation::kDeleteTemplates:
    case Operation::kCount:
      break;
  }
  return json_.skip();
}

// Items that are only counted, by the first of their fields that is there.
bool DocumentReader::read_counted(ObjectShape& shape) {
  StringId id;
  if (!json_.object(shape, [&](int) {
        StringId found;
        if (!id_field(found)) return false;
        if (id == StringId{}) id = found;
        return true;
      })) {
    return false;
  }
  count_item(id);
  return true;
}

void DocumentReader::name_region(StringId region) {
  if (region == StringId{}) return;
  auto& named = store_.named_regions;
  if (!named.empty() && named.back().id == region && named.back().page == page_) return;
  named.push_back({region, page_});
}

// The fields that every use has: its id, its name, its image.
bool DocumentReader::read_use(UseSighting& use, int field) {
  switch (field) {
    case 0:
      return id_field(use.id);
    case 1:
      return name_field(use.name);
    case 2: {
      const bool is_null = json_.peek() == 'n';
      if (!id_field(use.image)) return false;
      const bool is_null_text = use.image == store_.intern("null");
      if (is_null_text) use.image = {};
      use.image_known = !is_null && !is_null_text;
      return true;
    }
    default:
      return json_.skip();
  }
}

bool DocumentReader::add_use(UseSighting& use, std::string_view field, std::uint32_t at) {
  if (!need(use.id, field, at)) return false;
  store_.uses.push_back(use);
  return true;
}

bool DocumentReader::read_group(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kGroup;
  use.source = here(index);
  if (!json_.object(group_, [&](int field) {
        if (field == 3) return id_field(use.extra);
        return field == 4 ? name_field(use.status) : read_use(use, field);
      })) {
    return false;
  }
  name_region(use.extra);
  return add_use(use, "AppInstanceGroupId", at);
}

bool DocumentReader::read_server(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kServer;
  use.source = here(index);
  if (!json_.object(server_, [&](int field) {
        if (field == 3) return name_field(use.status);
        return field == 4 ? id_field(use.extra) : read_use(use, field);
      })) {
    return false;
  }
  name_region(use.extra);
  return add_use(use, "WuyingServerId", at);
}

bool DocumentReader::read_desktop_group(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kDesktopGroup;
  use.source = here(index);
  if (!json_.object(desktop_group_,
                    [&](int field) { return field == 3 ? name_field(use.status) : read_use(use, field); })) {
    return false;
  }
  return add_use(use, "DesktopGroupId", at);
}

bool DocumentReader::read_desktop(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kDesktop;
  use.source = here(index);
  if (!json_.object(desktop_, [&](int field) {
        if (field == 3) return name_field(use.status);
        return field == 4 ? id_field(use.extra) : read_use(use, field);
      })) {
    return false;
  }
  // Real answers write `null` as a string.
  if (use.extra == store_.intern("null")) use.extra = {};
  return add_use(use, "DesktopId", at);
}

bool DocumentReader::read_region_configs() {
  if (json_.peek() == 'n') return json_.skip();
  return json_.array([&](std::uint32_t) {
    return json_.object(region_config_, [&](int) {
      StringId region;
      if (!id_field(region)) return false;
      name_region(region);
      return true;
    });
  });
}

bool DocumentReader::read_template(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kTemplate;
  use.source = here(index);
  if (!json_.object(template_, [&](int field) {
        if (field == 4) return read_region_configs();
        return field == 3 ? name_field(use.type) : read_use(use, field);
      })) {
    return false;
  }
  return add_use(use, "TemplateId", at);
}

bool DocumentReader::read_bundle(std::uint32_t index) {
  const std::uint32_t at = json_.offset();
  UseSighting use;
  use.kind = UseKind::kBundle;
  use.source = here(index);
  if (!json_.object(bundle_, [&](int field) { return field == 3 ? name_field(use.type) : read_use(use, field); })) {
    return false;
  }
  return add_use(use, "BundleId", at);
}

}  // namespace imagewarden::inventory
