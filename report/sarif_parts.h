#pragma once
// What the SARIF 2.1.0 documents of the program share.

#include <string>
#include <string_view>

#include "engine/base/json_writer.h"
#include "engine/base/time.h"

namespace imagewarden::report {

// A reference by RFC 3986: relative as it was given, absolute with `file:`.
[[nodiscard]] std::string sarif_uri(std::string_view path);
// What viewers show as it stands: printable, and valid UTF-8, which a path need not be.
[[nodiscard]] std::string sarif_text(std::string_view text);
// `"KEY":{"text":TEXT}`. Precondition: valid UTF-8.
void write_sarif_text(JsonWriter& json, std::string_view key, std::string_view text);

// The document up to the tool's rules, which the caller adds; then `end_array()`, and the driver and the tool are open.
void begin_sarif(JsonWriter& json, std::string_view version);
// `"suppressions"`: whoever answers for the result. Empty `owner`: nobody.
void write_sarif_suppression(JsonWriter& json, std::string_view reason, std::string_view owner,
                             std::string_view expires);
// An invocation that went well up to its notifications, which the caller adds.
void begin_sarif_invocation(JsonWriter& json, Time now);
void write_sarif_notification(JsonWriter& json, std::string_view text);

}  // namespace imagewarden::report
