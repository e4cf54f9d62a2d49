#pragma once
// What the OSCAL documents of the program share.

#include <string>
#include <string_view>

#include "engine/base/json_writer.h"

namespace imagewarden::audit {

constexpr std::string_view kOscalVersion = "1.1.2";

// OSCAL's StringDatatype: one line that neither starts nor ends with white space, and not empty. Titles and
// descriptions are Markdown there, so what an export or a record says stands in such values only.
[[nodiscard]] std::string oscal_value(std::string_view text);
// One of `props`, in our namespace.
void write_oscal_prop(JsonWriter& json, std::string_view name, std::string_view value);
// The UUID of what has this name among our documents (version 5): the same name, the same UUID.
[[nodiscard]] std::string oscal_uuid(std::string_view name);

}  // namespace imagewarden::audit
