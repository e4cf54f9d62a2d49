// The RAM tables and the places of accounts in a resource directory.

#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

std::string policies(const Snapshot& snapshot) {
  std::string text;
  for (const PolicyText& p : snapshot.ram().policies) {
    text += std::string(snapshot.text(p.type)) + "/" + std::string(snapshot.text(p.name)) + " " +
            std::string(snapshot.text(p.version)) + (p.is_default ? "*" : "") + " " + p.document + "\n";
  }
  return text;
}

std::string get_policy(std::string_view document, std::string_view version = "v1", std::string_view name = "p") {
  return R"({"Policy":{"PolicyName":")" + std::string(name) +
         R"(","PolicyType":"Custom","PolicyDocument":"N/A"},"DefaultPolicyVersion":{"VersionId":")" +
         std::string(version) + R"(","PolicyDocument":")" + std::string(document) + R"("}})";
}

TEST_CASE("policy documents", "[inventory][ram][table]") {
  struct Row {
    const char* why;
    std::string body;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"a string of JSON", get_policy(R"({\"a\":1})"), "Custom/p v1* {\"a\":1}\n"},
      {"quoted twice", get_policy(R"({\\\"a\\\":1})"), "Custom/p v1* {\"a\":1}\n"},
      {"the version before the policy",
       R"({"DefaultPolicyVersion":{"VersionId":"v2","PolicyDocument":"{}"},"Policy":{"PolicyName":"p","PolicyType":"Custom","PolicyDocument":"N/A"}})",
       "Custom/p v2* {}\n"},
      {"the deprecated field is not read",
       R"({"Policy":{"PolicyName":"p","PolicyType":"Custom","PolicyDocument":"{}"}})", ""},
      {"the deprecated field does not win",
       R"({"Policy":{"PolicyName":"p","PolicyType":"Custom","PolicyDocument":"[]"},"DefaultPolicyVersion":{"VersionId":"v1","PolicyDocument":"{}"}})",
       "Custom/p v1* {}\n"},
      {"none", get_policy("N/A"), ""},
      {"empty", get_policy(""), ""},
  }));
  CAPTURE(row.why);
  CHECK(policies(read({account_file(), {"GetPolicy.json", row.body}})) == row.want);
}

TEST_CASE("what was taken away meanwhile is gone", "[inventory][ram]") {
  const auto attached = [](const char* body, const char* time) {
    return Envelope{"ListPoliciesForUser", body, R"({"UserName":"alice"})", "", time};
  };
  const char* const admin = R"({"Policies":{"Policy":[{"PolicyName":"AdministratorAccess","PolicyType":"System"}]}})";
  const char* const none = R"({"Policies":{"Policy":[]}})";
  const Snapshot revoked =
      read_lines({attached(admin, "2026-11-20T08:00:00Z"), attached(none, "2026-11-21T08:00:00Z")});
  CHECK(revoked.ram().attachments.empty());
  const Snapshot granted =
      read_lines({attached(none, "2026-11-20T08:00:00Z"), attached(admin, "2026-11-21T08:00:00Z")});
  CHECK(granted.ram().attachments.size() == 1);
  CHECK(notes(revoked).find(
            "ListPoliciesForUser: a page of an earlier export than that of 2026-11-21T08:00:00Z left out") !=
        std::string::npos);
}

TEST_CASE("one policy in several exports", "[inventory][ram][table]") {
  struct Row {
    const char* why;
    std::string first;
    std::string second;
    const char* first_time;
    const char* second_time;
    const char* want;
    bool noted;
  };
  const char* const early = "2026-11-20T08:00:00Z";
  const char* const late = "2026-11-21T08:00:00Z";
  const auto row = GENERATE_COPY(values<Row>({
      {"the same", get_policy("{}"), get_policy("{}"), "", "", "Custom/p v1* {}\n", false},
      {"the newer one", get_policy("{}"), get_policy("[]", "v2"), early, late, "Custom/p v2* []\n", true},
      {"the older one", get_policy("{}"), get_policy("[]", "v2"), late, early, "Custom/p v1* {}\n", true},
      {"no times: a policy without text", get_policy("{}"), get_policy("[]", "v2"), "", "", "Custom/p v1* \n", true},
      {"two policies", get_policy("[]", "v1", "q"), get_policy("{}"), "", "", "Custom/p v1* {}\nCustom/q v1* []\n",
       false},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read_lines(
      {{"GetPolicy", row.first, "{}", "", row.first_time}, {"GetPolicy", row.second, "{}", "", row.second_time}});
  CHECK(policies(snapshot) == row.want);
  CHECK(snapshot.notes().empty() != row.noted);
}

TEST_CASE("versions of a policy", "[inventory][ram]") {
  const auto version = [](const char* id, const char* is_default) {
    return R"({"PolicyVersion":{"VersionId":")" + std::string(id) + R"(","PolicyDocument":"{}","IsDefaultVersion":)" +
           is_default + "}}";
  };
  const char* const asked = R"({"PolicyName":"p","PolicyType":"Custom"})";
  const std::string old = version("v1", "false");
  const std::string current = version("v2", "true");
  const Snapshot snapshot = read_lines(
      {{"GetPolicyVersion", old, asked}, {"GetPolicyVersion", current, asked}, {"GetPolicyVersion", old, asked}});
  CHECK(policies(snapshot) == "Custom/p v2* {}\nCustom/p v1 {}\n");
  CHECK(snapshot.source_of(snapshot.ram().policies[0].source, "PolicyDocument") ==
        "all.ndjson:2#/Response/PolicyVersion/PolicyDocument");
}

TEST_CASE("attachments", "[inventory][ram]") {
  const auto attachment = [](const char* type, const char* principal, const char* group) {
    return R"({"PolicyName":"p","PolicyType":"Custom","PrincipalType":")" + std::string(type) +
           R"(","PrincipalName":")" + principal + R"(","ResourceGroupId":")" + group + R"("})";
  };
  const std::string body = R"({"PolicyAttachments":{"PolicyAttachment":[)" +
                           attachment("IMSUser", "alice@1.onaliyun.com", "1740265893310827") + "," +
                           attachment("IMSGroup", "ops@group.1.onaliyun.com", "1740265893310827") + "," +
                           attachment("ServiceRole", "ci", "rg-1") + "," + attachment("Robot", "x", "") +
                           R"(]},"TotalCount":4})";
  const Snapshot snapshot = read_lines(
      {{"ListPolicyAttachments", body},
       {"ListPoliciesForUser",
        R"({"Policies":{"Policy":[{"PolicyName":"p","PolicyType":"Custom"},{"PolicyName":"a","PolicyType":"System"}]}})",
        R"({"UserName":"alice"})"}});
  std::string text;
  for (const PolicyAttachment& a : snapshot.ram().attachments) {
    text += std::to_string(static_cast<int>(a.kind)) + " " + std::string(snapshot.text(a.holder)) + " " +
            std::string(snapshot.text(a.policy_type)) + "/" + std::string(snapshot.text(a.policy_name)) + " " +
            std::string(snapshot.text(a.resource_group)) + "\n";
  }
  // What both lists say of alice is said once.
  CHECK(text == "0 alice Custom/p \n0 alice System/a \n1 ops Custom/p \n2 ci Custom/p rg-1\n");
  CHECK(notes(snapshot) == "all.ndjson: attachment 3 to a principal of type `Robot` is not read\n");
  CHECK(state(snapshot, Operation::kListPolicyAttachments) == "complete");
  CHECK(snapshot.source_of(snapshot.ram().attachments[2].source, "") ==
        "all.ndjson:1#/Response/PolicyAttachments/PolicyAttachment/1");
}

TEST_CASE("principals, members, trusts", "[inventory][ram]") {
  const Snapshot snapshot = read_lines(
      {{"ListUsers", R"({"Users":{"User":[{"UserName":"bob"},{"UserName":"alice","UserId":"1"}]}})"},
       {"GetUser", R"({"User":{"UserName":"alice","Arn":"acs:ram::1:user/alice"}})"},
       {"ListGroups", R"({"Groups":{"Group":[{"GroupName":"ops"}]}})"},
       {"GetRole",
        R"({"Role":{"RoleName":"ci","RoleId":"3","AssumeRolePolicyDocument":"{}","MaxSessionDuration":3600}})"},
       {"ListGroupsForUser", R"({"Groups":{"Group":[{"GroupName":"ops"}]}})", R"({"UserName":"alice"})"},
       {"ListUsersForGroup", R"({"Users":{"User":[{"UserName":"alice"},{"UserName":"bob"}]}})",
        R"({"GroupName":"ops"})"}});
  const RamTables& ram = snapshot.ram();
  std::string names;
  for (const RamPrincipal& p : ram.principals) names += std::string(snapshot.text(p.name)) + " ";
  CHECK(names == "alice bob ops ci ");
  CHECK(snapshot.text(ram.principals[0].id) == "1");
  CHECK(snapshot.text(ram.principals[0].arn) == "acs:ram::1:user/alice");
  REQUIRE(ram.memberships.size() == 2);
  CHECK(snapshot.text(ram.memberships[1].user) == "bob");
  REQUIRE(ram.trusts.size() == 1);
  CHECK(ram.trusts[0].document == "{}");
  CHECK(ram.trusts[0].max_session_s == 3600);
  CHECK(snapshot.source_of(ram.trusts[0].source, "AssumeRolePolicyDocument") ==
        "all.ndjson:4#/Response/Role/AssumeRolePolicyDocument");
}

TEST_CASE("two trust policies of one role", "[inventory][ram]") {
  const auto role = [](const char* document) {
    return R"({"Role":{"RoleName":"ci","AssumeRolePolicyDocument":")" + std::string(document) + R"("}})";
  };
  const std::string a = role("{}");
  const std::string b = role("[]");
  const Snapshot open = read_lines({{"GetRole", a}, {"GetRole", b}});
  CHECK(open.ram().trusts.empty());
  CHECK(open.notes().size() == 1);
  const Snapshot newer =
      read_lines({{"GetRole", a, "{}", "", "2026-11-20T08:00:00Z"}, {"GetRole", b, "{}", "", "2026-11-21T08:00:00Z"}});
  REQUIRE(newer.ram().trusts.size() == 1);
  CHECK(newer.ram().trusts[0].document == "[]");
}

TEST_CASE("the place of an account", "[inventory][ram][table]") {
  struct Row {
    const char* why;
    std::vector<Envelope> envelopes;
    const char* want;
  };
  const char* const ancestors = R"({"Folders":{"Folder":[{"FolderId":"r-1"},{"FolderId":"fd-1"}]}})";
  const char* const reversed = R"({"Folders":{"Folder":[{"FolderId":"fd-1"},{"FolderId":"r-1"}]}})";
  const char* const place = R"({"Account":{"AccountId":"1740265893310827","FolderId":"fd-2"}})";
  const auto row = GENERATE_COPY(values<Row>({
      {"nothing known", {{"GetAccount", place}}, ""},
      {"the path",
       {{"GetAccount",
         R"({"Account":{"AccountId":"1740265893310827","ResourceDirectoryPath":"rd-1/r-1/fd-1/1740265893310827"}})"}},
       "r-1 fd-1 1740265893310827"},
      {"the ancestors of its folder",
       {{"GetAccount", place}, {"ListAncestors", ancestors, R"({"ChildId":"fd-2"})"}},
       "r-1 fd-1 fd-2 1740265893310827"},
      {"its own ancestors",
       {{"ListAncestors", ancestors, R"({"ChildId":"1740265893310827"})"}},
       "r-1 fd-1 1740265893310827"},
      {"from the account up",
       {{"ListAncestors", reversed, R"({"ChildId":"1740265893310827"})"}},
       "r-1 fd-1 1740265893310827"},
      {"in the root",
       {{"GetAccount", R"({"Account":{"AccountId":"1740265893310827","FolderId":"r-1"}})"}},
       "r-1 1740265893310827"},
      {"of an account without exports", {{"GetAccount", R"({"Account":{"AccountId":"9","FolderId":"r-1"}})"}}, ""},
      {"the management account",
       {{"GetResourceDirectory", R"({"ResourceDirectory":{"MasterAccountId":"1740265893310827"}})"}},
       "(management)"},
      {"another management account",
       {{"GetResourceDirectory", R"({"ResourceDirectory":{"MasterAccountId":"8"}})"}},
       ""},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read_lines(row.envelopes);
  std::string text;
  for (const auto& path : snapshot.ram().paths) {
    for (const StringId target : path.targets) text += (text.empty() ? "" : " ") + std::string(snapshot.text(target));
    if (path.is_management_account) text += "(management)";
  }
  CHECK(text == row.want);
}

TEST_CASE("control policies", "[inventory][ram]") {
  const Snapshot snapshot = read_lines(
      {{"GetControlPolicy", R"({"ControlPolicy":{"PolicyId":"cp-1","PolicyName":"no-delete","PolicyDocument":"{}"}})"},
       {"ListControlPolicies",
        R"({"ControlPolicies":{"ControlPolicy":[{"PolicyId":"cp-1"},{"PolicyId":"cp-2"}]},"TotalCount":2})"},
       {"ListControlPolicyAttachmentsForTarget",
        R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"cp-1","PolicyName":"no-delete"}]}})",
        R"({"TargetId":"r-1"})"}});
  const RamTables& ram = snapshot.ram();
  REQUIRE(ram.control_policies.size() == 1);
  CHECK(snapshot.text(ram.control_policies[0].type) == "Control");
  CHECK(snapshot.text(ram.control_policies[0].name) == "cp-1");
  REQUIRE(ram.control_attachments.size() == 1);
  CHECK(snapshot.text(ram.control_attachments[0].target) == "r-1");
  CHECK(snapshot.text(ram.control_attachments[0].policy_name) == "no-delete");
  CHECK(snapshot.list_state(Operation::kListControlPolicyAttachmentsForTarget, {0}, snapshot.find_string("r-1")) ==
        ListState::kComplete);
}

}  // namespace
}  // namespace imagewarden::inventory::test
