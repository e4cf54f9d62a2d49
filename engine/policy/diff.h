#pragma once
// What two versions of policies allow otherwise: over the principals of two inventories, and over all requests at once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/inventory/snapshot.h"
#include "engine/ram/analyse.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::policy {

// The two sides of one principal over all requests.
struct SymbolicDiff {
  ram::Difference gained;  // a request that only the new side allows
  ram::Difference lost;    // one that only the old side allows
};

// One action of the catalogue on `*`, with every key open that the question leaves open.
struct ActionChange {
  std::string action;
  ram::Outcome before{};
  ram::Outcome after{};
  std::vector<std::string> open_keys;  // that either side waits for
};

struct PrincipalDiff {
  std::string account;
  std::string principal;  // `user/alice`
  bool in_old{};
  bool in_new{};
  SymbolicDiff symbolic;
  std::vector<ActionChange> changes;
  [[nodiscard]] bool is_same() const {
    return symbolic.gained.found == ram::Found::kNothing && symbolic.lost.found == ram::Found::kNothing &&
           changes.empty();
  }
};

struct InventoryDiff {
  std::size_t compared{};                 // principals of either side
  std::vector<PrincipalDiff> principals;  // those that differ or are not decided, by account and name
};

struct DiffScope {
  std::span<const std::string> actions;  // that are asked one by one, sorted
  Time now;
  ram::AnalysisLimits limits;
};

// `space` of the analysis from the built-in action catalogue. The views live as long as the program.
[[nodiscard]] ram::RequestSpace catalogue_space(Time now);
// Lower-case names of the catalogue's actions, sorted.
[[nodiscard]] std::span<const std::string> catalogue_actions();

[[nodiscard]] SymbolicDiff diff_policies(const ram::PrincipalPolicies& before, const ram::PrincipalPolicies& after,
                                         const Readings& readings, const DiffScope& scope);
// Principals are compared by account and name; one that only one side has holds nothing on the other. Pure.
[[nodiscard]] InventoryDiff diff_inventories(const Snapshot& before, const Snapshot& after, const Readings& readings,
                                             const DiffScope& scope);

}  // namespace imagewarden::policy
