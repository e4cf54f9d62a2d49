#include "audit/tree.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace imagewarden::audit {
namespace {

// One hasher a thread: the context is made once.
Sha256& hasher() {
  static thread_local Sha256 instance;
  return instance;
}

constexpr std::string_view kLeafPrefix("\x00", 1);
constexpr char kNodePrefix = '\x01';

}  // namespace

Sha256Digest leaf_hash(std::string_view leaf) {
  Sha256& hash = hasher();
  hash.update(kLeafPrefix);
  hash.update(leaf);
  return hash.finish();
}

Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right) {
  // One update: for so short a message the calls cost as much as the hashing.
  std::array<char, 1 + 2 * sizeof(Sha256Digest)> message{};
  message[0] = kNodePrefix;
  std::memcpy(message.data() + 1, left.data(), left.size());
  std::memcpy(message.data() + 1 + left.size(), right.data(), right.size());
  Sha256& hash = hasher();
  hash.update({message.data(), message.size()});
  return hash.finish();
}

Frontier::Frontier(std::uint64_t size, std::vector<Sha256Digest> subtrees)
    : size_(size), subtrees_(std::move(subtrees)) {}

void Frontier::append(const Sha256Digest& leaf, std::string& hashes) {
  const auto put = [&hashes](const Sha256Digest& hash) {
    hashes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  };
  Sha256Digest node = leaf;
  put(node);
  for (int level = std::countr_one(size_); level > 0; --level) {
    node = node_hash(subtrees_.back(), node);
    subtrees_.pop_back();
    put(node);
  }
  subtrees_.push_back(node);
  ++size_;
}

Sha256Digest Frontier::root() const {
  if (subtrees_.empty()) return sha256({});
  Sha256Digest node = subtrees_.back();
  for (std::size_t i = subtrees_.size() - 1; i-- > 0;) node = node_hash(subtrees_[i], node);
  return node;
}

}  // namespace imagewarden::audit
