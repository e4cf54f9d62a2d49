// Kleene's tables.

#include <catch2/catch.hpp>

#include "engine/base/tri.h"

namespace imagewarden {
namespace {

constexpr Tri F = Tri::kFalse;
constexpr Tri U = Tri::kUnknown;
constexpr Tri T = Tri::kTrue;

TEST_CASE("three-valued logic", "[base][tri][table]") {
  struct Row {
    Tri a;
    Tri b;
    Tri both;
    Tri either;
  };
  const auto row = GENERATE(values<Row>({{F, F, F, F},
                                         {F, U, F, U},
                                         {F, T, F, T},
                                         {U, F, F, U},
                                         {U, U, U, U},
                                         {U, T, U, T},
                                         {T, F, F, T},
                                         {T, U, U, T},
                                         {T, T, T, T}}));
  CHECK(tri_and(row.a, row.b) == row.both);
  CHECK(tri_or(row.a, row.b) == row.either);
  // De Morgan holds in all nine places.
  CHECK(tri_not(tri_and(row.a, row.b)) == tri_or(tri_not(row.a), tri_not(row.b)));
}

TEST_CASE("not and from bool", "[base][tri]") {
  CHECK(tri_not(F) == T);
  CHECK(tri_not(U) == U);
  CHECK(tri_not(T) == F);
  CHECK(tri_of(true) == T);
  CHECK(tri_of(false) == F);
  CHECK(Tri{} == F);
}

}  // namespace
}  // namespace imagewarden
