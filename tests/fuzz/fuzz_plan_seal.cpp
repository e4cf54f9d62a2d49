// Sealed plans: nobody's seal is good but the key's, and over its very bytes.

#include <string>
#include <vector>

#include "cli/plan_seal.h"
#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

const audit::SigningKey& key() {
  static const audit::SigningKey key = [] {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(7);
    return std::move(*audit::SigningKey::from_seed(seed));
  }();
  return key;
}

const std::vector<audit::VerifierKey>& keys() {
  static const std::vector keys{
      audit::make_verifier_key("plans.example", audit::SignatureKind::kEd25519, key().public_key())};
  return keys;
}

}  // namespace

// The input is a document without its end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto unsigned_plan = cli::parse_sealed_plan(text, keys());
  fuzz::require(!unsigned_plan, "nobody signed this plan");
  fuzz::require(unsigned_plan.error().message.find('\n') == std::string::npos, "a message is one line");

  std::string sealed = text + ",\"seal\":";
  append_json_string(sealed, cli::seal_plan(text, "sha256:a", "sha256:b", {"plans.example", 1, 4}, key()));
  sealed += "}\n";
  const auto plan = cli::parse_sealed_plan(sealed, keys());
  const auto tree = JsonDocument::parse(sealed);
  fuzz::require(!plan || tree.has_value(), "a plan is JSON");
  if (!plan) {
    const JsonValue* const images = tree ? tree->root().find("images") : nullptr;
    fuzz::require(images == nullptr || !images->items.empty() || !tree->root().is(JsonType::kObject),
                  "a sealed plan without images is one");
    return 0;
  }
  fuzz::require(plan->place.log == "plans.example" && plan->place.first_seq == 1 && plan->place.last_seq == 4,
                "what was sealed is read");
  fuzz::require(plan->images.size() <= plan->ids.size(), "what is deleted is one of the images");
  // Another byte somewhere: where depends on the input, so that all places have their turn.
  std::string changed = sealed;
  char& byte = changed[(size * 31 + static_cast<unsigned char>(text[size / 2])) % changed.size()];
  byte = static_cast<char>(byte ^ 1);
  fuzz::require(!cli::parse_sealed_plan(changed, keys()), "a plan that was changed is refused");
  return 0;
}
