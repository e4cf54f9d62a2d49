#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

Decision decide(const World& world, std::string_view id, std::string_view principal = "user/alice",
                const rules::Ruleset& ruleset = built_in_rules()) {
  const Snapshot snapshot = world.read();
  return decider(snapshot, ruleset, question(principal)).decide_image(id);
}

World world_with(const std::vector<std::string>& images) {
  World world;
  world.images(images);
  return world;
}

}  // namespace

TEST_CASE("an image that nothing holds is allowed, with its effects", "[decide]") {
  World world = world_with(
      {image("img-1", "CloudDesktop", R"(,"ImageRegionDistributeList":[{"RegionId":"cn-b","Status":"AVAILABLE"}])")});
  world.permission("img-1", "");
  world.list("DescribeTemplates.json", "Data",
             {R"({"TemplateId":"t-2","ImageId":"img-1","TemplateType":"USER_TEMPLATE"})",
              R"({"TemplateId":"t-1","ImageId":"img-1","TemplateType":"USER_TEMPLATE"})",
              R"({"TemplateId":"t-3","ImageId":"img-1","TemplateType":"SYSTEM_TEMPLATE"})"});
  world.set("DescribeDesktops.RegionId=cn-a.json",
            R"({"Desktops":[{"DesktopId":"d-1","ImageId":"img-1","DesktopStatus":"Stopped"},
      {"DesktopId":"d-2","ImageId":"img-1","DesktopStatus":"Deleted"}],"TotalCount":2})");
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kAllow);
  CHECK(decision.code == "200");
  CHECK(decision.http_status == 200);
  CHECK(decision.possible_codes == std::vector<std::string>{"200"});
  CHECK(decision.effects.regions == std::vector<std::string>{"cn-a", "cn-b"});
  CHECK(decision.effects.templates == std::vector<std::string>{"t-1", "t-2"});
  CHECK(decision.effects.cloud_computers == std::vector<std::string>{"d-1"});
  CHECK(decision.image_name == "Image img-1");
  CHECK(decision.permission.decision == "allow");
  CHECK(decision.permission.statements.front().statement == "System/AliyunAppStreamingFullAccess#0");
}

TEST_CASE("what decisions of a caller share is what would be written of each", "[decide][json]") {
  World world = world_with({image("img-1", "CloudDesktop"), image("img-2", "CloudDesktop"), image("img-3")});
  world.permission("img-1", "");
  world.permission("img-2", R"("2000000000000002")");
  std::size_t plain = 0;
  for (const char* id : {"img-1", "img-2", "img-3", "img-4"}) {
    Decision decision = decide(world, id);
    const std::string with = decision_document(decision);
    if (is_plain(decision)) ++plain;
    REQUIRE(decision.form != nullptr);
    decision.form.reset();
    CHECK(decision_document(decision) == with);
  }
  CHECK(plain == 1);
}

TEST_CASE("a decision described in the place of another is the same as a new one", "[decide]") {
  World world = world_with({image("img-1", "CloudDesktop"), image("img-2", "CloudDesktop"), image("img-3")});
  world.permission("img-1", "");
  world.permission("img-2", R"("2000000000000002")");
  const Snapshot snapshot = world.read();
  const rules::Ruleset rules = built_in_rules();
  const Decider alice = decider(snapshot, rules, question("user/alice"));
  const Decider bob = decider(snapshot, rules, question("user/bob"));
  const Decider root = decider(snapshot, rules, question("root"));
  Decision decision;
  for (const char* id : {"img-1", "img-2", "img-4", "img-1", "img-3", "img-2"}) {
    for (const Decider* one : {&alice, &bob, &root, &root}) {
      const auto row = snapshot.find_image(one->account(), id);
      if (row) {
        one->describe(*row, one->decide(*row), decision);
      } else {
        one->describe_missing(id, one->decide_missing(id), decision);
      }
      CHECK(decision_document(decision) == decision_document(one->decide_image(id)));
    }
  }
}

TEST_CASE("a violation says what it rests on and what to do", "[decide]") {
  World world = world_with({image("img-1")});
  world.permission("img-1", R"("2000000000000002","3000000000000003")");
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels",
             {R"({"AppInstanceGroupId":"aig-1","AppCenterImageId":"img-1"})"});
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kDeny);
  CHECK(decision.code == "ImageDeleteFailed.HasSharedImage");
  CHECK(decision.http_status == 400);
  CHECK(decision.message == "The shared image is not allowed to be deleted.");
  REQUIRE(rules_of(decision.violations) == std::vector<std::string>{"not-shared-out", "not-in-use"});
  const Finding& shared = decision.violations[0];
  CHECK(shared.basis == rules::Basis::kInferred);
  REQUIRE(shared.evidence.size() == 2);
  CHECK(shared.evidence[0].fact == "image:SharedWith");
  CHECK(shared.evidence[0].values == std::vector<std::string>{"2000000000000002"});
  CHECK(shared.evidence[0].source == "DescribeImagePermission.ImageId=img-1.json#/AliUids/0");
  CHECK(shared.remedy ==
        "stop sharing `img-1` (shared with: 2000000000000002, 3000000000000003), e.g. with ecd ModifyImagePermission "
        "and RemoveAccount, then delete it");
  CHECK(decision.violations[1].evidence[0].source ==
        "ListAppInstanceGroup.json#/AppInstanceGroupModels/0/AppCenterImageId");
}

TEST_CASE("one documented reason makes a finding documented", "[decide]") {
  World world = world_with(
      {image("img-1", "CloudApp", R"(,"ImageRegionDistributeList":[{"RegionId":"cn-b","Status":"CREATING"}])")});
  world.permission("img-1", "");
  CHECK(decide(world, "img-1").violations.front().basis == rules::Basis::kInferred);
  std::string creating =
      image("img-1", "CloudApp", R"(,"ImageRegionDistributeList":[{"RegionId":"cn-b","Status":"CREATING"}])");
  creating.replace(creating.find("AVAILABLE"), 9, "CREATING");
  world.images({creating});
  const Finding finding = decide(world, "img-1").violations.front();
  CHECK(finding.basis == rules::Basis::kDocumented);
  CHECK(finding.evidence.size() == 2);
  CHECK(finding.evidence[1].source == "ListImage.json#/Data/0/ImageRegionDistributeList/0/Status");
}

TEST_CASE("what is missing is unknown and named", "[decide]") {
  struct Row {
    const char* why;
    const char* product;
    const char* missing;
    const char* rule;
    std::vector<std::string> needs;
    const char* because;
  };
  const auto row = GENERATE(values<Row>({
      {"delivery groups of a cloud application",
       "CloudApp",
       "ListAppInstanceGroup.json",
       "not-in-use",
       {"ListAppInstanceGroup"},
       "not exported"},
      {"workstations of a workstation image",
       "WuyingServer",
       "ListWuyingServer.json",
       "not-in-use",
       {"ListWuyingServer"},
       "not exported"},
      {"pools of a cloud desktop image",
       "CloudDesktop",
       "DescribeDesktopGroups.RegionId=cn-a.json",
       "no-cloud-computer-pool",
       {"DescribeDesktopGroups RegionId=cn-a"},
       "not exported"},
      {"whom it is shared with",
       "CloudApp",
       "DescribeImagePermission.ImageId=img-1.json",
       "not-shared-out",
       {"DescribeImagePermission ImageId=img-1"},
       "not exported"},
      {"the caller's policies",
       "CloudApp",
       "ListPoliciesForUser.UserName=alice.json",
       "permission",
       {"ListPoliciesForUser UserName=alice"},
       "policies of user/alice: ListPoliciesForUser UserName=alice is not exported"},
      {"the caller's groups",
       "CloudApp",
       "ListGroupsForUser.UserName=alice.json",
       "permission",
       {"ListGroupsForUser UserName=alice"},
       "policies of groups of user/alice: ListGroupsForUser UserName=alice is not exported"},
  }));
  CAPTURE(row.why);
  World world = world_with({image("img-1", row.product)});
  world.permission("img-1", "");
  CHECK(decide(world, "img-1").outcome == Outcome::kAllow);
  world.erase(row.missing);
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kIndeterminate);
  CHECK(decision.code.empty());
  CHECK_FALSE(decision.http_status.has_value());
  CHECK(decision.possible_codes.back() == "200");
  REQUIRE(rules_of(decision.unknowns) == std::vector<std::string>{row.rule});
  CHECK(decision.unknowns[0].needs == row.needs);
  CHECK(decision.unknowns[0].because == row.because);
}

TEST_CASE("lists of other product lines need not be there", "[decide]") {
  const auto product = GENERATE("CloudApp", "WuyingServer", "CloudDesktop");
  World world = world_with({image("img-1", product)});
  world.permission("img-1", "");
  const std::string name = product;
  if (name != "CloudApp") world.erase("ListAppInstanceGroup.json");
  if (name != "WuyingServer") world.erase("ListWuyingServer.json");
  if (name != "CloudDesktop") {
    world.erase("DescribeDesktopGroups.RegionId=cn-a.json");
    world.erase("DescribeTemplates.json");
  }
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kAllow);
  CHECK(decision.effects.templates == std::vector<std::string>{});
}

TEST_CASE("the first violated rule decides; unknown ones before it are possible codes", "[decide]") {
  World world = world_with({image("img-1")});
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels",
             {R"({"AppInstanceGroupId":"aig-1","AppCenterImageId":"img-1"})"});
  world.erase("ListPoliciesForUser.UserName=alice.json");
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kDeny);
  CHECK(decision.code == "ImageDeleteFailed.NotAllow");
  CHECK(decision.possible_codes ==
        std::vector<std::string>{"ImageDeleteFailed.NotAllow", "NoPermission", "ImageDeleteFailed.HasSharedImage"});
  CHECK(rules_of(decision.unknowns) == std::vector<std::string>{"permission", "not-shared-out"});
}

TEST_CASE("an id that the account does not have", "[decide]") {
  World world = world_with({image("img-1")});
  const Decision missing = decide(world, "img-2", "user/bob");
  CHECK(missing.code == "NoPermission");
  CHECK(missing.http_status == 403);
  CHECK(rules_of(missing.violations) == std::vector<std::string>{"permission", "exists"});
  CHECK_FALSE(missing.effects.templates.has_value());
  CHECK(decide(world, "").code == "Image.NotExist");
  CHECK(decide(world, "m-1").code == "Image.NotExist");

  world.erase("DescribeImages.RegionId=cn-b.json");
  CHECK(decide(world, "img-2").code == "Image.NotExist");
  const Decision open = decide(world, "m-1");
  CHECK(open.outcome == Outcome::kIndeterminate);
  CHECK(open.unknowns.front().needs == std::vector<std::string>{"DescribeImages RegionId=cn-b"});
  world.erase("ListImage.json");
  CHECK(decide(world, "img-2").unknowns.front().needs == std::vector<std::string>{"ListImage"});
  CHECK(decide(world, "").code == "Image.NotExist");
}

TEST_CASE("values that no rule knows are unknown, not allowed", "[decide]") {
  std::string odd = image("img-1");
  odd.replace(odd.find("AVAILABLE"), 9, "PAUSED");
  World world = world_with({odd});
  world.permission("img-1", "");
  const Decision decision = decide(world, "img-1");
  CHECK(decision.outcome == Outcome::kIndeterminate);
  REQUIRE(rules_of(decision.unknowns) == std::vector<std::string>{"not-creating"});
  CHECK(decision.unknowns[0].because == "image:Status `PAUSED` is no value that the rule knows");
  CHECK(decision.unknowns[0].evidence.front().source == "ListImage.json#/Data/0/Status");
}

TEST_CASE("guards deny what the API would allow, and only then", "[decide][guards]") {
  World world = world_with({image("img-1", "CloudApp", R"(,"TagList":[{"Key":"keep","Value":"yes"}])")});
  world.permission("img-1", "");
  const rules::Ruleset ruleset = with_guards(guard("keep", R"({"StringEquals":{"image:Tag/keep":"yes"}})"));
  const Decision kept = decide(world, "img-1", "user/alice", ruleset);
  CHECK(kept.outcome == Outcome::kDeny);
  CHECK(kept.code == "Guard.keep");
  CHECK_FALSE(kept.http_status.has_value());
  CHECK(kept.message == "because");
  CHECK(kept.violations.empty());
  REQUIRE(rules_of(kept.guards) == std::vector<std::string>{"keep"});
  CHECK(kept.guards[0].remedy == "change yes");
  CHECK(kept.guards[0].evidence[0].source == "ListImage.json#/Data/0/TagList/0/Value");
  const Decision denied = decide(world, "img-1", "user/bob", ruleset);
  CHECK(denied.code == "NoPermission");
  CHECK(rules_of(denied.guards) == std::vector<std::string>{"keep"});
}

TEST_CASE("batches decide like single requests, at every alignment", "[decide]") {
  std::vector<std::string> images;
  for (int i = 0; i < 150; ++i) {
    std::string one = image("img-" + std::to_string(1000 + i), i % 3 == 0 ? "CloudDesktop" : "CloudApp");
    if (i % 5 == 0) one.replace(one.find("AVAILABLE"), 9, "CREATING");
    if (i % 7 == 0) one.replace(one.find("\"User\""), 6, "\"System\"");
    images.push_back(one);
  }
  World world = world_with(images);
  for (int i = 0; i < 150; i += 4) world.permission("img-" + std::to_string(1000 + i), i % 8 == 0 ? "\"9\"" : "");
  const Snapshot snapshot = world.read();
  const rules::Ruleset ruleset = built_in_rules();
  const Decider one = decider(snapshot, ruleset, question());
  std::vector<Verdict> single;
  for (std::uint32_t row = 0; row < 150; ++row) single.push_back(one.decide(ImageRow{row}));
  CHECK(std::count_if(single.begin(), single.end(),
                      [](const Verdict& verdict) { return verdict.outcome == Outcome::kAllow; }) > 0);
  for (const std::size_t first : {0U, 1U, 63U, 64U, 65U, 100U}) {
    for (const std::size_t count : {0U, 1U, 49U, 50U}) {
      std::vector<Verdict> batch(count);
      one.decide(ImageRow{static_cast<std::uint32_t>(first)}, batch);
      CHECK(std::equal(batch.begin(), batch.end(), single.begin() + static_cast<std::ptrdiff_t>(first)));
    }
  }
  const std::vector<ImageRow> picked{{149}, {3}, {4}, {5}, {0}, {0}, {70}};
  std::vector<Verdict> verdicts(picked.size());
  one.decide(picked, verdicts);
  for (std::size_t i = 0; i < picked.size(); ++i) CHECK(verdicts[i] == single[picked[i].value]);
}

TEST_CASE("the digest of a request names everything that the answer depends on", "[decide]") {
  World world = world_with({image("img-1")});
  const Snapshot snapshot = world.read();
  const rules::Ruleset ruleset = built_in_rules();
  const Question asked = question();
  const std::string base = decider(snapshot, ruleset, asked).request_digest("img-1");
  CHECK(base == decider(snapshot, ruleset, asked).request_digest("img-1"));
  CHECK(base != decider(snapshot, ruleset, asked).request_digest("img-2"));
  CHECK(base != decider(snapshot, ruleset, question("user/bob")).request_digest("img-1"));
  Question other = asked;
  other.strict = true;
  CHECK(base != decider(snapshot, ruleset, other).request_digest("img-1"));
  other = asked;
  other.now.unix_us += 1;
  CHECK(base != decider(snapshot, ruleset, other).request_digest("img-1"));
  Question given = asked;
  given.context.add_value("acs:SourceIp", "1.2.3.4");
  Question absent = asked;
  absent.context.set_absent("acs:SourceIp");
  CHECK(decider(snapshot, ruleset, given).request_digest("img-1") !=
        decider(snapshot, ruleset, absent).request_digest("img-1"));
}
