#include "audit/frontier.h"

#include <bit>
#include <utility>

#include <fmt/format.h>

#include "audit/layout.h"

namespace imagewarden::audit {
namespace {

tl::unexpected<Error> damaged(const Store& store, std::uint64_t seq) {
  return fail(Errc::kMalformedInput, fmt::format("{}: record {}: its run is missing or damaged", store.name(), seq));
}

// The run that holds `seq`.
Result<Run> run_of(Store& store, std::uint64_t seq, Store::Part part) {
  auto run = store.run_before(static_cast<std::int64_t>(seq), part);
  if (!run) return tl::make_unexpected(run.error());
  if (!*run || (*run)->first_seq < 0 || (*run)->count < 1 ||
      (*run)->count > static_cast<std::int64_t>(kMaxRunRecords) ||
      seq - static_cast<std::uint64_t>((*run)->first_seq) >= static_cast<std::uint64_t>((*run)->count)) {
    return damaged(store, seq);
  }
  return std::move(**run);
}

}  // namespace

Result<std::string> load_leaf(Store& store, std::uint64_t seq) {
  const auto run = run_of(store, seq, Store::Part::kLeaves);
  if (!run) return tl::make_unexpected(run.error());
  std::vector<std::string_view> leaves;
  if (!split_leaves(run->leaves, leaves) || leaves.size() != static_cast<std::uint64_t>(run->count))
    return damaged(store, seq);
  return std::string(leaves[seq - static_cast<std::uint64_t>(run->first_seq)]);
}

Result<Sha256Digest> load_node(Store& store, unsigned level, std::uint64_t index) {
  const std::uint64_t seq = completing_leaf(level, index);
  const auto run = run_of(store, seq, Store::Part::kNodes);
  if (!run) return tl::make_unexpected(run.error());
  const auto first = static_cast<std::uint64_t>(run->first_seq);
  const std::uint64_t bytes =
      (nodes_before(first + static_cast<std::uint64_t>(run->count)) - nodes_before(first)) * sizeof(Sha256Digest);
  if (run->nodes.size() != bytes) return damaged(store, seq);
  return digest_from(std::string_view(run->nodes).substr(node_offset(first, level, index)));
}

Result<Frontier> load_frontier(Store& store, std::uint64_t size) {
  std::vector<Sha256Digest> subtrees;
  std::uint64_t covered = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((size >> level & 1U) == 0) continue;
    const auto node = load_node(store, level, covered >> level);
    if (!node) return tl::make_unexpected(node.error());
    subtrees.push_back(*node);
    covered += std::uint64_t{1} << level;
  }
  return Frontier(size, std::move(subtrees));
}

}  // namespace imagewarden::audit
