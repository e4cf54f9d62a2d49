#pragma once
// What a log holds, in numbers: one pass over its records.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/log.h"

namespace imagewarden::audit {

struct StatsOptions {
  std::size_t principals{10};  // how many of those with the most records are named
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

using Counts = std::map<std::string, std::uint64_t>;

struct NamedCount {
  std::string name;
  std::uint64_t count{};
  friend bool operator==(const NamedCount&, const NamedCount&) = default;
};

// Empty texts are not counted: a record without a code is in no code.
struct LogStats {
  std::string origin;
  std::uint64_t records{};
  std::uint64_t leaf_bytes{};  // of the records, without the line feeds between them
  std::uint64_t file_bytes{};  // of the file and its write-ahead log
  std::optional<Time> first_time;
  std::optional<Time> last_time;
  Counts kinds;
  Counts outcomes;
  Counts codes;
  Counts verbs;
  Counts decisions_by_day;  // `2026-11-24`, UTC
  // Most records first, then by name.
  std::vector<NamedCount> principals;
  // How many different ones; images are told apart by 64 bits of a hash.
  std::uint64_t principals_count{};
  std::uint64_t images_count{};
  std::uint64_t writers_count{};
  std::uint64_t hosts_count{};
  std::uint64_t users_count{};
  std::uint64_t details{};  // stored Decision documents
  std::uint64_t detail_bytes{};
  std::uint64_t checkpoints{};  // stored ones
};

// Memory grows with the number of different principals, writers, hosts and users (their texts) and images (8 bytes
// each). kMalformedInput where a record cannot be read. Checks no hashes: that is verify(). `log_path` is the path that
// `log` was opened with.
[[nodiscard]] Result<LogStats> collect_stats(Log& log, const std::string& log_path, const StatsOptions& options);

}  // namespace imagewarden::audit
