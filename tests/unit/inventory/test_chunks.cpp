// A growing array whose elements stay where they are.

#include <type_traits>

#include <catch2/catch.hpp>

#include "engine/inventory/chunks.h"

namespace imagewarden::inventory {
namespace {

constexpr std::size_t kBlock = 4096;

TEST_CASE("elements stay where they are while others come", "[inventory][chunks]") {
  static_assert(!std::is_copy_constructible_v<Chunks<std::size_t>>);
  Chunks<std::size_t> chunks;
  CHECK(chunks.empty());
  const std::size_t* const first = &chunks.push_back(0);
  for (std::size_t i = 1; i < kBlock; ++i) chunks.push_back(i);
  const std::size_t* const last_of_block = &chunks[kBlock - 1];
  // What is added may be an element itself.
  chunks.push_back(chunks[0]);
  CHECK(chunks.back() == 0);
  for (std::size_t i = kBlock + 1; i < 2 * kBlock + 1; ++i) chunks.push_back(i);
  CHECK(chunks.size() == 2 * kBlock + 1);
  CHECK(&chunks[0] == first);
  CHECK(&chunks[kBlock - 1] == last_of_block);
  CHECK(chunks[kBlock - 1] == kBlock - 1);
  CHECK(chunks[kBlock + 1] == kBlock + 1);
  CHECK(chunks.back() == 2 * kBlock);

  Chunks<std::size_t> moved = std::move(chunks);
  CHECK(&moved[0] == first);
  moved.clear();
  CHECK(moved.empty());
  moved.push_back(7);
  CHECK(moved.size() == 1);
  CHECK(moved[0] == 7);
}

}  // namespace
}  // namespace imagewarden::inventory
