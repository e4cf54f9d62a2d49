// Plans against the reference model: carrying one out, step by step, deletes exactly what it said, and every answer on
// the way is the one that it predicted.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <tuple>

#include "engine/decide/plan.h"
#include "tests/oracle/execute.h"
#include "tests/property/engine.h"
#include "tests/property/policies.h"
#include "tests/property/worlds.h"

namespace {

using namespace property;
using imagewarden::Plan;
using imagewarden::PlannedImage;
using imagewarden::PlanStep;
using imagewarden::Repair;

// Community images cannot be deleted, so that no deletion would help another one: here they can.
const imagewarden::rules::Ruleset& community_rules() {
  static const imagewarden::rules::Ruleset ruleset = [] {
    const imagewarden::rules::RuleSource source{
        "community.json",
        R"({"schema":"imagewarden-rules/1","name":"community","version":"1","operation":"appstreaming:DeleteImage",
            "override":[{"id":"custom",
              "when":[{"condition":{"StringEquals":{"image:ImageType":["System","SYSTEM","Shared","SHARED"]}}}]}]})"};
    auto loaded = imagewarden::rules::Ruleset::load({&source, 1});
    INFO((loaded ? std::string{} : loaded.error().message));
    REQUIRE(loaded.has_value());
    return std::move(*loaded);
  }();
  return ruleset;
}

struct Answer {
  std::string outcome;
  std::string code;
  friend bool operator==(const Answer&, const Answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << answer.outcome << " " << answer.code;
  }
};

// A plan of all images of a world, in a random order, and the model of the world to carry it out in. The decider refers
// to the snapshot, so a case stays where it is.
struct Case {
  std::vector<oracle::File> files;
  oracle::Question question;
  imagewarden::Snapshot snapshot;
  std::optional<imagewarden::Decider> decider;
  Plan plan;
  oracle::World world;
  oracle::Permission permission;

  [[nodiscard]] std::string id_of(const PlannedImage& image) const {
    return std::string(snapshot.text(snapshot.images().id[image.row.value]));
  }
  [[nodiscard]] Answer predicted(const imagewarden::Verdict& verdict) const {
    return {std::string(imagewarden::to_string(verdict.outcome)), std::string(decider->code_of(verdict))};
  }
  [[nodiscard]] Answer answer(const oracle::World& now, const std::string& image) const {
    const oracle::Answer answer = oracle::decide(now, question, permission, image);
    return {answer.outcome, answer.code};
  }
};

// Null: the principal is certainly not there.
std::unique_ptr<Case> make_case(Random& random, std::vector<oracle::File> files, oracle::Question question) {
  auto owned = std::make_unique<Case>();
  Case& made = *owned;
  made.files = std::move(files);
  made.question = std::move(question);
  made.world = oracle::read_world(made.files);
  const auto permission = oracle::decide_permission(made.world, made.question);
  if (!permission) return nullptr;
  made.permission = *permission;
  made.snapshot = read(made.files);
  imagewarden::Question asked;
  asked.principal = *imagewarden::parse_principal(made.question.account + ":" + made.question.principal);
  asked.context = engine_context(made.question.context);
  asked.now = *imagewarden::parse_rfc3339(made.question.now);
  asked.strict = made.question.strict;
  auto decider = imagewarden::Decider::create(
      made.snapshot, made.question.delete_community ? community_rules() : built_in_rules(), asked);
  REQUIRE(decider.has_value());
  made.decider.emplace(std::move(*decider));
  const imagewarden::Account& account = made.snapshot.accounts()[made.decider->account().value];
  std::vector<imagewarden::ImageRow> rows;
  for (std::uint32_t i = 0; i < account.row_count; ++i) rows.push_back({account.first_row + i});
  random.shuffle(rows);
  std::vector<imagewarden::Verdict> verdicts(rows.size());
  made.decider->decide(rows, verdicts);
  if (!rows.empty()) {  // asked for twice, planned once
    rows.push_back(rows.front());
    verdicts.push_back(verdicts.front());
  }
  made.plan = imagewarden::make_plan(made.snapshot, *made.decider, rows, verdicts);
  return owned;
}

void carry_out(oracle::World& world, const Case& one, const std::string& image, const PlanStep& step) {
  const std::string& account = one.question.account;
  for (const std::string_view view : step.subjects) {
    const std::string subject(view);
    switch (step.repair) {
      case Repair::kUnshare:
        break;
      case Repair::kReleaseDeliveryGroups:
        oracle::release(world, account, "ListAppInstanceGroup", "AppInstanceGroupId", subject);
        oracle::release(world, account, "GetAppInstanceGroup", "AppInstanceGroupId", subject);
        break;
      case Repair::kReleaseWorkstations:
        oracle::release(world, account, "ListWuyingServer", "WuyingServerId", subject);
        break;
      case Repair::kReleasePools:
        oracle::release(world, account, "DescribeDesktopGroups", "DesktopGroupId", subject);
        oracle::release(world, account, "DescribeDesktops", "DesktopGroupId", subject);
        break;
      case Repair::kWaitUntilCreated:
        oracle::finish_creating(world, account, image);
        break;
      case Repair::kWithdrawChildren:
        oracle::delete_image(world, account, subject);
        break;
      case Repair::kCount:
        FAIL("no repair");
    }
  }
  if (step.repair == Repair::kUnshare) oracle::unshare(world, account, image);
}

struct Tally {
  int plans{};
  int deleted{};
  int carried{};  // images that another deletion frees
  int repaired{};
  int exact{};  // of the repaired: predicted to the letter
  std::map<Repair, int> repairs;
};

// Without any step: what the plan says of each turn comes true.
void carry_out_in_turn(const Case& one, Tally& tally) {
  oracle::World world = one.world;
  std::set<std::string> said;
  for (const PlannedImage& image : one.plan.images) {
    const std::string id = one.id_of(image);
    INFO(id);
    const Answer answer = one.answer(world, id);
    REQUIRE(answer == one.predicted(image.in_turn));
    tally.carried += image.in_turn == image.now ? 0 : 1;
    if (answer.outcome != "allow") continue;
    said.insert(id);
    oracle::delete_image(world, one.question.account, id);
    // Asked for again it is not there: the model did delete it.
    REQUIRE(one.answer(world, id).outcome != "allow");
    ++tally.deleted;
  }
  std::set<std::string> left;
  for (const std::string& id : oracle::image_ids(world, one.question.account)) left.insert(id);
  for (const std::string& id : oracle::image_ids(one.world, one.question.account))
    REQUIRE((left.count(id) == 0) == (said.count(id) == 1));
}

// With the steps of every image. Where facts are missing the model may know more than the plan promises, never less.
void carry_out_with_steps(const Case& one, Tally& tally) {
  oracle::World world = one.world;
  oracle::World without_steps = one.world;  // only the deletions
  std::set<std::string> withdrawn;
  for (std::size_t i = 0; i < one.plan.images.size(); ++i) {
    const PlannedImage& image = one.plan.images[i];
    const std::string id = one.id_of(image);
    INFO(id);
    const auto steps = imagewarden::steps_of(one.snapshot, one.plan, i);
    REQUIRE(steps.empty() == (image.repairs == 0));
    for (const PlanStep& step : steps) {
      carry_out(world, one, id, step);
      ++tally.repairs[step.repair];
      if (step.repair == Repair::kWithdrawChildren) withdrawn.insert(std::string(step.subjects.front()));
    }
    if (withdrawn.count(id) == 1) continue;  // of two that were made from each other one goes first
    const Answer answer = one.answer(world, id);
    const Answer predicted = one.predicted(image.after);
    if (steps.empty() || predicted.outcome == "deny") {
      // Of others' steps it is no worse either.
      if (predicted.outcome == "allow") REQUIRE(answer == predicted);
      if (predicted.outcome == "deny") REQUIRE(answer.outcome == "deny");
    } else {
      ++tally.repaired;
      REQUIRE(image.in_turn.outcome == imagewarden::Outcome::kDeny);
      REQUIRE(answer.outcome != "deny");
      if (predicted.outcome == "allow") REQUIRE(answer == predicted);
      tally.exact += answer == predicted ? 1 : 0;
      // Each repair is needed: without all steps of one kind the image is still in the way of itself.
      for (const PlanStep& left_out : steps) {
        oracle::World without = without_steps;
        for (const PlanStep& step : steps) {
          if (step.repair != left_out.repair) carry_out(without, one, id, step);
        }
        REQUIRE(one.answer(without, id).outcome == "deny");
      }
    }
    if (predicted.outcome == "allow") {
      oracle::delete_image(world, one.question.account, id);
      oracle::delete_image(without_steps, one.question.account, id);
    }
  }
}

TEST_CASE("plans: carried out in the reference model they do what they said", "[plans]") {
  const std::uint64_t seed = Catch::rngSeed() + 23;
  CAPTURE(seed);
  Random random(seed);
  Tally tally;
  for (int round = 0; tally.plans < 4000; ++round) {
    const RandomWorld world = random_world(random);
    oracle::Question question = random_question(random, world);
    question.delete_community = random.chance(60);
    if (random.chance(70)) question.principal = "root";
    const auto one = make_case(random, world.files, question);
    if (!one) continue;
    INFO("round " << round << "\n" << shown(one->files, one->question));
    ++tally.plans;
    for (const PlannedImage& image : one->plan.images)
      REQUIRE(one->answer(one->world, one->id_of(image)) == one->predicted(image.now));
    carry_out_in_turn(*one, tally);
    carry_out_with_steps(*one, tally);
  }
  CHECK(tally.deleted > 1000);
  CHECK(tally.carried > 4);
  CHECK(tally.repaired > 500);
  CHECK(tally.exact * 10 > tally.repaired * 9);
  for (std::size_t i = 0; i < imagewarden::kRepairs; ++i) {
    INFO(imagewarden::to_string(static_cast<Repair>(i)));
    CHECK(tally.repairs[static_cast<Repair>(i)] > 10);
  }
}

TEST_CASE("plans: those of the shipped examples", "[plans]") {
  Random random(Catch::rngSeed() + 29);
  Tally tally;
  for (const auto& [folder, account, principal] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"acme", "1740265893310827", "user/alice"}, {"acme-lab", "1602938475601123", "user/lab-admin"}}) {
    const std::filesystem::path root = std::filesystem::path(IMAGEWARDEN_SOURCE_DIR) / "examples" / folder;
    std::vector<oracle::File> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string path = std::filesystem::relative(entry.path(), root).generic_string();
      // The reference model unpacks nothing.
      if (!entry.is_regular_file() || path.ends_with(".gz") || path.ends_with(".zst")) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      files.push_back({path, {std::istreambuf_iterator<char>(in), {}}});
    }
    std::sort(files.begin(), files.end(), [](const oracle::File& a, const oracle::File& b) { return a.path < b.path; });
    for (const bool delete_community : {false, true}) {
      oracle::Question question;
      question.account = account;
      question.principal = principal;
      question.now = "2026-11-24T08:00:00Z";
      question.delete_community = delete_community;
      const auto one = make_case(random, files, question);
      REQUIRE(one != nullptr);
      INFO(folder);
      carry_out_in_turn(*one, tally);
      carry_out_with_steps(*one, tally);
    }
  }
  CHECK(tally.deleted > 20);
  CHECK(tally.repaired > 10);
}

}  // namespace
