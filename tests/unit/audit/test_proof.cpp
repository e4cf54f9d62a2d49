// Proofs: those of the definition are made and believed, no other ones; and the text of a proof.

#include <bit>

#include "audit/proof.h"
#include "audit/tree.h"
#include "engine/base/limits.h"
#include "tests/unit/audit/merkle_vectors.h"

namespace imagewarden::audit {
namespace {

using test::must;
using test::vector_hash;

Hashes hashes_at(const nlohmann::json& places) {
  Hashes hashes;
  for (const auto& place : places) hashes.push_back(vector_hash(place));
  return hashes;
}

// A tree of the leaves `record-<i>`, every complete node of it, and how often one was asked for.
class Tree {
 public:
  explicit Tree(std::uint64_t size) {
    levels_.emplace_back();
    for (std::uint64_t i = 0; i < size; ++i) levels_[0].push_back(leaf_hash("record-" + std::to_string(i)));
    while (levels_.back().size() > 1) {
      const Hashes& below = levels_.back();
      Hashes level;
      for (std::size_t i = 0; i + 1 < below.size(); i += 2) level.push_back(node_hash(below[i], below[i + 1]));
      levels_.push_back(std::move(level));
    }
  }
  [[nodiscard]] const Sha256Digest& leaf(std::uint64_t index) const { return levels_.at(0).at(index); }
  // Only nodes that are complete in the first `size` leaves may be asked for.
  [[nodiscard]] NodeSource nodes(std::uint64_t size) {
    return [this, size](unsigned level, std::uint64_t index) -> Result<Sha256Digest> {
      ++calls_;
      if ((index + 1) << level > size) return fail(Errc::kNotFound, "not complete");
      return levels_.at(level).at(index);
    };
  }
  [[nodiscard]] std::size_t take_calls() { return std::exchange(calls_, 0); }

 private:
  std::vector<Hashes> levels_;
  std::size_t calls_{};
};

TEST_CASE("proofs of the definition are believed, spoiled ones are not", "[audit][proof][vectors]") {
  std::size_t good = 0;
  for (const auto& row : test::merkle_vectors().at("inclusion")) {
    CAPTURE(row.dump());
    const bool holds =
        verify_inclusion(row.at(1), row.at(2), vector_hash(row.at(3)), hashes_at(row.at(5)), vector_hash(row.at(4)));
    CHECK(holds == row.at(6).get<bool>());
    good += holds ? 1U : 0U;
  }
  CHECK(good == 90);
  CHECK(test::merkle_vectors().at("inclusion").size() - good >= 150);
  good = 0;
  for (const auto& row : test::merkle_vectors().at("consistency")) {
    CAPTURE(row.dump());
    const bool holds =
        verify_consistency(row.at(1), row.at(2), vector_hash(row.at(3)), vector_hash(row.at(4)), hashes_at(row.at(5)));
    CHECK(holds == row.at(6).get<bool>());
    good += holds ? 1U : 0U;
  }
  CHECK(good == 102);
  CHECK(test::merkle_vectors().at("consistency").size() - good >= 150);
}

TEST_CASE("proofs are made as the definition has them", "[audit][proof][vectors]") {
  Tree tree(140);
  for (const auto& row : test::merkle_vectors().at("inclusion")) {
    if (!row.at(6).get<bool>()) continue;
    CAPTURE(row.dump());
    const std::uint64_t size = row.at(2);
    CHECK(must(inclusion_proof(row.at(1), size, tree.nodes(size))) == hashes_at(row.at(5)));
  }
  for (const auto& row : test::merkle_vectors().at("consistency")) {
    if (!row.at(6).get<bool>()) continue;
    CAPTURE(row.dump());
    const std::uint64_t size = row.at(2);
    CHECK(must(consistency_proof(row.at(1), size, tree.nodes(size))) == hashes_at(row.at(5)));
  }
  for (const auto& [size, place] : test::merkle_vectors().at("roots").items()) {
    CAPTURE(size);
    const std::uint64_t count = std::stoul(size);
    CHECK(must(root_at(count, tree.nodes(count))) == vector_hash(place));
  }
}

TEST_CASE("every proof of every small tree", "[audit][proof][property]") {
  constexpr std::uint64_t kMost = 70;
  Tree tree(kMost);
  std::vector<Sha256Digest> roots;
  for (std::uint64_t size = 0; size <= kMost; ++size) {
    roots.push_back(must(root_at(size, tree.nodes(size))));
    CHECK(tree.take_calls() == static_cast<std::size_t>(std::popcount(size)));
  }
  for (std::uint64_t size = 1; size <= kMost; ++size) {
    const auto most_calls = 2 * static_cast<std::size_t>(std::bit_width(size)) + 1;
    for (std::uint64_t index = 0; index < size; ++index) {
      CAPTURE(size, index);
      const Hashes proof = must(inclusion_proof(index, size, tree.nodes(size)));
      REQUIRE(tree.take_calls() <= most_calls);
      REQUIRE(verify_inclusion(index, size, tree.leaf(index), proof, roots[size]));
      // Neither at another place of the tree nor as the proof of another tree.
      for (std::uint64_t other = 0; other < size; ++other) {
        if (other != index) REQUIRE_FALSE(verify_inclusion(other, size, tree.leaf(index), proof, roots[size]));
      }
      REQUIRE_FALSE(verify_inclusion(index, size, tree.leaf(index), proof, roots[size - 1]));
    }
    for (std::uint64_t first = 0; first <= size; ++first) {
      CAPTURE(size, first);
      const Hashes proof = must(consistency_proof(first, size, tree.nodes(size)));
      REQUIRE(tree.take_calls() <= most_calls);
      REQUIRE((!proof.empty() || first == 0 || first == size));
      REQUIRE(verify_consistency(first, size, roots[first], roots[size], proof));
      for (std::uint64_t other = 0; other <= size; ++other) {
        if (other != first) REQUIRE_FALSE(verify_consistency(other, size, roots[first], roots[size], proof));
      }
    }
  }
}

TEST_CASE("the ends of 64 bits", "[audit][proof]") {
  constexpr std::uint64_t kTop = ~std::uint64_t{0};
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
  const Sha256Digest hash = leaf_hash("a");
  // A proof that fits: 64 hashes up a tree of nearly 2^64 leaves.
  Sha256Digest first = hash;
  Sha256Digest last = hash;
  const Hashes siblings(64, leaf_hash("b"));
  for (const Sha256Digest& sibling : siblings) {
    first = node_hash(first, sibling);
    last = node_hash(sibling, last);
  }
  CHECK(verify_inclusion(0, kTop, hash, siblings, first));
  CHECK(verify_inclusion(0, kHalf + 1, hash, siblings, first));
  CHECK_FALSE(verify_inclusion(0, kHalf, hash, siblings, first));
  CHECK_FALSE(verify_inclusion(kTop, kTop, hash, siblings, last));
  CHECK_FALSE(verify_inclusion(kTop - 1, kTop, hash, siblings, last));
  CHECK_FALSE(verify_inclusion(0, 0, hash, {}, hash));
  CHECK_FALSE(verify_inclusion(kTop, 0, hash, {}, hash));
  CHECK(verify_inclusion(0, 1, hash, {}, hash));
  CHECK_FALSE(verify_consistency(kTop, 0, hash, hash, {}));
  CHECK_FALSE(verify_consistency(kHalf, kTop, hash, hash, siblings));
  CHECK(verify_consistency(kHalf, kHalf + 1, hash, node_hash(hash, siblings[0]), Hashes(1, siblings[0])));
  CHECK(verify_consistency(kTop, kTop, hash, hash, {}));
  CHECK_FALSE(verify_consistency(0, kTop, hash, hash, {}));
  CHECK(verify_consistency(0, kTop, sha256({}), hash, {}));
  CHECK(verify_consistency(0, 0, sha256({}), sha256({}), {}));
  CHECK_FALSE(verify_consistency(0, 0, hash, hash, {}));
}

TEST_CASE("a proof of a million hashes is refused by its length", "[audit][proof]") {
  // Long enough to be felt if it were hashed for each of these.
  const Hashes proof(1'000'000, leaf_hash("a"));
  for (std::uint64_t size = 1; size < 1'000; ++size) {
    REQUIRE_FALSE(verify_inclusion(size - 1, size, proof[0], proof, proof[0]));
    REQUIRE_FALSE(verify_consistency(size, size + 1, proof[0], proof[0], proof));
  }
}

TEST_CASE("an error of the nodes is handed on", "[audit][proof]") {
  const NodeSource broken = [](unsigned /*level*/, std::uint64_t /*index*/) -> Result<Sha256Digest> {
    return fail(Errc::kIo, "broken");
  };
  CHECK(inclusion_proof(1, 3, broken).error().code == Errc::kIo);
  CHECK(consistency_proof(3, 5, broken).error().code == Errc::kIo);
  CHECK(consistency_proof(2, 5, broken).error().code == Errc::kIo);
  CHECK(root_at(3, broken).error().code == Errc::kIo);
  CHECK(must(inclusion_proof(0, 1, broken)).empty());
  CHECK(must(consistency_proof(0, 5, broken)).empty());
  CHECK(must(consistency_proof(5, 5, broken)).empty());
  CHECK(must(root_at(0, broken)) == sha256({}));
}

TEST_CASE("a proof as text", "[audit][proof][vectors]") {
  Tree tree(140);
  for (const auto& row : test::merkle_vectors().at("proofs")) {
    CAPTURE(row.dump());
    const auto text = row.at("text").get<std::string>();
    const std::uint64_t index = row.at("index");
    const std::uint64_t size = row.at("size");
    const TlogProof proof = must(parse_tlog_proof(text));
    CHECK(format_tlog_proof(proof) == text);
    CHECK(proof.index == index);
    CHECK(proof.hashes == must(inclusion_proof(index, size, tree.nodes(size))));
    REQUIRE(proof.extra.has_value() == !row.at("extra").is_null());
    if (proof.extra) CHECK(base64(*proof.extra) == row.at("extra").get<std::string>());
    const Checkpoint covered = must(parse_signed_checkpoint(proof.checkpoint)).checkpoint;
    CHECK(covered.size == size);
    CHECK(verify_inclusion(proof.index, covered.size, tree.leaf(index), proof.hashes, covered.root));
  }
  CHECK(test::merkle_vectors().at("proofs").size() == 4);
}

TEST_CASE("what is no proof", "[audit][proof][table]") {
  struct Row {
    const char* why;
    std::string from;
    std::string to;
    const char* line;  // that the message names
  };
  const std::string hash = base64(std::string(32, 'x'));
  const auto row = GENERATE_COPY(values<Row>({
      {"another version", "proof@v1", "proof@v2", "line 1 "},
      {"a space behind the title", "proof@v1", "proof@v1 ", "line 1 "},
      {"a carriage return", "proof@v1", "proof@v1\r", "line 1 "},
      {"a byte order mark", "c2sp",
       "\xef\xbb\xbf"
       "c2sp",
       "line 1 "},
      {"an empty line before the title", "c2sp", "\nc2sp", "line 1 "},
      {"no base64 behind `extra`", "extra c", "extra !", "line 2 "},
      {"two spaces behind `extra`", "extra ", "extra  ", "line 2 "},
      {"an `extra` without space", "extra ", "extra", "line 2 "},
      {"an `extra` in capitals", "extra ", "Extra ", "line 2 "},
      {"`extra` twice", "index 5", "extra AAAA\nindex 5", "line 3 "},
      {"`extra` behind the index", "index 5\n", "index 5\nextra AAAA\n", "line 4 "},
      {"no index", "index 5\n", "", "line 3 "},
      {"an empty line for the index", "index 5", "", "line 3 "},
      {"an empty index", "index 5", "index ", "line 3 "},
      {"a word for the index", "index 5", "index five", "line 3 "},
      {"a negative index", "index 5", "index -5", "line 3 "},
      {"a signed index", "index 5", "index +5", "line 3 "},
      {"leading zeroes", "index 5", "index 05", "line 3 "},
      {"two spaces", "index 5", "index  5", "line 3 "},
      {"an index beyond 64 bits", "index 5", "index 18446744073709551616", "line 3 "},
      {"the index twice", "index 5\n", "index 5\nindex 5\n", "line 4 "},
      {"a carriage return behind the index", "index 5", "index 5\r", "line 3 "},
      {"no base64 for a hash", "index 5\n", "index 5\n!!notbase64!!\n", "line 4 "},
      {"a hash of 31 bytes", "index 5\n", "index 5\n" + base64(std::string(31, 'x')) + "\n", "line 4 "},
      {"a hash of 64 bytes", "index 5\n", "index 5\n" + base64(std::string(64, 'x')) + "\n", "line 4 "},
      {"two hashes in a line", "index 5\n", "index 5\n" + hash + hash + "\n", "line 4 "},
      {"spare bits", "index 5\n", "index 5\n" + hash.substr(0, 42) + "5=\n", "line 4 "},
      {"a space behind a hash", "index 5\n", "index 5\n" + hash + " \n", "line 4 "},
      {"no empty line", "\n\nlog.example", "\nlog.example", "line 7 "},
      {"two empty lines", "\n\nlog.example", "\n\n\nlog.example", "line 8 "},
      {"a bad size in the checkpoint", "\n7\n", "\n07\n", "line 8 "},
      {"a bad root in the checkpoint", "\n7\n", "\n7\n=", "line 8 "},
      {"a checkpoint without signature", "\n\n\xe2\x80\x94 ", "\n\n", "line 8 "},
  }));
  CAPTURE(row.why);
  auto text = test::merkle_vectors().at("proofs").at(1).at("text").get<std::string>();
  REQUIRE(parse_tlog_proof(text).has_value());
  const std::size_t at = text.find(row.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, row.from.size(), row.to);
  const auto parsed = parse_tlog_proof(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Errc::kMalformedInput);
  CHECK(parsed.error().message.starts_with(row.line));
  CHECK(parsed.error().message.find('\n') == std::string::npos);
}

TEST_CASE("a proof that is cut off anywhere is no proof, but without its last signatures", "[audit][proof]") {
  const auto text = test::merkle_vectors().at("proofs").at(1).at("text").get<std::string>();
  const std::size_t second = text.rfind("\n\xe2\x80\x94 ") + 1;
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    REQUIRE(parse_tlog_proof(text.substr(0, length)).has_value() == (length == second));
  }
}

TEST_CASE("a proof has its limits", "[audit][proof]") {
  TlogProof proof = must(parse_tlog_proof(test::merkle_vectors().at("proofs").at(1).at("text").get<std::string>()));
  proof.hashes.assign(limits::kMaxProofHashes, leaf_hash("a"));
  CHECK(parse_tlog_proof(format_tlog_proof(proof)).has_value());
  proof.hashes.push_back(leaf_hash("a"));
  CHECK_FALSE(parse_tlog_proof(format_tlog_proof(proof)).has_value());
  proof.hashes.clear();
  // The longest record fits by far.
  proof.extra = std::string(limits::kMaxRecordBytes, 'x');
  CHECK(must(parse_tlog_proof(format_tlog_proof(proof))).extra == proof.extra);
  // As base64: four bytes for three. What does not come out even, a longer origin line would; one group is enough here.
  proof.extra = "";
  const std::size_t rest = format_tlog_proof(proof).size();
  proof.extra = std::string((limits::kMaxProofBytes - rest) / 4 * 3, 'x');
  CHECK(parse_tlog_proof(format_tlog_proof(proof)).has_value());
  *proof.extra += 'x';
  CHECK(format_tlog_proof(proof).size() > limits::kMaxProofBytes);
  CHECK_FALSE(parse_tlog_proof(format_tlog_proof(proof)).has_value());
  // Nothing at all is something else than no extra data.
  proof.extra = "";
  CHECK(must(parse_tlog_proof(format_tlog_proof(proof))).extra == std::optional<std::string>(""));
  proof.extra.reset();
  CHECK_FALSE(must(parse_tlog_proof(format_tlog_proof(proof))).extra.has_value());
}

}  // namespace
}  // namespace imagewarden::audit
