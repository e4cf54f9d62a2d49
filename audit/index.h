#pragma once
// The derived index `<log>.index`: finds records by image, principal, code and outcome without reading the log through.
// It is never evidence: what it names is read from the log and looked at again, so that no record appears that does not
// match. It is made anew where it does not fit the log (another origin, another record at its end) or is damaged, and
// can be removed at any time. Whoever can write it can hide records from find_records(), though never from verify() or
// an export, which do not use it.
// A file of that name that is no index (by its application_id), a link or a folder is left alone, and the log is read
// instead, as where the index cannot be written. Records that came after the last look are read as well, and only when
// they are many is the index caught up: a small log has none.
// Times need no index: they never go back, so that a range of them is a range of seqs.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/log.h"

namespace imagewarden::audit {

// A record matches where all that is given matches; "" and nothing match everything.
struct RecordQuery {
  std::string image;
  std::string principal;
  std::string code;
  std::string outcome;
  std::optional<Time> since;  // written at or after
  std::optional<Time> until;  // written before
  // Only the last ones that match.
  std::optional<std::uint64_t> limit;
};

using RecordVisitor = std::function<bool(const Record& record, std::string_view leaf)>;
using IndexProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Calls `visit` for the records that match, in order, until it returns false. Catches the index up first where the
// query needs it (progress in records), then again reports progress in records of the range that it looks at. Trouble
// with the index is never an error. kMalformedInput where a record that has to be looked at cannot be read.
// With a limit, that many leaves are kept in memory. `log_path` is the path that `log` was opened with.
[[nodiscard]] Status find_records(Log& log, const std::string& log_path, const RecordQuery& query,
                                  const IndexProgress& progress, const RecordVisitor& visit);

}  // namespace imagewarden::audit
