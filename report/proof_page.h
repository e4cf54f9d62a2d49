#pragma once
// A proof of one record as a page that an auditor opens: one HTML file that loads nothing and verifies itself in the
// browser with WebCrypto. Its program is that of report/proof_page.html, and the page's content security policy allows
// no other.

#include <span>
#include <string>

#include "audit/note.h"
#include "audit/proof.h"

namespace imagewarden::report {

// The proof and the keys stand in the page as text; the page says `valid` only where every one of `keys` has signed the
// checkpoint, the log's own among them, as audit::verify_proof() does. Nothing is verified here: what does not verify
// makes a page that says so. The same arguments make the same bytes. Safe for any number of threads.
[[nodiscard]] std::string proof_page(const audit::TlogProof& proof, std::span<const audit::VerifierKey> keys);

}  // namespace imagewarden::report
