// Patterns of actions and resources, compared plainly, by each reading; the pseudo-keys.

#include <catch2/catch.hpp>

#include "engine/ram/matching.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

Readings with(Reading reading, std::uint8_t choice = 1) {
  Readings readings;
  readings.set(reading, choice);
  return readings;
}

const Statement& first_of(const std::shared_ptr<const Document>& document) { return document->statements.front(); }

bool resource_fits(const std::string& pattern, const std::string& resource, const Readings& readings = {}) {
  const auto document =
      test::parse(test::document_of(R"({"Effect": "Allow", "Action": "*", "Resource": ")" + pattern + "\"}"), readings);
  Request request;
  request.resource = resource;
  request.level = ResourceLevel::kResource;
  return resource_matches(first_of(document), request, readings);
}

TEST_CASE("actions are compared without regard to case", "[ram][matching][table]") {
  struct Row {
    const char* pattern;
    const char* action;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"appstreaming:DeleteImage", "appstreaming:deleteimage", true},
      {"AppStreaming:DELETE*", "appstreaming:deleteimage", true},
      {"*", "appstreaming:deleteimage", true},
      {"*:Delete*", "appstreaming:deleteimage", true},
      {"appstreaming:Delete?mage", "appstreaming:deleteimage", true},
      {"appstreaming:DeleteImage?", "appstreaming:deleteimage", false},
      {"appstreaming:Delete", "appstreaming:deleteimage", false},
      {"appstream:*", "appstreaming:deleteimage", false},
  }));
  CAPTURE(row.pattern);
  const auto named = test::parse(test::document_of(test::allow(row.pattern)));
  CHECK(action_matches(first_of(named), row.action) == row.want);
  const auto excluded = test::parse(
      test::document_of(R"({"Effect": "Allow", "Resource": "*", "NotAction": ")" + std::string(row.pattern) + "\"}"));
  CHECK(action_matches(first_of(excluded), row.action) != row.want);
}

TEST_CASE("resources", "[ram][matching][table]") {
  struct Row {
    const char* why;
    const char* pattern;
    const char* resource;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"everything", "*", "acs:ecs:cn-hangzhou:1:instance/i-1", true},
      {"a narrow pattern is not `*`", "acs:appstreaming:*:*:*", "*", false},
      {"`*` is matched by `*`", "**", "*", true},
      {"exact", "acs:ecs:cn-hangzhou:1:instance/i-1", "acs:ecs:cn-hangzhou:1:instance/i-1", true},
      {"crosses `/`", "acs:oss:*:*:b*", "acs:oss:oss-cn-hangzhou:1:bucket/dir/file", true},
      {"crosses `:`", "acs:ecs:*", "acs:ecs:cn-hangzhou:1:instance/i-1", true},
      {"case counts", "acs:oss:*:*:Bucket", "acs:oss:oss-cn-hangzhou:1:bucket", false},
      {"but not of the service", "acs:OSS:*:*:bucket", "acs:oss:oss-cn-hangzhou:1:bucket", true},
      {"nor in the request", "acs:oss:*:*:bucket", "acs:Oss:oss-cn-hangzhou:1:bucket", true},
      {"a service that its wildcard ends", "acs:O*:Bucket", "acs:oss:oss-cn-hangzhou:1:Bucket", true},
      {"empty region and account", "acs:oss:::bucket", "acs:oss:oss-cn-hangzhou:1:bucket", true},
      {"empty account alone", "acs:ecs:cn-hangzhou::*", "acs:ecs:cn-hangzhou:1:instance/i-1", true},
      {"another region", "acs:ecs:cn-beijing::*", "acs:ecs:cn-hangzhou:1:instance/i-1", false},
      {"too short to have both", "acs:oss::bucket", "acs:oss:x:bucket", false},
      {"an empty relative id is literal", "acs:oss:*:*:", "acs:oss:x:1:bucket", false},
      {"one character", "acs:ecs:*:*:instance/i-?", "acs:ecs:cn-hangzhou:1:instance/i-1", true},
      {"one character is not two", "acs:ecs:*:*:instance/i-?", "acs:ecs:cn-hangzhou:1:instance/i-12", false},
  }));
  CAPTURE(row.why, row.pattern, row.resource);
  CHECK(resource_fits(row.pattern, row.resource) == row.want);
}

TEST_CASE("the readings of resources", "[ram][matching][readings]") {
  const Readings any_case = with(Reading::kResourceCase);
  CHECK(resource_fits("acs:oss:*:*:Bucket", "acs:oss:x:1:bUCKET", any_case));
  CHECK(resource_fits("acs:oss:::Bucket", "acs:oss:x:1:bUCKET", any_case));

  const Readings stops = with(Reading::kWildcardCrossing);
  CHECK(resource_fits("*", "acs:ecs:x:1:instance/i-1", stops));
  CHECK_FALSE(resource_fits("acs:ecs:*", "acs:ecs:x:1:instance/i-1", stops));
  CHECK_FALSE(resource_fits("acs:oss:*:*:b*", "acs:oss:x:1:bucket/file", stops));
  CHECK(resource_fits("acs:oss:*:*:b*/*", "acs:oss:x:1:bucket/file", stops));
  CHECK_FALSE(resource_fits("acs:oss:x:1:a?b", "acs:oss:x:1:a/b", stops));
  CHECK(resource_fits("acs:oss:x:1:a?b",
                      "acs:oss:x:1:a\xc3\xa9"
                      "b",
                      stops));
  CHECK(resource_fits("acs:oss:x:1:*a*b", "acs:oss:x:1:aXaYb", stops));

  const Readings literal = with(Reading::kEmptyArnSegment);
  CHECK_FALSE(resource_fits("acs:oss:::bucket", "acs:oss:x:1:bucket", literal));
  CHECK(resource_fits("acs:oss:::bucket", "acs:oss:::bucket", literal));
}

TEST_CASE("an action without a resource level is authorized on the string `*`", "[ram][matching]") {
  Request request;
  request.resource = "acs:appstreaming:cn-hangzhou:1:image/img-1";
  request.level = ResourceLevel::kAllResources;
  CHECK(authorization_resource(request) == "*");
  request.level = ResourceLevel::kUnknown;
  CHECK(authorization_resource(request) == request.resource);
  request.level = ResourceLevel::kResource;
  CHECK(authorization_resource(request) == request.resource);
}

TEST_CASE("a narrow Deny on such an action is a reading", "[ram][matching][readings]") {
  const std::string narrow = R"("Action": "*", "Resource": "acs:appstreaming:*:*:image/*"})";
  const std::string complement = R"({"Effect": "Deny", "Action": "*", "NotResource": "*"})";
  Request request;
  request.level = ResourceLevel::kAllResources;
  for (const std::uint8_t choice : {std::uint8_t{0}, std::uint8_t{1}}) {
    const Readings readings = with(Reading::kDenyNarrowResource, choice);
    const auto document = test::parse(test::document_of(R"({"Effect": "Deny", )" + narrow +
                                                        R"(, {"Effect": "Allow", )" + narrow + ", " + complement));
    CHECK(resource_matches(document->statements[0], request, readings) == (choice == 1));
    CHECK_FALSE(resource_matches(document->statements[1], request, readings));
    CHECK_FALSE(resource_matches(document->statements[2], request, readings));
  }
}

TEST_CASE("normal forms", "[ram][matching]") {
  CHECK(normal_resource_pattern("acs:ECS:Cn::Image/X", {}) == "acs:ecs:Cn:*:Image/X");
  CHECK(normal_resource_pattern("*", {}) == "*");
  CHECK(normal_resource_pattern("acs:Ecs", {}) == "acs:ecs");
  CHECK(normal_resource_pattern("acs:E*Bucket", {}) == "acs:e*Bucket");
  CHECK_FALSE(needs_normal_form("acs:ecs:Cn:1:Image", {}));
  CHECK(needs_normal_form("acs:ECS:cn:1:image", {}));
  CHECK(needs_normal_form("acs:ecs:Cn:1:image", with(Reading::kResourceCase)));
  std::string out = "acs:ECS:Cn:1:Image";
  write_normal_resource(out, {}, out.data());
  CHECK(out == "acs:ecs:Cn:1:Image");
  CHECK_FALSE(takes_everything(""));
  CHECK(takes_everything("**"));
  CHECK_FALSE(takes_everything("*?"));
}

TEST_CASE("the pseudo-keys hold the request's action and resource", "[ram][matching][readings]") {
  const auto result = [](const std::string& condition, ResourceLevel level, const Readings& readings) {
    const auto document = test::parse(test::document_of(test::allow("*", R"(, "Condition": )" + condition)), readings);
    Request request;
    request.action = "ecs:StopInstance";
    request.resource = "acs:ecs:x:1:instance/i-1";
    request.level = level;
    return evaluate_atom(first_of(document).condition.atoms.front(), request, readings);
  };
  const auto level = ResourceLevel::kResource;
  CHECK(result(R"({"StringEquals": {"Action": "ecs:StopInstance"}})", level, {}) == Tri::kTrue);
  CHECK(result(R"({"StringLike": {"action": ["oss:*", "ecs:*"]}})", level, {}) == Tri::kTrue);
  CHECK(result(R"({"StringNotLike": {"Action": "ecs:*"}})", level, {}) == Tri::kFalse);
  CHECK(result(R"({"StringLike": {"Resource": "acs:ecs:*"}})", level, {}) == Tri::kTrue);
  CHECK(result(R"({"StringEquals": {"Resource": "*"}})", ResourceLevel::kAllResources, {}) == Tri::kTrue);
  CHECK(result(R"({"NumericEquals": {"Action": "1"}})", level, {}) == Tri::kFalse);
  const Readings absent = with(Reading::kPseudoKeys);
  CHECK(result(R"({"StringEquals": {"Action": "ecs:StopInstance"}})", level, absent) == Tri::kFalse);
  CHECK(result(R"({"StringNotLike": {"Action": "ecs:*"}})", level, absent) == Tri::kTrue);
}

}  // namespace
}  // namespace imagewarden::ram
