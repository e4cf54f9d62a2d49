#include "report/sarif_parts.h"

#include <fmt/format.h>

#include "engine/base/printable.h"

namespace imagewarden::report {

std::string sarif_uri(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  while (path.starts_with("./")) path.remove_prefix(2);
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

std::string sarif_text(std::string_view text) { return printable(text); }

void write_sarif_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key).begin_object().member("text", text).end_object();
}

void begin_sarif(JsonWriter& json, std::string_view version) {
  json.begin_object().member("$schema", "https://json.schemastore.org/sarif-2.1.0.json").member("version", "2.1.0");
  json.key("runs").begin_array().begin_object().key("tool").begin_object().key("driver").begin_object();
  json.member("name", "imagewarden").member("version", version).key("rules").begin_array();
}

void write_sarif_suppression(JsonWriter& json, std::string_view reason, std::string_view owner,
                             std::string_view expires) {
  json.key("suppressions").begin_array();
  if (!owner.empty()) {
    json.begin_object().member("kind", "external").member("status", "accepted");
    json.member("justification", fmt::format("{} (by {}, until {})", reason, owner, expires)).end_object();
  }
  json.end_array();
}

void begin_sarif_invocation(JsonWriter& json, Time now) {
  json.key("invocations").begin_array().begin_object().key("executionSuccessful").boolean(true);
  json.member("endTimeUtc", format_rfc3339(now)).key("toolExecutionNotifications").begin_array();
}

void write_sarif_notification(JsonWriter& json, std::string_view text) {
  json.begin_object().member("level", "note");
  write_sarif_text(json, "message", sarif_text(text));
  json.end_object();
}

}  // namespace imagewarden::report
