#include "engine/rules/ruleset.h"

#include <algorithm>

#include "engine/rules/embedded.h"
#include "engine/rules/loader.h"

namespace imagewarden::rules {

std::string_view to_string(Basis basis) {
  switch (basis) {
    case Basis::kDocumented:
      return "documented";
    case Basis::kInferred:
      return "inferred";
    case Basis::kOrganisation:
      break;
  }
  return "organisation";
}

Result<Ruleset> Ruleset::load(std::span<const RuleSource> user_files) {
  RulesetLoader loader;
  const RuleSource built_in{"built-in", std::string(embedded_file("appstreaming-delete-image.json"))};
  if (auto added = loader.add(built_in, FileKind::kBuiltIn); !added) return tl::make_unexpected(added.error());
  for (const RuleSource& source : user_files) {
    if (auto added = loader.add(source, FileKind::kUser); !added) return tl::make_unexpected(added.error());
  }
  return loader.finish();
}

const ErrorEntry* Ruleset::find_error(std::string_view code) const {
  const auto found = std::find_if(errors_.begin(), errors_.end(), [&](const ErrorEntry& e) { return e.code == code; });
  return found == errors_.end() ? nullptr : &*found;
}

}  // namespace imagewarden::rules
