// Sealed plans: what was sealed is read, and nothing else.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "cli/plan_seal.h"
#include "engine/base/json_writer.h"
#include "engine/base/limits.h"

namespace imagewarden::cli {
namespace {

constexpr std::string_view kDocument =
    R"({"request":"{}","images":[{"image":"img-1","order":1,"image_name":"one","effects":{"regions":["cn-hangzhou"],)"
    R"("templates":null}},{"image":"img-2","order":null,"effects":{}}])";

std::string sealed(std::string_view document, const audit::SigningKey& key) {
  std::string bytes(document);
  bytes += ",\"seal\":";
  append_json_string(bytes, seal_plan(document, "sha256:a", "sha256:b", {"plans.example", 1, 4}, key));
  return bytes + "}\n";
}

TEST_CASE("a sealed plan is read, and not with any other byte", "[cli][plan]") {
  const auto key = audit::SigningKey::generate();
  REQUIRE(key);
  const std::vector keys{audit::make_verifier_key("plans.example", audit::SignatureKind::kEd25519, key->public_key())};
  const std::string bytes = sealed(kDocument, *key);
  const auto plan = parse_sealed_plan(bytes, keys);
  REQUIRE(plan);
  CHECK(plan->ids == std::vector<std::string>{"img-1", "img-2"});
  REQUIRE(plan->images.size() == 1);
  CHECK(plan->images[0].regions == std::vector<std::string>{"cn-hangzhou"});
  CHECK(plan->place.log == "plans.example");
  CHECK(plan->place.last_seq == 4);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    REQUIRE_FALSE(parse_sealed_plan(changed, keys).has_value());
    REQUIRE_FALSE(parse_sealed_plan(std::string_view(bytes).substr(0, at), keys).has_value());
  }
  CHECK_FALSE(parse_sealed_plan(bytes, {}).has_value());
}

TEST_CASE("a plan may be sealed up to the limit", "[cli][plan][limits]") {
  CHECK(check_sealed_size(limits::kMaxSealedPlanBytes));
  const auto refused = check_sealed_size(limits::kMaxSealedPlanBytes + 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kLimit);
  // With its seal it is still a tree: the note has some hundred bytes.
  CHECK(limits::kMaxSealedPlanBytes + limits::kMaxNoteBytes <= limits::kMaxTreeBytes);
}

}  // namespace
}  // namespace imagewarden::cli
