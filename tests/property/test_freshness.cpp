// What must hold of any inventory when exports may be too old to count.

#include <catch2/catch.hpp>

#include <map>

#include "tests/property/engine.h"
#include "tests/property/worlds.h"

namespace {

using namespace property;

// The digest of every decision, by id; the images of the world and its other ids.
std::map<std::string, std::string> digests_of(const Engine& engine, const std::vector<std::string>& ids) {
  std::map<std::string, std::string> digests;
  for (const std::string& id : ids) digests[id] = imagewarden::decision_digest(engine.decider->decide_image(id));
  return digests;
}

std::vector<std::string> all_ids(const RandomWorld& world, const oracle::Question& question) {
  std::vector<std::string> ids = oracle::image_ids(oracle::read_world(world.files), question.account);
  ids.insert(ids.end(), world.ids.begin(), world.ids.end());
  return ids;
}

TEST_CASE("freshness: where nothing is too old nothing changes", "[freshness]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed + 17);
  int compared = 0;
  for (int round = 0; round < 1000; ++round) {
    const RandomWorld world = random_world(random);
    oracle::Question question = random_question(random, world);
    const Engine before = ask(world.files, question);
    question.not_before = "2026-11-24T07:00:00Z";  // as old as the oldest export: not older
    const Engine after = ask(world.files, question);
    INFO("round " << round << "\n" << shown(world.files, question));
    if (after.snapshot.too_old_pages() > 0) continue;  // some carry no time
    REQUIRE(before.snapshot.digest() == after.snapshot.digest());
    REQUIRE(before.decider.has_value() == after.decider.has_value());
    if (!before.decider) continue;
    ++compared;
    const auto ids = all_ids(world, question);
    REQUIRE(digests_of(before, ids) == digests_of(after, ids));
  }
  CHECK(compared > 100);
}

TEST_CASE("freshness: where everything is too old nothing is known", "[freshness]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed + 19);
  int decided = 0;
  for (int round = 0; round < 1000; ++round) {
    const RandomWorld world = random_world(random);
    oracle::Question question = random_question(random, world);
    question.not_before = "2026-11-24T08:00:00Z";
    const Engine engine = ask(world.files, question);
    INFO("round " << round << "\n" << shown(world.files, question));
    // Nobody can be certain any more that a principal is not there.
    REQUIRE(engine.problem.empty());
    REQUIRE(engine.decider);
    REQUIRE(engine.snapshot.images().rows() == 0);
    if (question.principal != "root") REQUIRE(engine.decider->permission().decision == "indeterminate");
    const auto shown_before = oracle::image_ids(oracle::read_world(world.files), question.account);
    // Each image that was shown is still named, once.
    std::map<std::string, int> named;
    for (const imagewarden::TooOldImage& image : engine.snapshot.too_old_images()) {
      if (image.account == engine.decider->account()) ++named[std::string(engine.snapshot.text(image.id))];
    }
    REQUIRE(named.size() == shown_before.size());
    for (const std::string& id : shown_before) {
      REQUIRE(named[id] == 1);
      const auto decision = engine.decider->decide_image(id);
      REQUIRE(imagewarden::to_string(decision.outcome) == "indeterminate");
      REQUIRE(decision.violations.empty());
      REQUIRE_FALSE(decision.facts.oldest);
      ++decided;
    }
  }
  CHECK(decided > 1000);
}

}  // namespace
