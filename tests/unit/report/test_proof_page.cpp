// The page around a proof: what stands in it, and that nothing else runs. That it verifies what it shows, and nothing
// that was changed, tests/browser sees in a browser.

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/layout.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "audit/tree.h"
#include "report/proof_page.h"

namespace imagewarden::report {
namespace {

struct Example {
  audit::TlogProof proof;
  std::vector<audit::VerifierKey> keys;
};

// A log of one record; no check of the page needs more.
Example example(std::string_view origin = "example.com/images", std::string record = "{}") {
  const audit::SigningKey key = audit::SigningKey::from_seed(std::array<std::uint8_t, 32>{7}).value();
  audit::Note note{audit::format_checkpoint({std::string(origin), 1, audit::leaf_hash(record), {}}), {}};
  audit::sign_note(note, origin, key);
  return {{0, {}, std::move(record), audit::format_note(note)},
          {audit::make_verifier_key(origin, audit::SignatureKind::kEd25519, key.public_key())}};
}

std::string page_of(const Example& made) { return proof_page(made.proof, made.keys); }

// What stands between the first `start` and the first `end` behind it.
std::string between(std::string_view page, std::string_view start, std::string_view end) {
  const std::size_t from = page.find(start);
  REQUIRE(from != std::string_view::npos);
  const std::size_t to = page.find(end, from + start.size());
  REQUIRE(to != std::string_view::npos);
  return std::string(page.substr(from + start.size(), to - from - start.size()));
}

std::size_t count_of(std::string_view page, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = page.find(text); at != std::string_view::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

TEST_CASE("the page carries the proof and the keys as they are", "[proof_page]") {
  Example made = example();
  made.keys.push_back(audit::make_verifier_key("witness.example/w", audit::SignatureKind::kCosignatureV1, {}));
  const std::string page = page_of(made);
  CHECK(between(page, "<pre id=\"proof\">\n", "</pre>") == audit::format_tlog_proof(made.proof));
  CHECK(between(page, "<pre class=\"key\">\n", "</pre>") == audit::format_vkey(made.keys[0]));
  CHECK(count_of(page, "<pre class=\"key\">") == 2);
  CHECK(page.find("<pre class=\"key\">\n" + audit::format_vkey(made.keys[1]) + "</pre>") != std::string::npos);
  CHECK(page.find("@KEYS@") == std::string::npos);
  CHECK(page.find("_HASH@") == std::string::npos);
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("the same proof makes the same page", "[proof_page]") {
  CHECK(page_of(example()) == page_of(example()));
  CHECK(page_of(example()) != page_of(example("example.com/other")));
}

TEST_CASE("only the page's own script and style may run, and nothing may be loaded", "[proof_page]") {
  const std::string page = page_of(example());
  const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\"");
  const auto hash_of = [](const std::string& text) {
    return "sha256-" + audit::base64(audit::digest_bytes(sha256(text)));
  };
  CHECK(policy == "default-src 'none'; script-src '" + hash_of(between(page, "<script>", "</script>")) +
                      "'; style-src '" + hash_of(between(page, "<style>", "</style>")) +
                      "'; base-uri 'none'; form-action 'none'");
  CHECK(count_of(page, "<script") == 1);
  CHECK(count_of(page, "<style") == 1);
  // The policy stands before everything that it governs.
  CHECK(page.find("Content-Security-Policy") < page.find("<style"));
  for (const std::string_view loads : {"src=", "href=", "url(", "@import", "style=", "onclick=", "onload=", "<iframe",
                                       "<form", "innerHTML", "eval("}) {
    CAPTURE(loads);
    CHECK(page.find(loads) == std::string::npos);
  }
}

TEST_CASE("hostile text stays text", "[proof_page]") {
  const auto hostile =
      GENERATE(values<std::string>({"</pre></script><script>alert(1)</script>", "<!--<script>", "a&lt;b&amp;\"'",
                                    "@PROOF@ @KEYS@ @SCRIPT_HASH@", "]]><svg/onload=x>"}));
  CAPTURE(hostile);
  Example made = example();
  made.proof.checkpoint = hostile + "\n1\n";
  made.keys[0].name = hostile;
  const std::string page = page_of(made);
  // The frame of the page is that of any other page.
  const std::string plain = page_of(example());
  for (const std::string_view tag : {"<script", "</script", "<pre", "</pre", "<!--", "<svg", "<!"}) {
    CAPTURE(tag);
    CHECK(count_of(page, tag) == count_of(plain, tag));
  }
  std::string text = between(page, "<pre id=\"proof\">\n", "</pre>");
  const std::vector<std::pair<std::string, std::string>> entities = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}};
  for (const auto& [entity, character] : entities) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1))
      text.replace(at, entity.size(), character);
  }
  CHECK(text == audit::format_tlog_proof(made.proof));
}

TEST_CASE("characters that the HTML parser would change are kept by number", "[proof_page]") {
  Example made = example();
  made.proof.checkpoint = std::string("a\rb\0c\td\n", 8);
  const std::string text = between(page_of(made), "<pre id=\"proof\">\n", "</pre>");
  CHECK(text.ends_with("\na&#13;b&#0;c&#9;d\n"));
}

TEST_CASE("without JavaScript the page says that nothing was checked", "[proof_page]") {
  const std::string page = page_of(example());
  CHECK(between(page, "<p id=\"verdict\" role=\"status\" aria-live=\"polite\">", "</p>").starts_with("not checked: "));
  CHECK(between(page, "<p id=\"meaning\">", "</p>").starts_with("Nothing on this page was verified."));
}

}  // namespace
}  // namespace imagewarden::report
