#include "report/proof_page.h"

#include <string_view>

#include <fmt/format.h>

#include "report/page.h"

namespace imagewarden::report {

std::string proof_page(const audit::TlogProof& proof, std::span<const audit::VerifierKey> keys) {
  std::string_view rest = page_template("proof_page.html");
  std::string listed;
  for (const audit::VerifierKey& key : keys) {
    // The parser drops a line feed behind the tag: this one, not the first character of a key.
    listed += fmt::format("<pre class=\"key\">\n{}</pre>\n", escape_html(audit::format_vkey(key)));
  }
  std::string page;
  fill_policy(page, rest);
  fill(page, rest, "@KEYS@\n", listed);
  fill(page, rest, "@PROOF@", escape_html(audit::format_tlog_proof(proof)));
  return page.append(rest);
}

}  // namespace imagewarden::report
