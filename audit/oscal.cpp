#include "audit/oscal.h"

#include <fmt/format.h>

#include "audit/export_views.h"
#include "engine/base/printable.h"
#include "engine/base/uuid.h"

namespace imagewarden::audit {

std::string oscal_value(std::string_view text) {
  std::string value = printable(text);
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (value.empty() || !is_plain(value.front()) || !is_plain(value.back())) value = '"' + value + '"';
  return value;
}

void write_oscal_prop(JsonWriter& json, std::string_view name, std::string_view value) {
  json.begin_object().member("name", name).member("ns", kExportNamespace).member("value", oscal_value(value));
  json.end_object();
}

std::string oscal_uuid(std::string_view name) {
  return to_text(uuid5(kUuidNamespaceUrl, fmt::format("{}/{}", kExportNamespace, name)));
}

}  // namespace imagewarden::audit
