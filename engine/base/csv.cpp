#include "engine/base/csv.h"

namespace imagewarden {

std::string csv_field(std::string_view text) {
  std::string field;
  // The wide forms of the signs count in spreadsheets of East Asia.
  constexpr std::string_view kFormulas[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
  for (const std::string_view sign : kFormulas) {
    if (text.starts_with(sign)) field += '\'';
  }
  field += text;
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += csv_field(fields[i]);
  }
  return line + "\r\n";
}

}  // namespace imagewarden
