#include "audit/layout.h"

#include <algorithm>

namespace imagewarden::audit {

bool split_leaves(std::string_view leaves, std::vector<std::string_view>& pieces) {
  pieces.clear();
  while (!leaves.empty()) {
    const std::size_t end = leaves.find('\n');
    pieces.push_back(leaves.substr(0, end));
    if (end == std::string_view::npos) return false;
    leaves.remove_prefix(end + 1);
  }
  return true;
}

std::string_view digest_bytes(const Sha256Digest& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

Sha256Digest digest_from(std::string_view bytes) {
  Sha256Digest hash{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()), hash.size(), hash.begin());
  return hash;
}

}  // namespace imagewarden::audit
