#include "audit/proof.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "audit/checkpoint.h"
#include "audit/decimal.h"
#include "audit/layout.h"
#include "audit/note.h"
#include "audit/tree.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

constexpr std::string_view kTitle = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

// The way from leaf `index` up to the root of a tree of `size` leaves. In its inner part the leaf shares its subtree
// with the last leaf of the tree no longer than from the top: siblings stand left or right, as the bits of `index` say.
// Above, the way is that of the last leaf: siblings stand left only, one for each bit that is set.
struct Way {
  unsigned inner{};
  unsigned border{};
};

// Precondition: index < size.
Way way_up(std::uint64_t index, std::uint64_t size) {
  const auto inner = static_cast<unsigned>(std::bit_width(index ^ (size - 1)));
  // A shift by all 64 bits is undefined.
  const std::uint64_t above = inner == 64 ? 0 : index >> inner;
  return {inner, static_cast<unsigned>(std::popcount(above))};
}

// The root of the subtree that starts at leaf `begin` and holds `count` leaves, which may be less than it has room for.
Result<Sha256Digest> range_root(std::uint64_t begin, std::uint64_t count, const NodeSource& nodes) {
  Hashes subtrees;
  while (count > 0) {
    const auto level = static_cast<unsigned>(std::bit_width(count) - 1);
    auto node = nodes(level, begin >> level);
    if (!node) return node;
    subtrees.push_back(*node);
    begin += std::uint64_t{1} << level;
    count -= std::uint64_t{1} << level;
  }
  Sha256Digest root = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) root = node_hash(subtrees[i], root);
  return root;
}

// Appends the siblings of the way up from the node of `level` that holds leaf `index`. Precondition: it is complete.
Status append_siblings(std::uint64_t index, std::uint64_t size, unsigned level, const NodeSource& nodes,
                       Hashes& siblings) {
  const Way way = way_up(index, size);
  for (; level < 64 && (level < way.inner || index >> level != 0); ++level) {
    const std::uint64_t node = index >> level;
    const bool is_right = (node & 1U) != 0;
    if (!is_right && level >= way.inner) continue;
    const std::uint64_t begin = (node ^ 1U) << level;
    const std::uint64_t room = std::uint64_t{1} << level;
    const auto sibling = range_root(begin, std::min(room, size - begin), nodes);
    if (!sibling) return tl::make_unexpected(sibling.error());
    siblings.push_back(*sibling);
  }
  return {};
}

tl::unexpected<Error> malformed(std::size_t line, std::string_view what) {
  return fail(Errc::kMalformedInput, fmt::format("line {} of the proof: {}", line, what));
}

}  // namespace

bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf,
                      std::span<const Sha256Digest> proof, const Sha256Digest& root) {
  if (index >= size) return false;
  const Way way = way_up(index, size);
  if (proof.size() != way.inner + way.border) return false;
  Sha256Digest node = leaf;
  for (unsigned i = 0; i < way.inner; ++i)
    node = (index >> i & 1U) != 0 ? node_hash(proof[i], node) : node_hash(node, proof[i]);
  for (const Sha256Digest& left : proof.subspan(way.inner)) node = node_hash(left, node);
  return node == root;
}

bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Sha256Digest& root1, const Sha256Digest& root2,
                        std::span<const Sha256Digest> proof) {
  if (size1 > size2) return false;
  if (size1 == 0 && root1 != sha256({})) return false;
  if (size1 == size2) return proof.empty() && root1 == root2;
  if (size1 == 0) return proof.empty();
  // The proof is the way up from the last complete subtree that ends with the first size1 leaves; where they are one
  // complete tree, that subtree is all of them, and its hash is root1 itself.
  const auto level = static_cast<unsigned>(std::countr_zero(size1));
  const bool is_complete = std::has_single_bit(size1);
  const Way way = way_up(size1 - 1, size2);
  const unsigned inner = way.inner - level;
  if (proof.size() != (is_complete ? 0U : 1U) + inner + way.border) return false;
  Sha256Digest node1 = root1;
  if (!is_complete) {
    node1 = proof[0];
    proof = proof.subspan(1);
  }
  Sha256Digest node2 = node1;
  const std::uint64_t turns = (size1 - 1) >> level;
  for (unsigned i = 0; i < inner; ++i) {
    if ((turns >> i & 1U) != 0) {
      node1 = node_hash(proof[i], node1);
      node2 = node_hash(proof[i], node2);
    } else {
      node2 = node_hash(node2, proof[i]);
    }
  }
  for (const Sha256Digest& left : proof.subspan(inner)) {
    node1 = node_hash(left, node1);
    node2 = node_hash(left, node2);
  }
  return node1 == root1 && node2 == root2;
}

Result<Hashes> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeSource& nodes) {
  Hashes proof;
  const auto done = append_siblings(index, size, 0, nodes, proof);
  if (!done) return tl::make_unexpected(done.error());
  return proof;
}

Result<Hashes> consistency_proof(std::uint64_t size1, std::uint64_t size2, const NodeSource& nodes) {
  Hashes proof;
  if (size1 == 0 || size1 == size2) return proof;
  const auto level = static_cast<unsigned>(std::countr_zero(size1));
  if (!std::has_single_bit(size1)) {
    const auto last = nodes(level, (size1 - 1) >> level);
    if (!last) return tl::make_unexpected(last.error());
    proof.push_back(*last);
  }
  const auto done = append_siblings(size1 - 1, size2, level, nodes, proof);
  if (!done) return tl::make_unexpected(done.error());
  return proof;
}

Result<Sha256Digest> root_at(std::uint64_t size, const NodeSource& nodes) {
  if (size == 0) return sha256({});
  return range_root(0, size, nodes);
}

std::string format_tlog_proof(const TlogProof& proof) {
  std::string text = fmt::format("{}\n", kTitle);
  if (proof.extra) text.append(kExtra).append(base64(*proof.extra)).append("\n");
  text.append(fmt::format("{}{}\n", kIndex, proof.index));
  for (const Sha256Digest& hash : proof.hashes) text.append(base64(digest_bytes(hash))).append("\n");
  return text.append("\n").append(proof.checkpoint);
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (text.size() > limits::kMaxProofBytes) {
    return fail(Errc::kMalformedInput,
                fmt::format("the proof has {} bytes, expected at most {}", text.size(), limits::kMaxProofBytes));
  }
  std::size_t number = 0;
  std::string_view line;
  // The next line; false at the end of the text, also where the last one is not ended.
  const auto next = [&] {
    ++number;
    const std::size_t length = text.find('\n');
    if (length == std::string_view::npos) return false;
    line = text.substr(0, length);
    text.remove_prefix(length + 1);
    return true;
  };
  TlogProof proof;
  if (!next() || line != kTitle) return malformed(number, fmt::format("expected `{}`", kTitle));
  bool more = next();
  if (more && line.starts_with(kExtra)) {
    proof.extra = from_base64(line.substr(kExtra.size()));
    if (!proof.extra) return malformed(number, "what follows `extra` is not in base64");
    more = next();
  }
  if (!more || !line.starts_with(kIndex)) return malformed(number, "expected `index` and a number");
  const auto index = parse_decimal(line.substr(kIndex.size()));
  if (!index) return malformed(number, "no index: expected a number of 64 bits without leading zeroes");
  proof.index = *index;
  for (;;) {
    if (!next()) return malformed(number, "expected a hash, or an empty line and the checkpoint");
    if (line.empty()) break;
    const auto hash = from_base64(line);
    if (!hash || hash->size() != sizeof(Sha256Digest)) return malformed(number, "expected 32 bytes in base64");
    if (proof.hashes.size() == limits::kMaxProofHashes)
      return malformed(number, fmt::format("more than {} hashes", limits::kMaxProofHashes));
    proof.hashes.push_back(digest_from(*hash));
  }
  proof.checkpoint = text;
  if (const auto checkpoint = parse_signed_checkpoint(text); !checkpoint)
    return malformed(number + 1, checkpoint.error().message);
  return proof;
}

}  // namespace imagewarden::audit
