// Every reading changes the answer where it should, and the default is the first choice.

#include <catch2/catch.hpp>

#include <set>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::allow;
using test::deny;

const std::string kImageDeny = R"({"Effect": "Deny", "Action": "*", "Resource": "acs:appstreaming:*:*:image/*"})";

std::string allow_on(const std::string& element, const std::string& resource) {
  return R"({"Effect": "Allow", "Action": "*", ")" + element + R"(": ")" + resource + "\"}";
}

struct Row {
  Reading reading;
  std::string document;  // whole
  const char* action;
  const char* resource;  // `*`: an action without a resource level
  std::vector<std::pair<const char*, const char*>> context;
  Outcome by_default;
  Outcome otherwise;
};

Outcome ask(const Row& row, std::uint8_t choice) {
  Readings readings;
  readings.set(row.reading, choice);
  PrincipalPolicies user;
  user.account = test::kAccount;
  user.name = "alice";
  user.kind = row.reading == Reading::kControlPolicyRoot ? PrincipalKind::kRoot : PrincipalKind::kUser;
  const AttachedPolicy policy{"Custom/p", "user/alice", test::parse(row.document, readings), "p.json", ""};
  if (row.reading == Reading::kControlPolicyRoot) {
    user.control_levels.push_back({"root", {policy}});
  } else if (row.reading == Reading::kResourceGroupStep) {
    user.account_level = test::policies_of({allow("*")}, readings);
    user.resource_group_level.push_back({"rg-1", policy});
  } else {
    user.account_level.push_back(policy);
  }
  Context context;
  for (const auto& [key, value] : row.context) context.add_value(key, value);
  const bool has_level = std::string_view(row.resource) != "*";
  Request request =
      make_request(row.action, row.resource, has_level ? ResourceLevel::kResource : ResourceLevel::kAllResources,
                   context, user, test::kNow);
  request.resource_group = has_level ? "rg-1" : "";
  return test::verdict_of(user, request, readings).outcome;
}

std::vector<Row> rows() {
  const char* const object = "acs:oss:oss-cn-hangzhou:1:bucket/dir";
  return {
      {Reading::kResourceCase,
       test::document_of(allow_on("Resource", "acs:oss:*:*:BUCKET/dir")),
       "oss:GetObject",
       object,
       {},
       Outcome::kImplicitDeny,
       Outcome::kAllow},
      {Reading::kWildcardCrossing,
       test::document_of(allow_on("Resource", "acs:oss:*:*:b*")),
       "oss:GetObject",
       object,
       {},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
      {Reading::kEmptyArnSegment,
       test::document_of(allow_on("Resource", "acs:oss:::bucket/dir")),
       "oss:GetObject",
       object,
       {},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
      {Reading::kDenyNarrowResource,
       test::document_of(allow("*") + "," + kImageDeny),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kExplicitDeny},
      {Reading::kMissingKeyNegated,
       test::document_of(allow("*", R"(, "Condition": {"StringNotEquals": {"svc:Key": "a"}})")),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
      {Reading::kSeveralRequestValues,
       test::document_of(allow("*", R"(, "Condition": {"StringEquals": {"svc:Key": "a"}})")),
       test::kDelete,
       "*",
       {{"svc:Key", "a"}, {"svc:Key", "b"}},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
      {Reading::kForAllValuesAbsent,
       test::document_of(allow("*", R"(, "Condition": {"ForAllValues:StringEquals": {"svc:Key": "a"}})")),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
      {Reading::kResourceGroupStep,
       test::document_of(deny("*")),
       "oss:GetObject",
       object,
       {},
       Outcome::kAllow,
       Outcome::kExplicitDeny},
      {Reading::kControlPolicyRoot,
       test::document_of(deny("*")),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kExplicitDeny},
      {Reading::kNotResource,
       test::document_of(allow_on("NotResource", "acs:ecs:*:*:*")),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kIndeterminate},
      {Reading::kSingleStatement,
       R"({"Version": "1", "Statement": )" + allow("*") + "}",
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kIndeterminate},
      {Reading::kLooseConditionValue,
       test::document_of(allow("*", R"(, "Condition": {"Bool": {"svc:Key": true}})")),
       test::kDelete,
       "*",
       {{"svc:Key", "true"}},
       Outcome::kAllow,
       Outcome::kIndeterminate},
      {Reading::kPseudoKeys,
       test::document_of(allow("*", R"(, "Condition": {"StringLike": {"Action": "appstreaming:*"}})")),
       test::kDelete,
       "*",
       {},
       Outcome::kAllow,
       Outcome::kImplicitDeny},
  };
}

TEST_CASE("each reading in both choices", "[ram][readings]") {
  const auto all = rows();
  for (const Row& row : all) {
    CAPTURE(reading_table()[static_cast<std::size_t>(row.reading)].name, row.document);
    CHECK(ask(row, 0) == row.by_default);
    CHECK(ask(row, 1) == row.otherwise);
  }
}

TEST_CASE("no reading of the evaluation is left out here", "[ram][readings]") {
  std::set<Reading> covered = {Reading::kDenialCode, Reading::kDenialStatus};  // about the message of a denial only
  for (const Row& row : rows()) covered.insert(row.reading);
  CHECK(covered.size() == static_cast<std::size_t>(Reading::kCount));
}

TEST_CASE("NotResource is about every other resource", "[ram][readings]") {
  const auto verdict = [](const std::string& pattern) { return test::outcome_for({allow_on("NotResource", pattern)}); };
  CHECK(verdict("*") == Outcome::kImplicitDeny);
  CHECK(verdict("acs:ecs:*:*:*") == Outcome::kAllow);
  Readings narrow;
  narrow.set(Reading::kDenyNarrowResource, 1);
  CHECK(test::outcome_for({allow("*") + R"(, {"Effect": "Deny", "Action": "*", "NotResource": "*"})"}, {}, narrow) ==
        Outcome::kAllow);
}

}  // namespace
}  // namespace imagewarden::ram
