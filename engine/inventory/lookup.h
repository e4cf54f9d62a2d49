#pragma once
// The indexes of a Snapshot: rows by account and image id, states of lists. Made by the SnapshotBuilder.

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "engine/inventory/snapshot.h"

namespace imagewarden {

struct Snapshot::Lookup {
  static constexpr std::uint32_t kNoRow = 0xffffffffU;

  struct State {
    Operation operation{};
    ListState state{};
    AccountId account;
    StringId key;  // region or parent
    [[nodiscard]] std::tuple<Operation, AccountId, StringId> place() const { return {operation, account, key}; }
  };

  std::vector<std::uint32_t> slots;  // open addressing, power of two; 0: free, else row + 1
  std::vector<State> states;         // sorted by place()

  // Room for so many rows.
  void reserve(std::size_t rows) {
    std::size_t wanted = 16;
    while (wanted < rows + rows / 2) wanted *= 2;
    slots.assign(wanted, 0);
  }
  // Where the row of the image is looked for first.
  [[nodiscard]] std::size_t first_slot_of(AccountId account, StringId id) const {
    // Ids of strings are dense, so that multiplying spreads them enough.
    const std::uint64_t key = (std::uint64_t{account.value} << 32U | id.value) * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(key >> 20U) & (slots.size() - 1);
  }
  // The slot that holds the row of the image, or a free one.
  [[nodiscard]] std::size_t slot_of(const ImageTable& images, AccountId account, StringId id) const {
    const std::size_t mask = slots.size() - 1;
    std::size_t slot = first_slot_of(account, id);
    while (slots[slot] != 0) {
      const std::uint32_t row = slots[slot] - 1;
      if (images.id[row] == id && images.account[row] == account) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  // kNoRow: there is no such image.
  [[nodiscard]] std::uint32_t row_of(const ImageTable& images, AccountId account, StringId id) const {
    if (slots.empty()) return kNoRow;
    const std::uint32_t slot = slots[slot_of(images, account, id)];
    return slot == 0 ? kNoRow : slot - 1;
  }
  // Fetches what row_of() will look at into the core's cache.
  void prefetch(AccountId account, StringId id) const {
    if (!slots.empty()) __builtin_prefetch(&slots[first_slot_of(account, id)]);
  }
  [[nodiscard]] ListState state_of(Operation operation, AccountId account, StringId key) const;
};

}  // namespace imagewarden
