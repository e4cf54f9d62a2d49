#pragma once
// The SQLite file of the derived index: for every term the seqs of the records that hold it. Knows terms and seqs, not
// records. A term is a short hash: two texts may share one, so that whatever is found has to be looked at.
// What stands in the file is never trusted: damage is an error, and no list can grow beyond what it was asked for.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace imagewarden::audit {

// One term in one record, in 64 bits, so that a chunk is sorted as plain numbers: the term, then how many records after
// the first one of the chunk.
using Posting = std::uint64_t;
constexpr unsigned kChunkBits = 20;
constexpr std::uint64_t kChunkRecords = std::uint64_t{1} << kChunkBits;
constexpr unsigned kTermBits = 64 - kChunkBits;

using Term = std::uint64_t;  // of kTermBits
// `field` keeps an image apart from a principal of the same name.
[[nodiscard]] Term term_of(std::uint8_t field, std::string_view text);

// What the index covers: the first `size` records of one log.
struct IndexMark {
  std::string generation;  // random, another one after each reset()
  std::string origin;
  std::uint64_t size{};
  std::string last_leaf;  // hash of record size - 1; empty if there is none
  friend bool operator==(const IndexMark&, const IndexMark&) = default;
};

// One connection. Not thread-safe: one object, one thread at a time. Any number of processes may share the file.
class IndexStore {
 public:
  // Makes the file if need be, with the permissions of `log_path`; opens for reading only what cannot be written.
  // kConflict where something else has the name: a link, a folder, a file that is no index. It is left alone.
  // kIo, kNotFound where there is none and none can be made.
  static Result<IndexStore> open(const std::string& path, const std::string& log_path);
  IndexStore(IndexStore&&) noexcept;
  IndexStore& operator=(IndexStore&&) noexcept;
  ~IndexStore();

  [[nodiscard]] bool is_writable() const;
  // Nothing where the file is empty, damaged, or of another version: reset() makes an index of it.
  Result<std::optional<IndexMark>> mark();
  // Throws everything away, in place: others may have the file open.
  Status reset(std::string_view origin);

  // Takes the write lock (waits a while for others; kIo then) and says where the index ends. Then add() or rollback().
  Result<std::optional<IndexMark>> begin();
  // Adds what follows on the mark that begin() returned, and commits both. `postings` are sorted.
  Status add(const IndexMark& after, std::span<const Posting> postings);
  void rollback();

  // Reading. kConflict where the index is no longer of `generation`; kMalformedInput where it is damaged.
  // How long the list of a term is, in no unit; long ones are all the same.
  Result<std::uint64_t> weight(const std::string& generation, Term term);
  // The seqs in [from, to) that hold the term, in order.
  Status collect(const std::string& generation, Term term, std::uint64_t from, std::uint64_t to,
                 std::vector<std::uint64_t>& seqs);
  // Removes those of `seqs` that do not hold the term.
  Status retain(const std::string& generation, Term term, std::vector<std::uint64_t>& seqs);

 private:
  struct Impl;
  explicit IndexStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden::audit
