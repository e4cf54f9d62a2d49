// Missing exports as commands: ready to be typed, and harmless whatever the export names.

#include <catch2/catch.hpp>

#include "cli/command.h"

using namespace imagewarden::cli;

TEST_CASE("a missing export as a command", "[cli][command][table]") {
  struct Row {
    const char* why;
    const char* need;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"central list", "ListAppInstanceGroup",
       "aliyun appstream-center ListAppInstanceGroup --force --version 2021-09-01 --region cn-shanghai"},
      {"list of a region", "DescribeDesktopGroups RegionId=cn-hangzhou",
       "aliyun ecd DescribeDesktopGroups --force --version 2020-09-30 --region cn-hangzhou --RegionId cn-hangzhou"},
      {"one image", "DescribeImagePermission ImageId=img-1",
       "aliyun ecd DescribeImagePermission --force --version 2020-09-30 --ImageId img-1"},
      {"one user", "ListPoliciesForUser UserName=zhang.wei", "aliyun ram ListPoliciesForUser --UserName zhang.wei"},
      {"several parameters", "GetPolicy PolicyName=ops-images PolicyType=Custom",
       "aliyun ram GetPolicy --PolicyName ops-images --PolicyType Custom"},
      {"a shell sees one word", "DescribeImagePermission ImageId=a;rm -rf $HOME `x`",
       "aliyun ecd DescribeImagePermission --force --version 2020-09-30 --ImageId 'a;rm -rf $HOME `x`'"},
      {"a quote cannot end the word", "ListPoliciesForUser UserName=a'b",
       "aliyun ram ListPoliciesForUser --UserName 'a'\\''b'"},
      {"nothing is a word too", "DescribeImagePermission ImageId=",
       "aliyun ecd DescribeImagePermission --force --version 2020-09-30 --ImageId ''"},
      {"the account's regions", "account.json", "write account.json with AccountId and Regions, see docs/exports.md"},
      {"no operation", "acs:SourceIp", "acs:SourceIp"},
      {"an escape sequence cannot act in a terminal either", "DescribeImagePermission ImageId=a\x1b[2J'b\\",
       "aliyun ecd DescribeImagePermission --force --version 2020-09-30 --ImageId $'a\\x1b[2J\\x27b\\x5c'"},
      {"a value is no option", "ListPoliciesForUser UserName=--help",
       "aliyun ram ListPoliciesForUser --UserName=--help"},
  }));
  CAPTURE(row.why);
  CHECK(as_command(row.need) == row.want);
}
