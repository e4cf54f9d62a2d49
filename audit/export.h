#pragma once
// The log for other tools. NDJSON is lossless: the leaf bytes, a line each. The others are views: CSV, OCSF 1.3.0 API
// Activity (class 6003), CloudEvents 1.0 (structured mode, one event a line), OSCAL 1.1.2 assessment-results.
// docs/audit-export.md has the maps. Deterministic: the same records and the same info give the same bytes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/log.h"

namespace imagewarden::audit {

enum class ExportFormat : std::uint8_t { kNdjson, kCsv, kOcsf, kCloudEvents, kOscal };

// What an export says of the log as a whole: OSCAL all of it, OCSF the tool's version, the others nothing.
struct ExportInfo {
  std::string origin;
  std::uint64_t size{};      // of the log when the export began
  std::string root;          // hex
  std::string checkpoint;    // the newest signed note, empty if there is none
  std::string tool_version;  // `0.1.0`
  Time made_at;
};

// One export at work: add() for each record in order, then finish() once. Memory does not grow with the log. Not
// thread-safe.
class Exporter {
 public:
  virtual ~Exporter() = default;
  // `leaf` is the record's bytes, without a line feed.
  virtual void add(const Record& record, std::string_view leaf) = 0;
  virtual void finish() = 0;
};

// `write` takes pieces of the result in order; it is called by make_exporter() (the header of CSV), add() and finish().
[[nodiscard]] std::unique_ptr<Exporter> make_exporter(ExportFormat format, const ExportInfo& info,
                                                      std::function<void(std::string_view)> write);

}  // namespace imagewarden::audit
