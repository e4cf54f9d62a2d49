#include "report/page.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "audit/layout.h"
#include "audit/note.h"
#include "engine/base/sha256.h"
#include "report/embedded.h"

namespace imagewarden::report {
namespace {

std::string_view between(std::string_view page, std::string_view start, std::string_view end) {
  const std::size_t from = page.find(start) + start.size();
  return page.substr(from, page.find(end, from) - from);
}

// How a content security policy names the one script or style that it allows (CSP Level 3, section 2.3.1).
std::string source_hash(std::string_view text) { return "sha256-" + audit::base64(audit::digest_bytes(sha256(text))); }

}  // namespace

std::string_view page_template(std::string_view name) {
  const auto files = embedded_files();
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& file) { return file.name == name; });
  assert(found != files.end());
  return found == files.end() ? std::string_view{} : found->text;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20U && c != '\n') {
          escaped += fmt::format("&#{};", static_cast<unsigned>(c));
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

void fill(std::string& page, std::string_view& rest, std::string_view mark, std::string_view text) {
  const std::size_t at = rest.find(mark);
  assert(at != std::string_view::npos);
  page.append(rest.substr(0, at)).append(text);
  rest.remove_prefix(at + mark.size());
}

void fill_policy(std::string& page, std::string_view& rest) {
  const std::string script = source_hash(between(rest, "<script>", "</script>"));
  const std::string style = source_hash(between(rest, "<style>", "</style>"));
  fill(page, rest, "@SCRIPT_HASH@", script);
  fill(page, rest, "@STYLE_HASH@", style);
}

}  // namespace imagewarden::report
