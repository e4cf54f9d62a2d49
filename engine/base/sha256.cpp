#include "engine/base/sha256.h"

#include <cstdlib>

#include <openssl/evp.h>

namespace imagewarden {
namespace {

// Fetched once for the process: EVP_sha256() would look the provider up at every use.
const EVP_MD* algorithm() {
  static const EVP_MD* const kFetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kFetched;
}

// libcrypto without SHA-256, or out of memory: there is no digest to go on with.
void require(bool done) {
  if (!done) std::abort();
}

void write_hex(const Sha256Digest& digest, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : digest) {
    *out++ = kDigits[byte >> 4U];
    *out++ = kDigits[byte & 15U];
  }
}

}  // namespace

struct Sha256::Impl {
  EVP_MD_CTX* context{EVP_MD_CTX_new()};
  Impl() { require(context != nullptr && EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  require(EVP_DigestFinal_ex(impl_->context, digest.data(), nullptr) == 1);
  require(EVP_DigestInit_ex2(impl_->context, nullptr, nullptr) == 1);
  return digest;
}

Sha256Digest sha256(std::string_view bytes) {
  thread_local Sha256 hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string to_hex(const Sha256Digest& digest) {
  std::string hex(2 * digest.size(), '0');
  write_hex(digest, hex.data());
  return hex;
}

std::string sha256_text(std::string_view bytes) {
  std::string text;
  sha256_text(bytes, text);
  return text;
}

void sha256_text(std::string_view bytes, std::string& text) {
  constexpr std::string_view kScheme = "sha256:";
  text.resize(kScheme.size() + 2 * Sha256Digest{}.size());
  kScheme.copy(text.data(), kScheme.size());
  write_hex(sha256(bytes), text.data() + kScheme.size());
}

}  // namespace imagewarden
