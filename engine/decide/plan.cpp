#include "engine/decide/plan.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

namespace imagewarden {
namespace {

// An image can be shared with that many accounts, and one call takes them all back.
constexpr std::size_t kAccountsACall = 50;

// Places the rows: what was made from an image stands before it. Without recursion, for a chain may be long.
class Ordering {
 public:
  Ordering(const Snapshot& snapshot, std::span<const ImageRow> rows, Plan& plan)
      : snapshot_(snapshot), plan_(plan), state_(snapshot.images().rows()) {
    for (const ImageRow row : rows) state_[row.value] = State::kWanted;
    for (const ImageRow row : rows) visit(row);
  }

 private:
  enum class State : std::uint8_t { kNotWanted, kWanted, kOpen, kPlaced };

  void visit(ImageRow first) {
    if (state_[first.value] != State::kWanted) return;
    open_.push_back(first);
    while (!open_.empty()) {
      const ImageRow row = open_.back();
      if (state_[row.value] == State::kWanted) {
        state_[row.value] = State::kOpen;
        push_children(row);
        continue;
      }
      open_.pop_back();
      if (state_[row.value] == State::kPlaced) continue;  // wanted by two
      state_[row.value] = State::kPlaced;
      plan_.images.push_back({row, {}, {}, {}, 0});
      plan_.place[row.value] = static_cast<std::uint32_t>(plan_.images.size());
    }
  }

  // The last one that is pushed is placed first.
  void push_children(ImageRow row) {
    const Relation& children = snapshot_.relation(RelationKind::kCommunityChildren);
    if (!children.any.test(row.value)) return;
    const auto entries = children.of(row);
    const AccountId account = snapshot_.images().account[row.value];
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      const auto child = snapshot_.find_image(account, snapshot_.text(entry->id));
      if (child && state_[child->value] == State::kWanted) open_.push_back(*child);
    }
  }

  const Snapshot& snapshot_;
  Plan& plan_;
  std::vector<State> state_;
  std::vector<ImageRow> open_;
};

// What the relation holds, each once.
std::vector<std::string_view> ids_of(const Snapshot& snapshot, RelationKind kind, ImageRow row) {
  std::vector<std::string_view> ids;
  for (const RelatedEntry& entry : snapshot.relation(kind).of(row)) {
    const std::string_view id = snapshot.text(entry.id);
    if (ids.empty() || ids.back() != id) ids.push_back(id);
  }
  return ids;
}

// The community images that were made from the image and are not gone.
std::vector<std::string_view> children_left(const Snapshot& snapshot, ImageRow row, const RowBits* gone) {
  auto ids = ids_of(snapshot, RelationKind::kCommunityChildren, row);
  std::erase_if(ids, [&](std::string_view id) {
    const auto child = snapshot.find_image(snapshot.images().account[row.value], id);
    return gone != nullptr && child && gone->test(child->value);
  });
  return ids;
}

struct Pool {
  std::string_view id;
  std::string_view region;  // empty: not known
};

// The desktop groups that use the image themselves, or through a cloud computer.
std::vector<Pool> pools_of(const Snapshot& snapshot, ImageRow row) {
  std::vector<Pool> pools;
  const auto add = [&](StringId id, Provenance source) {
    const std::string_view text = snapshot.text(id);
    const std::string_view region =
        source.known() ? snapshot.text(snapshot.pages()[source.page].region) : std::string_view{};
    const auto known = std::find_if(pools.begin(), pools.end(), [&](const Pool& pool) { return pool.id == text; });
    if (known == pools.end()) {
      pools.push_back({text, region});
    } else if (known->region.empty()) {
      known->region = region;
    }
  };
  for (const RelatedEntry& entry : snapshot.relation(RelationKind::kDesktopGroups).of(row)) {
    add(entry.id, entry.source);
  }
  for (const RelatedEntry& entry : snapshot.relation(RelationKind::kPooledDesktops).of(row)) {
    add(entry.extra, entry.source);
  }
  return pools;
}

// How many steps a repair takes, as steps_of() counts them.
std::size_t cost_of(const Snapshot& snapshot, ImageRow row, Repair repair, const RowBits* gone) {
  switch (repair) {
    case Repair::kUnshare:
      return std::max<std::size_t>(
          1, (ids_of(snapshot, RelationKind::kSharedWith, row).size() + kAccountsACall - 1) / kAccountsACall);
    case Repair::kReleaseDeliveryGroups:
      return ids_of(snapshot, RelationKind::kDeliveryGroups, row).size();
    case Repair::kReleaseWorkstations:
      return ids_of(snapshot, RelationKind::kWorkstations, row).size();
    case Repair::kReleasePools:
      return pools_of(snapshot, row).size();
    case Repair::kWithdrawChildren:
      return children_left(snapshot, row, gone).size();
    case Repair::kWaitUntilCreated:
    case Repair::kCount:
      break;
  }
  return 1;
}

// The cheapest repairs that lead to an outcome other than kDeny, best to kAllow.
class Repairing {
 public:
  Repairing(const Snapshot& snapshot, const Decider& decider) : snapshot_(snapshot), decider_(decider) {
    for (std::size_t i = 0; i < kRepairs; ++i) {
      rules_[i] = decider.rules_on(facts_changed_by(static_cast<Repair>(i)));
      repairable_ |= rules_[i];
    }
  }

  // `gone`: see FactChanges. Sets `repairs` and `after`.
  void repair(PlannedImage& image, const RowBits* gone) {
    // One rule that nothing repairs decides against the image: nothing is done in vain.
    if (image.after.outcome != Outcome::kDeny || (image.after.violated & ~repairable_) != 0) return;
    list_choices(image, gone);
    const Verdict without = image.after;
    for (const Choice& choice : choices_) {
      const Verdict verdict = decider_.decide_changed(image.row, without, {choice.repairs, gone});
      if (verdict.outcome <= image.after.outcome) continue;
      image.repairs = choice.repairs;
      image.after = verdict;
      if (verdict.outcome == Outcome::kAllow) return;
    }
  }

 private:
  struct Choice {
    std::size_t cost{};
    std::uint8_t repairs{};
    friend auto operator<=>(const Choice&, const Choice&) = default;
  };

  // Every set of the repairs that the violated rules ask for, the cheapest first.
  void list_choices(const PlannedImage& image, const RowBits* gone) {
    choices_.assign(1, {});
    for (std::size_t i = 0; i < kRepairs; ++i) {
      if ((rules_[i] & image.after.violated) == 0) continue;
      const Choice one{cost_of(snapshot_, image.row, static_cast<Repair>(i), gone), static_cast<std::uint8_t>(1U << i)};
      if (one.cost == 0) continue;
      for (std::size_t j = 0, known = choices_.size(); j < known; ++j) {
        choices_.push_back({choices_[j].cost + one.cost, static_cast<std::uint8_t>(choices_[j].repairs | one.repairs)});
      }
    }
    std::sort(choices_.begin(), choices_.end());
    choices_.erase(choices_.begin());  // nothing done, which costs nothing
  }

  const Snapshot& snapshot_;
  const Decider& decider_;
  std::array<std::uint64_t, kRepairs> rules_{};
  std::uint64_t repairable_{};
  std::vector<Choice> choices_;
};

bool has_child(const Snapshot& snapshot, ImageRow row) {
  return snapshot.relation(RelationKind::kCommunityChildren).any.test(row.value);
}

const Verdict& verdict_in(const PlannedImage& image, PlanWorld world) {
  return world == PlanWorld::kInTurn ? image.in_turn : image.after;
}

PlanStep one_step(Repair repair, std::string_view subject, std::string_view operation, std::string parameter) {
  return {repair, {subject}, operation, {{std::move(parameter), subject}}};
}

}  // namespace

Plan make_plan(const Snapshot& snapshot, const Decider& decider, std::span<const ImageRow> rows,
               std::span<const Verdict> verdicts) {
  Plan plan;
  plan.place.resize(snapshot.images().rows());
  const Ordering fills_the_plan(snapshot, rows, plan);
  for (std::size_t i = 0; i < rows.size(); ++i) plan.images[plan.place[rows[i].value] - 1].now = verdicts[i];

  Repairing repairing(snapshot, decider);
  RowBits gone_in_turn(snapshot.images().rows());
  RowBits gone_after(snapshot.images().rows());
  for (PlannedImage& image : plan.images) {
    image.in_turn = image.now;
    image.after = image.now;
    const RowBits* gone = nullptr;
    if (has_child(snapshot, image.row)) {
      image.in_turn = decider.decide_changed(image.row, image.now, {0, &gone_in_turn});
      image.after = decider.decide_changed(image.row, image.now, {0, &gone_after});
      gone = &gone_after;
    }
    repairing.repair(image, gone);
    if (image.in_turn.outcome == Outcome::kAllow) gone_in_turn.set(image.row.value);
    if (image.after.outcome == Outcome::kAllow) gone_after.set(image.row.value);
  }
  return plan;
}

PlanTotals totals_of(const Snapshot& snapshot, const Plan& plan, PlanWorld world) {
  PlanTotals totals;
  const ImageTable& images = snapshot.images();
  std::vector<bool> seen_sets(images.region_sets.size());
  std::vector<StringId> templates;
  for (const PlannedImage& image : plan.images) {
    if (verdict_in(image, world).outcome != Outcome::kAllow) continue;
    const std::uint32_t row = image.row.value;
    ++totals.images;
    totals.copies += images.region_sets[images.region_set[row]].size();
    seen_sets[images.region_set[row]] = true;
    for (const RelatedEntry& entry : snapshot.relation(RelationKind::kTemplates).of(image.row)) {
      templates.push_back(entry.id);
    }
    if (!knows_templates(snapshot, image.row)) ++totals.templates_unknown;
    if (images.size_gib[row] < 0) {
      ++totals.size_unknown;
    } else {
      totals.size_gib += static_cast<std::uint64_t>(images.size_gib[row]);
    }
  }
  for (std::size_t set = 0; set < seen_sets.size(); ++set) {
    if (!seen_sets[set]) continue;
    for (const StringId region : images.region_sets[set]) totals.regions.push_back(snapshot.text(region));
  }
  std::sort(totals.regions.begin(), totals.regions.end());
  totals.regions.erase(std::unique(totals.regions.begin(), totals.regions.end()), totals.regions.end());
  std::sort(templates.begin(), templates.end());
  templates.erase(std::unique(templates.begin(), templates.end()), templates.end());
  totals.templates = templates.size();
  return totals;
}

std::vector<PlanStep> steps_of(const Snapshot& snapshot, const Plan& plan, std::size_t index) {
  const PlannedImage& image = plan.images[index];
  const ImageTable& images = snapshot.images();
  const FactChanges own{image.repairs, nullptr};
  const std::string_view id = snapshot.text(images.id[image.row.value]);
  const auto& regions = images.region_sets[images.region_set[image.row.value]];
  std::vector<PlanStep> steps;
  if (own.has(Repair::kUnshare)) {
    const auto accounts = ids_of(snapshot, RelationKind::kSharedWith, image.row);
    for (std::size_t begin = 0; begin == 0 || begin < accounts.size(); begin += kAccountsACall) {
      PlanStep step{Repair::kUnshare, {}, accounts.empty() ? "" : "ModifyImagePermission", {}};
      if (!accounts.empty() && !regions.empty()) step.parameters.emplace_back("RegionId", snapshot.text(regions[0]));
      if (!accounts.empty()) step.parameters.emplace_back("ImageId", id);
      for (std::size_t i = begin; i < std::min(begin + kAccountsACall, accounts.size()); ++i) {
        step.subjects.push_back(accounts[i]);
        step.parameters.emplace_back(fmt::format("RemoveAccount.{}", i - begin + 1), accounts[i]);
      }
      steps.push_back(std::move(step));
    }
  }
  if (own.has(Repair::kReleaseDeliveryGroups)) {
    for (const std::string_view group : ids_of(snapshot, RelationKind::kDeliveryGroups, image.row)) {
      steps.push_back(one_step(Repair::kReleaseDeliveryGroups, group, "DeleteAppInstanceGroup", "AppInstanceGroupId"));
      steps.back().parameters.emplace_back("ProductType", "CloudApp");
    }
  }
  if (own.has(Repair::kReleaseWorkstations)) {
    for (const std::string_view server : ids_of(snapshot, RelationKind::kWorkstations, image.row))
      steps.push_back(one_step(Repair::kReleaseWorkstations, server, "DeleteWuyingServer", "WuyingServerId"));
  }
  if (own.has(Repair::kReleasePools)) {
    for (const Pool& pool : pools_of(snapshot, image.row)) {
      steps.push_back(one_step(Repair::kReleasePools, pool.id, "DeleteDesktopGroup", "DesktopGroupId"));
      if (!pool.region.empty()) {
        steps.back().parameters.insert(steps.back().parameters.begin(), {std::string("RegionId"), pool.region});
      }
    }
  }
  if (own.has(Repair::kWaitUntilCreated)) steps.push_back({Repair::kWaitUntilCreated, {id}, "", {}});
  if (own.has(Repair::kWithdrawChildren)) {
    for (const std::string_view child : ids_of(snapshot, RelationKind::kCommunityChildren, image.row)) {
      // One that the plan deletes before needs nothing.
      const auto row = snapshot.find_image(images.account[image.row.value], child);
      const std::uint32_t place = row ? plan.place[row->value] : 0;
      const bool is_gone = place != 0 && place <= index && plan.images[place - 1].after.outcome == Outcome::kAllow;
      if (!is_gone) steps.push_back({Repair::kWithdrawChildren, {child}, "", {}});
    }
  }
  return steps;
}

std::string_view to_string(Repair repair) {
  switch (repair) {
    case Repair::kUnshare:
      return "unshare";
    case Repair::kReleaseDeliveryGroups:
      return "release-delivery-group";
    case Repair::kReleaseWorkstations:
      return "release-workstation";
    case Repair::kReleasePools:
      return "release-pool";
    case Repair::kWaitUntilCreated:
      return "wait-until-created";
    case Repair::kWithdrawChildren:
      return "withdraw-community-image";
    case Repair::kCount:
      break;
  }
  return "";
}

}  // namespace imagewarden
