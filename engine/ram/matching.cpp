#include "engine/ram/matching.h"

#include <algorithm>

#include "engine/base/glob.h"

namespace imagewarden::ram {
namespace {

constexpr std::string_view kArnPrefix = "acs:";
constexpr std::string_view kEveryResource = "*";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// The end of the service segment of an ARN; 0 for what is no ARN.
std::size_t service_end(std::string_view text) {
  if (!text.starts_with(kArnPrefix)) return 0;
  return std::min(text.find(':', kArnPrefix.size()), text.size());
}

// The same of a pattern. A service that is not closed by a colon but holds a `*` ends there: what follows the `*` may
// just as well stand for a later segment.
std::size_t pattern_service_end(std::string_view pattern) {
  const std::size_t end = service_end(pattern);
  return end == pattern.size() ? std::min(pattern.find('*'), end) : end;
}

// Cuts the part up to the first separator off `text`, and then the separator: '\0' if there is none.
char take_segment(std::string_view& text, std::string_view& segment) {
  const std::size_t end = text.find_first_of(":/");
  segment = text.substr(0, end);
  const char separator = end == std::string_view::npos ? '\0' : text[end];
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return separator;
}

// As glob_matches(), but no wildcard stands for `:` or `/`: the separators of pattern and text are the same, one by
// one, and what is between them matches.
bool segment_glob_matches(std::string_view pattern, std::string_view text) {
  while (true) {
    std::string_view wanted;
    std::string_view found;
    const char separator = take_segment(pattern, wanted);
    if (take_segment(text, found) != separator || !glob_matches(wanted, found)) return false;
    if (separator == '\0') return true;
  }
}

template <class Matches>
bool any_pattern(const std::vector<Pattern>& patterns, const Matches& matches) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) { return matches(pattern.text); });
}

}  // namespace

bool takes_everything(std::string_view pattern) {
  return !pattern.empty() && pattern.find_first_not_of('*') == std::string_view::npos;
}

std::string normal_resource_pattern(std::string_view pattern, const Readings& readings) {
  const std::size_t end = pattern_service_end(pattern);
  std::string normal = to_lower(pattern.substr(0, end));
  const std::string rest =
      readings.is_default(Reading::kResourceCase) ? std::string(pattern.substr(end)) : to_lower(pattern.substr(end));
  if (!readings.is_default(Reading::kEmptyArnSegment)) return normal.append(rest);
  // `:region:account:relative-id`: only with all three are the first two what their places say.
  const std::size_t account = rest.empty() ? std::string::npos : rest.find(':', 1);
  const std::size_t relative = account == std::string::npos ? account : rest.find(':', account + 1);
  if (relative == std::string::npos) return normal.append(rest);
  normal.append(account == 1 ? ":*" : rest.substr(0, account));
  normal.append(relative == account + 1 ? ":*" : rest.substr(account, relative - account));
  return normal.append(rest, relative);
}

bool needs_normal_form(std::string_view resource, const Readings& readings) {
  const std::size_t end = readings.is_default(Reading::kResourceCase) ? service_end(resource) : resource.size();
  return std::any_of(resource.begin(), resource.begin() + static_cast<std::ptrdiff_t>(end), is_upper);
}

void write_normal_resource(std::string_view resource, const Readings& readings, char* out) {
  const std::size_t end = readings.is_default(Reading::kResourceCase) ? service_end(resource) : resource.size();
  const auto middle = resource.begin() + static_cast<std::ptrdiff_t>(end);
  std::copy(middle, resource.end(), std::transform(resource.begin(), middle, out, lower));
}

bool resource_glob_matches(std::string_view pattern, std::string_view text, const Readings& readings) {
  if (takes_everything(pattern)) return true;
  return readings.is_default(Reading::kWildcardCrossing) ? glob_matches(pattern, text)
                                                         : segment_glob_matches(pattern, text);
}

std::string_view authorization_resource(const Request& request) {
  return request.level == ResourceLevel::kAllResources ? kEveryResource : std::string_view(request.resource);
}

bool action_matches(const Statement& statement, std::string_view action_lower) {
  if (statement.not_evaluable && !statement.actions_known) return true;
  return any_pattern(statement.actions, [&](std::string_view pattern) {
           return glob_matches(to_lower(pattern), action_lower);
         }) != statement.not_action;
}

bool resource_matches(const Statement& statement, const Request& request, const Readings& readings) {
  if (statement.not_evaluable && !statement.resources_known) return true;
  if (statement.resources.empty()) return true;  // a trust policy's statement
  const bool is_deny = statement.effect == Effect::kDeny && statement.effect_known;
  if (is_deny && !statement.not_resource && request.level == ResourceLevel::kAllResources &&
      !readings.is_default(Reading::kDenyNarrowResource)) {
    return true;
  }
  std::string resource(authorization_resource(request));
  write_normal_resource(resource, readings, resource.data());
  return any_pattern(statement.resources, [&](std::string_view pattern) {
           return resource_glob_matches(normal_resource_pattern(pattern, readings), resource, readings);
         }) != statement.not_resource;
}

PseudoKey pseudo_key(const Key& key) {
  if (key.lower == "action") return PseudoKey::kAction;
  return key.lower == "resource" ? PseudoKey::kResource : PseudoKey::kNone;
}

Tri evaluate_pseudo(const Atom& atom, PseudoKey key, const Request& request, const Readings& readings) {
  if (!readings.is_default(Reading::kPseudoKeys)) return atom.evaluate({}, readings);
  // One known value: with any quantifier the atom is what the value says.
  return tri_of(
      atom.meets_text(key == PseudoKey::kAction ? std::string_view(request.action) : authorization_resource(request)));
}

Tri evaluate_atom(const Atom& atom, const Request& request, const Readings& readings) {
  const PseudoKey key = pseudo_key(atom.key);
  if (key != PseudoKey::kNone) return evaluate_pseudo(atom, key, request, readings);
  return atom.evaluate(request.context.find(atom.key), readings);
}

}  // namespace imagewarden::ram
