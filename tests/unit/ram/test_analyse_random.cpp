// find_difference() on random principals, with all steps and all readings: what it finds is confirmed, and what it
// rules out is looked for among random requests.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/ram/analyse.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::chance;
using test::pick;

using Texts = std::vector<std::string>;

const Texts kAllResourcesActions = {"appstreaming:deleteimage", "appstreaming:listimage", "ecs:describeregions"};
const Texts kKnownActions = {"appstreaming:deleteimage", "appstreaming:listimage", "ecs:deleteimage",
                             "ecs:describeregions", "oss:getobject"};

RequestSpace request_space() { return {kAllResourcesActions, kKnownActions, test::kNow, RequestForm::kWellFormed}; }

class World {
 public:
  explicit World(std::mt19937& rng) : rng_(rng) {
    for (const ReadingInfo& info : reading_table()) {
      if (chance(rng_, 10)) readings_.set(info.reading, 1);
    }
  }

  [[nodiscard]] const Readings& readings() const { return readings_; }

  PrincipalPolicies principal() {
    PrincipalPolicies out;
    out.account = test::kAccount;
    out.name = "alice";
    out.kind = pick(rng_, std::array{PrincipalKind::kUser, PrincipalKind::kUser, PrincipalKind::kRole});
    out.account_level = policies(4);
    if (chance(rng_, 30)) {
      for (AttachedPolicy& policy : policies(3)) {
        out.resource_group_level.push_back({pick(rng_, Texts{"rg-1", "rg-2"}), std::move(policy)});
      }
    }
    out.has_session_policies = chance(rng_, 50);
    out.session_policies = policies(2);
    while (chance(rng_, 15)) out.control_levels.push_back({"level", policies(3)});
    return out;
  }

  // The same with a policy more, less, or another one.
  PrincipalPolicies changed(PrincipalPolicies of) {
    auto more = policies(2);
    std::vector<AttachedPolicy>& list =
        !of.control_levels.empty() && chance(rng_, 30) ? of.control_levels.front().policies : of.account_level;
    if (!list.empty() && chance(rng_, 50)) list.erase(list.begin());
    for (AttachedPolicy& policy : more) list.push_back(std::move(policy));
    if (chance(rng_, 20) && !of.resource_group_level.empty()) of.resource_group_level.pop_back();
    return of;
  }

  Request request(const PrincipalPolicies& principal) {
    static const Texts actions = {"appstreaming:DeleteImage",
                                  "appstreaming:ListImage",
                                  "ecs:DeleteImage",
                                  "ecs:DescribeRegions",
                                  "oss:GetObject",
                                  "oss:PutObject",
                                  "x:x",
                                  "ecs:x",
                                  "appstreaming:DeleteX"};
    static const Texts resources = {"*",
                                    "acs:ecs:cn-hangzhou:1:image/m-1",
                                    "acs:OSS:x:1:Bucket/dir",
                                    "acs:oss:x:1:bucket",
                                    "acs:oss:::x",
                                    "acs:ecs:::image/",
                                    "acs:oss:x:1:bucketA"};
    static const Texts values = {"a", "b", "A", "7", "10", "10.5", "-1", "prod-1", "", "2026-08-12T09:00:00Z"};
    static const Texts addresses = {"10.0.0.1", "10.1.2.3", "203.0.113.7", "2001:db8::1", "::1", "x"};
    static const Texts dates = {"2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-09-21T14:13:20Z",
                                "2030-01-01T00:00:00Z"};
    Context context;
    for (const char* const key : {"acs:SourceVpc", "acs:MFAPresent", "acs:SourceIp", "svc:Key"})
      context.set_absent(key);
    if (chance(rng_, 60)) context.set("acs:SourceVpc", KeyState::kKnown, some(Texts{"vpc-a", "vpc-b", "other"}));
    if (chance(rng_, 60)) context.set("acs:MFAPresent", KeyState::kKnown, some(Texts{"true", "false", "x"}));
    if (chance(rng_, 60)) context.set("acs:SourceIp", KeyState::kKnown, some(addresses));
    if (chance(rng_, 70)) context.set("svc:Key", KeyState::kKnown, some(values));
    context.set("acs:CurrentTime", KeyState::kKnown, {Value::of(pick(rng_, dates))});
    const std::string action = pick(rng_, actions);
    const bool has_no_level =
        std::binary_search(kAllResourcesActions.begin(), kAllResourcesActions.end(), to_lower(action));
    Request out = make_request(action, pick(rng_, resources),
                               has_no_level ? ResourceLevel::kAllResources : ResourceLevel::kUnknown,
                               std::move(context), principal, test::kNow);
    out.resource_group = pick(rng_, Texts{"", "rg-1", "rg-2", "rg-3"});
    return out;
  }

 private:
  std::vector<Value> some(const Texts& from) {
    std::vector<Value> out = {Value::of(pick(rng_, from))};
    while (chance(rng_, 25)) out.push_back(Value::of(pick(rng_, from)));
    return out;
  }

  std::vector<AttachedPolicy> policies(int up_to) {
    std::vector<AttachedPolicy> out;
    const int count = std::uniform_int_distribution<int>(0, up_to)(rng_);
    for (int i = 0; i < count; ++i) {
      if (chance(rng_, 2)) {
        out.push_back(test::unknown_policy());
        continue;
      }
      std::string statements = statement();
      while (chance(rng_, 60)) statements += "," + statement();
      out.push_back({"Custom/p", "user/alice", test::parse(test::document_of(statements), readings_), "p.json", ""});
    }
    return out;
  }

  std::string statement() {
    static const Texts actions = {"*",
                                  "appstreaming:*",
                                  "appstreaming:DeleteImage",
                                  "APPSTREAMING:delete*",
                                  "*:Delete*",
                                  "*:?eleteImage",
                                  "ecs:*",
                                  "ecs:DeleteImage",
                                  "oss:Get*",
                                  "oss:*Object"};
    static const Texts resources = {"*",
                                    "*",
                                    "acs:ecs:*:*:*",
                                    "acs:ecs:::image/*",
                                    "acs:Oss:*:*:bucket*",
                                    "acs:oss:x:1:Bucket/dir",
                                    "acs:oss:?:1:bucket",
                                    "acs:*"};
    static const Texts conditions = {
        R"({"StringEquals": {"acs:SourceVpc": "vpc-a"}})",
        R"({"StringNotLike": {"acs:SourceVpc": "vpc-*"}})",
        R"({"Bool": {"acs:MFAPresent": "false"}})",
        R"({"Bool": {"acs:MFAPresent": true}, "StringLike": {"svc:Key": ["a", "b"]}})",
        R"({"ForAllValues:StringEquals": {"svc:Key": ["a", "b"]}})",
        R"({"ForAnyValue:StringNotEquals": {"svc:Key": "a"}})",
        R"({"NumericLessThan": {"svc:Key": "10"}})",
        R"({"NumericGreaterThanEquals": {"svc:Key": "7"}, "NumericNotEquals": {"svc:Key": ["8", "10"]}})",
        R"({"StringLike": {"Action": "ecs:*"}})",
        R"({"StringNotEquals": {"Resource": "*"}})",
        R"({"DateGreaterThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}})",
        R"({"DateLessThan": {"acs:CurrentTime": "2026-09-21T14:13:20Z"}})",
        R"({"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}})",
        R"({"NotIpAddress": {"acs:SourceIp": "10.1.0.0/16"}})",
        R"({"StringEqualsIgnoreCase": {"svc:Key": "A"}, "StringNotEquals": {"svc:Key": "a"}})",
        R"({"StringEquals": {"acs:PrincipalARN": "acs:ram::1234567890123456:user/alice"}})",
        R"({"Null": {"acs:SourceVpc": "true"}})",
    };
    const std::string effect = chance(rng_, 70) ? "Allow" : "Deny";
    std::string out = R"({"Effect": ")" + effect + "\", \"" + (chance(rng_, 15) ? "NotAction" : "Action") + "\": ";
    out += list(actions) + ", \"" + (chance(rng_, 10) ? "NotResource" : "Resource") + "\": " + list(resources);
    if (chance(rng_, 60)) out += R"(, "Condition": )" + pick(rng_, conditions);
    return out + "}";
  }

  std::string list(const Texts& from) {
    std::string out = "[\"" + pick(rng_, from) + "\"";
    while (chance(rng_, 25)) out += ", \"" + pick(rng_, from) + "\"";
    return out + "]";
  }

  std::mt19937& rng_;
  Readings readings_;
};

bool is_difference(Compare compare, Outcome before, Outcome after) {
  return compare == Compare::kOutcome ? before != after : after == Outcome::kAllow && before != Outcome::kAllow;
}

TEST_CASE("find_difference() on random principals", "[ram][analyse][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  std::array<std::size_t, 3> counts{};
  std::size_t missed = 0;
  std::size_t unconfirmed = 0;
  for (int round = 0; round < 1500; ++round) {
    World world(rng);
    const PrincipalPolicies before = world.principal();
    const PrincipalPolicies after = world.changed(before);
    const Principal old = Principal::compile(before, world.readings());
    const Principal changed = Principal::compile(after, world.readings());
    const Compare compare = chance(rng, 50) ? Compare::kNewAccess : Compare::kOutcome;
    const Difference difference = find_difference(before, after, compare, world.readings(), request_space(), {});
    ++counts.at(static_cast<std::size_t>(difference.found));
    if (difference.found == Found::kWitness) {
      const Request& request = *difference.request;
      const bool confirmed = old.explain(request).verdict.outcome == difference.before &&
                             changed.explain(request).verdict.outcome == difference.after &&
                             is_difference(compare, difference.before, difference.after);
      if (!confirmed) ++unconfirmed;
    } else if (difference.found == Found::kNothing) {
      for (int i = 0; i < 2000; ++i) {
        const Request request = world.request(before);
        if (is_difference(compare, old.decide(request).outcome, changed.decide(request).outcome)) ++missed;
      }
    }
  }
  CHECK(missed == 0);
  CHECK(unconfirmed == 0);
  CAPTURE(counts[0], counts[1], counts[2]);
  CHECK(counts[static_cast<std::size_t>(Found::kNothing)] > 300);
  CHECK(counts[static_cast<std::size_t>(Found::kWitness)] > 300);
  // `svc:Key` is compared as text and as number now and then.
  CHECK(counts[static_cast<std::size_t>(Found::kUndecided)] < 30);
}

TEST_CASE("the same question has the same answer, in the same number of steps", "[ram][analyse][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed() + 1);
  for (int round = 0; round < 200; ++round) {
    World world(rng);
    const PrincipalPolicies before = world.principal();
    const PrincipalPolicies after = world.changed(before);
    const auto ask = [&] {
      return find_difference(before, after, Compare::kOutcome, world.readings(), request_space(), {});
    };
    const Difference one = ask();
    const Difference two = ask();
    REQUIRE(one.found == two.found);
    REQUIRE(one.steps == two.steps);
    if (one.request) {
      REQUIRE(one.request->action == two.request->action);
      REQUIRE(one.request->resource == two.request->resource);
    }
    REQUIRE(find_difference(before, before, Compare::kOutcome, world.readings(), request_space(), {}).found ==
            Found::kNothing);
  }
}

}  // namespace
}  // namespace imagewarden::ram
