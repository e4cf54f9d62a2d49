// The index of deciding statements against explain(), which compares statement by statement.

#include <catch2/catch.hpp>

#include <array>
#include <utility>

#include "engine/ram/deciding.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using test::chance;
using test::pick;

using Texts = std::vector<std::string>;
using Place = std::pair<const AttachedPolicy*, std::uint32_t>;

std::vector<Place> places_found(const Principal& principal, const Request& request, const Readings& readings) {
  const DecidingStatements statements(principal.policies(), readings);
  std::vector<std::uint32_t> found;
  statements.find(request, principal.decide(request), found);
  std::vector<Place> places;
  for (const std::uint32_t entry : found) {
    places.emplace_back(statements.entries()[entry].policy, statements.entries()[entry].index);
  }
  return places;
}

// What explain() says find() should find.
std::vector<Place> places_explained(const Evaluation& evaluation) {
  std::vector<Place> places;
  if (evaluation.verdict.outcome == Outcome::kIndeterminate) return places;
  const bool is_open_to_allows = evaluation.verdict.outcome == Outcome::kImplicitDeny;
  for (const std::size_t index : is_open_to_allows ? evaluation.near_misses : evaluation.deciding) {
    places.emplace_back(evaluation.considered[index].ref.policy, evaluation.considered[index].ref.index);
  }
  return places;
}

class Generator {
 public:
  explicit Generator(std::mt19937& rng) : rng_(rng) {
    for (const ReadingInfo& info : reading_table()) {
      if (chance(rng_, 20)) readings.set(info.reading, 1);
    }
  }

  PrincipalPolicies principal() {
    PrincipalPolicies out = test::user_with({}, readings);
    out.kind = pick(rng_, std::array{PrincipalKind::kUser, PrincipalKind::kUser, PrincipalKind::kRole});
    out.account_level = policies();
    for (AttachedPolicy& policy : policies()) {
      out.resource_group_level.push_back({pick(rng_, Texts{"rg-1", "rg-2"}), std::move(policy)});
    }
    out.has_session_policies = chance(rng_, 30);
    out.session_policies = policies();
    while (chance(rng_, 30)) out.control_levels.push_back({"level", policies()});
    return out;
  }

  Request request(const PrincipalPolicies& principal) {
    Context context;
    if (chance(rng_, 70)) context.add_value("acs:SourceVpc", pick(rng_, Texts{"vpc-a", "vpc-b"}));
    if (chance(rng_, 70)) context.add_value("acs:MFAPresent", pick(rng_, Texts{"true", "false"}));
    Request out = make_request(
        pick(rng_, Texts{"appstreaming:DeleteImage", "ECS:StopInstance", "oss:GetObject"}),
        pick(rng_, Texts{"*", "acs:ecs:x:1:instance/i-1", "acs:OSS:x:1:Bucket/key"}),
        pick(rng_, std::array{ResourceLevel::kUnknown, ResourceLevel::kAllResources, ResourceLevel::kResource}),
        std::move(context), principal, test::kNow);
    out.resource_group = pick(rng_, Texts{"", "rg-1", "rg-2", "rg-3"});
    return out;
  }

  Readings readings;

 private:
  std::vector<AttachedPolicy> policies() {
    Texts documents;
    while (chance(rng_, 60)) {
      std::string statements = statement();
      while (chance(rng_, 60)) statements += "," + statement();
      documents.push_back(statements);
    }
    std::vector<AttachedPolicy> out = test::policies_of(documents, readings);
    if (chance(rng_, 3)) out.push_back(test::unknown_policy());
    return out;
  }

  std::string statement() {
    static const Texts conditions = {R"({"StringEquals": {"acs:SourceVpc": "vpc-a"}})",
                                     R"({"StringNotLike": {"acs:SourceVpc": "vpc-*"}})",
                                     R"({"Bool": {"acs:MFAPresent": "true"}})",
                                     R"({"StringLike": {"Action": "ecs:*"}})",
                                     R"({"DateGreaterThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}})",
                                     R"({"Null": {"acs:SourceVpc": "true"}})"};
    std::string out = R"({"Effect": ")" + std::string(chance(rng_, 75) ? "Allow" : "Deny") + "\", \"";
    out += std::string(chance(rng_, 15) ? "NotAction" : "Action") + "\": \"";
    out += pick(rng_, Texts{"*", "appstreaming:*", "ecs:Stop*", "oss:GetObject", "*:?topInstance"}) + "\", \"";
    out += std::string(chance(rng_, 10) ? "NotResource" : "Resource") + "\": \"";
    out += pick(rng_, Texts{"*", "acs:ecs:::instance/*", "acs:oss:*:*:bucket*", "acs:Oss:x:1:Bucket/*"}) + "\"";
    if (chance(rng_, 50)) out += R"(, "Condition": )" + pick(rng_, conditions);
    return out + "}";
  }

  std::mt19937& rng_;
};

TEST_CASE("the index finds the deciding statements of explain() on random principals", "[ram][property]") {
  CAPTURE(Catch::rngSeed());
  std::mt19937 rng(Catch::rngSeed());
  std::array<std::size_t, 4> found_for{};
  for (int round = 0; round < 1000; ++round) {
    Generator generator(rng);
    const Principal principal = Principal::compile(generator.principal(), generator.readings);
    for (int i = 0; i < 5; ++i) {
      const Request request = generator.request(principal.policies());
      const Evaluation evaluation = principal.explain(request);
      const std::vector<Place> found = places_found(principal, request, generator.readings);
      REQUIRE(found == places_explained(evaluation));
      found_for.at(static_cast<std::size_t>(evaluation.verdict.outcome)) += found.size();
    }
  }
  CHECK(found_for[static_cast<std::size_t>(Outcome::kAllow)] > 100);
  CHECK(found_for[static_cast<std::size_t>(Outcome::kExplicitDeny)] > 100);
  CHECK(found_for[static_cast<std::size_t>(Outcome::kImplicitDeny)] > 100);
  CHECK(found_for[static_cast<std::size_t>(Outcome::kIndeterminate)] == 0);
}

TEST_CASE("more statements than fit on the stack", "[ram]") {
  std::string statements = test::allow("ecs:StopInstance");
  for (int i = 0; i < 5000; ++i) statements += "," + test::allow("svc:Action" + std::to_string(i));
  const Principal principal = Principal::compile(test::user_with({statements, test::allow("ecs:*")}), Readings{});
  const Request request = test::on_resource(principal.policies(), "ecs:StopInstance", "acs:ecs:x:1:instance/i-1");
  const std::vector<Place> found = places_found(principal, request, Readings{});
  const auto& policies = principal.policies().account_level;
  CHECK(found == std::vector<Place>{{&policies[0], 0}, {&policies[1], 0}});
}

TEST_CASE("failed atoms are those of explain()", "[ram]") {
  const Principal principal = Principal::compile(
      test::user_with(
          {test::allow("*", R"(, "Condition": {"StringEquals": {"acs:SourceVpc": ["vpc-a", "vpc-b"], "Action": "ecs:*"},
                                  "Bool": {"acs:MFAPresent": "true"}})")}),
      Readings{});
  Context context;
  context.add_value("acs:SourceVpc", "vpc-z");
  context.add_value("acs:MFAPresent", "true");
  const Request request = test::delete_image(principal.policies(), context);
  const Statement& statement = principal.policies().account_level[0].document->statements[0];
  const std::vector<AtomResult> failed = failed_atoms(statement, request, Readings{});
  const Evaluation evaluation = principal.explain(request);
  const std::vector<AtomResult>& want = evaluation.considered[0].failed;
  REQUIRE(failed.size() == 2);
  REQUIRE(want.size() == 2);
  for (std::size_t i = 0; i < failed.size(); ++i) {
    CHECK(failed[i].atom == want[i].atom);
    CHECK(failed[i].result == want[i].result);
    CHECK(failed[i].found == want[i].found);
    CHECK(failed[i].state == want[i].state);
  }
  CHECK(failed[0].found == Texts{"vpc-z"});
  CHECK(failed[1].found == Texts{"appstreaming:DeleteImage"});
}

}  // namespace
}  // namespace imagewarden::ram
