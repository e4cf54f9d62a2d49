// The C interface inside the process, for the sanitizers: shared handles, errors, what a callback may do. The bytes and
// every refusal are tested on the installed library, in tests/embed.

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/capi/imagewarden.h"

namespace {

constexpr const char* kNow = "2026-11-24T08:00:00Z";
constexpr std::array<const char*, 3> kImages{"m-s6b9q5fa4cohko2fb", "img-u7rficosnfwnmeegq", "no-such-image"};

iw_decider* make_decider() {
  const std::string folder = std::string(IMAGEWARDEN_SOURCE_DIR) + "/examples/acme";
  const std::array<const char*, 1> paths{folder.c_str()};
  iw_sources sources{};
  sources.struct_size = sizeof sources;
  sources.paths = paths.data();
  sources.path_count = paths.size();
  iw_inventory* inventory = nullptr;
  REQUIRE(iw_inventory_load(&sources, &inventory, nullptr) == IW_OK);
  iw_question question{};
  question.struct_size = sizeof question;
  question.principal = "user/alice";
  question.now = kNow;
  iw_decider* decider = nullptr;
  REQUIRE(iw_decider_create(inventory, &question, &decider, nullptr) == IW_OK);
  iw_inventory_free(inventory);
  return decider;
}

std::string take(char* text) {
  std::string copy(text);
  iw_string_free(text);
  return copy;
}

std::string all_of(const iw_decider* decider) {
  char* check = nullptr;
  char* explain = nullptr;
  if (iw_check(decider, kImages.data(), kImages.size(), &check, nullptr) != IW_OK) return {};
  std::string text = take(check);
  if (iw_explain(decider, kImages[1], &explain, nullptr) != IW_OK) return {};
  return text + take(explain);
}

}  // namespace

TEST_CASE("capi: one decider answers many threads alike", "[capi]") {
  iw_decider* const decider = make_decider();
  const std::string wanted = all_of(decider);
  REQUIRE_FALSE(wanted.empty());
  std::atomic<int> same{};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) same += all_of(decider) == wanted ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(same == 40);
  iw_decider_free(decider);
}

TEST_CASE("capi: no exception of a callback gets through", "[capi]") {
  iw_decider* const decider = make_decider();
  const auto decide = [&](iw_on_decision callback, char** error) {
    return iw_decide_each(decider, kImages.data(), kImages.size(), callback, nullptr, error);
  };
  char* error = nullptr;
  CHECK(decide([](void*, size_t, iw_outcome, const char*, size_t) -> int { throw std::runtime_error("mine"); },
               &error) == IW_INTERNAL);
  CHECK(take(error) == "mine");
  CHECK(decide([](void*, size_t, iw_outcome, const char*, size_t) -> int { throw 1; }, &error) == IW_INTERNAL);
  CHECK(take(error) == "an exception that is no std::exception");
  CHECK(decide([](void*, size_t, iw_outcome, const char*, size_t) -> int { throw std::bad_alloc(); }, nullptr) ==
        IW_INTERNAL);
  iw_decider_free(decider);
}

TEST_CASE("capi: a structure of an earlier release is one with zeros", "[capi]") {
  const std::string folder = std::string(IMAGEWARDEN_SOURCE_DIR) + "/examples/acme";
  const std::array<const char*, 1> paths{folder.c_str()};
  iw_sources sources{};
  sources.struct_size = offsetof(iw_sources, not_before);
  sources.paths = paths.data();
  sources.path_count = paths.size();
  sources.not_before = "beyond what the caller says it knows, so not looked at";
  iw_inventory* inventory = nullptr;
  CHECK(iw_inventory_load(&sources, &inventory, nullptr) == IW_OK);
  iw_inventory_free(inventory);
}
