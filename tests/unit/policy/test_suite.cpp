#include "engine/base/limits.h"
#include "tests/unit/policy/suite_support.h"

#include "engine/inventory/read.h"

namespace imagewarden::policy::test {
namespace {

constexpr const char* kAllowGet = R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"})";

struct Row {
  std::string why;
  std::string statements;
  std::string tests;
  std::string want;
};

// An account with two users and a policy of its own.
std::shared_ptr<const Snapshot> small_inventory() {
  const std::vector<MemoryFile> files = {
      {"account.json", R"({"AccountId":"1000000000000001","ExportedAt":"2026-11-20T08:00:00Z","Regions":["cn-a"]})"},
      {"ListUsers.json", R"({"Users":{"User":[{"UserName":"alice"},{"UserName":"bob"}]},"IsTruncated":false})"},
      {"ListRoles.json", R"({"Roles":{"Role":[]},"IsTruncated":false})"},
      {"ListGroupsForUser.UserName=alice.json", R"({"Groups":{"Group":[]}})"},
      {"ListGroupsForUser.UserName=bob.json", R"({"Groups":{"Group":[]}})"},
      {"ListPoliciesForUser.UserName=alice.json",
       R"({"Policies":{"Policy":[{"PolicyName":"ops","PolicyType":"Custom"},
          {"PolicyName":"AliyunAppStreamingReadOnlyAccess","PolicyType":"System"}]}})"},
      {"ListPoliciesForUser.UserName=bob.json", R"({"Policies":{"Policy":[]}})"},
      {"GetPolicy.PolicyName=ops.PolicyType=Custom.json",
       R"({"Policy":{"PolicyName":"ops","PolicyType":"Custom"},
          "DefaultPolicyVersion":{
          "PolicyDocument":"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"appstreaming:DeleteImage\",\"Resource\":\"*\"}]}"}})"},
  };
  auto snapshot = read_inventory(files, ReadOptions{});
  INFO((snapshot ? std::string() : snapshot.error().message));
  REQUIRE(snapshot);
  return std::make_shared<const Snapshot>(std::move(*snapshot));
}

}  // namespace

TEST_CASE("lists make every combination", "[policy][suite]") {
  const TestSuite suite = one_policy(kAllowGet, R"(
  - name: all
    principal: [user/a, role/b]
    action: [oss:GetObject, oss:PutObject]
    resource: [r1, r2]
    contexts: [{}, {k: v}]
    expect: allow
  - name: one
    principal: user/a
    action: oss:GetObject
    expect: allow
)")
                              .suite();
  REQUIRE(suite.cases.size() == 17);
  CHECK(suite.cases[0].name == "all [user/a, oss:GetObject, r1, context 1]");
  CHECK(suite.cases[15].name == "all [role/b, oss:PutObject, r2, context 2]");
  CHECK(suite.cases[16].name == "one");
  CHECK(suite.cases[16].request.resource == "*");
  // One compiled principal for each distinct caller, not for each case.
  CHECK(suite.principals.size() == 2);
  CHECK(suite.policies.size() == 1);
}

TEST_CASE("the same policy is read once, however many name it", "[policy][suite]") {
  Files files;
  files.set("d/p.json", document_of(kAllowGet));
  const std::string tests =
      "policies: [p.json]\ntests:\n  - {name: n, principal: user/a, action: oss:GetObject, expect: allow}\n";
  files.set("d/a.yaml", tests).set("d/b.yaml", tests);
  const TestSuite suite = files.suite({"d/a.yaml", "d/b.yaml"});
  CHECK(suite.policies.size() == 1);
  CHECK(suite.policies[0].source == "d/p.json");
  CHECK(suite.principals.size() == 1);
  CHECK(suite.cases.size() == 2);
}

TEST_CASE("what a case asks", "[policy][suite]") {
  const TestSuite suite = one_policy(kAllowGet, R"(
  - name: n
    principal: user/a
    action: appstreaming:DeleteImage
    resource_group: rg-1
    context: {acs:SourceIp: 203.0.113.7, k: [v1, v2]}
    no_context: [acs:MFAPresent]
    now: 2026-01-01T00:00:00Z
    expect: indeterminate
)")
                              .suite();
  const ram::Request& request = suite.cases[0].request;
  CHECK(request.level == ram::ResourceLevel::kAllResources);
  CHECK(request.resource_group == "rg-1");
  CHECK(request.context.find(Key::of("acs:SourceIp")).values[0].text == "203.0.113.7");
  CHECK(request.context.find(Key::of("k")).values.size() == 2);
  CHECK(request.context.find(Key::of("acs:MFAPresent")).state == KeyState::kAbsent);
  CHECK(request.context.find(Key::of("acs:SourceVpc")).state == KeyState::kOpen);
  CHECK(request.context.find(Key::of("acs:CurrentTime")).values[0].text == "2026-01-01T00:00:00Z");
  CHECK(request.context.find(Key::of("acs:PrincipalARN")).values[0].text == "acs:ram::1234567890123456:user/a");
}

TEST_CASE("what cannot be resolved is refused with its place", "[policy][suite][table]") {
  const std::string ask = "  - name: n\n    principal: user/a\n    action: oss:GetObject\n    expect: allow\n";
  const auto row = GENERATE_COPY(values<Row>({
      {"a group makes no calls", kAllowGet,
       "  - name: n\n    principal: group/a\n    action: oss:GetObject\n    expect: allow\n",
       "t.yaml:5:16: principal `group/a`: a group makes no calls, its users do; expected `root`, `user/NAME` or "
       "`role/NAME`, with `ACCOUNT:` before it where the inventory holds several accounts"},
      {"a policy that does not parse", "nonsense", ask, "p.json:1:32 /Statement/0: misspelled word, expected `null`"},
      {"a policy file that is missing", kAllowGet, ask + "    policies: [q.json]\n",
       "t.yaml:8:16: policy `q.json`: No such file or directory"},
      {"a statement of a policy that does not apply", kAllowGet, ask + "    because: pp#0\n",
       "t.yaml:8:14: no policy `pp` applies"},
      {"a statement that is not there", kAllowGet, ask + "    because: p#1\n",
       "t.yaml:8:14: policy `p` has 1 statements, expected an index below"},
      {"a session of root", kAllowGet,
       "  - name: n\n    principal: root\n    action: oss:GetObject\n    expect: allow\n    session_policies: p.json\n",
       "t.yaml:8:23: `session_policies` of `root`, expected a role: only its sessions have some"},
      {"an image without an inventory", kAllowGet,
       "  - name: n\n    principal: user/a\n    image: img-1\n    expect: allow\n",
       "t.yaml:6:12: a test of an image without an inventory, expected `inventory` in the file or `--inventory`"},
      {"two policies of one name", kAllowGet,
       ask + "    policies: [p.json, {name: p, document: {Version: \"1\", Statement: []}}]\n",
       "t.yaml:5:16: two policies are called `p`, expected `{name: …, file: …}` to tell them apart"},
  }));
  CAPTURE(row.why);
  CHECK(fault_of(one_policy(row.statements, row.tests).load()) == row.want);
}

TEST_CASE("lists that make too many cases are refused before they are made", "[policy][suite][limits]") {
  std::string list = "[";
  for (int i = 1; i < 400; ++i) list += "r" + std::to_string(i) + ", ";
  list += "r]";
  const std::string tests = "  - name: n\n    principal: user/a\n    action: oss:GetObject\n    resource: " + list +
                            "\n    contexts: " +
                            [] {
                              std::string contexts = "[";
                              for (int i = 1; i < 250; ++i) contexts += "{}, ";
                              return contexts + "{}]";
                            }() +
                            "\n    expect: allow\n";
  CHECK(one_policy(kAllowGet, tests).load()->cases.size() == limits::kMaxTestCases);
  const std::string one_more = "  - {name: m, principal: user/a, action: oss:GetObject, expect: allow}\n";
  CHECK(fault_of(one_policy(kAllowGet, tests + one_more).load()) ==
        "t.yaml:10:12: the lists of the tests make more than 100000 cases");
}

TEST_CASE("a file without policies and inventory", "[policy][suite]") {
  Files files;
  files.set("t.yaml", "tests:\n  - {name: n, principal: user/a, action: oss:GetObject, expect: allow}\n");
  CHECK(fault_of(files.load()) ==
        "t.yaml:2:12: no policies to test, expected `policies` or `inventory` in the file, or `--inventory`");
}

TEST_CASE("a document in the test file knows its lines there", "[policy][suite]") {
  Files files;
  files.set("t.yaml", R"(policies:
  - name: inline
    document:
      Version: "1"
      Statement:
        - Effect: Allow
          Action: oss:GetObject
          Resource: "*"
tests:
  - {name: n, principal: user/a, action: oss:GetObject, expect: allow, because: inline#0}
)");
  const TestSuite suite = files.suite();
  const SuitePolicy& policy = suite.policies[0];
  CHECK(policy.source == "t.yaml");
  CHECK(policy.at(policy.document->statements[0].offset) == TextPosition{6, 11});
  CHECK(policy.at(policy.document->statements[0].actions[0].offset) == TextPosition{7, 19});
  CHECK(run_suite(suite, {}).passed == 1);
}

TEST_CASE("statements that are not evaluable are noted", "[policy][suite]") {
  const TestSuite suite = one_policy(
                              R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*",
     "Condition": {"BoolIfExists": {"acs:MFAPresent": "true"}}})",
                              "  - {name: n, principal: user/a, action: oss:GetObject, expect: indeterminate}\n")
                              .suite();
  REQUIRE(suite.notes.size() == 1);
  CHECK(suite.notes[0].substr(0, 43) == "p.json:1:32: statement 0 is not evaluable: ");
  CHECK(run_suite(suite, {}).passed == 1);
}

TEST_CASE("principals of an inventory hold what is attached to them", "[policy][suite]") {
  Files files;
  files.use(small_inventory());
  files.set("t.yaml", R"(inventory: exports
tests:
  - {name: alice deletes, principal: user/alice, action: appstreaming:DeleteImage, expect: allow, because: ops#0}
  - {name: alice lists, principal: user/alice, action: appstreaming:ListImage, expect: allow,
     because: "System/AliyunAppStreamingReadOnlyAccess#0"}
  - {name: bob does not, principal: user/bob, action: appstreaming:DeleteImage, expect: implicit-deny}
  - {name: bob with another policy, principal: user/bob, action: oss:GetObject, policies: [q.json], expect: allow}
  - {name: no such image, principal: user/alice, image: img-none, expect: indeterminate}
)");
  files.set("q.json", document_of(kAllowGet));
  const TestSuite suite = files.suite();
  const RunResult run = run_suite(suite, {});
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    CAPTURE(suite.cases[i].name, run.cases[i].got, run.cases[i].why);
    CHECK(run.cases[i].status == CaseStatus::kPassed);
  }
}

TEST_CASE("an inventory given beside the files", "[policy][suite]") {
  Files files;
  files.use(small_inventory());
  files.give_inventory();
  files.set("q.json", document_of(kAllowGet));
  // A file of its own policies has its own principals, and asks for images in the inventory.
  files.set("own.yaml", R"(policies: [q.json]
tests:
  - {name: a free name, principal: user/nobody, action: oss:GetObject, expect: allow}
  - {name: an image, principal: user/bob, image: img-none, expect: deny, code: NoPermission, violations: [permission]}
)");
  files.set("none.yaml", R"(tests:
  - {name: alice deletes, principal: user/alice, action: appstreaming:DeleteImage, expect: allow, because: ops#0}
)");
  const TestSuite suite = files.suite({"own.yaml", "none.yaml"});
  CHECK(suite.inventories.size() == 1);
  const RunResult run = run_suite(suite, {});
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    CAPTURE(suite.cases[i].name, run.cases[i].wanted, run.cases[i].got, run.cases[i].why);
    CHECK(run.cases[i].status == CaseStatus::kPassed);
  }
}

TEST_CASE("a principal that the inventory does not hold", "[policy][suite][table]") {
  const auto row = GENERATE(values<Row>({
      {"an unknown user", "", "  - {name: n, principal: user/alcie, action: oss:GetObject, expect: allow}\n",
       "t.yaml:3:26: no user `alcie` in account 1000000000000001, whose ListUsers is complete, did you mean `alice`?"},
      {"of an image's case too", "", "  - {name: n, principal: user/alcie, image: img-1, expect: allow}\n",
       "t.yaml:3:26: no user `alcie` in account 1000000000000001, whose ListUsers is complete, did you mean `alice`?"},
      {"a rule that is none", "",
       "  - {name: n, principal: user/alice, image: img-1, expect: deny, violations: [not-in-us]}\n",
       "t.yaml:3:79: no rule `not-in-us`, did you mean `not-in-use`?"},
      {"a user is no role session", "",
       "  - {name: n, principal: user/alice, action: oss:GetObject, session_policies: [], expect: deny}\n",
       "t.yaml:3:79: `session_policies` of `user/alice`, expected a role: only its sessions have some"},
  }));
  CAPTURE(row.why);
  Files files;
  files.use(small_inventory());
  files.set("t.yaml", "inventory: exports\ntests:\n" + row.tests);
  CHECK(fault_of(files.load()) == row.want);
}

TEST_CASE("an inventory that is not there", "[policy][suite]") {
  Files files;
  files.set("t.yaml",
            "inventory: nowhere\ntests:\n  - {name: n, principal: user/a, action: oss:GetObject, expect: allow}\n");
  CHECK(fault_of(files.load()) == "t.yaml:1:12: inventory `nowhere`: no such folder");
}

TEST_CASE("a policy name that is nearly right", "[policy][suite]") {
  Files files;
  files.set("ops-images.json", document_of(kAllowGet));
  files.set("t.yaml",
            "policies: [ops-images.json]\ntests:\n"
            "  - {name: n, principal: user/a, action: oss:GetObject, expect: allow, because: ops-image#0}\n");
  CHECK(fault_of(files.load()) == "t.yaml:3:81: no policy `ops-image` applies, did you mean `ops-images`?");
}

TEST_CASE("paths are seen from the test file", "[policy][suite]") {
  CHECK(path_beside("t.yaml", "p.json") == "p.json");
  CHECK(path_beside("a/b/t.yaml", "../p.json") == "a/b/../p.json");
  CHECK(path_beside("a/t.yaml", "/p.json") == "/p.json");
}

}  // namespace imagewarden::policy::test
