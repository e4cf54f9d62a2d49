#pragma once
// CSV as RFC 4180 has it, safe to open in a spreadsheet.

#include <string>
#include <string_view>
#include <vector>

namespace imagewarden {

// One field of RFC 4180, quoted where needed; text that a spreadsheet would take for a formula gets a `'` in front.
[[nodiscard]] std::string csv_field(std::string_view text);
// `a,b` with each field as csv_field, ended by CRLF as RFC 4180 has it.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);

}  // namespace imagewarden
