#pragma once
// Reads exports into a Snapshot: raw response bodies and envelopes, NDJSON plain, .gz and .zst, nested folders, several
// accounts, in one streaming pass. Format: docs/exports.md.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/limits.h"
#include "engine/inventory/snapshot.h"

namespace imagewarden {

// What a file may ask for; smaller only in tests.
struct ReadLimits {
  std::uint64_t document_bytes{limits::kMaxDocumentBytes};  // of a body, or of a line of envelopes
  std::uint64_t expansion{limits::kMaxExpansion};           // of a packed file, once it is beyond the next
  std::uint64_t free_unpacked_bytes{limits::kFreeUnpackedBytes};
  std::size_t files{limits::kMaxFiles};
};

struct ReadOptions {
  bool skip_bad_files{};  // a bad file counts as absent instead of ending the reading
  unsigned threads{2};    // more than 1: one beside the caller's reads ahead, where the system gives one
  // Exports from before it, and those that carry no time, count as absent; nothing: all of them count.
  std::optional<Time> not_before;
  ReadLimits limits;
  // Called now and then from the reading thread with bytes read so far and bytes in all (compressed sizes).
  std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)> progress;
};

// A file that is in memory already; `path` counts as relative to the inventory's root. For tests and embedding.
struct MemoryFile {
  std::string path;
  std::string bytes;
};

// Reads folders and files. kNotFound: a path that is missing; kIo: unreadable; kMalformedInput: one line for every bad
// file, printable and joined by '\n', each `FILE:OFFSET /json/pointer: what, what was expected` (FILE:LINE:… for
// envelopes); kLimit likewise.
[[nodiscard]] Result<Snapshot> read_inventory(const std::vector<std::string>& paths, const ReadOptions& options);
[[nodiscard]] Result<Snapshot> read_inventory(const std::vector<MemoryFile>& files, const ReadOptions& options);

}  // namespace imagewarden
