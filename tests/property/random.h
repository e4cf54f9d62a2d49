#pragma once
// Seeded random choices for the generators. Every test seeds its own and captures the seed.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace property {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // From 0 to below `limit`. std::uniform_int_distribution differs between libraries, the engine does not.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  // `percent` times in a hundred.
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  std::string pick(std::initializer_list<const char*> from) { return from.begin()[below(from.size())]; }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace property
