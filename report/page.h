#pragma once
// What the pages share: filling a template, escaping, the hashes of a content security policy.

#include <string>
#include <string_view>

namespace imagewarden::report {

// The template report/NAME. Precondition: it is embedded.
[[nodiscard]] std::string_view page_template(std::string_view name);

// Text that the HTML parser gives back as it was: it would turn a carriage return into a line feed, and drop a zero.
[[nodiscard]] std::string escape_html(std::string_view text);

// Appends the template up to `mark`, then `text`, and goes on behind it: what was put in is not looked at again.
void fill(std::string& page, std::string_view& rest, std::string_view mark, std::string_view text);

// Fills @SCRIPT_HASH@ and @STYLE_HASH@, in this order: the policy allows the one script and the one style that the
// template has.
void fill_policy(std::string& page, std::string_view& rest);

}  // namespace imagewarden::report
