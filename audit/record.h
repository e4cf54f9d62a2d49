#pragma once
// The leaf bytes, for the parts of audit that write or check many of them: encoding into a buffer and a strict scan
// that copies nothing. docs/audit-log.md lists the members.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/draft_batch.h"
#include "audit/log.h"

namespace imagewarden::audit {

constexpr std::int64_t kRecordSchema = 1;
constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53U) - 1;  // the largest integer that every JSON reader keeps

// Members in the order of the leaf: keys sorted by UTF-16 code units, which for ASCII is byte order.
enum class Field : std::uint8_t {
  kAccount,
  kCode,
  kCount,
  kDecidedAt,
  kDecision,
  kEngine,
  kHost,
  kImage,
  kInventory,
  kKind,
  kNote,
  kOperation,
  kOrigin,
  kOutcome,
  kPermission,
  kPossibleCodes,
  kPrincipal,
  kPseq,
  kRequest,
  kRules,
  kSchema,
  kSeq,
  kTime,
  kUser,
  kVerb,
  kWriter,
};
constexpr std::size_t kFieldCount = 26;

// Where a draft stands in a string.
struct DraftPlaces {
  std::array<std::size_t, DraftBatch::kPieces> ends{};  // of the pieces
  std::array<std::size_t, kFieldCount> texts{};         // where the texts begin that there are
};
// Appends the members of a leaf that a draft says, in the pieces between which the log's own go. False if a string is
// not UTF-8; nothing was appended then.
[[nodiscard]] bool append_pieces(std::string& out, const Draft& draft, DraftPlaces& places);
// Appends a text as it stands between the quotes of a leaf. False if it is not UTF-8; nothing was appended then.
[[nodiscard]] bool append_text(std::string& out, std::string_view text);

// What a log adds to all records of one writer.
struct Stamp {
  std::int64_t schema{kRecordSchema};
  std::string_view origin{};
  std::string_view writer{};
  std::string_view host{};
  std::string_view user{};
};

// A stamp, encoded once for many records.
class EncodedStamp {
 public:
  // Nothing if a string is not UTF-8.
  static std::optional<EncodedStamp> of(const Stamp& stamp);
  // Appends one leaf to `out`. `time` as format_rfc3339_us() writes it.
  void append_leaf(std::string& out, const DraftBatch::Pieces& draft, std::string_view time, std::uint64_t seq,
                   std::uint64_t pseq) const;

 private:
  // In the order of the leaf, a piece of the draft before each but `before_time_` and `after_time_`.
  std::string host_;
  std::string origin_;
  std::string before_pseq_;
  std::string before_seq_;
  std::string before_time_;
  std::string after_time_;
  std::string writer_;
};

// A leaf taken apart. Texts are the bytes between the quotes, still escaped, and live as long as the leaf.
struct LeafView {
  std::array<std::string_view, kFieldCount> texts{};
  RecordKind kind{};
  std::int64_t count{};
  std::int64_t schema{};
  std::uint64_t seq{};
  std::uint64_t pseq{};
  Time time;
  [[nodiscard]] std::string_view text(Field field) const { return texts[static_cast<std::size_t>(field)]; }
};

// Strict: true exactly for the bytes that EncodedStamp::append_leaf() can make. Else false, and `problem` says what and
// at which byte.
[[nodiscard]] bool scan_leaf(std::string_view leaf, LeafView& view, std::string& problem);
// All that the leaf says. Precondition: scan_leaf() filled `view`.
[[nodiscard]] Record record_of(const LeafView& view);

// A string as the leaf holds it, without the quotes. Precondition: UTF-8.
[[nodiscard]] std::string escape_text(std::string_view text);
// What a text of a LeafView says. Precondition: scan_leaf() took it.
[[nodiscard]] std::string unescape_text(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace imagewarden::audit
