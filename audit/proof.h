#pragma once
// Inclusion and consistency proofs of RFC 9162 §2.1.3 and §2.1.4: made from stored nodes, verified from nothing but
// hashes; and c2sp.org/tlog-proof@v1, the text of a proof that stands for itself.
// Verification refuses: an index not below the size, a proof of another length than the sizes ask for (before it hashes
// anything), a consistency proof from size 0 that is not empty or whose first root is not that of the empty tree. Pure;
// safe for any number of threads.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/sha256.h"

namespace imagewarden::audit {

using Hashes = std::vector<Sha256Digest>;

[[nodiscard]] bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf,
                                    std::span<const Sha256Digest> proof, const Sha256Digest& root);
[[nodiscard]] bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Sha256Digest& root1,
                                      const Sha256Digest& root2, std::span<const Sha256Digest> proof);

// The hash of a complete node: `index` counts the nodes of `level` from the left, level 0 are the leaves.
using NodeSource = std::function<Result<Sha256Digest>(unsigned level, std::uint64_t index)>;
// O(log size) calls of `nodes`. Precondition: index < size.
[[nodiscard]] Result<Hashes> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeSource& nodes);
// Precondition: size1 <= size2. Empty for size1 = 0 and size1 = size2.
[[nodiscard]] Result<Hashes> consistency_proof(std::uint64_t size1, std::uint64_t size2, const NodeSource& nodes);
// The root of the first `size` leaves.
[[nodiscard]] Result<Sha256Digest> root_at(std::uint64_t size, const NodeSource& nodes);

struct TlogProof {
  std::uint64_t index{};
  Hashes hashes;
  std::optional<std::string> extra;  // here: the record itself, so that the proof stands for itself
  std::string checkpoint;            // the signed note
};
[[nodiscard]] std::string format_tlog_proof(const TlogProof& proof);
// Strict, kMalformedInput with the line; at most 4 MiB and 64 hashes; the checkpoint must parse as one. What
// format_tlog_proof() would write another way is refused.
[[nodiscard]] Result<TlogProof> parse_tlog_proof(std::string_view text);

}  // namespace imagewarden::audit
