#pragma once
// A clean-up of many images decided as one: in an order in which each deletion helps the next, and for each image that
// is in the way of itself the smallest set of things to do first. What a deletion does to others: a community image
// that is gone frees the image that it was made from; templates that go with an image are in no rule of another one.
// Pure, like the decisions: a function of snapshot, rules, question and images.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decide/decide.h"

namespace imagewarden {

struct PlannedImage {
  ImageRow row;
  Verdict now;             // as the exports stand
  Verdict in_turn;         // at its place in the order, once the images before it that can be deleted are gone
  Verdict after;           // the same once the plan's repairs are done, its own and those of the images before it
  std::uint8_t repairs{};  // its own; bit i: Repair i. None where none would lead to another outcome than kDeny
};

struct Plan {
  std::vector<PlannedImage> images;  // in the order in which to delete them
  std::vector<std::uint32_t> place;  // of each row of the snapshot: its index in `images`, plus one; 0: not planned
};

// verdicts[i] is the decider's on rows[i]. A row that is there twice is planned once. Rows keep their order, but
// community images stand before what they were made from.
[[nodiscard]] Plan make_plan(const Snapshot& snapshot, const Decider& decider, std::span<const ImageRow> rows,
                             std::span<const Verdict> verdicts);

// What would be gone.
struct PlanTotals {
  std::uint64_t images{};
  std::vector<std::string_view> regions;  // sorted
  std::uint64_t copies{};                 // an image in three regions: three
  std::uint64_t templates{};              // different ones
  std::uint64_t templates_unknown{};      // images whose templates are not all known
  std::uint64_t size_gib{};
  std::uint64_t size_unknown{};  // images whose size is not known
};
// Of the images that are allowed in their turn, or once all repairs are done.
enum class PlanWorld : std::uint8_t { kInTurn, kAfter };
[[nodiscard]] PlanTotals totals_of(const Snapshot& snapshot, const Plan& plan, PlanWorld world);

// One thing to do first.
struct PlanStep {
  Repair repair{};
  std::vector<std::string_view> subjects;  // what is released, who loses the image, what is waited for
  std::string_view operation;              // that does it; empty: none is known
  std::vector<std::pair<std::string, std::string_view>> parameters;
};
// The steps of plan.images[index], in the order of Repair.
[[nodiscard]] std::vector<PlanStep> steps_of(const Snapshot& snapshot, const Plan& plan, std::size_t index);
[[nodiscard]] std::string_view to_string(Repair repair);  // `unshare`

}  // namespace imagewarden
