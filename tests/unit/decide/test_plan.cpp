// Plans of small worlds: order, what a deletion frees, the smallest set of steps. tests/property carries plans out.

#include "engine/decide/plan.h"

#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

struct Planned {
  Snapshot snapshot;
  rules::Ruleset ruleset;
  std::optional<Decider> decided;
  Plan plan;

  Planned(const World& world, rules::Ruleset rules) : snapshot(world.read()), ruleset(std::move(rules)) {
    decided.emplace(decider(snapshot, ruleset, question()));
    std::vector<ImageRow> rows;
    for (std::uint32_t i = 0; i < snapshot.images().rows(); ++i) rows.push_back({i});
    std::vector<Verdict> verdicts(rows.size());
    decided->decide(rows, verdicts);
    plan = make_plan(snapshot, *decided, rows, verdicts);
  }
  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;

  // `img-1 deny -> allow: unshare 5005`, one a line.
  [[nodiscard]] std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < plan.images.size(); ++i) {
      const PlannedImage& image = plan.images[i];
      out += std::string(snapshot.text(snapshot.images().id[image.row.value])) + " ";
      out += std::string(to_string(image.in_turn.outcome)) + " -> " + std::string(to_string(image.after.outcome));
      for (const PlanStep& step : steps_of(snapshot, plan, i)) {
        out += "; " + std::string(to_string(step.repair));
        for (const std::string_view subject : step.subjects) out += " " + std::string(subject);
      }
      out += "\n";
    }
    return out;
  }
};

std::string community(const std::string& id, const std::string& parent) {
  return R"({"ImageId":")" + id + R"(","AliUid":1000000000000001,"ImageType":"Community","Status":"AVAILABLE",)" +
         R"("ProductType":"CloudApp","ImageRegionList":["cn-a"],"ParentImageId":")" + parent + R"("})";
}

rules::Ruleset community_rules() {
  const rules::RuleSource source{
      "community.json",
      R"({"schema":"imagewarden-rules/1","name":"community","version":"1","operation":"appstreaming:DeleteImage",
          "override":[{"id":"custom","when":[{"condition":{"StringEquals":{"image:ImageType":"System"}}}]}]})"};
  auto loaded = rules::Ruleset::load({&source, 1});
  INFO((loaded ? std::string{} : loaded.error().message));
  REQUIRE(loaded.has_value());
  return std::move(*loaded);
}

}  // namespace

TEST_CASE("a plan: each kind of step, and none in vain", "[plan]") {
  World world;
  world.images({image("img-free"), image("img-group"), image("img-shared"), image("img-pool", "CloudDesktop"),
                image("img-server", "WuyingServer"), image("img-new", "CloudApp", R"(,"ImageRegionDistributeList":[
                  {"RegionId":"cn-a","Status":"CREATING"}])"),
                R"({"ImageId":"img-system","ImageType":"System","Status":"AVAILABLE","ProductType":"CloudApp"})"});
  for (const std::string id : {"img-free", "img-group", "img-pool", "img-server", "img-new"}) world.permission(id, "");
  world.permission("img-shared", "5005,6006");
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels",
             {R"({"AppInstanceGroupId":"aig-1","AppCenterImageId":"img-group"})",
              R"({"AppInstanceGroupId":"aig-2","AppCenterImageId":"img-group"})",
              R"({"AppInstanceGroupId":"aig-3","AppCenterImageId":"img-system"})"});
  world.list("ListWuyingServer.json", "WuyingServerList", {R"({"WuyingServerId":"ws-1","ImageId":"img-server"})"});
  world.set("DescribeDesktopGroups.RegionId=cn-a.json",
            R"({"DesktopGroups":[{"DesktopGroupId":"dg-1","ImageId":"img-pool"}],"NextToken":""})");
  world.set("DescribeDesktops.RegionId=cn-a.json",
            R"({"Desktops":[{"DesktopId":"ecd-1","DesktopGroupId":"dg-1","ImageId":"img-pool"}],"TotalCount":1})");
  const Planned planned(world, built_in_rules());
  CHECK(planned.text() ==
        "img-free allow -> allow\n"
        "img-group deny -> allow; release-delivery-group aig-1; release-delivery-group aig-2\n"
        "img-shared deny -> allow; unshare 5005 6006\n"
        "img-pool deny -> allow; release-pool dg-1\n"
        "img-server deny -> allow; release-workstation ws-1\n"
        "img-new deny -> allow; wait-until-created img-new\n"
        "img-system deny -> deny\n");
  const auto steps = steps_of(planned.snapshot, planned.plan, 3);
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].operation == "DeleteDesktopGroup");
  CHECK(steps[0].parameters.front() == std::pair<std::string, std::string_view>("RegionId", "cn-a"));

  const PlanTotals now = totals_of(planned.snapshot, planned.plan, PlanWorld::kInTurn);
  CHECK(now.images == 1);
  CHECK(now.copies == 1);
  const PlanTotals after = totals_of(planned.snapshot, planned.plan, PlanWorld::kAfter);
  CHECK(after.images == 6);
  CHECK(after.size_unknown == 6);
  CHECK(after.regions == std::vector<std::string_view>{"cn-a"});
}

TEST_CASE("a plan: what a guard leaves as a choice is done the cheaper way", "[plan]") {
  World world;
  world.images({image("img-1")});
  world.permission("img-1", "5005");
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels",
             {R"({"AppInstanceGroupId":"aig-1","AppCenterImageId":"img-1"})"});
  // Both built-in rules off: only the guard stands, and either step meets it.
  const rules::RuleSource source{
      "choice.json",
      R"({"schema":"imagewarden-rules/1","name":"choice","version":"1","operation":"appstreaming:DeleteImage",
          "override":[{"id":"not-shared-out","when":[{"condition":{"StringEquals":{"image:Id":"none"}}}]},
                      {"id":"not-in-use","when":[{"condition":{"StringEquals":{"image:Id":"none"}}}]}],
          "guards":[{"id":"used-and-shared","explanation":"because","remedy":"do",
            "when":[{"condition":{"StringLike":{"image:DeliveryGroups":"*","image:SharedWith":"*"}}}]}]})"};
  const auto load = [&] {
    auto loaded = rules::Ruleset::load({&source, 1});
    INFO((loaded ? std::string{} : loaded.error().message));
    REQUIRE(loaded.has_value());
    return std::move(*loaded);
  };
  CHECK(Planned(world, load()).text() == "img-1 deny -> allow; unshare 5005\n");
  std::string many = "5005";
  for (int i = 0; i < 60; ++i) many += "," + std::to_string(7000 + i);
  world.permission("img-1", many);  // two calls
  CHECK(Planned(world, load()).text() == "img-1 deny -> allow; release-delivery-group aig-1\n");
}

TEST_CASE("a plan: a community image stands before what it was made from", "[plan]") {
  World world;
  world.images({image("img-1"), community("img-2", "img-1"), community("img-3", "img-2"), image("img-4")});
  for (const std::string id : {"img-1", "img-2", "img-3", "img-4"}) world.permission(id, "");
  CHECK(Planned(world, community_rules()).text() ==
        "img-3 allow -> allow\nimg-2 allow -> allow\nimg-1 allow -> allow\nimg-4 allow -> allow\n");
  // By the rules as they are community images stay.
  CHECK(Planned(world, built_in_rules()).text() ==
        "img-3 deny -> deny\nimg-2 deny -> deny\nimg-1 deny -> allow; withdraw-community-image img-2\n"
        "img-4 allow -> allow\n");
  // One that needs a step frees its parent only then.
  world.permission("img-3", "5005");
  CHECK(Planned(world, community_rules()).text() ==
        "img-3 deny -> allow; unshare 5005\nimg-2 deny -> allow\nimg-1 deny -> allow\nimg-4 allow -> allow\n");
  // A circle ends.
  world.images({community("img-1", "img-2"), community("img-2", "img-1")});
  CHECK(Planned(world, community_rules()).plan.images.size() == 2);
}

TEST_CASE("a plan: steps lead no further than what is known", "[plan]") {
  World world;
  world.images({image("img-1")});
  world.permission("img-1", "5005");
  world.erase("ListAppInstanceGroup.json");
  CHECK(Planned(world, built_in_rules()).text() == "img-1 deny -> indeterminate; unshare 5005\n");
}
