#pragma once
// How records and node hashes lie in a run: pure arithmetic and cutting, shared by writer, reader and verifier.
// A run is what one row of the table `runs` holds: `count` records from `first_seq` on. `leaves` are their leaf bytes,
// each ended by a line feed (which no canonical JSON contains); `nodes` are, leaf by leaf, its own hash and those of
// the nodes that it completes, lowest first. The leaf's own hash could be had from its bytes; stored, it shows which of
// two records was changed, and the last one too.

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/sha256.h"

namespace imagewarden::audit {

// A commit of more than this becomes several rows of one transaction, so that no look-up has to walk a long row: at ten
// million records a list by image took 212 ms with runs of 1 MiB and 9 ms with these, for 0.7 % more of the file.
constexpr std::size_t kMaxRunRecords = 2'048;
constexpr std::size_t kMaxRunBytes = std::size_t{1} << 17U;  // of leaves

struct Run {
  std::int64_t first_seq{};
  std::int64_t count{};
  std::string nodes;
  std::string leaves;
};

// How many hashes the first `size` leaves bring: leaf s its own and ctz(s + 1) of the nodes above.
constexpr std::uint64_t nodes_before(std::uint64_t size) {
  return 2 * size - static_cast<std::uint64_t>(std::popcount(size));
}

// The leaf whose appending completes node `index` of `level` (level 0: the leaves).
constexpr std::uint64_t completing_leaf(unsigned level, std::uint64_t index) { return ((index + 1) << level) - 1; }

// Where the hash of a node stands in `nodes` of the run that starts at `first_seq`.
constexpr std::uint64_t node_offset(std::uint64_t first_seq, unsigned level, std::uint64_t index) {
  constexpr std::uint64_t kHashBytes = 32;
  return (nodes_before(completing_leaf(level, index)) - nodes_before(first_seq) + level) * kHashBytes;
}

// Cuts `leaves` at its line feeds. False if what follows the last one is not empty; that rest is the last piece then.
bool split_leaves(std::string_view leaves, std::vector<std::string_view>& pieces);

[[nodiscard]] std::string_view digest_bytes(const Sha256Digest& hash);
// Precondition: 32 bytes.
[[nodiscard]] Sha256Digest digest_from(std::string_view bytes);

}  // namespace imagewarden::audit
