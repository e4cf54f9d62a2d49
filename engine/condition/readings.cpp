#include "engine/condition/readings.h"

#include <algorithm>
#include <string>

namespace imagewarden {
namespace {

using Names = std::string_view;

constexpr Names kSensitivity[] = {"sensitive", "insensitive"};
constexpr Names kCrossing[] = {"crosses", "stops-at-separator"};
constexpr Names kEmptySegment[] = {"any", "literal"};
constexpr Names kNarrowDeny[] = {"dead", "applies"};
constexpr Names kNegated[] = {"matches", "does-not-match"};
constexpr Names kSeveral[] = {"any", "all"};
constexpr Names kMet[] = {"met", "not-met"};
constexpr Names kGroupStep[] = {"account-ends", "deny-anywhere"};
constexpr Names kRoot[] = {"exempt", "bound"};
constexpr Names kComplement[] = {"complement", "not-evaluable"};
constexpr Names kAccepted[] = {"accepted", "not-evaluable"};
constexpr Names kPseudo[] = {"request-values", "absent"};
constexpr Names kCode[] = {"NoPermission", "Forbidden.RAM", "NotAuthorized"};
constexpr Names kStatus[] = {"403", "400"};

constexpr ReadingInfo kTable[] = {
    {Reading::kResourceCase, "resource-case", kSensitivity,
     "whether the case of a Resource counts (but for the service segment, where it never does); the pages are silent, "
     "and "
     "names of buckets, images and roles in examples are written exactly"},
    {Reading::kWildcardCrossing, "wildcard-crossing", kCrossing,
     "whether `*` and `?` of a Resource also stand for `/` and `:`; published policies such as `acs:oss:*:*:bucket*` "
     "only "
     "make sense if they do"},
    {Reading::kEmptyArnSegment, "empty-arn-segment", kEmptySegment,
     "whether an empty region or account in a Resource stands for every one; the services' own examples leave them "
     "empty "
     "where others write `*`"},
    {Reading::kDenyNarrowResource, "deny-narrow-resource", kNarrowDeny,
     "whether a Deny whose Resource is narrower than `*` stops an action that has no resource level; documented is "
     "only "
     "that an Allow of this kind is ineffective, and the same rule is taken to hold for both"},
    {Reading::kMissingKeyNegated, "missing-key-negated", kNegated,
     "whether a negated operator is met where the request does not carry the key; the services' own examples with "
     "acs:SourceVpc say so, the page on operators does not"},
    {Reading::kSeveralRequestValues, "several-request-values", kSeveral,
     "whether one or every value of a key with several must meet a positive operator without a prefix; a negated one "
     "needs "
     "that none equals in both readings; that a key can carry several values is documented, this is not"},
    {Reading::kForAllValuesAbsent, "for-all-values-absent", kMet,
     "whether `ForAllValues:` is met where the request does not carry the key; a statement about every value of none, "
     "and "
     "so in the language that the prefix was borrowed from"},
    {Reading::kResourceGroupStep, "resource-group-step", kGroupStep,
     "whether an Allow at account level ends the identity step, so that a Deny at resource-group level is not looked "
     "at; "
     "the documented flow says so, a later one-line principle (a Deny always wins) does not"},
    {Reading::kControlPolicyRoot, "control-policy-root", kRoot,
     "whether control policies bind the root user of a member account; the pages disagree, and the more detailed one "
     "exempts it"},
    {Reading::kNotResource, "not-resource", kComplement,
     "whether `NotResource` stands for every resource but those listed; older pages list it without an explanation, "
     "newer "
     "ones do not list it"},
    {Reading::kSingleStatement, "single-statement-object", kAccepted,
     "whether a Statement that is one object instead of a list is read; the grammar shows a list, and a single value "
     "may "
     "stand for a list elsewhere in it"},
    {Reading::kLooseConditionValue, "loose-condition-value", kAccepted,
     "whether JSON booleans and numbers are read as condition values; the page says that values are quoted, and "
     "policies "
     "in use hold bare ones"},
    {Reading::kPseudoKeys, "pseudo-keys", kPseudo,
     "whether the undocumented condition keys `Action` and `Resource` hold the request's action and resource; policies "
     "that the cloud publishes itself use them in this sense"},
    {Reading::kDenialCode, "denial-code", kCode,
     "the error code of a denied request; it differs from service to service, and the examples of this one's family "
     "show "
     "the default"},
    {Reading::kDenialStatus, "denial-http-status", kStatus,
     "the HTTP status of a denied request; 403 everywhere that was seen but for one service"},
};
static_assert(std::size(kTable) == static_cast<std::size_t>(Reading::kCount));

std::string quoted_list(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list.append("`").append(name).append("`");
  }
  return list;
}

}  // namespace

std::span<const ReadingInfo> reading_table() { return kTable; }

std::string_view Readings::choice_name(Reading reading) const {
  const auto choices = kTable[static_cast<std::size_t>(reading)].choices;
  const std::size_t index = choice(reading);
  return index < choices.size() ? choices[index] : choices.front();
}

Status Readings::set(std::string_view name, std::string_view choice) {
  const auto* info =
      std::find_if(std::begin(kTable), std::end(kTable), [&](const ReadingInfo& row) { return row.name == name; });
  if (info == std::end(kTable)) {
    std::string list;
    for (const ReadingInfo& row : kTable) {
      if (!list.empty()) list += ", ";
      list.append("`").append(row.name).append("`");
    }
    return fail(Errc::kNotFound, "unknown reading `" + std::string(name) + "`, expected one of " + list);
  }
  const auto found = std::find(info->choices.begin(), info->choices.end(), choice);
  if (found == info->choices.end()) {
    return fail(Errc::kNotFound, "reading `" + std::string(name) + "`: unknown choice `" + std::string(choice) +
                                     "`, expected one of " + quoted_list(info->choices));
  }
  set(info->reading, static_cast<std::uint8_t>(found - info->choices.begin()));
  return {};
}

}  // namespace imagewarden
