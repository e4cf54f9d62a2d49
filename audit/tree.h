#pragma once
// The Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1 over SHA-256: leaf = H(0x00 ‖ bytes), node = H(0x01 ‖ left ‖ right).
// Pure functions and a small accumulator; no storage.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/sha256.h"

namespace imagewarden::audit {

[[nodiscard]] Sha256Digest leaf_hash(std::string_view leaf);
[[nodiscard]] Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right);

// The right edge of a tree: the roots of its complete subtrees, largest first. Leaf s completes ctz(s + 1) nodes.
class Frontier {
 public:
  Frontier() = default;
  // Precondition: subtrees.size() == popcount(size).
  Frontier(std::uint64_t size, std::vector<Sha256Digest> subtrees);

  // Adds a leaf; its hash and those of the nodes that it completes are appended to `hashes`, lowest first, 32 bytes
  // each: as a run of the file holds them.
  void append(const Sha256Digest& leaf, std::string& hashes);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Sha256Digest root() const;
  [[nodiscard]] const std::vector<Sha256Digest>& subtrees() const { return subtrees_; }

 private:
  std::uint64_t size_{};
  std::vector<Sha256Digest> subtrees_;
};

}  // namespace imagewarden::audit
