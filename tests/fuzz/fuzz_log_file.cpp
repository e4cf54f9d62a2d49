// The file of a log, changed at will: read without harm, and where verification finds it good by the checkpoint that
// was kept outside, it says what it said. An input is a list of changes, five bytes each: where, and what to write
// there; 0xff 0xff 0xff cuts the file instead.

#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "audit/log.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

constexpr std::size_t kChangeBytes = 5;
constexpr std::uint64_t kRecords = 12;

template <class T>
T good(Result<T> result) {
  fuzz::require(result.has_value(), "the log of this target is made");
  return std::move(*result);
}

std::vector<std::string> leaves_of(audit::Log& log) {
  std::vector<std::string> leaves;
  const auto read = log.read(0, 10 * kRecords, [&](std::uint64_t, std::string_view leaf) {
    leaves.emplace_back(leaf);
    return true;
  });
  if (!read) leaves.clear();
  return leaves;
}

// A folder in memory, where the machine has one.
class Scene {
 public:
  Scene() {
    std::error_code ignored;
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        ((std::filesystem::is_directory(memory, ignored) ? memory : std::filesystem::temp_directory_path(ignored)) /
         "imagewarden-fuzz-XXXXXX")
            .string();
    fuzz::require(::mkdtemp(name.data()) != nullptr, "there is a folder");
    folder_ = name;
    path_ = (folder_ / "log.db").string();
    std::array<std::uint8_t, 32> seed{};
    const auto key = good(audit::SigningKey::from_seed(seed));
    {
      auto log = good(
          audit::Log::create(path_, "example.com/fuzz", {"host", "user", [] { return Time{1'795'507'200'000'000}; }}));
      for (std::uint64_t i = 0; i < kRecords; ++i) {
        audit::Draft draft;
        draft.image = "img-" + std::to_string(i);
        draft.outcome = i % 2 == 0 ? "allow" : "deny";
        static_cast<void>(good(log.append({&draft, 1})));
      }
      anchor_ = good(audit::parse_signed_checkpoint(good(log.checkpoint(key))));
      keys_ = {audit::make_verifier_key("example.com/fuzz", audit::SignatureKind::kEd25519, key.public_key())};
      leaves_ = leaves_of(log);
    }
    std::ifstream in(path_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    fuzz::require(bytes_.size() > 4096 && !leaves_.empty(), "the log of this target is made");
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void play(std::string_view changes) const {
    std::string bytes = bytes_;
    for (; changes.size() >= kChangeBytes; changes.remove_prefix(kChangeBytes)) {
      std::array<unsigned char, kChangeBytes> change{};
      std::memcpy(change.data(), changes.data(), change.size());
      const std::size_t place = std::size_t{change[0]} << 16U | std::size_t{change[1]} << 8U | change[2];
      if (place == 0xffffff) {
        bytes.resize(bytes.size() * change[3] / 256);
      } else if (!bytes.empty()) {
        for (std::size_t i = 0; i < 2; ++i) bytes[(place + i) % bytes.size()] = static_cast<char>(change[3 + i]);
      }
    }
    for (const char* const suffix : {"-wal", "-shm", "-journal"}) ::unlink((path_ + suffix).c_str());
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;

    audit::VerifyOptions options;
    options.anchor = anchor_;
    options.keys = keys_;
    options.threads = 1;
    const auto report = audit::verify(path_, options);
    auto log = audit::Log::open_read_only(path_);
    if (log) {
      static_cast<void>(log->head());
      static_cast<void>(log->newest_checkpoint());
      static_cast<void>(log->prove(kRecords / 2));
      static_cast<void>(log->detail(1));
    }
    if (!report) {
      fuzz::require(!report.error().message.empty(), "an error says what");
      return;
    }
    if (bytes == bytes_) fuzz::require(report->ok(), "what nobody changed is good");
    if (!report->ok()) return;
    fuzz::require(log.has_value() && leaves_of(*log) == leaves_, "what is good says what it said");
  }

 private:
  std::filesystem::path folder_;
  std::string path_;
  std::string bytes_;
  std::vector<std::string> leaves_;
  audit::SignedCheckpoint anchor_;
  std::vector<audit::VerifierKey> keys_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scene scene;
  scene.play(fuzz::text_of(data, size));
  return 0;
}
