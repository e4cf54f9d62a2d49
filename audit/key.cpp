#include "audit/key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "audit/files.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

constexpr ::mode_t kKeyMode = S_IRUSR | S_IWUSR;

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* object) const { Free(object); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using ContextPointer = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
using BioPointer = std::unique_ptr<BIO, Deleter<BIO, BIO_free_all>>;

// libcrypto without Ed25519, or out of memory: there is no signature to go on with.
void require(bool done) {
  if (!done) std::abort();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// A buffer for secrets: its bytes are wiped with it.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  [[nodiscard]] char* data() { return bytes_.data(); }
  [[nodiscard]] std::size_t capacity() const { return bytes_.size(); }

 private:
  std::array<char, limits::kMaxKeyFileBytes + 1> bytes_{};
};

// A descriptor that is closed with its scope.
struct File {
  int descriptor{-1};
  explicit File(int opened) : descriptor(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

tl::unexpected<Error> system_error(const std::string& path, std::string_view what) {
  const int error = errno;
  return fail(Errc::kIo, fmt::format("{}: {}: {}", path, what, std::generic_category().message(error)));
}

// Never asks on the terminal: a key under a passphrase is refused.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*rwflag*/, void* /*data*/) { return -1; }

// The first PKCS#8 key of a PEM text; null if there is none, or more behind it than belongs to it.
KeyPointer key_from_pem(std::string_view pem) {
  const BioPointer in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(in != nullptr);
  unsigned char* der = nullptr;
  long der_bytes = 0;
  // This call and not PEM_read_bio_PrivateKey(): that one reads the old forms of other algorithms too.
  if (PEM_bytes_read_bio_secmem(&der, &der_bytes, nullptr, PEM_STRING_PKCS8INF, in.get(), no_passphrase, nullptr) != 1)
    return nullptr;
  const unsigned char* end = der;
  KeyPointer key(d2i_PrivateKey(EVP_PKEY_ED25519, nullptr, &end, der_bytes));
  const bool whole = end == der + der_bytes;
  OPENSSL_secure_clear_free(der, static_cast<std::size_t>(der_bytes));
  // The type that was asked for is a hint only.
  if (!key || !whole || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return nullptr;
  return key;
}

Status write_all(int descriptor, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ::ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(name, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// The file under its temporary name, whole and on the disk.
Status write_temporary(const std::string& path, std::string_view bytes, const std::string& name) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kKeyMode));
  if (file.descriptor < 0) return system_error(name, "cannot be made");
  auto done = write_all(file.descriptor, bytes, name);
  // The umask can have taken rights of the owner too.
  if (done && ::fchmod(file.descriptor, kKeyMode) != 0) done = system_error(name, "its mode cannot be set");
  if (done && ::fsync(file.descriptor) != 0) done = system_error(name, "cannot be synchronised");
  if (!done) ::unlink(path.c_str());
  return done;
}

}  // namespace

// libcrypto wipes the private key when it frees it.
struct SigningKey::Impl {
  KeyPointer key;
  PublicKey public_key{};

  explicit Impl(KeyPointer given) : key(std::move(given)) {
    std::size_t size = public_key.size();
    require(EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &size) == 1 && size == public_key.size());
  }
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::generate() {
  KeyPointer key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) {
    ERR_clear_error();
    return fail(Errc::kIo, "the system gives no random bytes for a key");
  }
  return SigningKey(std::make_unique<Impl>(std::move(key)));
}

Result<SigningKey> SigningKey::from_seed(std::span<const std::uint8_t, 32> seed) {
  KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!key) {
    ERR_clear_error();
    return fail(Errc::kInternal, "no Ed25519 key can be made of a seed");
  }
  return SigningKey(std::make_unique<Impl>(std::move(key)));
}

Result<SigningKey> SigningKey::read(const std::string& path) {
  // O_NONBLOCK: a pipe under that name is refused below and not waited for.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
    return fail(Errc::kNotFound, fmt::format("{}: no such key", path));
  if (file.descriptor < 0) return system_error(path, "cannot be opened");
  struct ::stat status {};
  if (::fstat(file.descriptor, &status) != 0) return system_error(path, "cannot be read");
  if (!S_ISREG(status.st_mode)) return fail(Errc::kMalformedInput, fmt::format("{}: not a file", path));
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return fail(
        Errc::kUsage,
        fmt::format("{}: belongs to another user, who may use this key and exchange it: `chown` it, or run as its "
                    "owner",
                    path));
  if (const auto mode = status.st_mode & 07777U; (mode & 077U) != 0) {
    return fail(Errc::kUsage, fmt::format("{}: others than its owner may use this key: its mode is {:04o}, not 0600: "
                                          "`chmod 600` it, or make a new one if somebody did",
                                          path, mode));
  }
  SecretBytes bytes;
  std::size_t size = 0;
  while (size < bytes.capacity()) {
    const ::ssize_t got = ::read(file.descriptor, bytes.data() + size, bytes.capacity() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const std::string_view pem(bytes.data(), size);
  if (size < bytes.capacity()) {
    if (KeyPointer key = key_from_pem(pem)) return SigningKey(std::make_unique<Impl>(std::move(key)));
    ERR_clear_error();
  }
  if (pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos) {
    return fail(Errc::kMalformedInput, fmt::format("{}: a key under a passphrase, expected an unencrypted one", path));
  }
  return fail(Errc::kMalformedInput,
              fmt::format("{}: no Ed25519 key, expected a PEM file as of `openssl genpkey -algorithm ed25519`", path));
}

Status SigningKey::write_new(const std::string& path) const {
  const auto resolved = new_path(path);
  if (!resolved) return tl::make_unexpected(resolved.error());
  const auto random = random_id();
  if (!random) return tl::make_unexpected(random.error());
  // Freed with its bytes wiped.
  const BioPointer out(BIO_new(BIO_s_secmem()));
  require(out != nullptr &&
          PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* pem = nullptr;
  const long size = BIO_get_mem_data(out.get(), &pem);
  const std::string temporary = fmt::format("{}.{}.tmp", *resolved, *random);
  if (auto written = write_temporary(temporary, {pem, static_cast<std::size_t>(size)}, path); !written) return written;
  auto published = publish_file(temporary, *resolved, path);
  // Gone already if it was published.
  if (!published) ::unlink(temporary.c_str());
  return published;
}

const PublicKey& SigningKey::public_key() const { return impl_->public_key; }

Signature SigningKey::sign(std::string_view message) const {
  const ContextPointer context(EVP_MD_CTX_new());
  require(context != nullptr && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1);
  Signature signature{};
  std::size_t size = signature.size();
  require(EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(message), message.size()) == 1 &&
          size == signature.size());
  return signature;
}

bool verify_signature(const PublicKey& key, std::string_view message, const Signature& signature) {
  const KeyPointer public_key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const ContextPointer context(EVP_MD_CTX_new());
  require(public_key != nullptr && context != nullptr &&
          EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1);
  const bool good =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(message), message.size()) == 1;
  // The queue of errors belongs to the thread; a bad signature is an answer here.
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace imagewarden::audit
