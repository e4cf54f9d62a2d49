// The compiled predicates against the slow reading of the same facts: every fact, operators of every kind, images of
// every shape.

#include <random>

#include "engine/decide/fact_reader.h"
#include "engine/decide/findings.h"
#include "engine/decide/predicates.h"
#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

// An account whose images differ in everything that a fact can say, with lists that are cut off here and there.
World varied_world(std::mt19937& random) {
  const auto pick = [&](const std::vector<std::string>& choices) { return choices[random() % choices.size()]; };
  World world;
  std::vector<std::string> images;
  std::vector<std::string> groups;
  std::vector<std::string> servers;
  for (int i = 0; i < 130; ++i) {
    const std::string id = "img-" + std::to_string(i);
    std::string item = "{\"ImageId\":\"" + id + "\"";
    const auto add = [&](const char* field, const std::vector<std::string>& choices) {
      const std::string value = pick(choices);
      if (!value.empty()) item += std::string(",\"") + field + "\":" + value;
    };
    add("ImageName", {"", "\"golden\"", "\"test-1\"", "\"\""});
    add("AliUid", {"", "1000000000000001", "\"1000000000000001\"", "7"});
    add("ImageType", {"", "\"User\"", "\"User\"", "\"System\"", "\"Shared\"", "\"Community\"", "\"Odd\""});
    add("Status", {"", "\"AVAILABLE\"", "\"AVAILABLE\"", "\"CREATING\"", "\"INIT\"", "\"ODD\""});
    add("ProductType", {"", "\"CloudApp\"", "\"CloudDesktop\"", "\"WuyingServer\"", "\"Odd\""});
    add("ParentImageId", {"", "\"img-1\"", "\"img-2\""});
    add("BaseImageId", {"", "\"img-1\"", "\"img-3\""});
    add("SessionType", {"", "\"SINGLE_SESSION\"", "\"MULTIPLE_SESSION\""});
    add("BizType", {"", "1", "2"});
    add("SystemDiskSize", {"", "40", "80", "0"});
    add("GmtCreate", {"", "\"2026-11-23 10:00:00\"", "\"2026-10-25 16:00:00\"", "\"2026-10-25 15:59:59\"",
                      "\"2020-01-01 00:00:00\""});
    add("ImageRegionList", {"", "[]", "[\"cn-a\"]", "[\"cn-a\",\"cn-b\"]", "[\"cn-c\"]"});
    add("ImageRegionDistributeList",
        {"", "[]", "[{\"RegionId\":\"cn-b\"}]",
         "[{\"RegionId\":\"cn-b\",\"Status\":\"CREATING\"},{\"RegionId\":\"cn-a\",\"Status\":\"AVAILABLE\"}]"});
    add("TagList", {"", "[]", "[{\"Key\":\"keep\",\"Value\":\"yes\"}]", "[{\"Key\":\"Keep\",\"Value\":\"yes\"}]",
                    "[{\"Key\":\"keep\",\"Value\":\"no\"},{\"Key\":\"keep\",\"Value\":\"yes\"}]",
                    "[{\"Key\":\"owner\",\"Value\":\"\"}]"});
    images.push_back(item + "}");
    if (random() % 4 == 0)
      groups.push_back("{\"AppInstanceGroupId\":\"aig-" + std::to_string(i) + "\",\"AppCenterImageId\":\"" + id +
                       "\"}");
    if (random() % 4 == 0)
      servers.push_back("{\"WuyingServerId\":\"ws-" + std::to_string(i) + "\",\"ImageId\":\"" + id + "\"}");
    if (random() % 2 == 0) world.permission(id, random() % 2 == 0 ? "" : "\"8\",\"9\"");
  }
  world.images(images);
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels", groups);
  if (random() % 2 == 0)
    world.set("ListWuyingServer.json",
              "{\"TotalCount\":1000,\"WuyingServerList\":[{\"WuyingServerId\":\"ws-1\",\"ImageId\":\"img-1\"}]}");
  else
    world.list("ListWuyingServer.json", "WuyingServerList", servers);
  world.set(
      "DescribeImages.RegionId=cn-a.json",
      R"({"Images":[{"ImageId":"m-1","Name":"desk","ImageType":"CUSTOM","Status":"Available","SharedCount":0,"CreationTime":"2026-11-01T00:00Z","Size":50},
                {"ImageId":"m-2","ImageType":"CUSTOM","Status":"Creating","SharedCount":3},{"ImageId":"m-3","ImageType":"SHARED"},
                {"ImageId":"img-5","SharedCount":2},{"ImageId":"img-6","SharedCount":0}],"NextToken":""})");
  world.set(
      "DescribeDesktopGroups.RegionId=cn-a.json",
      R"({"DesktopGroups":[{"DesktopGroupId":"dg-1","ImageId":"m-1"},{"DesktopGroupId":"dg-2","ImageId":"img-7"}],"NextToken":""})");
  if (random() % 2 == 0) world.erase("DescribeDesktopGroups.RegionId=cn-b.json");
  world.set(
      "DescribeDesktops.RegionId=cn-a.json",
      R"({"Desktops":[{"DesktopId":"d-1","ImageId":"m-1","DesktopGroupId":"dg-1"},{"DesktopId":"d-2","ImageId":"img-8"}],"TotalCount":2})");
  world.list("DescribeTemplates.json", "Data",
             {R"({"TemplateId":"t-1","ImageId":"m-1","TemplateType":"USER_TEMPLATE"})"});
  if (random() % 2 == 0)
    world.set("DescribeTemplates.json", R"({"Code":"ServiceUnavailable","Message":"m","RequestId":"r"})");
  return world;
}

const std::vector<std::string>& conditions() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const rules::FactInfo& info : rules::fact_table()) {
      const std::string key(info.fact == rules::Fact::kTag ? std::string("image:Tag/keep") : std::string(info.key));
      const auto add = [&](const std::string& op, const std::string& values) {
        out.push_back("{\"" + op + "\":{\"" + key + "\":" + values + "}}");
      };
      switch (info.type) {
        case rules::FactType::kBool:
          add("Bool", "\"true\"");
          add("Bool", "\"false\"");
          break;
        case rules::FactType::kNumber:
          add("NumericLessThan", "\"30\"");
          add("NumericGreaterThan", "\"0\"");
          add("NumericEquals", R"(["0","40","29"])");
          add("NumericNotEquals", R"(["0","80","30"])");
          break;
        case rules::FactType::kDate:
          add("DateLessThan", "\"2026-10-25T16:00:00+08:00\"");
          add("DateNotEquals", "\"2026-10-25T16:00:00+08:00\"");
          break;
        case rules::FactType::kString:
        case rules::FactType::kStrings:
          add("StringLike", "\"*\"");
          add("StringNotLike", "\"*\"");
          add("StringEquals",
              R"(["User","AVAILABLE","CREATING","CloudApp","1000000000000001","img-1","aig-4","ws-1","cn-a","yes","9","dg-1","golden","m-1"])");
          add("StringNotEquals",
              R"(["User","AVAILABLE","CREATING","CloudApp","7","img-1","aig-4","cn-a","yes","9","dg-1"])");
          add("ForAllValues:StringLike", R"(["A*","cn-*","8","y*","aig-1*"])");
          add("ForAnyValue:StringNotLike", R"(["A*","cn-a","8","y*"])");
          break;
      }
    }
    out.emplace_back(R"({"DateGreaterThan":{"acs:CurrentTime":"2026-11-01T00:00:00Z"}})");
    out.emplace_back(R"({"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}})");
    out.emplace_back(R"({"StringEquals":{"acs:SourceVpc":"vpc-1"},"StringLike":{"image:Tag/owner":"*"}})");
    return out;
  }();
  return all;
}

}  // namespace

TEST_CASE("compiled predicates say what the facts say", "[decide][predicates]") {
  std::mt19937 random(Catch::rngSeed());
  CAPTURE(Catch::rngSeed());
  std::array<std::size_t, 3> seen{};
  for (int round = 0; round < 4; ++round) {
    const Snapshot snapshot = varied_world(random).read();
    Question asked = question(round % 2 == 0 ? "user/alice" : "user/bob");
    if (round % 2 == 0) asked.context.add_value("acs:SourceIp", "10.1.2.3");
    constexpr std::size_t kGuards = 50;  // 64 rules with the built-in ones
    for (std::size_t begin = 0; begin < conditions().size(); begin += kGuards) {
      std::string guards;
      for (std::size_t i = begin; i < std::min(begin + kGuards, conditions().size()); ++i) {
        guards += (guards.empty() ? "" : ",") + guard("g-" + std::to_string(i), conditions()[i]);
      }
      const rules::Ruleset ruleset = with_guards(guards);
      const Decider one = decider(snapshot, ruleset, asked);
      for (std::uint32_t row = 0; row < snapshot.images().rows(); ++row) {
        const Verdict verdict = one.decide(ImageRow{row});
        const auto explanations = one.explain_image(snapshot.text(snapshot.images().id[row]));
        for (const RuleExplanation& explanation : explanations) {
          const bool is_violated = (verdict.violated >> explanation.rule & 1U) != 0;
          const bool is_unknown = (verdict.unknown >> explanation.rule & 1U) != 0;
          const Tri fast = is_violated ? Tri::kTrue : is_unknown ? Tri::kUnknown : Tri::kFalse;
          ++seen[static_cast<std::size_t>(fast)];
          if (fast == explanation.violated) continue;
          const rules::Rule& rule = ruleset.rules()[explanation.rule];
          CAPTURE(snapshot.text(snapshot.images().id[row]), rule.id, rule.when[0].when.atoms[0].key.name,
                  operator_name(rule.when[0].when.atoms[0].op));
          CHECK(static_cast<int>(fast) == static_cast<int>(explanation.violated));
        }
      }
    }
  }
  for (const std::size_t count : seen) CHECK(count > 1000);
}

TEST_CASE("an alternative that is open, but settled, does not hold", "[decide][predicates]") {
  for (const Tri when : {Tri::kFalse, Tri::kUnknown, Tri::kTrue}) {
    for (const Tri settled : {Tri::kFalse, Tri::kUnknown, Tri::kTrue}) {
      const Tri want = when == Tri::kUnknown && settled == Tri::kTrue ? Tri::kFalse : when;
      CHECK(settle(TriWord::of(when), TriWord::of(settled)).first() == want);
    }
  }
}
