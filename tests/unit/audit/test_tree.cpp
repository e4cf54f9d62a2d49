// The Merkle tree against public anchors and against its definition, written as it stands in RFC 9162.

#include <bit>

#include "audit/layout.h"
#include "audit/tree.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit {
namespace {

TEST_CASE("hashes of leaves and nodes", "[audit][tree]") {
  CHECK(to_hex(leaf_hash("")) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  CHECK(to_hex(leaf_hash("L123456")) == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  CHECK(to_hex(Frontier().root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // The public anchor of a node is about children that are no hashes; the same bytes by hand pin prefix and order.
  CHECK(to_hex(sha256(std::string("\x01N123N456", 9))) ==
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
  const Sha256Digest left = leaf_hash("left");
  const Sha256Digest right = leaf_hash("right");
  std::string bytes = "\x01";
  bytes.append(digest_bytes(left)).append(digest_bytes(right));
  CHECK(node_hash(left, right) == sha256(bytes));
  CHECK(digest_from(digest_bytes(left)) == left);
}

// MTH of RFC 9162 §2.1.1.
Sha256Digest tree_hash(const std::vector<std::string>& leaves, std::size_t first, std::size_t count) {
  if (count == 0) return sha256({});
  if (count == 1) return leaf_hash(leaves[first]);
  const std::size_t split = std::bit_floor(count - 1);
  return node_hash(tree_hash(leaves, first, split), tree_hash(leaves, first + split, count - split));
}

TEST_CASE("the frontier has the root of the definition at every size", "[audit][tree]") {
  std::vector<std::string> leaves;
  Frontier frontier;
  std::string hashes;
  for (std::size_t size = 0; size <= 200; ++size) {
    CAPTURE(size);
    CHECK(frontier.size() == size);
    REQUIRE(frontier.root() == tree_hash(leaves, 0, size));
    REQUIRE(frontier.subtrees().size() == static_cast<std::size_t>(std::popcount(size)));
    REQUIRE(hashes.size() == 32 * nodes_before(size));
    const Frontier resumed(size, frontier.subtrees());
    REQUIRE(resumed.root() == frontier.root());
    leaves.push_back("leaf " + std::to_string(size));
    const std::size_t before = hashes.size();
    frontier.append(leaf_hash(leaves.back()), hashes);
    CHECK(hashes.size() - before == 32 * static_cast<std::size_t>(1 + std::countr_zero(size + 1)));
  }
}

TEST_CASE("a node stands where the arithmetic says", "[audit][tree]") {
  const auto first_seq = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{6}, std::size_t{7}, std::size_t{13});
  CAPTURE(first_seq);
  std::vector<std::string> leaves;
  Frontier frontier;
  std::string run_nodes;
  for (std::size_t seq = 0; seq < 130; ++seq) {
    leaves.push_back(std::to_string(seq));
    std::string hashes;
    frontier.append(leaf_hash(leaves.back()), hashes);
    if (seq >= first_seq) run_nodes += hashes;
  }
  std::size_t found = 0;
  for (unsigned level = 0; level <= 7; ++level) {
    for (std::uint64_t index = 0; completing_leaf(level, index) < 130; ++index) {
      if (completing_leaf(level, index) < first_seq) continue;
      CAPTURE(level, index);
      const std::uint64_t width = std::uint64_t{1} << level;
      const auto stored = digest_from(std::string_view(run_nodes).substr(node_offset(first_seq, level, index)));
      REQUIRE(stored == tree_hash(leaves, index * width, width));
      ++found;
    }
  }
  CHECK(found * 32 == run_nodes.size());
}

TEST_CASE("cutting a run", "[audit][tree]") {
  std::vector<std::string_view> pieces{"old"};
  CHECK(split_leaves("", pieces));
  CHECK(pieces.empty());
  CHECK(split_leaves("a\n\nbc\n", pieces));
  CHECK(pieces == std::vector<std::string_view>{"a", "", "bc"});
  CHECK_FALSE(split_leaves("a\nb", pieces));
  CHECK(pieces == std::vector<std::string_view>{"a", "b"});
}

}  // namespace
}  // namespace imagewarden::audit
