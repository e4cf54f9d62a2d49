#include <catch2/catch.hpp>

#include "engine/inventory/read.h"
#include "engine/policy/who_can.h"

using namespace imagewarden;
using policy::PrincipalAccess;

namespace {

const std::string kAssume =
    R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"*\"}]})";
const std::string kFromOffice =
    R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"appstreaming:Delete*\",\"Resource\":\"*\",\"Condition\":{\"IpAddress\":{\"acs:SourceIp\":\"203.0.113.0/24\"}}}]})";
const std::string kTrust =
    R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"RAM\":[\"acs:ram::1000000000000001:root\",\"acs:ram::2000000000000002:root\"],\"Service\":[\"fc.aliyuncs.com\"]}}]})";

std::string policies(const std::string& list) { return R"({"Policies":{"Policy":[)" + list + "]}}"; }
std::string custom(const std::string& name) { return R"({"PolicyName":")" + name + R"(","PolicyType":"Custom"})"; }
std::string get_policy(const std::string& name, const std::string& document) {
  return R"({"Policy":{"PolicyName":")" + name +
         R"(","PolicyType":"Custom"},"DefaultPolicyVersion":{"VersionId":"v1","PolicyDocument":")" + document +
         R"("}})";
}
const std::string kFull = R"({"PolicyName":"AliyunAppStreamingFullAccess","PolicyType":"System"})";

std::vector<MemoryFile> account() {
  return {
      {"account.json", R"({"AccountId":"1000000000000001","Regions":["cn-a"]})"},
      {"ListUsers.json",
       R"({"Users":{"User":[{"UserName":"ann"},{"UserName":"bob"},{"UserName":"cid"},{"UserName":"dan"}]},"IsTruncated":false})"},
      {"ListRoles.json", R"({"Roles":{"Role":[{"RoleName":"Janitor"}]},"IsTruncated":false})"},
      {"ListGroupsForUser.UserName=ann.json", R"({"Groups":{"Group":[]}})"},
      {"ListPoliciesForUser.UserName=ann.json", policies(kFull)},
      {"ListGroupsForUser.UserName=bob.json", R"({"Groups":{"Group":[{"GroupName":"ops"}]}})"},
      {"ListPoliciesForUser.UserName=bob.json", policies(custom("assume"))},
      {"ListPoliciesForGroup.GroupName=ops.json", policies(custom("office"))},
      {"ListGroupsForUser.UserName=cid.json", R"({"Groups":{"Group":[]}})"},
      {"ListPoliciesForUser.UserName=cid.json", policies("")},
      {"ListGroupsForUser.UserName=dan.json", R"({"Groups":{"Group":[]}})"},
      {"ListPoliciesForRole.RoleName=Janitor.json", policies(kFull)},
      {"GetRole.RoleName=Janitor.json",
       R"({"Role":{"RoleName":"Janitor","AssumeRolePolicyDocument":")" + kTrust + R"("}})"},
      {"GetPolicy.PolicyName=assume.json", get_policy("assume", kAssume)},
      {"GetPolicy.PolicyName=office.json", get_policy("office", kFromOffice)}};
}

policy::WhoCanAnswer ask(const std::vector<MemoryFile>& files, Context context = {},
                         const std::string& action = "appstreaming:DeleteImage") {
  const auto snapshot = read_inventory(files, {});
  INFO((snapshot ? std::string{} : snapshot.error().message));
  REQUIRE(snapshot.has_value());
  return policy::who_can(*snapshot, Readings{},
                         {action, "*", std::move(context), *parse_rfc3339("2026-11-24T08:00:00Z")});
}

std::vector<std::string> summary(const policy::WhoCanAnswer& answer) {
  std::vector<std::string> out;
  for (const PrincipalAccess& access : answer.access)
    out.push_back(access.principal + " " + std::string(ram::to_string(access.verdict.outcome)));
  return out;
}

}  // namespace

TEST_CASE("every principal that may, with the way it gets there", "[policy][who-can]") {
  const policy::WhoCanAnswer answer = ask(account());
  CHECK(answer.asked == 6);
  CHECK(summary(answer) == std::vector<std::string>{"root allow", "user/ann allow", "user/bob indeterminate",
                                                    "user/dan indeterminate", "role/Janitor allow"});
  const PrincipalAccess& ann = answer.access[1];
  REQUIRE(ann.grants.size() == 1);
  CHECK(ann.grants[0].via == policy::Via::kDirect);
  CHECK(ann.grants[0].statement == "System/AliyunAppStreamingFullAccess#0");
  CHECK(ann.grants[0].is_certain);
  const PrincipalAccess& bob = answer.access[2];
  REQUIRE(bob.grants.size() == 1);
  CHECK(bob.grants[0].via == policy::Via::kGroup);
  CHECK(bob.grants[0].holder == "group/ops");
  CHECK(bob.grants[0].conditions == std::vector<std::string>{"IpAddress acs:SourceIp: 203.0.113.0/24"});
  CHECK(bob.open_keys == std::vector<std::string>{"acs:SourceIp"});
  CHECK(answer.access[3].not_known.front().find("ListPoliciesForUser UserName=dan is not exported") !=
        std::string::npos);
}

TEST_CASE("a context settles what waits for it", "[policy][who-can]") {
  Context office;
  office.add_value("acs:SourceIp", "203.0.113.9");
  CHECK(summary(ask(account(), office))[2] == "user/bob allow");
  Context elsewhere;
  elsewhere.add_value("acs:SourceIp", "192.0.2.9");
  CHECK(summary(ask(account(), elsewhere))[2] == "user/dan indeterminate");
}

TEST_CASE("who may become a role: the trust policy and the caller's own permission", "[policy][who-can]") {
  const policy::WhoCanAnswer answer = ask(account());
  const PrincipalAccess& role = answer.access.back();
  CHECK(role.trust_known);
  std::vector<std::string> who;
  for (const policy::Assumer& assumer : role.assumers) who.push_back(assumer.who + (assumer.is_certain ? "" : " ?"));
  // bob may call sts:AssumeRole; of dan nothing is known; the service and the other account are outside the export.
  CHECK(who == std::vector<std::string>{"user/bob", "user/dan ?", "RAM acs:ram::2000000000000002:root",
                                        "Service fc.aliyuncs.com"});

  auto files = account();
  std::erase_if(files, [](const MemoryFile& file) { return file.path.starts_with("GetRole"); });
  CHECK_FALSE(ask(files).access.back().trust_known);
}
