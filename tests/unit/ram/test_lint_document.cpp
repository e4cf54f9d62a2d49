// One document: rule by rule what shows a fault and what just does not, places, order, and what is not stopped by what.

#include <catch2/catch.hpp>

#include "tests/unit/ram/lint_support.h"

namespace imagewarden::ram {
namespace {

using test::find_rule;
using test::ids_of;
using test::lint_text;

std::string on(const std::string& effect, const std::string& action, const std::string& resource,
               const std::string& condition = "") {
  return R"({"Effect": ")" + effect + R"(", "Action": )" + action + R"(, "Resource": )" + resource +
         (condition.empty() ? "" : R"(, "Condition": {)" + condition + "}") + "}";
}
std::string allow(const std::string& action, const std::string& resource = R"("*")",
                  const std::string& condition = "") {
  return on("Allow", action, resource, condition);
}
std::string deny(const std::string& action, const std::string& resource = R"("*")", const std::string& condition = "") {
  return on("Deny", action, resource, condition);
}
std::string when(const std::string& condition) { return allow(R"("ecs:DescribeInstances")", R"("*")", condition); }
std::string deny_when(const std::string& condition) { return deny(R"("ecs:DescribeInstances")", R"("*")", condition); }
std::string trust(const std::string& principal, const std::string& condition = "") {
  return R"({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": )" + principal +
         (condition.empty() ? "" : R"(, "Condition": {)" + condition + "}") + "}";
}

struct Row {
  const char* id;
  std::string shows;
  std::string does_not;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"RAM001", R"({"Version": "1" "Statement": []})", R"({"Version": "1", "Statement": []})"},
      {"RAM001", R"([1, 2)", R"([1, 2])"},
      {"RAM002", R"({"Version": "1", "Version": "1", "Statement": []})",
       R"({"Version": "1", "version": "1", "Statement": []})"},
      {"RAM003", R"({"Statement": []})", R"({"Version": "1", "Statement": []})"},
      {"RAM003", R"({"Version": 1, "Statement": []})", R"({"Version": "1", "Statement": [{}]})"},
      {"RAM004", R"({"Version": "1"})", R"({"Version": "1", "Statement": [{}]})"},
      {"RAM004", R"({"Version": "1", "Statement": []})", R"({"Version": "1", "Statement": [{}]})"},
      {"RAM004", R"({"Version": "1", "Statement": ["*"]})", R"({"Version": "1", "Statement": [{}]})"},
      {"RAM004", "\"policy\"", R"({"Version": "1", "Statement": [{}]})"},
      {"RAM005", R"({"Version": "1", "Id": "x", "Statement": []})", R"({"Version": "1", "Statement": []})"},
      {"RAM005", R"({"Effect": "Allow", "Priciple": "*"})", R"({"Effect": "Allow", "NotPrincipal": "*"})"},
      {"RAM005", trust(R"({"AWS": ["*"]})"), trust(R"({"RAM": ["*"]})")},
      {"RAM006", R"({"Action": "a:B", "Resource": "*"})", allow(R"("a:B")")},
      {"RAM006", R"({"Effect": true, "Action": "a:B"})", R"({"Effect": "Deny", "Action": "a:B"})"},
      {"RAM007", allow("[]"), allow(R"(["a:B"])")},
      {"RAM007", R"({"Effect": "Deny"})", R"({"Effect": "Deny", "NotAction": "a:B"})"},
      {"RAM009", allow(R"("ecs:")"), allow(R"("ecs:*")")},
      {"RAM009", allow(R"("ecs:a:b")"), allow(R"("**")")},
      {"RAM009", allow(R"(["ecs:A", 1])"), allow(R"(["ecs:A", "ecs:B"])")},
      {"RAM009", allow(R"([""])"), allow(R"(["*:*"])")},
      {"RAM010", allow(R"("ecss:Describe*")"), allow(R"("ECS:Describe*")")},
      {"RAM010", allow(R"("q?q:X")"), allow(R"("yundun-*:*")")},
      {"RAM011", allow(R"("appstreaming:ModifyBrowserInstanceGroup")"),
       allow(R"("appstreaming:createappinstancegroup")")},
      {"RAM011", allow(R"("ram:CreateUsers")"), allow(R"("ram:FrobnicateEverything")")},
      {"RAM012", allow(R"("appstreaming:Delet?Imag")"), allow(R"("appstreaming:Delet?Imag?")")},
      {"RAM013", allow(R"("a:B")", "[]"), allow(R"("a:B")", R"(["*"])")},
      {"RAM013", R"({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "*"}},
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "*"}, "Resource": "*"})",
       trust(R"({"RAM": "*"})")},
      {"RAM014", allow(R"("a:B")", R"("ACS:oss:*:*:b")"), allow(R"("a:B")", R"("?cs:oss:*:*:b")")},
      {"RAM014", allow(R"("a:B")", R"("qcs::cos:::b")"), allow(R"("a:B")", R"("*:oss:*:*:b")")},
      {"RAM014", allow(R"("a:B")", R"("bucket")"), allow(R"("a:B")", R"("*")")},
      {"RAM015", allow(R"("a:B")", R"("acs::ecs:*:*:i")"), allow(R"("a:B")", R"("acs:ecs::*:i")")},
      {"RAM015", allow(R"("a:B")", R"("acs:ecs:*:*:")"), allow(R"("a:B")", R"("acs:ecs:*:*:*")")},
      {"RAM015", allow(R"("a:B")", R"("acs:oss:b")"), allow(R"("a:B")", R"("acs:oss:*")")},
      {"RAM015", allow(R"("a:B")", "[1]"), allow(R"("a:B")", R"(["*"])")},
      {"RAM016", allow(R"(["oss:Get*", "log:Get*"])", R"("acs:ecs:*:*:*")"),
       allow(R"(["oss:Get*", "log:Get*"])", R"("acs:log:*:*:*")")},
      {"RAM016", allow(R"("rds:X")", R"("acs:oss:*:*:b")"), allow(R"("sts:AssumeRole")", R"("acs:ram:*:*:role/r")")},
      {"RAM016", allow(R"("rds:X")", R"("acs:oss:*:*:b")"), allow(R"(["rds:X", "*"])", R"("acs:oss:*:*:b")")},
      {"RAM017", allow(R"("appstreaming:List*")", R"("acs:appstreaming:*:*:*")"),
       allow(R"("appstreaming:List*")", R"(["acs:appstreaming:*:*:*", "*"])")},
      {"RAM018", deny(R"("appstreaming:List*")", R"("acs:*")"), deny(R"("appstreaming:List*")", R"("**")")},
      {"RAM018", deny(R"("appstreaming:ListImage")", R"("acs:*")"), allow(R"("appstreaming:ListImage")", R"("acs:*")")},
      {"RAM019", allow(R"("ram:GetRole")", R"("acs:ram:*:*:user/u")"), allow(R"("ram:GetRole")", R"("acs:ram:*:*:*")")},
      {"RAM019", allow(R"("sts:AssumeRole")", R"("acs:ram:*:*:user/u")"),
       allow(R"(["sts:AssumeRole", "ram:GetUser"])", R"("acs:ram:*:*:user/u")")},
      {"RAM020", allow(R"("a:B")", R"("acs:oss:*:12345:b")"), allow(R"("a:B")", R"("acs:ram:*:system:policy/p")")},
      {"RAM020", allow(R"("a:B")", R"("acs:oss:*:<uid>:b")"), allow(R"("a:B")", R"("acs:oss:*::b")")},
      {"RAM020", trust(R"({"RAM": ["acs:ram::12:root"]})"), trust(R"({"RAM": ["acs:ram::1234567890123456:root"]})")},
      {"RAM021", allow(R"("a:B")", R"("acs:ram:cn-hangzhou:*:role/r")"), allow(R"("a:B")", R"("acs:ram:*:*:role/r")")},
      {"RAM021", allow(R"("a:B")", R"("acs:ecs:oss-cn-hangzhou:*:x")"),
       allow(R"("a:B")", R"("acs:oss:oss-cn-hangzhou:*:x")")},
      {"RAM021", allow(R"("a:B")", R"("acs:ecs:xx-*:*:x")"), allow(R"("a:B")", R"("acs:ecs:cn-*:*:x")")},
      {"RAM022", when(R"("StringEquals": {"acs:PrincipalARN": "acs:ram::1234567890123456:role/Ops"})"),
       when(R"("StringEquals": {"acs:PrincipalARN": "acs:ram::1234567890123456:role/ops"})")},
      {"RAM022", allow(R"("a:B")", R"("acs:ram:*:*:user/Alice")"), allow(R"("a:B")", R"("acs:ram:*:*:policy/Ops")")},
      {"RAM024", when(R"("StringEqual": {"acs:SourceVpc": "v"})"),
       when(R"("ForAnyValue:StringEquals": {"acs:SourceVpc": "v"})")},
      {"RAM024", when(R"("StringEquals": {})"), when(R"("StringEquals": {"acs:SourceVpc": "v"})")},
      {"RAM024", when(R"("ForSome:StringEquals": {"acs:SourceVpc": "v"})"), when("")},
      {"RAM025", when(R"("Null": {"acs:SourceVpc": "true"})"), when(R"("StringLike": {"acs:SourceVpc": "*"})")},
      {"RAM026", when(R"("BinaryEquals": {"a:B": "x"})"), when(R"("StringEquals": {"a:B": "x"})")},
      {"RAM027", when(R"("StringEquals": {"acs:SourceVpc": []})"), when(R"("StringEquals": {"acs:SourceVpc": ["v"]})")},
      {"RAM027", when(R"("StringNotLike": {"Action": "a:B"})"), when(R"("StringNotLike": {"acs:Action": "a:B"})")},
      {"RAM028", when(R"("StringEquals": {"s3:prefix": "x"})"), when(R"("StringEquals": {"oss:Prefix": "x"})")},
      {"RAM029", when(R"("StringEquals": {"acs:SourceVpcId": "v"})"),
       when(R"("StringEquals": {"ACS:sourcevpc": "v"})")},
      {"RAM029", when(R"("StringEquals": {"acs:RequestTag/": "v"})"),
       when(R"("StringEquals": {"acs:RequestTag/Team": "v"})")},
      {"RAM030", allow(R"("rds:*")", R"("*")", R"("StringEquals": {"acs:ResourceTag/t": "v"})"),
       allow(R"(["rds:*", "ecs:*"])", R"("*")", R"("StringEquals": {"acs:ResourceTag/t": "v"})")},
      {"RAM030", allow(R"("ecs:DescribeInstances")", R"("*")", R"("StringEquals": {"acs:ResourceTag/t": "v"})"),
       allow(R"("ecs:StartInstance")", R"("*")", R"("StringEquals": {"acs:ResourceTag/t": "v"})")},
      {"RAM030", when(R"("StringEquals": {"oss:Tag": "v"})"), when(R"("StringEquals": {"vpc:VPC": "v"})")},
      {"RAM031", when(R"("Bool": {"acs:MFAPresent": "yes"})"), when(R"("Bool": {"acs:MFAPresent": "false"})")},
      {"RAM032", when(R"("StringEquals": {"acs:SourceIp": "203.0.113.7"})"),
       when(R"("StringEquals": {"acs:VpcSourceIp": "10.0.0.7"})")},
      {"RAM032", when(R"("DateLessThan": {"acs:UserAgent": "2099-01-01T00:00:00Z"})"),
       when(R"("StringLike": {"acs:UserAgent": "a*"})")},
      {"RAM032", when(R"("NumericLessThan": {"oss:MaxKeys": "many"})"),
       when(R"("NumericLessThan": {"oss:MaxKeys": "100"})")},
      {"RAM032", when(R"("StringEquals": {"acs:SourceVpc": null})"),
       when(R"("StringEquals": {"acs:SourceVpc": "null"})")},
      {"RAM033", when(R"("StringNotEquals": {"acs:SourceVpc": "vpc-?"})"),
       when(R"("StringNotLike": {"acs:SourceVpc": "vpc-?"})")},
      {"RAM034", when(R"("StringNotLike": {"acs:SourceVpc": ["v1", "v2"]})"),
       when(R"("StringNotLike": {"acs:SourceVpc": ["v1", "v*"]})")},
      {"RAM035", when(R"("IpAddress": {"acs:SourceIp": "203.0.113.0/33"})"),
       when(R"("IpAddress": {"acs:SourceIp": "2001:db8::/32"})")},
      {"RAM036", when(R"("IpAddress": {"acs:SourceIp": "2001:db8::1/32"})"),
       when(R"("IpAddress": {"acs:SourceIp": "2001:db8::1"})")},
      {"RAM037", when(R"("NotIpAddress": {"acs:SourceIp": "::/0"})"),
       when(R"("NotIpAddress": {"acs:SourceIp": "0.0.0.0/1"})")},
      {"RAM038", when(R"("IpAddress": {"acs:SourceIp": "172.31.0.0/16"})"),
       when(R"("IpAddress": {"acs:SourceIp": "172.32.0.0/16"})")},
      {"RAM038", when(R"("IpAddress": {"acs:SourceIp": "192.168.1.1"})"),
       when(R"("IpAddress": {"acs:VpcSourceIp": "192.168.1.1"})")},
      {"RAM039", when(R"("IpAddress": {"acs:SourceIp": "203.0.113.7"})"),
       when(R"("IpAddress": {"acs:VpcSourceIp": "10.0.0.7"})")},
      {"RAM040", when(R"("DateLessThan": {"acs:CurrentTime": "2099-01-01T00:00:00"})"),
       when(R"("DateLessThan": {"acs:CurrentTime": "2099-01-01T00:00:00Z"})")},
      {"RAM041", when(R"("DateLessThan": {"acs:CurrentTime": "2026-11-24T08:00:00Z"})"),
       when(R"("DateLessThanEquals": {"acs:CurrentTime": "2026-11-24T08:00:00Z"})")},
      {"RAM041",
       when(
           R"("DateGreaterThan": {"acs:CurrentTime": "2098-01-01T00:00:00Z"}, "DateLessThan": {"acs:CurrentTime": "2097-01-01T00:00:00Z"})"),
       when(
           R"("DateGreaterThan": {"acs:CurrentTime": "2097-01-01T00:00:00Z"}, "DateLessThan": {"acs:CurrentTime": "2098-01-01T00:00:00Z"})")},
      {"RAM042",
       when(R"("IpAddress": {"acs:SourceIp": "203.0.113.0/24"}, "NotIpAddress": {"acs:SourceIp": "203.0.0.0/16"})"),
       when(R"("IpAddress": {"acs:SourceIp": "203.0.0.0/16"}, "NotIpAddress": {"acs:SourceIp": "203.0.113.0/24"})")},
      {"RAM042", when(R"("NumericLessThan": {"oss:MaxKeys": "1"}, "NumericGreaterThan": {"oss:MaxKeys": "2"})"),
       when(R"("NumericLessThan": {"ecs:Unlisted": "1"}, "NumericGreaterThan": {"ecs:Unlisted": "2"})")},
      {"RAM043", deny_when(R"("Bool": {"acs:MFAPresent": ["false"]})"),
       deny_when(R"("Bool": {"acs:MFAPresent": "true"})")},
      {"RAM044", when(R"("StringNotEquals": {"acs:SourceVpc": "v"})"),
       when(R"("StringNotEquals": {"acs:SourceVpc": "v"}, "StringLike": {"acs:SourceVpc": "v*"})")},
      {"RAM044", deny_when(R"("StringLike": {"acs:PrincipalRDPath": "x*"})"),
       deny_when(R"("StringLike": {"acs:PrincipalARN": "acs:ram::*:role/x*"})")},
      {"RAM045", deny_when(R"("NotIpAddress": {"acs:VpcSourceIp": ["10.0.0.0/8", "172.16.0.0/12"]})"),
       deny_when(R"("IpAddress": {"acs:VpcSourceIp": ["10.0.0.0/8", "172.16.0.0/12"]})")},
      {"RAM046", when(R"("ForAllValues:StringLike": {"oss:Prefix": ["a*"]})"),
       deny_when(R"("ForAllValues:StringLike": {"oss:Prefix": ["a*"]})")},
      {"RAM047", R"({"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"})",
       R"({"Effect": "Deny", "NotAction": "ram:*", "Resource": "*"})"},
      {"RAM048", allow(R"("*")"), allow(R"("*")", R"("acs:oss:*:*:*")")},
      {"RAM048", allow(R"("kms:*")"), allow(R"("ecs:*")")},
      {"RAM049", allow(R"("ram:Attach*")"), allow(R"("ram:AttachPolicyToUser")", R"("acs:ram:*:*:user/alice")")},
      {"RAM049", allow(R"("ram:CreateAccessKey")", R"("acs:ram:*:*:*")"), deny(R"("ram:CreateAccessKey")")},
      {"RAM050", allow(R"("sts:Assume*")", R"("acs:ram::*:*")"), allow(R"("sts:GetCallerIdentity")")},
      {"RAM051", allow(R"("appstreaming:*")"), deny(R"("appstreaming:*")")},
      {"RAM051", allow(R"("ecs:DeleteInstance")"), allow(R"("ecs:DescribeInstances")")},
      {"RAM052", deny(R"("*")") + ", " + allow(R"("ecs:A")"),
       deny(R"("*")", R"("*")", R"("StringNotEquals": {"acs:SourceVpc": "v"})") + ", " + allow(R"("ecs:A")")},
      {"RAM052", deny(R"("ecs:A*")") + ", " + allow(R"(["ecs:AB", "ecs:AC"])"),
       deny(R"("ecs:A*")") + ", " + allow(R"(["ecs:AB", "ecs:BC"])")},
      {"RAM053", allow(R"("ecs:A")") + ", " + allow(R"("ecs:*")"), allow(R"("ecs:A")") + ", " + deny(R"("ecs:B")")},
      {"RAM053", allow(R"(["ecs:A", "ECS:a"])"), allow(R"(["ecs:A", "ecs:B"])")},
      {"RAM053", allow(R"("oss:GetObject")", R"(["acs:oss:*:*:b/*", "acs:oss:*:*:b/x"])"),
       allow(R"("oss:GetObject")", R"(["acs:oss:*:*:b/*", "acs:oss:*:*:c/x"])")},
      {"RAM053", when(R"("StringEquals": {"acs:SourceVpc": ["a", "a"]})"),
       when(R"("StringEquals": {"acs:SourceVpc": ["a", "A"]})")},
      {"RAM054",
       R"({"Effect": "Deny", "NotAction": ["ram:BindMFADevice", "ecs:*"], "Resource": "*"}, )" + deny(R"("ram:*")"),
       R"({"Effect": "Deny", "NotAction": ["ram:BindMFADevice", "ecs:*"], "Resource": "*"}, )" +
           deny(R"("ram:Delete*")")},
      {"RAM058", trust(R"({"Federated": ["acs:ram::1234567890123456:oidc-provider/p"]})"),
       trust(R"({"Federated": ["acs:ram::1234567890123456:oidc-provider/p"]})",
             R"("StringEquals": {"oidc:sub": "repo"})")},
      {"RAM058",
       trust(R"({"Federated": ["acs:ram::1234567890123456:oidc-provider/p"]})", R"("StringLike": {"oidc:sub": "*"})"),
       trust(R"({"Federated": ["acs:ram::1234567890123456:oidc-provider/p"]})",
             R"("StringLike": {"oidc:sub": "repo:*"})")},
      {"RAM058", trust(R"({"RAM": ["*"]})"), trust(R"({"RAM": ["acs:ram::1234567890123456:user/alice"]})")},
      {"RAM058", trust(R"({"Service": "ecs.amazonaws.com"})"), trust(R"({"Service": "crossbackup.hbr.aliyuncs.com"})")},
      {"RAM059", allow(R"("ecs:A")").replace(0, 1, R"({"NotPrincipal": ["x"], )"), allow(R"("ecs:A")")},
      {"RAM059",
       R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*", "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}})",
       R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*", "Principal": ["1234567890123456"]})"},
      {"RAM059", trust(R"(["1234567890123456"])"), trust(R"({"RAM": ["acs:ram::1234567890123456:root"]})")},
      {"RAM062", when(R"("StringEquals": {"acs:SourceVpc": "${vpc}"})"),
       when(R"("StringEquals": {"acs:SourceVpc": "$vpc"})")},
      {"RAM063", when(R"("StringEquals": {"acs:SourceVpc": "v "})"),
       when(R"("StringEquals": {"acs:SourceVpc": "v w"})")},
      {"RAM063", allow(R"("ecs：Describe*")"), allow(R"("ecs:Describe*")")},
      {"RAM063", allow("\"ecs:Describe\xe2\x80\x8bX\""), allow(R"("ecs:Describe-X")")},
      {"RAM064", R"({"Sid": "a", "Effect": "Allow"}, {"Sid": "a", "Effect": "Deny"})",
       R"({"Effect": "Allow"}, {"Effect": "Deny"})"},
      {"RAM065", when(R"("NumericLessThan": {"oss:MaxKeys": 5})"), when(R"("NumericLessThan": {"oss:MaxKeys": "5"})")},
      {"RAM066", allow(R"("appstreaming:Update*")"), allow(R"("appstreaming:Describe*")")},
  };
  return table;
}

TEST_CASE("what shows a rule, and what just does not", "[ram][lint][table]") {
  for (const Row& row : rows()) {
    CAPTURE(row.id, row.shows);
    const auto shows = lint_text(row.shows);
    CAPTURE(ids_of(shows));
    CHECK(find_rule(shows, row.id) != nullptr);
    CAPTURE(row.does_not);
    const auto does_not = lint_text(row.does_not);
    CHECK(find_rule(does_not, row.id) == nullptr);
  }
}

TEST_CASE("RAM058: the root of a foreign account", "[ram][lint]") {
  const std::string document = trust(R"({"RAM": ["acs:ram::1234567890123456:root"]})");
  CHECK(find_rule(lint_text(document), "RAM058") == nullptr);  // whose policy it is is not known
  CHECK(find_rule(lint_text(document, PolicyKind::kTrust, "1234567890123456"), "RAM058") == nullptr);
  CHECK(find_rule(lint_text(document, PolicyKind::kTrust, "6543210987654321"), "RAM058") != nullptr);
}

TEST_CASE("RAM060 counts characters", "[ram][lint][table]") {
  struct Size {
    PolicyKind kind;
    std::size_t characters;
    const char* severity;  // empty: nothing found
  };
  const auto row = GENERATE(values<Size>({{PolicyKind::kIdentity, 5529, ""},
                                          {PolicyKind::kIdentity, 5530, "warning"},
                                          {PolicyKind::kIdentity, 6144, "warning"},
                                          {PolicyKind::kIdentity, 6145, "error"},
                                          {PolicyKind::kSession, 1843, ""},
                                          {PolicyKind::kSession, 1844, "warning"},
                                          {PolicyKind::kSession, 2049, "error"},
                                          {PolicyKind::kTrust, 9000, ""},
                                          {PolicyKind::kResource, 14745, ""},
                                          {PolicyKind::kResource, 16385, "error"}}));
  CAPTURE(row.characters);
  std::string text = R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "a:é", "Resource": "*"}]})";
  // `é` is two bytes: a limit in bytes counts it twice.
  const std::size_t extra = row.kind == PolicyKind::kResource ? 0 : 1;
  text += std::string(row.characters + extra - text.size(), ' ');
  const auto findings = lint_text(text, row.kind);
  const Finding* found = find_rule(findings, "RAM060");
  CHECK((found == nullptr ? "" : std::string(severity_name(found->severity))) == row.severity);
}

TEST_CASE("RAM039 is an error in a bucket policy", "[ram][lint]") {
  const std::string condition = R"("IpAddress": {"acs:SourceIp": "203.0.113.7"})";
  const auto identity = lint_text(when(condition));
  CHECK(find_rule(identity, "RAM039")->severity == Severity::kWarning);
  const auto bucket =
      lint_text(R"({"Effect": "Deny", "Action": "oss:*", "Resource": "*", "Principal": ["*"], "Condition": {)" +
                condition + "}}");
  CHECK(find_rule(bucket, "RAM039")->severity == Severity::kError);
}

TEST_CASE("RAM066: a list that one pattern stands for exactly", "[ram][lint]") {
  std::string list;
  std::vector<std::string> names;
  for (const LintAction& action : test::lint_tables().actions) {
    if (action.name.rfind("appstreaming:Get", 0) == 0) names.push_back(action.name);
  }
  REQUIRE(names.size() > 3);
  for (const std::string& name : names) list += (list.empty() ? "\"" : ", \"") + name + '"';
  const auto whole = lint_text(allow("[" + list + "]"));
  REQUIRE(find_rule(whole, "RAM066") != nullptr);
  CHECK_THAT(find_rule(whole, "RAM066")->message, Catch::Matchers::Contains("`appstreaming:Get*`"));
  const auto part = lint_text(allow("[" + list.substr(list.find(',') + 2) + "]"));
  CHECK(find_rule(part, "RAM066") == nullptr);
}

TEST_CASE("suggestions name what was probably meant", "[ram][lint][table]") {
  struct Hint {
    const char* id;
    std::string text;
    const char* hint;
  };
  const std::vector<Hint> hints{
      {"RAM005", R"({"Effect": "Allow", "Actions": "a:B"})", "did you mean `Action`?"},
      {"RAM006", R"({"Effect": "Alow"})", "did you mean `Allow`?"},
      {"RAM010", allow(R"("appstream:ListImage")"), "did you mean `appstreaming`?"},
      {"RAM011", allow(R"("appstreaming:DeletImage")"), "did you mean `appstreaming:DeleteImage`?"},
      {"RAM021", allow(R"("ecs:A")", R"("acs:ecs:cn-hangzou:*:i")"), "did you mean `cn-hangzhou`?"},
      {"RAM024", when(R"("IPAddress": {"acs:SourceIp": "203.0.113.7"})"), "`IpAddress`? (case counts)"},
      {"RAM028", when(R"("StringEquals": {"aws:SourceIp": "x"})"), "did you mean `acs:SourceIp`?"},
      {"RAM029", when(R"("Bool": {"acs:RAMMFAPresent": "true"})"), "did you mean `acs:MFAPresent`?"},
      {"RAM003", R"({"Version": "2012-10-17", "Statement": []})", "AWS"},
      {"RAM003", R"({"Version": "2.0", "Statement": []})", "Tencent"},
      {"RAM003", R"({"Version": "5.0", "Statement": []})", "Huawei"}};
  for (const Hint& hint : hints) {
    CAPTURE(hint.text);
    const auto findings = lint_text(hint.text);
    const Finding* found = find_rule(findings, hint.id);
    REQUIRE(found != nullptr);
    CHECK_THAT(found->message, Catch::Matchers::Contains(hint.hint));
  }
}

TEST_CASE("a finding says where it stands", "[ram][lint]") {
  const std::string text =
      "{\n  \"Version\": \"1\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Resource\": \"*\",\n    \"Action\": "
      "[\"ecs:é\", \"ecss:A\"]}]\n}\n";
  const auto findings = lint_text(text);
  const Finding* found = find_rule(findings, "RAM010");
  REQUIRE(found != nullptr);
  CHECK(found->pointer == "/Statement/0/Action/1");
  CHECK(found->begin == TextPosition{4, 26});
  REQUIRE(found->end);
  CHECK(*found->end == TextPosition{4, 34});
  CHECK(found->begin_character == 25);
  CHECK(found->end_character == 33);
  CHECK(text.substr(found->offset, 8) == "\"ecss:A\"");

  const auto broken = lint_text("{\"Version\": \"1\",\n \"Statement\": [,]}");
  REQUIRE(ids_of(broken) == std::vector<std::string>{"RAM001"});
  CHECK(broken[0].begin == TextPosition{2, 16});
  CHECK(broken[0].pointer == "/Statement/0");

  const auto tag = lint_text(when(R"("StringEquals": {"acs:Nothing/a~b": "x"})"));
  CHECK(find_rule(tag, "RAM029")->pointer == "/Statement/0/Condition/StringEquals/acs:Nothing~1a~0b");
}

TEST_CASE("what is bad does not stop what can be read", "[ram][lint]") {
  const auto findings = lint_text(R"({"Effect": "Alow"}, 7, )" + allow(R"("*")"));
  const auto ids = ids_of(findings);
  CHECK(std::is_sorted(findings.begin(), findings.end(),
                       [](const Finding& a, const Finding& b) { return a.offset < b.offset; }));
  for (const char* id : {"RAM004", "RAM006", "RAM007", "RAM013", "RAM048"}) {
    CAPTURE(id, ids);
    CHECK(std::find(ids.begin(), ids.end(), id) != ids.end());
  }
  // A repeated key does not either: the second is passed over.
  const auto repeated =
      lint_text(R"({"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*", "Action": "ecss:A"})");
  CHECK(ids_of(repeated) == std::vector<std::string>{"RAM002", "RAM002"});
  CHECK(find_rule(lint_text(R"({"Effect": "Allow", "Action": "*", "Action": "a:B", "Resource": "*"})"), "RAM048") !=
        nullptr);
  // What no JSON reader gets through is told once, with the key before it.
  const auto both = lint_text(R"({"Version": "1", "Version": "2", "Statement": [}})");
  CHECK(ids_of(both) == std::vector<std::string>{"RAM002", "RAM001"});
}

TEST_CASE("the order of findings is the same every time", "[ram][lint]") {
  std::string text;
  for (const Row& row : rows()) {
    if (row.shows.front() == '{' && row.shows.find("\"Version\"") == std::string::npos &&
        row.shows.find("\"Statement\"") == std::string::npos)
      text += (text.empty() ? "" : ", ") + row.shows;
  }
  const auto first = lint_text(text);
  const auto second = lint_text(text);
  REQUIRE(first.size() > 100);
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].rule == second[i].rule);
    CHECK(first[i].message == second[i].message);
    CHECK(first[i].pointer == second[i].pointer);
    if (i > 0) CHECK(first[i - 1].offset <= first[i].offset);
  }
}

TEST_CASE("large and odd documents get an answer", "[ram][lint]") {
  std::string statements;
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    statements += (i > 0 ? ", " : "") + allow("\"ecs:Do" + n + "\"", "\"acs:ecs:*:*:instance/i-" + n + "\"");
  }
  const auto many = lint_text(statements + ", " + allow(R"("ecs:Do77")", R"("acs:ecs:*:*:instance/i-77")"));
  REQUIRE(find_rule(many, "RAM053") != nullptr);
  CHECK(find_rule(many, "RAM053")->pointer == "/Statement/10000");
  CHECK(find_rule(many, "RAM060")->severity == Severity::kError);

  const auto deep =
      lint_text(R"({"Version": "1", "Statement": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
  REQUIRE(ids_of(deep) == std::vector<std::string>{"RAM001"});
  CHECK_THAT(deep[0].message, Catch::Matchers::Contains("nesting beyond 64 levels"));

  std::string keys;
  for (int i = 0; i < 500; ++i) keys += R"("Effect": "Allow", )";
  const auto repeated = lint_text("{" + keys + R"("Action": "a:B", "Resource": "*"})");
  CHECK(repeated.size() <= 40);
  CHECK(repeated.back().rule->id == "RAM002");
  CHECK_THAT(repeated.back().message, Catch::Matchers::Contains("nothing else"));

  for (const char* odd : {"", " ", "null", "{}", "[]", "\xff", "\xef\xbb\xbf{}"}) {
    CAPTURE(odd);
    const auto findings = lint_text(odd);
    REQUIRE_FALSE(findings.empty());
    CHECK(findings.front().severity == Severity::kError);
  }
}

TEST_CASE("the vectors that RAM refuses get an error, the others none", "[ram][lint][vectors]") {
  std::ifstream in(std::string(IMAGEWARDEN_SOURCE_DIR) + "/tests/data/ram-vectors.jsonl");
  std::string line;
  std::size_t refused = 0;
  std::size_t good = 0;
  while (std::getline(in, line)) {
    const auto vector = nlohmann::json::parse(line);
    const bool invalid = vector.value("not_evaluable", false);
    std::size_t errors = 0;
    const auto count = [&](const nlohmann::json& policies, PolicyKind kind) {
      for (const auto& policy : policies) {
        for (const Finding& finding : lint_text(policy.dump(), kind))
          errors += finding.severity == Severity::kError ? 1U : 0U;
      }
    };
    count(vector.value("identity", nlohmann::json::array()), PolicyKind::kIdentity);
    count(vector.value("session", nlohmann::json::array()), PolicyKind::kSession);
    for (const auto& level : vector.value("control_levels", nlohmann::json::array()))
      count(level, PolicyKind::kControl);
    CAPTURE(vector["id"].get<std::string>());
    CHECK((errors > 0) == invalid);
    (invalid ? refused : good) += 1;
  }
  CHECK(refused == 4);
  CHECK(good == 48);
}

}  // namespace
}  // namespace imagewarden::ram
