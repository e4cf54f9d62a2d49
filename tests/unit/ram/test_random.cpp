// decide(), which goes by the index, against explain(), which compares statement by statement, on random principals.

#include <catch2/catch.hpp>

#include <array>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::chance;
using test::pick;

using Texts = std::vector<std::string>;

class World {
 public:
  explicit World(std::mt19937& rng) : rng_(rng) {
    for (const ReadingInfo& info : reading_table()) {
      if (chance(rng_, 20)) readings_.set(info.reading, 1);
    }
  }

  [[nodiscard]] const Readings& readings() const { return readings_; }

  PrincipalPolicies principal() {
    PrincipalPolicies out;
    out.account = test::kAccount;
    out.name = "alice";
    out.kind =
        pick(rng_, std::array{PrincipalKind::kUser, PrincipalKind::kUser, PrincipalKind::kRole, PrincipalKind::kRoot});
    out.is_management_account = chance(rng_, 10);
    out.account_level = policies(6);
    for (AttachedPolicy& policy : policies(4)) {
      out.resource_group_level.push_back({pick(rng_, Texts{"rg-1", "rg-2"}), std::move(policy)});
    }
    out.has_session_policies = chance(rng_, 30);
    out.session_policies = policies(2);
    while (chance(rng_, 30)) out.control_levels.push_back({"level", policies(3)});
    return out;
  }

  Request request(const PrincipalPolicies& principal) {
    static const Texts actions = {"appstreaming:DeleteImage", "AppStreaming:ListImage", "ecs:DeleteImage",
                                  "oss:GetObject"};
    static const Texts resources = {"*", "acs:ecs:cn-hangzhou:1:image/m-1", "acs:OSS:x:1:Bucket/dir",
                                    "acs:oss:x:1:bucket"};
    Context context;
    if (chance(rng_, 40)) context.add_value("acs:SourceVpc", pick(rng_, Texts{"vpc-a", "vpc-b"}));
    if (chance(rng_, 40)) context.add_value("acs:MFAPresent", pick(rng_, Texts{"true", "false"}));
    if (chance(rng_, 20)) context.set_absent("acs:MFAPresent");
    while (chance(rng_, 30)) context.add_value("svc:Key", pick(rng_, Texts{"a", "b", "7"}));
    Request out = make_request(
        pick(rng_, actions), pick(rng_, resources),
        pick(rng_, std::array{ResourceLevel::kUnknown, ResourceLevel::kAllResources, ResourceLevel::kResource}),
        std::move(context), principal, test::kNow);
    out.resource_group = pick(rng_, Texts{"", "rg-1", "rg-2", "rg-3"});
    return out;
  }

 private:
  std::vector<AttachedPolicy> policies(int up_to) {
    std::vector<AttachedPolicy> out;
    const int count = std::uniform_int_distribution<int>(0, up_to)(rng_);
    for (int i = 0; i < count; ++i) {
      if (chance(rng_, 3)) {
        out.push_back(test::unknown_policy());
        continue;
      }
      std::string statements = statement();
      while (chance(rng_, 60)) statements += "," + statement();
      const char* const version = chance(rng_, 3) ? "2" : "1";
      const std::string text = R"({"Version": ")" + std::string(version) + R"(", "Statement": [)" + statements + "]}";
      out.push_back({"Custom/p", "user/alice", test::parse(text, readings_), "p.json", ""});
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
                                    "**",
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
        R"({"ForAllValues:StringEquals": {"svc:Key": "a"}})",
        R"({"ForAnyValue:StringNotEquals": {"svc:Key": "a"}})",
        R"({"NumericLessThan": {"svc:Key": "10"}})",
        R"({"StringLike": {"Action": "ecs:*"}})",
        R"({"StringEquals": {"Resource": "*"}})",
        R"({"DateGreaterThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}})",
        R"({"Null": {"acs:SourceVpc": "true"}})",
    };
    std::string effect = chance(rng_, 70) ? "Allow" : "Deny";
    if (chance(rng_, 2)) effect = "Maybe";
    std::string out = R"({"Effect": ")" + effect + "\", \"" + (chance(rng_, 15) ? "NotAction" : "Action") + "\": ";
    out += list(actions) + ", \"" + (chance(rng_, 10) ? "NotResource" : "Resource") + "\": " + list(resources);
    if (chance(rng_, 40)) out += R"(, "Condition": )" + pick(rng_, conditions);
    if (chance(rng_, 3)) out += R"(, "Extra": 1)";
    return out + "}";
  }

  std::string list(const Texts& from) {
    if (chance(rng_, 2)) return "[]";
    std::string out = "[\"" + pick(rng_, from) + "\"";
    while (chance(rng_, 25)) out += ", \"" + pick(rng_, from) + "\"";
    return out + "]";
  }

  std::mt19937& rng_;
  Readings readings_;
};

TEST_CASE("decide() is explain()'s verdict on random principals", "[ram][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  std::array<std::size_t, 4> outcomes{};
  std::size_t differing = 0;
  for (int round = 0; round < 1000; ++round) {
    World world(rng);
    const PrincipalPolicies policies = world.principal();
    const Principal principal = Principal::compile(policies, world.readings());
    for (int i = 0; i < 10; ++i) {
      const Request request = world.request(policies);
      const Verdict verdict = principal.decide(request);
      if (principal.explain(request).verdict != verdict) ++differing;
      ++outcomes.at(static_cast<std::size_t>(verdict.outcome));
    }
  }
  CHECK(differing == 0);
  for (const std::size_t count : outcomes) CHECK(count > 100);  // every outcome was met
}

TEST_CASE("the order of statements and policies does not matter", "[ram][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed() + 1);
  for (int round = 0; round < 1000; ++round) {
    World world(rng);
    PrincipalPolicies policies = world.principal();
    const Request request = world.request(policies);
    const Verdict before = Principal::compile(policies, world.readings()).decide(request);
    std::shuffle(policies.account_level.begin(), policies.account_level.end(), rng);
    std::shuffle(policies.resource_group_level.begin(), policies.resource_group_level.end(), rng);
    for (ControlLevel& level : policies.control_levels) std::shuffle(level.policies.begin(), level.policies.end(), rng);
    REQUIRE(Principal::compile(policies, world.readings()).decide(request) == before);
  }
}

TEST_CASE("one more Deny never allows, one more Allow never denies", "[ram][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed() + 2);
  std::size_t allowed = 0;
  for (int round = 0; round < 1000; ++round) {
    World world(rng);
    PrincipalPolicies policies = world.principal();
    const Request request = world.request(policies);
    const Outcome before = Principal::compile(policies, world.readings()).decide(request).outcome;
    PrincipalPolicies denied = policies;
    denied.account_level.push_back(test::policies_of({test::deny("*")}).front());
    const Outcome after = Principal::compile(denied, world.readings()).decide(request).outcome;
    if (policies.kind == PrincipalKind::kRoot) {
      REQUIRE(after == before);  // identity policies are not asked
    } else {
      REQUIRE((after == Outcome::kExplicitDeny || after == Outcome::kImplicitDeny));
    }
    policies.account_level.push_back(test::policies_of({test::allow("*")}).front());
    const Outcome with_allow = Principal::compile(policies, world.readings()).decide(request).outcome;
    if (before == Outcome::kAllow) {
      ++allowed;
      REQUIRE(with_allow == Outcome::kAllow);
    }
  }
  CHECK(allowed > 20);
}

}  // namespace
}  // namespace imagewarden::ram
