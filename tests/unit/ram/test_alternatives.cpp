// The verdict under every other reading: which one changes the answer.

#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/ram/alternatives.h"
#include "tests/unit/ram/support.h"

using namespace imagewarden;
using namespace imagewarden::ram;
using namespace imagewarden::ram::test;

namespace {

// `reading=choice: outcome` of those that differ from the default.
std::vector<std::string> changes(const PrincipalPolicies& policies, const Request& request) {
  const Verdict base = Principal::compile(policies, Readings{}).decide(request);
  std::vector<std::string> out;
  for (const AlternativeVerdict& one : evaluate_alternatives(policies, request, Readings{})) {
    if (one.verdict == base) continue;
    const ReadingInfo& info = reading_table()[static_cast<std::size_t>(one.reading)];
    out.push_back(std::string(info.name) + "=" + std::string(info.choices[one.choice]) + ": " +
                  std::string(to_string(one.verdict.outcome)));
  }
  return out;
}

}  // namespace

TEST_CASE("the reading that changes an answer is named", "[ram][readings]") {
  struct Row {
    const char* why;
    std::string statements;
    std::string resource;
    ResourceLevel level;
    std::vector<std::string> want;
  };
  const auto row = GENERATE(values<Row>({
      {"a plain grant rests on none", allow("*"), "*", ResourceLevel::kAllResources, {}},
      {"a narrow Deny",
       allow("*") + R"(,{"Effect":"Deny","Action":"*","Resource":"acs:appstreaming:*:*:*"})",
       "*",
       ResourceLevel::kAllResources,
       {"deny-narrow-resource=applies: explicit-deny"}},
      {"case of a resource",
       R"({"Effect":"Allow","Action":"*","Resource":"acs:oss:*:*:Bucket"})",
       "acs:oss:::bucket",
       ResourceLevel::kResource,
       {"resource-case=insensitive: allow"}},
      {"a star over a separator",
       R"({"Effect":"Allow","Action":"*","Resource":"acs:oss:*:*:b*"})",
       "acs:oss:::b/key",
       ResourceLevel::kResource,
       {"wildcard-crossing=stops-at-separator: implicit-deny"}},
      {"an older form of statement",
       R"({"Effect":"Allow","Action":"*","NotResource":"acs:oss:*:*:x"})",
       "acs:oss:::y",
       ResourceLevel::kResource,
       {"not-resource=not-evaluable: indeterminate"}},
      {"a bare boolean",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":true}}})",
       "*",
       ResourceLevel::kResource,
       {"loose-condition-value=not-evaluable: indeterminate"}},
      {"a key that is not there",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"oss:Prefix":"x"}}})",
       "*",
       ResourceLevel::kResource,
       {"missing-key-negated=does-not-match: implicit-deny"}},
  }));
  CAPTURE(row.why);
  const PrincipalPolicies policies = user_with({row.statements});
  Context context;
  context.add_value("acs:MFAPresent", "true");
  CHECK(changes(policies, make_request(kDelete, row.resource, row.level, context, policies, kNow)) == row.want);
}

TEST_CASE("every choice of every reading is tried, but for those that only spell a denial", "[ram][readings]") {
  const PrincipalPolicies policies = user_with({allow("*")});
  std::size_t expected = 0;
  for (const ReadingInfo& info : reading_table()) {
    if (info.reading != Reading::kDenialCode && info.reading != Reading::kDenialStatus)
      expected += info.choices.size() - 1;
  }
  const auto all = evaluate_alternatives(
      policies, make_request(kDelete, "*", ResourceLevel::kAllResources, {}, policies, kNow), Readings{});
  CHECK(all.size() == expected);
  // From another starting point the default is one of the alternatives.
  Readings other;
  other.set(Reading::kPseudoKeys, 1);
  const auto again = evaluate_alternatives(
      policies, make_request(kDelete, "*", ResourceLevel::kAllResources, {}, policies, kNow), other);
  CHECK(std::any_of(again.begin(), again.end(), [](const AlternativeVerdict& one) {
    return one.reading == Reading::kPseudoKeys && one.choice == 0;
  }));
}
