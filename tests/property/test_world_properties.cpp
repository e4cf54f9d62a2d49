// What must hold of any inventory, whatever it is: more users of an image never help, a missing RAM file never allows.

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "tests/property/engine.h"
#include "tests/property/worlds.h"

namespace {

using namespace property;
using Answers = std::map<std::string, oracle::Answer>;

Answers engine_answers(const std::vector<oracle::File>& files, const oracle::Question& question) {
  const Engine engine = ask(files, question);
  REQUIRE(engine.problem.empty());
  if (!engine.decider) return {};
  std::vector<std::pair<std::string, oracle::Answer>> answers;
  const std::string problem = decide_all_ways(engine, {}, answers);
  REQUIRE(problem.empty());
  return {answers.begin(), answers.end()};
}

// One more thing that uses the image, as the answer of a call for that thing alone.
oracle::File user_of(Random& random, const std::string& folder, const std::string& image) {
  switch (random.below(3)) {
    case 0:
      return {folder + "x/GetAppInstanceGroup.AppInstanceGroupId=aig-x.json",
              R"({"AppInstanceGroupModels":{"AppInstanceGroupId":"aig-x","AppCenterImageId":")" + image + R"("}})"};
    case 1:
      return {folder + "x/ListWuyingServer.WuyingServerIdList=ws-x.json",
              R"({"TotalCount":1,"WuyingServerList":[{"WuyingServerId":"ws-x","ImageId":")" + image + R"("}]})"};
    default:
      return {folder + "x/DescribeDesktopGroups.DesktopGroupIds=dg-x.RegionId=cn-hangzhou.json",
              R"({"DesktopGroups":[{"DesktopGroupId":"dg-x","ImageId":")" + image + R"("}]})"};
  }
}

TEST_CASE("worlds: one more user of an image never allows its deletion", "[worlds]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed + 11);
  int allowed_before = 0;
  int tried = 0;
  for (int round = 0; tried < 1000; ++round) {
    const RandomWorld world = random_world(random);
    oracle::Question question = random_question(random, world);
    if (random.chance(50)) question.principal = "root";
    const Answers before = engine_answers(world.files, question);
    if (before.empty()) continue;
    auto image = before.begin();
    std::advance(image, static_cast<std::ptrdiff_t>(random.below(before.size())));
    auto files = world.files;
    files.push_back(user_of(random, world.files.front().path.starts_with("a/") ? "a/" : "", image->first));
    INFO("round " << round << " image " << image->first << "\n" << shown(files, question));
    ++tried;
    allowed_before += image->second.outcome == "allow" ? 1 : 0;
    for (const auto& [id, answer] : engine_answers(files, question)) {
      if (id == image->first) {
        REQUIRE(answer.outcome == "deny");
        // What was wrong before is wrong still.
        for (const std::string& rule : image->second.violated) REQUIRE(oracle::contains(answer.violated, rule));
      } else {
        REQUIRE(answer.outcome == before.at(id).outcome);
        REQUIRE(answer.code == before.at(id).code);
      }
    }
  }
  CHECK(allowed_before > 20);
}

bool is_one_of(const std::string& path, std::initializer_list<const char*> operations, const std::string& bytes) {
  for (const std::string operation : operations) {
    if (path.find("/" + operation + ".") != std::string::npos) return true;
    if (path.ends_with(".ndjson") && bytes.find("\"Operation\":\"" + operation + "\"") != std::string::npos)
      return true;
  }
  return false;
}

// Whether some list was exported twice.
bool has_earlier_run(const RandomWorld& world) {
  return std::any_of(world.files.begin(), world.files.end(), [](const auto& file) {
    return file.bytes.find(R"("ExportedAt":"2026-11-23T07:00:00Z")") != std::string::npos;
  });
}

TEST_CASE("worlds: without any one of the files that a permission rests on it is never an allow that it was not",
          "[worlds]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed + 13);
  int removed = 0;
  int was_allowed = 0;
  int became_unknown = 0;
  for (int round = 0; round < 1000; ++round) {
    const RandomWorld world = random_world(random);
    const oracle::Question question = random_question(random, world);
    const Engine before = ask(world.files, question);
    if (!before.decider) continue;
    const std::string decision = before.decider->permission().decision;
    std::vector<std::size_t> directory;
    for (std::size_t i = 0; i < world.files.size(); ++i) {
      const auto& [path, bytes] = world.files[i];
      if (is_one_of(path,
                    {"GetAccount", "ListControlPolicyAttachmentsForTarget", "GetControlPolicy", "GetResourceDirectory"},
                    bytes))
        directory.push_back(i);
    }
    for (std::size_t i = 0; i < world.files.size(); ++i) {
      const auto& [path, bytes] = world.files[i];
      const bool is_directory = std::find(directory.begin(), directory.end(), i) != directory.end();
      // With the last file of the resource directory the answer says that it assumes that there is none; and a file
      // that lifts the directory's policies (the management account is not bound) can only allow.
      if (is_directory && directory.size() < 2) continue;
      const bool is_identity =
          is_one_of(path,
                    {"ListUsers", "ListRoles", "ListGroups", "ListGroupsForUser", "ListUsersForGroup",
                     "ListPoliciesForUser", "ListPoliciesForGroup", "ListPoliciesForRole", "ListPolicyAttachments"},
                    bytes);
      // The document of a built-in policy replaces the built-in one: without it that one counts again.
      const bool is_document = is_one_of(path, {"GetPolicy", "GetPolicyVersion"}, bytes) &&
                               path.find("PolicyType=Custom") != std::string::npos;
      if (!is_directory && !is_identity && !is_document) continue;
      // What an export of the day before says counts again without today's.
      if (has_earlier_run(world)) break;
      auto files = world.files;
      files.erase(files.begin() + static_cast<std::ptrdiff_t>(i));
      const Engine after = ask(files, question);
      ++removed;
      if (!after.decider) continue;
      const std::string without = after.decider->permission().decision;
      INFO("round " << round << " without " << path << "\n" << shown(world.files, question));
      if (decision != "allow") REQUIRE(without != "allow");
      was_allowed += decision == "allow" ? 1 : 0;
      became_unknown += decision != without && without == "indeterminate" ? 1 : 0;
    }
  }
  CHECK(removed > 3000);
  CHECK(was_allowed > 100);
  CHECK(became_unknown > 100);
}

}  // namespace
