#pragma once
// Small inventories for the tests of engine/decide: a complete account that each test breaks in one place.

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decide/decide.h"
#include "engine/inventory/read.h"

namespace imagewarden::test {

inline constexpr std::string_view kAccount = "1000000000000001";

// The files of an account in two regions, by path. Complete; without an image.
class World {
 public:
  World() {
    set("account.json",
        R"({"AccountId":"1000000000000001","ExportedAt":"2026-11-20T08:00:00Z","Regions":["cn-a","cn-b"]})");
    images({});
    list("ListAppInstanceGroup.json", "AppInstanceGroupModels", {});
    list("ListWuyingServer.json", "WuyingServerList", {});
    list("DescribeTemplates.json", "Data", {});
    for (const std::string region : {"cn-a", "cn-b"}) {
      set("DescribeImages.RegionId=" + region + ".json", R"({"Images":[],"NextToken":""})");
      set("DescribeDesktopGroups.RegionId=" + region + ".json", R"({"DesktopGroups":[],"NextToken":""})");
      set("DescribeBundles.RegionId=" + region + ".json", R"({"Bundles":[],"NextToken":""})");
      set("DescribeDesktops.RegionId=" + region + ".json", R"({"Desktops":[],"TotalCount":0})");
    }
    set("ListUsers.json",
        R"({"Users":{"User":[{"UserName":"alice","UserId":"u-1"},{"UserName":"bob"}]},"IsTruncated":false})");
    set("ListRoles.json", R"({"Roles":{"Role":[{"RoleName":"janitor"}]},"IsTruncated":false})");
    set("ListGroupsForUser.UserName=alice.json", R"({"Groups":{"Group":[]}})");
    set("ListPoliciesForUser.UserName=alice.json",
        R"({"Policies":{"Policy":[{"PolicyName":"AliyunAppStreamingFullAccess","PolicyType":"System"}]}})");
    set("ListGroupsForUser.UserName=bob.json", R"({"Groups":{"Group":[]}})");
    set("ListPoliciesForUser.UserName=bob.json", R"({"Policies":{"Policy":[]}})");
  }

  void set(const std::string& path, std::string bytes) { files_[path] = std::move(bytes); }
  void erase(const std::string& path) { REQUIRE(files_.erase(path) == 1); }
  void list(const std::string& path, const std::string& field, const std::vector<std::string>& items) {
    std::string joined;
    for (const std::string& item : items) joined += (joined.empty() ? "" : ",") + item;
    const std::string total = path.starts_with("ListImage") ? "Count" : "TotalCount";
    set(path,
        "{\"Code\":\"200\",\"" + total + "\":" + std::to_string(items.size()) + ",\"" + field + "\":[" + joined + "]}");
  }
  void images(const std::vector<std::string>& items) { list("ListImage.json", "Data", items); }
  void permission(const std::string& image, const std::string& accounts) {
    set("DescribeImagePermission.ImageId=" + image + ".json", "{\"AliUids\":[" + accounts + "]}");
  }

  [[nodiscard]] Snapshot read() const {
    std::vector<MemoryFile> memory;
    for (const auto& [path, bytes] : files_) memory.push_back({path, bytes});
    auto snapshot = read_inventory(memory, {});
    INFO((snapshot ? std::string{} : snapshot.error().message));
    REQUIRE(snapshot.has_value());
    return std::move(*snapshot);
  }

 private:
  std::map<std::string, std::string> files_;
};

// A custom image of the account, available in cn-a; `more` are further members, which start with a comma.
inline std::string image(const std::string& id, const std::string& product = "CloudApp", const std::string& more = "") {
  return R"({"ImageId":")" + id + R"(","ImageName":"Image )" + id +
         R"(","AliUid":1000000000000001,"ImageType":"User","Status":"AVAILABLE","ProductType":")" + product +
         R"(","ImageRegionList":["cn-a"])" + more + "}";
}

inline rules::Ruleset built_in_rules() {
  auto ruleset = rules::Ruleset::load({});
  REQUIRE(ruleset.has_value());
  return std::move(*ruleset);
}

inline rules::Ruleset with_guards(const std::string& guards) {
  const rules::RuleSource source{
      "guards.json",
      R"({"schema":"imagewarden-rules/1","name":"guards","version":"1","operation":"appstreaming:DeleteImage","guards":[)" +
          guards + "]}"};
  auto ruleset = rules::Ruleset::load({&source, 1});
  INFO((ruleset ? std::string{} : ruleset.error().message));
  REQUIRE(ruleset.has_value());
  return std::move(*ruleset);
}

inline std::string guard(const std::string& id, const std::string& condition) {
  return R"({"id":")" + id + R"(","when":[{"condition":)" + condition +
         R"(}],"explanation":"because","remedy":"change {values}"})";
}

inline Question question(std::string_view principal = "user/alice") {
  Question out;
  auto parsed = parse_principal(principal);
  REQUIRE(parsed.has_value());
  out.principal = std::move(*parsed);
  out.now = *parse_rfc3339("2026-11-24T08:00:00Z");
  return out;
}

inline Decider decider(const Snapshot& snapshot, const rules::Ruleset& ruleset, const Question& asked) {
  auto made = Decider::create(snapshot, ruleset, asked);
  INFO((made ? std::string{} : made.error().message));
  REQUIRE(made.has_value());
  return std::move(*made);
}

// Ids of findings, in order.
template <class Findings>
std::vector<std::string> rules_of(const Findings& findings) {
  std::vector<std::string> ids;
  for (const auto& finding : findings) ids.push_back(finding.rule);
  return ids;
}

}  // namespace imagewarden::test
