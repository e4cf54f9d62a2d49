#include <catch2/catch.hpp>

#include "engine/policy/test_file.h"

namespace imagewarden::policy {
namespace {

std::string fault_of(const std::string& text, const std::string& path = "t.yaml") {
  const auto file = parse_test_file(text, path);
  return file ? "no fault" : file.error().message;
}

// A good file with one test, whose lines are given.
std::string with_test(const std::string& lines) { return "policies: [p.json]\ntests:\n  - name: n\n" + lines; }

constexpr const char* kAsk = "    principal: user/a\n    action: oss:GetObject\n";

struct Row {
  std::string why;
  std::string text;
  std::string want;
};

}  // namespace

TEST_CASE("a test file is read as written", "[policy][test-file]") {
  const auto file = parse_test_file(R"(
account: "1234567890123456"
policies: [ops/images.json, {name: inline, document: {Version: "1", Statement: []}}, {name: x, file: y.json}]
defaults:
  principal: user/a
  context: {acs:SourceIp: 203.0.113.7, acs:MFAPresent: true}
  no_context: [acs:SourceVpc]
  now: 2026-11-24T08:00:00Z
tests:
  - name: first
    action: [oss:GetObject, oss:PutObject]
    contexts: [{acs:SourceVpc: vpc-1}, {}]
    no_context: [ACS:sourceip]
    expect: allow
    because: ops/images#3
  - name: second
    principal: [user/b, role/c]
    action: oss:GetObject
    resource: [r1, r2]
    context: {k: [v1, v2]}
    session_policies: s.json
    control_policies: [[root.json], folder.json]
    expect: implicit-deny
)",
                                    "t.yaml");
  REQUIRE(file);
  CHECK(file->account == "1234567890123456");
  REQUIRE(file->policies.size() == 3);
  CHECK(file->policies[0].name == "images");
  CHECK(file->policies[0].path == "ops/images.json");
  CHECK(file->policies[1].text == R"({"Version":"1","Statement":[]})");
  CHECK(file->policies[2].name == "x");
  REQUIRE(file->tests.size() == 2);

  const TestDeclaration& first = file->tests[0];
  CHECK(first.principals[0].text == "user/a");
  CHECK(first.resources[0].text == "*");
  CHECK(first.now == parse_rfc3339("2026-11-24T08:00:00Z"));
  CHECK(first.because->policy == "ops/images");
  CHECK(first.because->index == 3);
  REQUIRE(first.contexts.size() == 2);
  // The test's own absence beats the defaults' value, a context's value the defaults' absence.
  CHECK(first.contexts[0].given.size() == 2);
  CHECK(first.contexts[0].absent.size() == 1);
  CHECK(first.contexts[0].absent[0].text == "ACS:sourceip");
  CHECK(first.contexts[1].absent.size() == 2);

  const TestDeclaration& second = file->tests[1];
  CHECK(second.principals.size() == 2);
  CHECK(second.resources.size() == 2);
  CHECK(second.contexts[0].given.back().values == std::vector<std::string>{"v1", "v2"});
  CHECK(second.session_policies->size() == 1);
  CHECK(second.control_policies.size() == 2);
  CHECK(second.expect == Expect::kImplicitDeny);
}

TEST_CASE("JSON holds the same", "[policy][test-file]") {
  const auto file = parse_test_file(
      R"({"policies": ["p.json"], "tests": [{"name": "n", "principal": "user/a", "action": "oss:GetObject",
     "expect": "deny"}]})",
      "t.json");
  REQUIRE(file);
  CHECK(file->tests[0].expect == Expect::kDeny);
  CHECK(file->tests[0].name.at == TextPosition{1, 45});
}

TEST_CASE("bad test files are refused with file, line and column", "[policy][test-file][table]") {
  const auto row = GENERATE(values<Row>({
      {"not a map", "- a", "t.yaml:1:1: a list, expected a map"},
      {"empty", "", "t.yaml:1:1: nothing, expected a map"},
      {"an unknown key", "polices: [p.json]\ntests: []", "t.yaml:1:1: unknown key `polices`, did you mean `policies`?"},
      {"an unknown key that is like none", "policies: []\nzzzzzzzzzz: 1",
       "t.yaml:2:1: unknown key `zzzzzzzzzz`, expected one of `account`, `policies`, `inventory`, `defaults`, `tests`"},
      {"an unknown key of a test", with_test("    principle: user/a\n"),
       "t.yaml:4:5: unknown key `principle`, did you mean `principal`?"},
      {"an unknown key of the defaults", "defaults: {contxt: {}}\ntests: []",
       "t.yaml:1:12: unknown key `contxt`, did you mean `context`?"},
      {"no tests", "policies: [p.json]", "t.yaml:1:1: no key `tests`, expected a list of tests"},
      {"an empty list of tests", "policies: [p.json]\ntests: []",
       "t.yaml:2:8: `tests` is empty, expected a list of tests"},
      {"tests that are a map", "policies: [p.json]\ntests: {}",
       "t.yaml:2:8: `tests` is a map, expected a list of tests"},
      {"no name", "policies: [p.json]\ntests:\n  - principal: user/a\n    action: a:b\n    expect: allow",
       "t.yaml:3:5: no key `name`, expected one for every test"},
      {"nothing asked", with_test("    principal: user/a\n    expect: allow"),
       "t.yaml:3:5: neither `action` nor `image`, expected what the test asks for"},
      {"nobody asks", with_test("    action: a:b\n    expect: allow"),
       "t.yaml:3:5: no key `principal`, expected who asks"},
      {"no expectation", with_test(kAsk),
       "t.yaml:3:5: no key `expect`, expected one of `allow`, `deny`, `explicit-deny`, `implicit-deny`, "
       "`indeterminate`"},
      {"a wrong expectation", with_test(std::string(kAsk) + "    expect: alow"),
       "t.yaml:6:13: `expect` is `alow`, did you mean `allow`?"},
      {"an empty list of actions", with_test("    principal: user/a\n    action: []\n    expect: allow"),
       "t.yaml:5:13: `action` is an empty list, expected at least one"},
      {"a pattern as action", with_test("    principal: user/a\n    action: oss:Get*\n    expect: allow"),
       "t.yaml:5:13: action `oss:Get*` has a wildcard, expected one action that a call would need"},
      {"an action without a service", with_test("    principal: user/a\n    action: GetObject\n    expect: allow"),
       "t.yaml:5:13: action `GetObject`, expected `ram-code:Name`"},
      {"a time of no zone", with_test(std::string(kAsk) + "    now: 2026-11-24\n    expect: allow"),
       "t.yaml:6:10: `now` is `2026-11-24`, expected a time such as `2026-11-24T08:00:00Z`"},
      {"a context that is a list", with_test(std::string(kAsk) + "    context: [a]\n    expect: allow"),
       "t.yaml:6:14: the context is a list, expected a map of keys"},
      {"a context key without a value", with_test(std::string(kAsk) + "    context: {k: }\n    expect: allow"),
       "t.yaml:6:18: context key `k` is nothing, expected a value or a list of them; `no_context` declares a key "
       "absent"},
      {"a context key with an empty list", with_test(std::string(kAsk) + "    context: {k: []}\n    expect: allow"),
       "t.yaml:6:18: context key `k` without a value, expected at least one; `no_context` declares a key absent"},
      {"a context key in two spellings",
       with_test(std::string(kAsk) + "    context: {acs:SourceIp: 1.2.3.4, acs:sourceip: 1.2.3.5}\n    expect: allow"),
       "t.yaml:6:38: context key `acs:sourceip` twice, expected it once"},
      {"an address that is none",
       with_test(std::string(kAsk) + "    context: {acs:SourceIp: 203.0.113}\n    expect: allow"),
       "t.yaml:6:29: context key `acs:SourceIp` is `203.0.113`, expected one IP address"},
      {"a block where a call has one address",
       with_test(std::string(kAsk) + "    context: {acs:SourceIp: 203.0.113.0/24}\n    expect: allow"),
       "t.yaml:6:29: context key `acs:SourceIp` is `203.0.113.0/24`, expected one IP address"},
      {"a boolean that is none", with_test(std::string(kAsk) + "    context: {acs:MFAPresent: yes}\n    expect: allow"),
       "t.yaml:6:31: context key `acs:MFAPresent` is `yes`, expected `true` or `false`"},
      {"given and absent", with_test(std::string(kAsk) + "    context: {k: v}\n    no_context: [k]\n    expect: allow"),
       "t.yaml:7:18: context key `k` is given and declared absent, expected one of the two"},
      {"contexts among the defaults", "defaults: {contexts: [{}]}\ntests: []",
       "t.yaml:1:22: `contexts` among the defaults, expected it in a test"},
      {"policies beside an inventory", "inventory: x\npolicies: [p.json]\ntests: []",
       "t.yaml:2:11: `policies` beside `inventory`, expected one of the two"},
      {"a policy of neither kind", "policies: [{name: x}]\ntests: []",
       "t.yaml:1:12: a policy with neither or both of `file` and `document`, expected one of the two"},
      {"an inline policy without a name", "policies: [{document: {}}]\ntests: []",
       "t.yaml:1:12: a policy `document` without `name`, expected one to call it by"},
      {"an inline policy that is a text", "policies: [{name: x, document: y}]\ntests: []",
       "t.yaml:1:32: `document` is a text, expected a policy document"},
      {"an unknown key of a policy", "policies: [{nam: x}]\ntests: []",
       "t.yaml:1:13: unknown key `nam`, did you mean `name`?"},
      {"levels that are no list", with_test(std::string(kAsk) + "    control_policies: x\n    expect: allow"),
       "t.yaml:6:23: `control_policies` is a text, expected a list with one list a level, root first"},
      {"a statement without an index", with_test(std::string(kAsk) + "    expect: allow\n    because: p"),
       "t.yaml:7:14: `because` is `p`, expected `POLICY#INDEX`, the index from 0"},
      {"a statement with a wrong index", with_test(std::string(kAsk) + "    expect: allow\n    because: p#one"),
       "t.yaml:7:14: `because` is `p#one`, expected `POLICY#INDEX`, the index from 0"},
      {"a statement of an implicit deny", with_test(std::string(kAsk) + "    expect: implicit-deny\n    because: p#0"),
       "t.yaml:7:14: `because` of an `implicit-deny`, expected none: no statement decides it"},
      {"a code without an image", with_test(std::string(kAsk) + "    expect: deny\n    code: NoPermission"),
       "t.yaml:7:5: `code` without `image`, expected it in tests of a whole decision only"},
      {"an action beside an image",
       with_test("    principal: user/a\n    image: img-1\n    action: a:b\n    expect: deny"),
       "t.yaml:6:5: `action` beside `image`, expected it in tests of an `action` only"},
      {"a kind of deny of an image", with_test("    principal: user/a\n    image: img-1\n    expect: explicit-deny"),
       "t.yaml:6:13: `expect` is `explicit-deny` of an image, expected `deny`; `code` says more"},
      {"a name that could break a line", "\"a\\nb\": 1\ntests: []",
       "t.yaml:1:1: unknown key `a\\u000ab`, expected one of `account`, `policies`, `inventory`, `defaults`, `tests`"},
  }));
  CAPTURE(row.why);
  CHECK(fault_of(row.text) == row.want);
}

}  // namespace imagewarden::policy
