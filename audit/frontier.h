#pragma once
// Looks leaves and nodes up in the stored runs: O(1) rows for one, O(log n) for the edge of a tree or a proof.

#include <cstdint>
#include <string>

#include "audit/store.h"
#include "audit/tree.h"
#include "engine/base/error.h"

namespace imagewarden::audit {

// The bytes of one leaf. Precondition: seq < size of the log, which fits 53 bits. kMalformedInput where the run is
// damaged.
[[nodiscard]] Result<std::string> load_leaf(Store& store, std::uint64_t seq);
// The stored hash of node `index` of `level`; level 0 are the leaves. Precondition: its completing leaf is in the log.
[[nodiscard]] Result<Sha256Digest> load_node(Store& store, unsigned level, std::uint64_t index);
// The right edge of the tree of the first `size` leaves. Precondition: size <= size of the log.
[[nodiscard]] Result<Frontier> load_frontier(Store& store, std::uint64_t size);

}  // namespace imagewarden::audit
