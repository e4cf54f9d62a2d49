// Look-up in the tables of the linter.

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view lower) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return equals_ignore_case(name, lower); });
}

template <class Names>
std::string_view nearest_of(std::string_view wanted, const Names& names) {
  std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(wanted, views).value_or(std::string_view{});
}

// Whether two names differ in one place of at most two letters: cheap, and near enough to be called a slip.
bool is_slip(std::string_view a, std::string_view b) {
  const std::size_t most = std::max(a.size(), b.size());
  const std::size_t least = std::min(a.size(), b.size());
  if (most - least > 2 || most < 4) return false;
  std::size_t head = 0;
  while (head < least && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < least - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  return most - head - tail <= 2;
}

}  // namespace

TableIndex::TableIndex(const LintTables& tables) : tables_(tables) {
  for (const LintAction& action : tables.actions) {
    action_names_.push_back(to_lower(action.name));
    for (const std::string& name : action.api_names) api_names_.emplace_back(to_lower(name), action_names_.size() - 1);
  }
  for (const std::string& service : tables.services) services_.push_back(to_lower(service));
  for (const LintKey& key : tables.keys) keys_.push_back(to_lower(key.name));
  std::sort(services_.begin(), services_.end());
  std::sort(api_names_.begin(), api_names_.end());
}

bool TableIndex::is_service(std::string_view code_lower) const {
  return std::binary_search(services_.begin(), services_.end(), code_lower);
}

bool TableIndex::is_complete(std::string_view code_lower) const { return holds(tables_.complete_services, code_lower); }
bool TableIndex::is_global(std::string_view code_lower) const { return holds(tables_.global_services, code_lower); }

bool TableIndex::is_region(std::string_view region) const {
  return std::find(tables_.regions.begin(), tables_.regions.end(), region) != tables_.regions.end();
}

bool TableIndex::fits_service(std::string_view pattern_lower) const {
  if (!has_wildcard(pattern_lower)) return is_service(pattern_lower);
  return std::any_of(services_.begin(), services_.end(),
                     [&](const std::string& service) { return glob_matches(pattern_lower, service); });
}

bool TableIndex::fits_region(std::string_view pattern) const {
  return std::any_of(tables_.regions.begin(), tables_.regions.end(),
                     [&](const std::string& region) { return glob_matches(pattern, region); });
}

const LintAction* TableIndex::action(std::string_view lower) const {
  const auto found = std::lower_bound(action_names_.begin(), action_names_.end(), lower);
  if (found == action_names_.end() || *found != lower) return nullptr;
  return &tables_.actions[static_cast<std::size_t>(found - action_names_.begin())];
}

const LintAction* TableIndex::action_of_api(std::string_view lower) const {
  const auto found = std::lower_bound(api_names_.begin(), api_names_.end(), lower,
                                      [](const auto& entry, std::string_view name) { return entry.first < name; });
  return found == api_names_.end() || found->first != lower ? nullptr : &tables_.actions[found->second];
}

std::vector<const LintAction*> TableIndex::matches(std::string_view lower) const {
  std::vector<const LintAction*> out;
  if (!has_wildcard(lower)) {
    if (const LintAction* found = action(lower)) out.push_back(found);
    return out;
  }
  // The names are sorted: only those that begin as the pattern does can match.
  const std::string_view head = lower.substr(0, lower.find_first_of("*?"));
  auto at = std::lower_bound(action_names_.begin(), action_names_.end(), head);
  for (; at != action_names_.end() && at->starts_with(head); ++at) {
    if (glob_matches(lower, *at)) out.push_back(&tables_.actions[static_cast<std::size_t>(at - action_names_.begin())]);
  }
  return out;
}

const LintKey* TableIndex::key(std::string_view key_lower) const {
  const std::size_t slash = key_lower.find('/');
  const std::string_view wanted = slash == std::string_view::npos ? key_lower : key_lower.substr(0, slash + 1);
  const auto found = std::find(keys_.begin(), keys_.end(), wanted);
  return found == keys_.end() ? nullptr : &tables_.keys[static_cast<std::size_t>(found - keys_.begin())];
}

std::string_view TableIndex::nearest_service(std::string_view code_lower) {
  return may_search() ? nearest_of(code_lower, services_) : std::string_view{};
}

std::string_view TableIndex::nearest_action(std::string_view lower) {
  // Within the service: its neighbours stand together.
  const std::string head = std::string(service_of(lower)) + ':';
  auto at = std::lower_bound(action_names_.begin(), action_names_.end(), head);
  for (; at != action_names_.end() && at->starts_with(head); ++at) {
    if (is_slip(lower.substr(head.size()), std::string_view(*at).substr(head.size()))) {
      return tables_.actions[static_cast<std::size_t>(at - action_names_.begin())].name;
    }
  }
  return {};
}

std::string_view TableIndex::nearest_key(std::string_view key_lower) {
  if (!may_search()) return {};
  std::vector<std::string_view> names;
  for (const LintKey& key : tables_.keys) names.emplace_back(key.name);
  return nearest_of(key_lower, names);
}

std::string_view TableIndex::nearest_region(std::string_view region) {
  return may_search() ? nearest_of(region, tables_.regions) : std::string_view{};
}

std::string_view TableIndex::lower_name(const LintAction& action) const {
  return action_names_[static_cast<std::size_t>(&action - tables_.actions.data())];
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMostBytes = 200;
  if (text.size() <= kMostBytes) return '`' + std::string(text) + '`';
  std::size_t end = kMostBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return '`' + std::string(text.substr(0, end)) + "…`";
}

std::string did_you_mean(std::string_view name) {
  return name.empty() ? std::string{} : ", did you mean " + quoted(name) + '?';
}

std::string_view service_of(std::string_view action) {
  const std::size_t colon = action.find(':');
  return colon == std::string_view::npos ? std::string_view{} : action.substr(0, colon);
}

bool is_service_wide(std::string_view action_lower) {
  if (takes_everything(action_lower)) return true;
  const std::size_t colon = action_lower.find(':');
  return colon != std::string_view::npos && takes_everything(action_lower.substr(colon + 1));
}

bool reaches_everything(const StatementView& statement) {
  if (statement.not_resource) return false;
  return std::any_of(statement.resource.words.begin(), statement.resource.words.end(),
                     [](const Word& word) { return glob_matches(word.text, "*"); });
}

std::vector<std::string_view> arn_fields(std::string_view arn) {
  constexpr std::size_t kFields = 5;
  std::vector<std::string_view> fields;
  while (fields.size() + 1 < kFields) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) break;
    fields.push_back(arn.substr(0, colon));
    arn.remove_prefix(colon + 1);
  }
  fields.push_back(arn);
  return fields;
}

}  // namespace imagewarden::ram::lint
