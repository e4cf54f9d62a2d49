#include "cli/policy_source.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/text.h"
#include "engine/base/suggest.h"
#include "engine/rules/actions.h"

namespace imagewarden::cli {
namespace {

bool is_named(const ram::AttachedPolicy& policy, std::string_view name) {
  const std::string_view full = policy.name;
  const std::size_t slash = full.find('/');
  return full == name || (slash != std::string_view::npos && full.substr(slash + 1) == name);
}

// Every list of policies of a principal, with what belongs to it.
template <class Visit>
void for_each_level(ram::PrincipalPolicies& policies, Visit&& visit) {
  visit(policies.account_level);
  visit(policies.session_policies);
  for (ram::ControlLevel& level : policies.control_levels) visit(level.policies);
}

Status detach(ram::PrincipalPolicies& policies, const std::string& name) {
  std::size_t removed = 0;
  std::vector<std::string> names;
  for_each_level(policies, [&](std::vector<ram::AttachedPolicy>& level) {
    for (const ram::AttachedPolicy& policy : level) names.push_back(policy.name);
    removed += std::erase_if(level, [&](const ram::AttachedPolicy& policy) { return is_named(policy, name); });
  });
  for (const ram::ResourceGroupPolicy& policy : policies.resource_group_level) names.push_back(policy.policy.name);
  removed += std::erase_if(policies.resource_group_level,
                           [&](const ram::ResourceGroupPolicy& policy) { return is_named(policy.policy, name); });
  if (removed > 0) return {};
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto nearest = nearest_name(name, known);
  return fail(Errc::kNotFound, fmt::format("option `--without`: the principal holds no policy `{}`{}", name,
                                           nearest ? fmt::format(", did you mean `{}`?", *nearest) : std::string{}));
}

}  // namespace

Status check_action(std::string_view action) {
  const std::size_t colon = action.find(':');
  const bool is_one = colon != std::string_view::npos && colon > 0 && colon + 1 < action.size() &&
                      action.find_first_of("*? \t\r\n") == std::string_view::npos && is_valid_utf8(action);
  if (is_one) return {};
  return fail(Errc::kUsage,
              fmt::format("action `{}`, expected one like `appstreaming:DeleteImage`", printable(action)));
}

void note_similar_action(const Options& options, Environment& environment, std::string_view action) {
  const rules::ActionCatalogue& catalogue = rules::ActionCatalogue::built_in();
  if (catalogue.find(action) != nullptr) return;
  std::vector<std::string_view> known;
  for (const rules::ActionEntry& entry : catalogue.entries()) known.push_back(entry.name);
  if (const auto nearest = nearest_name(action, known))
    note(options, environment, fmt::format("no action `{}` is known, did you mean `{}`?", action, *nearest));
}

bool is_policy_file(std::string_view path) { return path.ends_with(".json") && !path.ends_with(".waivers.json"); }

Result<std::vector<std::string>> policy_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().string();
    if (at->is_regular_file(error) && is_policy_file(file)) files.push_back(file);
  }
  if (error) return fail(Errc::kIo, fmt::format("folder `{}`: {}", folder, error.message()));
  if (files.empty())
    return fail(Errc::kNotFound, fmt::format("folder `{}`: no *.json, expected policy documents", folder));
  std::sort(files.begin(), files.end());
  return files;
}

Result<ram::AttachedPolicy> load_policy(const std::string& path, const std::string& via, const Readings& readings) {
  auto text = read_small_file(path, "policy");
  if (!text) return tl::make_unexpected(text.error());
  auto document = ram::parse_document(*text, path, ram::DocumentKind::kPermission, readings);
  if (!document) return tl::make_unexpected(document.error());
  ram::AttachedPolicy policy;
  policy.name = fmt::format("Custom/{}", std::filesystem::path(path).stem().string());
  policy.via = via;
  policy.document = std::move(*document);
  policy.source = path;
  return policy;
}

Status apply_what_ifs(const Options& options, const Readings& readings, ram::PrincipalPolicies& policies) {
  for (const std::string& name : options.without) {
    Status detached = detach(policies, name);
    if (!detached) return detached;
  }
  const std::string via =
      policies.kind == ram::PrincipalKind::kRole ? "role/" + policies.name : "user/" + policies.name;
  if (!options.policies.empty() && policies.kind == ram::PrincipalKind::kRoot) {
    return fail(Errc::kUsage, "option `--policy`: nothing can be attached to root");
  }
  for (const std::string& path : options.policies) {
    auto policy = load_policy(path, via, readings);
    if (!policy) return tl::make_unexpected(policy.error());
    policies.account_level.push_back(std::move(*policy));
  }
  if (!options.session_policies.empty() && policies.kind != ram::PrincipalKind::kRole) {
    return fail(Errc::kUsage,
                "option `--session-policy`: only a role's session has session policies, expected `--as role/NAME`");
  }
  for (const std::string& path : options.session_policies) {
    auto policy = load_policy(path, via, readings);
    if (!policy) return tl::make_unexpected(policy.error());
    policies.session_policies.push_back(std::move(*policy));
    policies.has_session_policies = true;
  }
  for (const std::string& level : options.skip_levels) {
    if (level == "control") {
      policies.control_levels.clear();
    } else {
      policies.session_policies.clear();
      policies.has_session_policies = false;
    }
  }
  return {};
}

}  // namespace imagewarden::cli
