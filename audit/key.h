#pragma once
// Ed25519 keys (RFC 8032) by libcrypto, and the file that holds one: PEM PKCS#8, as `openssl genpkey` writes it.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace imagewarden::audit {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// A private key. Its bytes are wiped with the object. Signing is safe for any number of threads.
class SigningKey {
 public:
  static Result<SigningKey> generate();
  static Result<SigningKey> from_seed(std::span<const std::uint8_t, 32> seed);
  // kNotFound; kUsage where others than its owner may read or write it (expected mode 0600); kMalformedInput where it
  // holds no unencrypted Ed25519 key; kIo.
  static Result<SigningKey> read(const std::string& path);
  // Makes the file with mode 0600, durable when it returns. kConflict if it exists: a key is never replaced.
  [[nodiscard]] Status write_new(const std::string& path) const;

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  [[nodiscard]] const PublicKey& public_key() const;
  [[nodiscard]] Signature sign(std::string_view message) const;

 private:
  struct Impl;
  explicit SigningKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] bool verify_signature(const PublicKey& key, std::string_view message, const Signature& signature);

}  // namespace imagewarden::audit
