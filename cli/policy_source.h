#pragma once
// Where the policy verbs take their policies from: files, an inventory, and what-ifs on top of either.

#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "cli/options.h"
#include "engine/base/error.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::cli {

// A RAM policy document as a file: named `Custom/STEM`, attached through `via`. kMalformedInput names file, line,
// column.
[[nodiscard]] Result<ram::AttachedPolicy> load_policy(const std::string& path, const std::string& via,
                                                      const Readings& readings);

// kUsage unless it is the action of one request: `ram-code:Name` without wildcards.
[[nodiscard]] Status check_action(std::string_view action);

// A note where the catalogue does not know the action, and one that it knows is near.
void note_similar_action(const Options& options, Environment& environment, std::string_view action);

// The files of a folder that are taken for policies: `*.json`, but no `*.waivers.json`.
[[nodiscard]] bool is_policy_file(std::string_view path);
// Those of the folder itself, sorted. kNotFound where there is none; kIo.
[[nodiscard]] Result<std::vector<std::string>> policy_files(const std::string& folder);

// --policy, --without, --session-policy, --skip-level on top of what a principal holds. kNotFound: `--without` names a
// policy that it does not hold; kUsage: a session policy for a principal that is no role.
[[nodiscard]] Status apply_what_ifs(const Options& options, const Readings& readings, ram::PrincipalPolicies& policies);

}  // namespace imagewarden::cli
