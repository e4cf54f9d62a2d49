#pragma once
// Bytes of the input files in blocks: read, hashed, unpacked; beside the caller's thread or in it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/sha256.h"
#include "engine/inventory/files.h"

namespace imagewarden::inventory {

struct Block {
  static constexpr std::size_t kBytes = std::size_t{1} << 20U;
  std::unique_ptr<char[]> data;  // kBytes and one more, which is 0
  std::size_t size{};
  std::size_t file{};            // index into the list
  bool last{};                   // nothing of the file follows
  Sha256Digest digest{};         // of the file as it is on disk, where `last`
  std::uint64_t packed_bytes{};  // the same
  std::optional<Error> error;    // the file ends here for this reason; `last` holds too
  [[nodiscard]] std::string_view view() const { return {data.get(), size}; }
};

// The blocks of all files, one file after the other.
class BlockStream {
 public:
  // `files` and `options` must outlive the stream. With options.threads > 1 a thread reads ahead, if the system gives
  // one.
  BlockStream(const std::vector<InputFile>& files, const ReadOptions& options);
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;
  ~BlockStream();

  // The next block, valid until the next call; null after the last file. Throws std::bad_alloc, and nothing else.
  const Block* next();

 private:
  class Source;
  class Ahead;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Ahead> ahead_;
  Block block_;
};

}  // namespace imagewarden::inventory
