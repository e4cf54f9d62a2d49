#pragma once
// A sealed plan: the JSON document of `plan` with a signed note over it as its last member, `seal`. The note's text is
//   imagewarden plan/1
//   plan sha256:HEX            of every byte of the file in front of `,"seal":`
//   inventory sha256:HEX
//   rules sha256:HEX
//   log ORIGIN FIRST LAST      where the plan's decisions are recorded
// A file that differs in one byte from what was sealed is refused.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/key.h"
#include "audit/note.h"
#include "cli/plan_printer.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// kLimit: a document, without its seal, that open_plan() would not read.
[[nodiscard]] Status check_sealed_size(std::size_t bytes);

// The note for a document that lacks only its seal. Precondition: audit::check_key_name(place.log).
[[nodiscard]] std::string seal_plan(std::string_view document, std::string_view inventory_digest,
                                    std::string_view rules_digest, const PlanPlace& place,
                                    const audit::SigningKey& key);

// An image that a plan deletes.
struct SealedImage {
  std::string id;
  std::string name;
  std::vector<std::string> regions;
  std::optional<std::vector<std::string>> templates;  // nothing: not known
};

struct SealedPlan {
  std::string digest;  // `sha256:HEX`
  std::string inventory_digest;
  std::string rules_digest;
  PlanPlace place;
  std::string request;              // without an image
  std::vector<std::string> ids;     // of all images, in the order of the plan
  std::vector<SealedImage> images;  // those that it deletes, in their order
};

// Checks a sealed plan: every one of `keys`, at least one, must have signed. kUsage without a key;
// kMalformedInput: no sealed plan, changed, or not signed by them.
[[nodiscard]] Result<SealedPlan> parse_sealed_plan(std::string_view bytes, std::span<const audit::VerifierKey> keys);
// The same of a file, with its name in front of what is wrong.
[[nodiscard]] Result<SealedPlan> open_plan(const std::string& path, std::span<const audit::VerifierKey> keys);

}  // namespace imagewarden::cli
