#pragma once
// SHA-256 (FIPS 180-4) by libcrypto, with the algorithm fetched once and the context reused.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace imagewarden {

using Sha256Digest = std::array<std::uint8_t, 32>;

// Hashes one message after the other. Not thread-safe: one object, one thread.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(std::string_view bytes);
  // The digest of what was updated; the object is then ready for the next message.
  Sha256Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The digest of one message, by a context that belongs to the thread.
[[nodiscard]] Sha256Digest sha256(std::string_view bytes);
// Lower-case hex, 64 characters.
[[nodiscard]] std::string to_hex(const Sha256Digest& digest);
// `sha256:HEX` of a message: how digests stand in documents and records.
[[nodiscard]] std::string sha256_text(std::string_view bytes);
void sha256_text(std::string_view bytes, std::string& text);  // in the place of what it was

}  // namespace imagewarden
