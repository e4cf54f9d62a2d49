#include <catch2/catch.hpp>

#include "engine/inventory/read.h"
#include "engine/policy/diff.h"

using namespace imagewarden;

namespace {

ram::PrincipalPolicies policies(const std::string& statements) {
  const auto document = ram::parse_document(R"({"Version":"1","Statement":[)" + statements + "]}", "p.json",
                                            ram::DocumentKind::kPermission, Readings{});
  REQUIRE(document.has_value());
  ram::PrincipalPolicies out;
  out.account = "1000000000000001";
  out.name = "ann";
  out.account_level.push_back({"Custom/p", "user/ann", *document, "p.json", ""});
  return out;
}

const Time kNow = *parse_rfc3339("2026-11-24T08:00:00Z");

policy::DiffScope scope() { return {policy::catalogue_actions(), kNow, {}}; }

Snapshot export_with(const std::vector<std::pair<std::string, std::string>>& system_policies) {
  std::vector<MemoryFile> files{{"account.json", R"({"AccountId":"1000000000000001","Regions":["cn-a"]})"}};
  std::string users;
  for (const auto& [user, held] : system_policies) {
    users += (users.empty() ? "" : ",") + std::string(R"({"UserName":")") + user + "\"}";
    files.push_back({"ListGroupsForUser.UserName=" + user + ".json", R"({"Groups":{"Group":[]}})"});
    const std::string list = held.empty() ? "" : R"({"PolicyName":")" + held + R"(","PolicyType":"System"})";
    files.push_back({"ListPoliciesForUser.UserName=" + user + ".json", R"({"Policies":{"Policy":[)" + list + "]}}"});
  }
  files.push_back({"ListUsers.json", R"({"Users":{"User":[)" + users + R"(]},"IsTruncated":false})"});
  auto snapshot = read_inventory(files, {});
  REQUIRE(snapshot.has_value());
  return std::move(*snapshot);
}

}  // namespace

TEST_CASE("policies are compared over every request, both ways", "[policy][diff]") {
  const auto before = policies(
      R"({"Effect":"Allow","Action":"appstreaming:*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"203.0.113.0/24"}}})");
  const auto wider = policies(
      R"({"Effect":"Allow","Action":"appstreaming:*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"203.0.112.0/23"}}})");
  const policy::SymbolicDiff diff = policy::diff_policies(before, wider, Readings{}, scope());
  CHECK(diff.gained.found == ram::Found::kWitness);
  CHECK(diff.lost.found == ram::Found::kNothing);
  REQUIRE(diff.gained.request.has_value());
  CHECK(ram::Principal::compile(before, Readings{}).decide(*diff.gained.request).outcome != ram::Outcome::kAllow);
  CHECK(ram::Principal::compile(wider, Readings{}).decide(*diff.gained.request).outcome == ram::Outcome::kAllow);
  const policy::SymbolicDiff same = policy::diff_policies(before, before, Readings{}, scope());
  CHECK(same.gained.found == ram::Found::kNothing);
  CHECK(same.lost.found == ram::Found::kNothing);
}

TEST_CASE("inventories are compared principal by principal, action by action", "[policy][diff]") {
  const Snapshot before =
      export_with({{"ann", "AliyunAppStreamingReadOnlyAccess"}, {"bob", "AdministratorAccess"}, {"cid", ""}});
  const Snapshot after = export_with({{"ann", "AliyunAppStreamingFullAccess"},
                                      {"bob", "AdministratorAccess"},
                                      {"dan", "AliyunAppStreamingReadOnlyAccess"}});
  const policy::InventoryDiff diff = policy::diff_inventories(before, after, Readings{}, scope());
  CHECK(diff.compared == 4);
  REQUIRE(diff.principals.size() == 2);
  const policy::PrincipalDiff& ann = diff.principals[0];
  CHECK(ann.principal == "user/ann");
  CHECK(ann.symbolic.gained.found == ram::Found::kWitness);
  CHECK(ann.symbolic.lost.found == ram::Found::kNothing);
  const auto deleted = std::find_if(ann.changes.begin(), ann.changes.end(), [](const policy::ActionChange& one) {
    return one.action == "appstreaming:deleteimage";
  });
  REQUIRE(deleted != ann.changes.end());
  CHECK(deleted->before == ram::Outcome::kImplicitDeny);
  CHECK(deleted->after == ram::Outcome::kAllow);
  CHECK(std::none_of(ann.changes.begin(), ann.changes.end(),
                     [](const policy::ActionChange& one) { return one.action == "appstreaming:listimage"; }));
  const policy::PrincipalDiff& dan = diff.principals[1];
  CHECK(dan.principal == "user/dan");
  CHECK_FALSE(dan.in_old);
  CHECK(dan.in_new);
}
