#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

ResolvedPrincipal resolve(const World& world, std::string_view name, bool strict = false) {
  const Snapshot snapshot = world.read();
  auto resolved = resolve_principal(snapshot, *parse_principal(name), Readings{}, strict);
  INFO((resolved ? std::string{} : resolved.error().message));
  REQUIRE(resolved.has_value());
  return std::move(*resolved);
}

std::string refused(const World& world, std::string_view name) {
  const Snapshot snapshot = world.read();
  const auto resolved = resolve_principal(snapshot, *parse_principal(name), Readings{}, false);
  REQUIRE_FALSE(resolved.has_value());
  return resolved.error().message;
}

std::vector<std::string> names(const std::vector<ram::AttachedPolicy>& policies) {
  std::vector<std::string> out;
  for (const ram::AttachedPolicy& policy : policies)
    out.push_back(policy.name + " via " + policy.via + (policy.document ? "" : " (not known)"));
  return out;
}

const std::string kGrant =
    R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]})";

std::string get_policy(const std::string& name, const std::string& document) {
  return R"({"Policy":{"PolicyName":")" + name +
         R"(","PolicyType":"Custom"},"DefaultPolicyVersion":{"VersionId":"v1","PolicyDocument":")" + document +
         R"("}})";
}

}  // namespace

TEST_CASE("the name of a principal", "[decide][principal]") {
  struct Row {
    const char* text;
    const char* account;
    ram::PrincipalKind kind;
    const char* name;
  };
  const auto row = GENERATE(values<Row>({
      {"root", "", ram::PrincipalKind::kRoot, ""},
      {"user/alice", "", ram::PrincipalKind::kUser, "alice"},
      {"role/Builder", "", ram::PrincipalKind::kRole, "Builder"},
      {"1000000000000001:user/a.b", "1000000000000001", ram::PrincipalKind::kUser, "a.b"},
      {"1:root", "1", ram::PrincipalKind::kRoot, ""},
      {"user/a/b", "", ram::PrincipalKind::kUser, "a/b"},
      {"user/a:b", "", ram::PrincipalKind::kUser, "a:b"},
  }));
  const auto ref = parse_principal(row.text);
  REQUIRE(ref.has_value());
  CHECK(ref->account == row.account);
  CHECK(ref->kind == row.kind);
  CHECK(ref->name == row.name);
}

TEST_CASE("what is no principal is refused with what was expected", "[decide][principal]") {
  const auto text = GENERATE("", "alice", "user/", "user", "rooty", ":user/a", "service/x", "1:2:root");
  const auto ref = parse_principal(text);
  REQUIRE_FALSE(ref.has_value());
  CHECK(ref.error().code == Errc::kUsage);
  CHECK(ref.error().message.find("expected `root`, `user/NAME` or `role/NAME`") != std::string::npos);
  CHECK(parse_principal("group/ops").error().message.find("a group makes no calls") != std::string::npos);
}

TEST_CASE("a complete list that does not hold the principal is an error", "[decide][principal]") {
  World world;
  CHECK(refused(world, "user/alicf") ==
        "no user `alicf` in account 1000000000000001, whose ListUsers is complete, did you mean `alice`?");
  CHECK(refused(world, "role/x") == "no role `x` in account 1000000000000001, whose ListRoles is complete");
  CHECK(refused(world, "7:root") == "account `7` is not in the inventory, which holds 1000000000000001");
  world.erase("ListUsers.json");
  // Whether there is such a user is then not known, and neither are its policies.
  CHECK(resolve(world, "user/zoe").needs ==
        std::vector<std::string>{"ListPoliciesForUser UserName=zoe", "ListGroupsForUser UserName=zoe"});
}

TEST_CASE("the policies of a user: its own and its groups'", "[decide][principal]") {
  World world;
  world.set("ListGroupsForUser.UserName=alice.json",
            R"({"Groups":{"Group":[{"GroupName":"ops"},{"GroupName":"dev"}]}})");
  world.set("ListPoliciesForGroup.GroupName=ops.json",
            R"({"Policies":{"Policy":[{"PolicyName":"p","PolicyType":"Custom"}]}})");
  world.set("GetPolicy.PolicyName=p.json", get_policy("p", kGrant));
  const ResolvedPrincipal alice = resolve(world, "user/alice");
  CHECK(names(alice.policies.account_level) ==
        std::vector<std::string>{"System/AliyunAppStreamingFullAccess via user/alice",
                                 "policies of group/dev via group/dev (not known)", "Custom/p via group/ops"});
  CHECK(alice.needs == std::vector<std::string>{"ListPoliciesForGroup GroupName=dev"});
  CHECK(alice.policies.id == "u-1");
  CHECK(alice.policies.account_level[0].source == "built-in v1");
  CHECK(alice.policies.account_level[2].source == "GetPolicy.PolicyName=p.json#/Policy");
  CHECK(alice.assumptions == std::vector<std::string>{"no control policies apply (no resource directory is exported)"});
}

TEST_CASE("a policy's document: exported, built in, missing, contradictory", "[decide][principal]") {
  World world;
  world.set(
      "ListPoliciesForUser.UserName=alice.json",
      R"({"Policies":{"Policy":[{"PolicyName":"AdministratorAccess","PolicyType":"System"},{"PolicyName":"AdministratorAccess","PolicyType":"Custom"},
                {"PolicyName":"PowerUserAccess","PolicyType":"System"},{"PolicyName":"two","PolicyType":"Custom"}]}})");
  world.set("GetPolicy.PolicyName=two.1.json", get_policy("two", kGrant));
  std::string other = kGrant;
  other.replace(other.find("Allow"), 5, "Deny");
  world.set("GetPolicy.PolicyName=two.2.json", get_policy("two", other));
  const ResolvedPrincipal alice = resolve(world, "user/alice");
  CHECK(names(alice.policies.account_level) ==
        std::vector<std::string>{"Custom/AdministratorAccess via user/alice (not known)",
                                 "Custom/two via user/alice (not known)", "System/AdministratorAccess via user/alice",
                                 "System/PowerUserAccess via user/alice (not known)"});
  CHECK(alice.policies.account_level[0].unknown_because ==
        "GetPolicy PolicyName=AdministratorAccess PolicyType=Custom is not exported");
  CHECK(alice.policies.account_level[1].unknown_because.find("contradict each other") != std::string::npos);
}

TEST_CASE("a complete list of attachments stands for the lists of each principal", "[decide][principal]") {
  World world;
  world.erase("ListPoliciesForUser.UserName=alice.json");
  world.set("ListPolicyAttachments.json", R"({"TotalCount":2,"PolicyAttachments":{"PolicyAttachment":[
      {"PolicyName":"AdministratorAccess","PolicyType":"System","PrincipalType":"IMSUser","PrincipalName":"alice@x.onaliyun.com","ResourceGroupId":"1000000000000001"},
      {"PolicyName":"AdministratorAccess","PolicyType":"System","PrincipalType":"ServiceRole","PrincipalName":"janitor@role.x.onaliyunservice.com","ResourceGroupId":"rg-1"}]}})");
  const ResolvedPrincipal alice = resolve(world, "user/alice");
  CHECK(names(alice.policies.account_level) == std::vector<std::string>{"System/AdministratorAccess via user/alice"});
  CHECK(alice.needs.empty());
  const ResolvedPrincipal janitor = resolve(world, "role/janitor");
  CHECK(janitor.policies.account_level.empty());
  REQUIRE(janitor.policies.resource_group_level.size() == 1);
  CHECK(janitor.policies.resource_group_level[0].resource_group == "rg-1");
}

TEST_CASE("control policies: none exported, exported, cut off above the account", "[decide][principal]") {
  World world;
  CHECK(resolve(world, "user/alice").policies.control_levels.empty());
  const ResolvedPrincipal strict = resolve(world, "user/alice", true);
  REQUIRE(strict.policies.control_levels.size() == 1);
  CHECK(strict.assumptions.empty());
  CHECK(strict.needs == std::vector<std::string>{"GetAccount AccountId=1000000000000001"});
  // They do not bind the root user, so nothing about them has to be known.
  CHECK(resolve(world, "root", true).policies.control_levels.empty());

  world.set(
      "GetAccount.AccountId=1000000000000001.json",
      R"({"Account":{"AccountId":"1000000000000001","FolderId":"fd-1","ResourceDirectoryPath":"rd-1/r-1/fd-1/1000000000000001"}})");
  world.set(
      "ListControlPolicyAttachmentsForTarget.TargetId=r-1.json",
      R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"cp-1","PolicyName":"FullAliyunAccess"}]}})");
  world.set(
      "ListControlPolicyAttachmentsForTarget.TargetId=fd-1.json",
      R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"cp-2","PolicyName":"no-delete"}]}})");
  world.set("GetControlPolicy.PolicyId=cp-2.json",
            R"({"ControlPolicy":{"PolicyId":"cp-2","PolicyName":"no-delete","PolicyDocument":")" + kGrant + R"("}})");
  const ResolvedPrincipal alice = resolve(world, "user/alice");
  REQUIRE(alice.policies.control_levels.size() == 3);
  CHECK(alice.policies.control_levels[0].target == "r-1");
  CHECK(names(alice.policies.control_levels[0].policies) ==
        std::vector<std::string>{"Control/FullAliyunAccess via target r-1"});
  CHECK(names(alice.policies.control_levels[1].policies) ==
        std::vector<std::string>{"Control/no-delete via target fd-1"});
  CHECK(names(alice.policies.control_levels[2].policies) ==
        std::vector<std::string>{"control policies of 1000000000000001 via target 1000000000000001 (not known)"});
  CHECK(alice.needs == std::vector<std::string>{"ListControlPolicyAttachmentsForTarget TargetId=1000000000000001"});
}

TEST_CASE("a policy that stands in for another one does so wherever that hangs", "[decide][principal][what-if]") {
  World world;
  world.set(
      "ListPoliciesForUser.UserName=alice.json",
      R"({"Policies":{"Policy":[{"PolicyName":"own","PolicyType":"Custom"},{"PolicyName":"keep","PolicyType":"Custom"}]}})");
  world.set("ListGroupsForUser.UserName=alice.json", R"({"Groups":{"Group":[{"GroupName":"ops"}]}})");
  world.set(
      "ListPoliciesForGroup.GroupName=ops.json",
      R"({"Policies":{"Policy":[{"PolicyName":"own","PolicyType":"Custom"},{"PolicyName":"own","PolicyType":"System"}]}})");
  world.set("ListPoliciesForRole.RoleName=janitor.json",
            R"({"Policies":{"Policy":[{"PolicyName":"own","PolicyType":"Custom"}]}})");
  world.set("ListPolicyAttachments.json",
            R"({"TotalCount":1,"PolicyAttachments":{"PolicyAttachment":[{"PolicyName":"own","PolicyType":"Custom",)"
            R"("PrincipalType":"IMSUser","PrincipalName":"alice@x.onaliyun.com","ResourceGroupId":"rg-1"}]}})");
  world.set("GetPolicy.PolicyName=keep.json", get_policy("keep", kGrant));
  const Snapshot snapshot = world.read();
  auto document =
      ram::parse_document(R"({"Version":"1","Statement":[]})", "own.json", ram::DocumentKind::kPermission, {});
  REQUIRE(document);
  const ram::AttachedPolicy other{"Custom/own", "ignored", *document, "own.json", {}, "next"};
  const auto resolve_with = [&](std::string_view name) {
    auto resolved = resolve_principal(snapshot, *parse_principal(name), Readings{}, false, {&other, 1});
    REQUIRE(resolved.has_value());
    return std::move(*resolved);
  };
  const ResolvedPrincipal alice = resolve_with("user/alice");
  CHECK(names(alice.policies.account_level) ==
        std::vector<std::string>{"Custom/keep via user/alice", "Custom/own via user/alice", "Custom/own via group/ops",
                                 "System/own via group/ops (not known)"});
  for (const ram::AttachedPolicy& policy : alice.policies.account_level) {
    CHECK((policy.document == other.document) == (policy.name == "Custom/own"));
    CHECK((policy.source == "own.json") == (policy.name == "Custom/own"));
    CHECK((policy.version == "next") == (policy.name == "Custom/own"));
  }
  REQUIRE(alice.policies.resource_group_level.size() == 1);
  CHECK(alice.policies.resource_group_level[0].resource_group == "rg-1");
  CHECK(alice.policies.resource_group_level[0].policy.document == other.document);
  // Nothing has to be exported for what stands in; the rest still has to be.
  CHECK(alice.needs == std::vector<std::string>{"GetPolicy PolicyName=own PolicyType=System"});
  CHECK(resolve_with("role/janitor").policies.account_level.front().document == other.document);
  // Without it, the inventory speaks.
  const ResolvedPrincipal plain = resolve(world, "user/alice");
  CHECK(plain.policies.account_level[1].document == nullptr);
}

TEST_CASE("a policy that stands in changes decisions and no request", "[decide][what-if]") {
  World world;
  world.images({image("img-1")});
  world.permission("img-1", "");
  world.set("ListPoliciesForUser.UserName=bob.json",
            R"({"Policies":{"Policy":[{"PolicyName":"own","PolicyType":"Custom"}]}})");
  world.set("GetPolicy.PolicyName=own.json", get_policy("own", kGrant));
  const Snapshot snapshot = world.read();
  const rules::Ruleset ruleset = built_in_rules();
  Question asked = question("user/bob");
  const Decider before = decider(snapshot, ruleset, asked);
  CHECK(before.decide_image("img-1").outcome == Outcome::kAllow);
  auto nothing =
      ram::parse_document(R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]})",
                          "own.json", ram::DocumentKind::kPermission, {});
  REQUIRE(nothing);
  asked.replacements.push_back({"Custom/own", {}, *nothing, "own.json", {}});
  const Decider after = decider(snapshot, ruleset, asked);
  CHECK(after.decide_image("img-1").outcome == Outcome::kDeny);
  CHECK(after.permission().decision == "implicit-deny");
  CHECK(after.request_digest("img-1") == before.request_digest("img-1"));
  // Another kind of the same name is another policy.
  asked.replacements.front().name = "System/own";
  CHECK(decider(snapshot, ruleset, asked).decide_image("img-1").outcome == Outcome::kAllow);
}

TEST_CASE("a control policy that stands in", "[decide][principal][what-if]") {
  World world;
  world.set("GetAccount.AccountId=1000000000000001.json",
            R"({"Account":{"AccountId":"1000000000000001","ResourceDirectoryPath":"rd-1/r-1/1000000000000001"}})");
  world.set(
      "ListControlPolicyAttachmentsForTarget.TargetId=r-1.json",
      R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"cp-2","PolicyName":"no-delete"}]}})");
  const Snapshot snapshot = world.read();
  auto document = ram::parse_document(R"({"Version":"1","Statement":[]})", "x", ram::DocumentKind::kPermission, {});
  REQUIRE(document);
  const std::string name = GENERATE("Control/no-delete", "Custom/no-delete");
  const ram::AttachedPolicy other{name, {}, *document, "x", {}};
  const auto alice = resolve_principal(snapshot, *parse_principal("user/alice"), Readings{}, false, {&other, 1});
  REQUIRE(alice.has_value());
  const bool stands_in = name == "Control/no-delete";
  const std::vector<ram::AttachedPolicy>& level = alice->policies.control_levels.at(0).policies;
  CHECK(names(level) == std::vector<std::string>{stands_in ? "Control/no-delete via target r-1"
                                                           : "Control/no-delete via target r-1 (not known)"});
  const bool is_needed = std::count(alice->needs.begin(), alice->needs.end(), "GetControlPolicy PolicyId=cp-2") == 1;
  CHECK(is_needed == !stands_in);
}
