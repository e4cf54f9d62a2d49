// Holds the audit log's formats against public vectors: Merkle proofs of transparency-dev, signed notes, checkpoints
// and proofs of C2SP, RFC 8785. Argument: the folder that holds transparency-dev-merkle, signed-note and jcs.
// Fails where a verdict differs, and where less was there than there should be.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "audit/checkpoint.h"
#include "audit/layout.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/base/sha256.h"

namespace imagewarden::audit {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

std::string read_file(const Path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<Path> files_below(const Path& folder) {
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// Counts the checks of one kind and says which differ.
class Kind {
 public:
  Kind(std::string name, std::size_t least) : name_(std::move(name)), least_(least) {}
  void check(bool holds, const std::string& what) {
    ++count_;
    if (holds) return;
    ++failed_;
    std::printf("%s: %s: differs\n", name_.c_str(), what.c_str());
  }
  // True if all is well.
  [[nodiscard]] bool finish() const {
    const bool enough = count_ >= least_;
    std::printf("%s: %zu checked, %zu failed%s\n", name_.c_str(), count_, failed_,
                enough ? "" : ", less than there should be");
    return enough && failed_ == 0;
  }

 private:
  std::string name_;
  std::size_t least_;
  std::size_t count_{};
  std::size_t failed_{};
};

// A hash in base64; nothing where it is no hash, which ends a proof that holds it.
std::optional<Sha256Digest> hash_of(const Json& text) {
  const auto bytes = from_base64(text.get<std::string>());
  if (!bytes || bytes->size() != sizeof(Sha256Digest)) return std::nullopt;
  return digest_from(*bytes);
}

std::optional<Hashes> hashes_of(const Json& list) {
  Hashes hashes;
  if (list.is_null()) return hashes;
  for (const Json& item : list) {
    const auto hash = hash_of(item);
    if (!hash) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

bool is_included(const Json& vector, const char* index, const char* size) {
  const auto leaf = hash_of(vector.at("leafHash"));
  const auto root = hash_of(vector.at("root"));
  const auto proof = hashes_of(vector.at("proof"));
  return leaf && root && proof &&
         verify_inclusion(vector.at(index).get<std::uint64_t>(), vector.at(size).get<std::uint64_t>(), *leaf, *proof,
                          *root);
}

bool is_consistent(const Json& vector) {
  const auto size1 = vector.at("size1").get<std::uint64_t>();
  const auto size2 = vector.at("size2").get<std::uint64_t>();
  // Between two trees of one size the roots are compared and nothing else: one vector has texts there that are no
  // hashes.
  const auto root_of = [&](const char* name) {
    const Json& text = vector.at(name);
    const auto hash = hash_of(text);
    return !hash && size1 == size2 ? sha256(text.get<std::string>()) : hash;
  };
  const auto root1 = root_of("root1");
  const auto root2 = root_of("root2");
  const auto proof = hashes_of(vector.at("proof"));
  return root1 && root2 && proof && verify_consistency(size1, size2, *root1, *root2, *proof);
}

bool check_merkle(const Path& folder) {
  bool good = true;
  for (const std::string_view name : {"inclusion", "consistency"}) {
    Kind kind("merkle " + std::string(name), 98 + 1);
    std::size_t accepted = 0;
    for (const Path& path : files_below(folder / name)) {
      const Json vector = Json::parse(read_file(path));
      const bool found = name == "inclusion" ? is_included(vector, "leafIdx", "treeSize") : is_consistent(vector);
      accepted += found ? 1U : 0U;
      kind.check(found == !vector.value("wantErr", false), path.string());
    }
    kind.check(accepted == 6, "six of them are proofs");
    good &= kind.finish();
  }
  return good;
}

bool check_known(const Path& file) {
  Kind kind("published notes", 6);
  for (const Json& vector : Json::parse(read_file(file))) {
    const auto source = vector.at("source").get<std::string>();
    const auto text = vector.at("note").get<std::string>();
    const auto key = parse_vkey(vector.at("vkey").get<std::string>());
    const auto note = parse_note(text);
    kind.check(key && format_vkey(*key) == vector.at("vkey"), source + ", key");
    kind.check(note && format_note(*note) == text, source + ", form");
    if (!key || !note) continue;
    const auto signers = verify_note(*note, {&*key, 1});
    kind.check((signers && signers->size() == 1) == vector.at("ok").get<bool>(), source + ", signature");
  }
  return kind.finish();
}

// The nodes of a tree whose leaves are `entry-<i>`.
class Entries {
 public:
  explicit Entries(std::size_t count) {
    std::string ignored;
    for (std::size_t i = 0; i < count; ++i) {
      leaves_.push_back(leaf_hash("entry-" + std::to_string(i)));
      frontiers_.push_back(frontier_);
      frontier_.append(leaves_.back(), ignored);
    }
    frontiers_.push_back(frontier_);
  }
  [[nodiscard]] const Sha256Digest& leaf(std::size_t index) const { return leaves_.at(index); }
  [[nodiscard]] Sha256Digest root(std::size_t size) const { return frontiers_.at(size).root(); }
  [[nodiscard]] NodeSource nodes() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Sha256Digest> {
      Frontier subtree;
      std::string ignored;
      for (std::uint64_t i = index << level; i < (index + 1) << level; ++i) subtree.append(leaf(i), ignored);
      return subtree.root();
    };
  }

 private:
  std::vector<Sha256Digest> leaves_;
  std::vector<Frontier> frontiers_;
  Frontier frontier_;
};

SigningKey key_of(const Json& hex) {
  const auto digits = hex.get<std::string>();
  PublicKey seed{};
  for (std::size_t i = 0; i < seed.size(); ++i)
    seed[i] = static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  return must(SigningKey::from_seed(seed));
}

// A checkpoint that is to be what our own signing makes of the size, byte by byte, and to verify.
void check_checkpoint(Kind& kind, const std::string& text, std::uint64_t size, const Sha256Digest& root,
                      std::span<const VerifierKey> keys, const Note& made) {
  const std::string what = "checkpoint of " + std::to_string(size);
  const auto parsed = parse_signed_checkpoint(text);
  kind.check(parsed && parsed->checkpoint.size == size && parsed->checkpoint.root == root, what);
  kind.check(format_note(made) == text, what + ", as we sign it");
  if (!parsed) return;
  const auto endorsement = verify_checkpoint(*parsed, keys);
  kind.check(endorsement && endorsement->cosigners == keys.size() - 1, what + ", signatures");
}

bool check_own(const Path& folder) {
  const Json vectors = Json::parse(read_file(folder / "own-vectors.json"));
  constexpr std::size_t kSize = 300;
  const Entries entries(kSize);
  bool good = true;

  Kind roots("roots", 45);
  for (const auto& [size, root] : vectors.at("roots").items())
    roots.check(hash_of(root) == entries.root(std::stoul(size)), "root of " + size);
  good &= roots.finish();

  Kind proofs("own proofs", 2 * (27 + 15));
  for (const Json& vector : vectors.at("inclusion")) {
    proofs.check(is_included(vector, "index", "size"), vector.dump());
    const auto made = inclusion_proof(vector.at("index").get<std::uint64_t>(), vector.at("size").get<std::uint64_t>(),
                                      entries.nodes());
    proofs.check(made && hashes_of(vector.at("proof")) == *made, "as we make it: " + vector.dump());
  }
  for (const Json& vector : vectors.at("consistency")) {
    proofs.check(is_consistent(vector), vector.dump());
    const auto made = consistency_proof(vector.at("size1").get<std::uint64_t>(),
                                        vector.at("size2").get<std::uint64_t>(), entries.nodes());
    proofs.check(made && hashes_of(vector.at("proof")) == *made, "as we make it: " + vector.dump());
  }
  good &= proofs.finish();

  Kind notes("checkpoints", 2 + 3 * (6 + 1) + 1);
  const SigningKey log_key = key_of(vectors.at("log_seed_hex"));
  const SigningKey witness_key = key_of(vectors.at("witness_seed_hex"));
  const std::vector<VerifierKey> keys = {must(parse_vkey(vectors.at("log_vkey").get<std::string>())),
                                         must(parse_vkey(vectors.at("witness_vkey").get<std::string>()))};
  const std::span<const VerifierKey> log_only(keys.data(), 1);
  notes.check(keys[0] == make_verifier_key(keys[0].name, SignatureKind::kEd25519, log_key.public_key()), "log key");
  notes.check(keys[1] == make_verifier_key(keys[1].name, SignatureKind::kCosignatureV1, witness_key.public_key()),
              "witness key");
  const auto sign = [&](std::uint64_t size) {
    Note note{format_checkpoint({keys[0].name, size, entries.root(size), {}}), {}};
    sign_note(note, keys[0].name, log_key);
    return note;
  };
  for (const auto& [size, text] : vectors.at("checkpoints").items()) {
    const std::size_t count = std::stoul(size);
    check_checkpoint(notes, text.get<std::string>(), count, entries.root(count), log_only, sign(count));
  }
  const auto cosigned = vectors.at("checkpoint_300_cosigned").get<std::string>();
  const auto parsed = must(parse_signed_checkpoint(cosigned));
  const auto endorsement = must(verify_checkpoint(parsed, keys));
  Note made = sign(kSize);
  cosign_note(made, keys[1].name, witness_key, endorsement.last_cosigned_unix_s);
  check_checkpoint(notes, cosigned, kSize, entries.root(kSize), keys, made);
  notes.check(read_file(folder / "checkpoint_300.txt") == cosigned, "checkpoint_300.txt");
  good &= notes.finish();

  Kind files("tlog-proofs", 4);
  const auto text = vectors.at("tlog_proof_entry_5").get<std::string>();
  files.check(read_file(folder / "entry5.tlog-proof") == text, "entry5.tlog-proof");
  const TlogProof proof = must(parse_tlog_proof(text));
  files.check(format_tlog_proof(proof) == text, "entry5.tlog-proof, form");
  files.check(proof.index == 5 && verify_inclusion(proof.index, kSize, entries.leaf(5), proof.hashes,
                                                   must(parse_signed_checkpoint(proof.checkpoint)).checkpoint.root),
              "entry5.tlog-proof, proof");
  files.check(format_tlog_proof({5, must(inclusion_proof(5, kSize, entries.nodes())), std::nullopt, cosigned}) == text,
              "entry5.tlog-proof, as we make it");
  return files.finish() && good;
}

bool check_parser(const Path& file) {
  const Json cases = Json::parse(read_file(file));
  Kind kind("parser verdicts", 15 + 7);
  for (const Json& row : cases.at("checkpoint_text")) {
    const auto text = row.at("text").get<std::string>();
    const auto parsed = parse_checkpoint(text);
    kind.check(parsed.has_value() == row.at("strict").get<bool>(), row.dump());
    if (parsed && format_checkpoint(*parsed) != text) kind.check(false, row.dump());
  }
  for (const Json& row : cases.at("tlog_proof"))
    kind.check(parse_tlog_proof(row.at("text").get<std::string>()).has_value() == row.at("ok").get<bool>(), row.dump());
  return kind.finish();
}

// The texts of a canonical document between their quotes, and its numbers, as they stand there.
struct Tokens {
  std::vector<std::string> strings;
  std::vector<std::string> numbers;
};

Tokens tokens_of(std::string_view canonical) {
  Tokens tokens;
  for (std::size_t at = 0; at < canonical.size();) {
    std::size_t end = at + 1;
    if (canonical[at] == '"') {
      while (canonical.at(end) != '"') end += canonical[end] == '\\' ? 2U : 1U;
      ++end;
      tokens.strings.emplace_back(canonical.substr(at, end - at));
    } else if (std::string_view("-0123456789").find(canonical[at]) != std::string_view::npos) {
      end = std::min(canonical.find_first_not_of("0123456789.eE+-", at), canonical.size());
      tokens.numbers.emplace_back(canonical.substr(at, end - at));
    }
    at = end;
  }
  return tokens;
}

// The same of a document that was read, as we write them; other numbers than integers we do not write.
void write_tokens(const JsonValue& value, Tokens& tokens) {
  const auto add = [&tokens](std::string_view text) {
    std::string quoted;
    append_json_string(quoted, text);
    if (quoted != '"' + escape_text(text) + '"') throw std::runtime_error("leaf and writer differ: " + quoted);
    tokens.strings.push_back(std::move(quoted));
  };
  if (value.is(JsonType::kString)) add(value.text);
  if (const auto integer = json_integer(value); value.is(JsonType::kNumber) && integer) {
    std::string text;
    JsonWriter(text).integer(*integer);
    tokens.numbers.push_back(std::move(text));
  }
  for (const JsonValue& item : value.items) write_tokens(item, tokens);
  for (const JsonMember& member : value.members) {
    add(member.key);
    write_tokens(member.value, tokens);
  }
}

bool check_jcs(const Path& folder) {
  Kind kind("rfc 8785", 6 + 15);
  std::size_t left_out = 0;
  for (const Path& path : files_below(folder / "input")) {
    const auto document = JsonDocument::parse(read_file(path));
    kind.check(document.has_value(), path.string());
    if (!document) continue;
    Tokens wanted = tokens_of(read_file(folder / "output" / path.filename()));
    Tokens written;
    write_tokens(document->root(), written);
    for (Tokens* tokens : {&wanted, &written}) std::sort(tokens->strings.begin(), tokens->strings.end());
    kind.check(wanted.strings.size() == written.strings.size(), path.string() + ", number of strings");
    for (const std::string& text : written.strings) {
      kind.check(std::binary_search(wanted.strings.begin(), wanted.strings.end(), text), path.string() + ", " + text);
    }
    for (const std::string& number : written.numbers) {
      const auto place = std::find(wanted.numbers.begin(), wanted.numbers.end(), number);
      kind.check(place != wanted.numbers.end(), path.string() + ", " + number);
      if (place != wanted.numbers.end()) wanted.numbers.erase(place);
    }
    left_out += wanted.numbers.size();
  }
  std::printf(
      "rfc 8785: strings and integers are compared; %zu other numbers and the order of keys are not: a record "
      "has no such numbers, and fixed keys\n",
      left_out);
  return kind.finish();
}

bool check_all(const Path& folder) {
  bool good = check_merkle(folder / "transparency-dev-merkle/testdata");
  good &= check_known(folder / "signed-note/known.json");
  good &= check_own(folder / "signed-note");
  good &= check_parser(folder / "signed-note/parse-cases.json");
  good &= check_jcs(folder / "jcs/testdata");
  return good;
}

}  // namespace
}  // namespace imagewarden::audit

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  return imagewarden::audit::check_all(argv[1]) ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
