// Memory is given back, not kept for later.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "engine/base/release.h"

using imagewarden::release;

TEST_CASE("a container that is released holds no memory", "[base]") {
  std::vector<int> numbers(1000, 7);
  release(numbers);
  CHECK(numbers.empty());
  CHECK(numbers.capacity() == 0);
  std::string text(1000, 'x');
  release(text);
  CHECK(text.empty());
  CHECK(text.capacity() == std::string().capacity());
}
