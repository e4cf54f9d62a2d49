// Key files: whatever is taken is an Ed25519 key that libcrypto reads as well, and comes back from the file that is
// made of it. A file in memory: no disk is waited for.

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "audit/key.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

Result<audit::SigningKey> read_key(std::string_view text, ::mode_t mode) {
  const int file = ::memfd_create("key", MFD_CLOEXEC);
  fuzz::require(file >= 0 && ::fchmod(file, mode) == 0, "there are files in memory");
  fuzz::require(::write(file, text.data(), text.size()) == static_cast<::ssize_t>(text.size()), "a file is written");
  auto key = audit::SigningKey::read("/proc/self/fd/" + std::to_string(file));
  ::close(file);
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto key = read_key(text, S_IRUSR | S_IWUSR);
  const auto shared = read_key(text, S_IRUSR | S_IWUSR | S_IRGRP);
  fuzz::require(!shared && shared.error().code == Errc::kUsage, "a key that others read is refused unread");
  if (!key) {
    fuzz::require(key.error().code == Errc::kMalformedInput, "a bad key is malformed input");
    fuzz::require(key.error().message.find('\n') == std::string::npos, "a message is one line");
    return 0;
  }
  const std::unique_ptr<BIO, void (*)(BIO*)> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                BIO_free_all);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> other(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  fuzz::require(other && EVP_PKEY_get_id(other.get()) == EVP_PKEY_ED25519, "libcrypto reads an Ed25519 key");
  audit::PublicKey public_key{};
  std::size_t bytes = public_key.size();
  fuzz::require(
      EVP_PKEY_get_raw_public_key(other.get(), public_key.data(), &bytes) == 1 && public_key == key->public_key(),
      "it is the same key");
  fuzz::require(audit::verify_signature(public_key, text, key->sign(text)), "the key signs");
  return 0;
}
