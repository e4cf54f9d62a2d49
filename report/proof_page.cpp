#include "report/proof_page.h"

#include <cassert>
#include <string_view>

#include <fmt/format.h>

#include "audit/layout.h"
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

// Text that the HTML parser gives back as it was: it would turn a carriage return into a line feed, and drop a zero.
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

// Appends the template up to `mark`, then `text`, and goes on behind it: what was put in is not looked at again.
void fill(std::string& page, std::string_view& rest, std::string_view mark, std::string_view text) {
  const std::size_t at = rest.find(mark);
  assert(at != std::string_view::npos);
  page.append(rest.substr(0, at)).append(text);
  rest.remove_prefix(at + mark.size());
}

}  // namespace

std::string proof_page(const audit::TlogProof& proof, std::span<const audit::VerifierKey> keys) {
  std::string_view rest = embedded_files().front().text;
  const std::string script = source_hash(between(rest, "<script>", "</script>"));
  const std::string style = source_hash(between(rest, "<style>", "</style>"));
  std::string listed;
  for (const audit::VerifierKey& key : keys) {
    // The parser drops a line feed behind the tag: this one, not the first character of a key.
    listed += fmt::format("<pre class=\"key\">\n{}</pre>\n", escape_html(audit::format_vkey(key)));
  }
  std::string page;
  fill(page, rest, "@SCRIPT_HASH@", script);
  fill(page, rest, "@STYLE_HASH@", style);
  fill(page, rest, "@KEYS@\n", listed);
  fill(page, rest, "@PROOF@", escape_html(audit::format_tlog_proof(proof)));
  return page.append(rest);
}

}  // namespace imagewarden::report
