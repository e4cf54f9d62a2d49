#pragma once
// How old the exports are that a decision rests on.

#include <map>
#include <optional>

#include "engine/base/time.h"
#include "engine/inventory/snapshot.h"

namespace imagewarden {

struct FactsAge {
  std::optional<Time> oldest;  // of the exports that carry a time; nothing: none does
  bool undated{};              // some carry none
  void add(const FactsAge& other);
  friend bool operator==(const FactsAge&, const FactsAge&) = default;
};

// What the rules could read of an image of one account: the account's lists, its policies, the images' own lists, and
// the lists of the image's regions. Coarse on the safe side: no fact of the decision is older. Immutable; the snapshot
// must outlive it.
class FactsAges {
 public:
  FactsAges(const Snapshot& snapshot, AccountId account);
  // Without a row, or where the image's regions are not known: of every region.
  [[nodiscard]] FactsAge of(std::optional<ImageRow> row) const;

 private:
  const Snapshot& snapshot_;
  FactsAge account_;
  std::map<StringId, FactsAge> regions_;
};

}  // namespace imagewarden
