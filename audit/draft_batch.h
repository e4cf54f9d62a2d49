#pragma once
// Drafts on their way to a log: checked and encoded by whoever makes them, in any thread, so that the log, which places
// them in order, has but to copy and hash.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"

namespace imagewarden::audit {

class DraftForm;

// What drafts of one form do not share.
struct DraftTexts {
  std::string_view image{};
  std::string_view request_digest{};
  std::string_view decision_digest{};
  std::string_view detail{};
};

// Keeps its memory from one use to the next. Not thread-safe; const members are safe from any number of threads.
class DraftBatch {
 public:
  DraftBatch() = default;
  // kUsage, kLimit where one can be no record.
  static Result<DraftBatch> of(std::span<const Draft> drafts);
  // The same, into the memory of a batch that is at hand; where one is refused, those before it stay.
  Status assign(std::span<const Draft> drafts);
  // Adds a record, in front of all others or after them. kUsage, kLimit where it can be none: the batch stays as it
  // was.
  Status push_front(const Draft& draft);
  Status push_back(const Draft& draft);
  // The same for one of a form. kUsage also where the image or one of the digests is empty.
  Status push_back(const DraftForm& form, const DraftTexts& texts);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  // What the leaf of record `i` holds besides what the log adds: pieces between which that goes (audit/record.h).
  static constexpr std::size_t kPieces = 5;
  using Pieces = std::array<std::string_view, kPieces>;
  [[nodiscard]] Pieces pieces(std::size_t i) const;
  // What is kept beside record `i`; empty: nothing.
  [[nodiscard]] std::string_view detail(std::size_t i) const;

 private:
  struct Entry {
    std::size_t begin{};
    std::array<std::size_t, kPieces> ends{};
    std::size_t detail_end{};  // it follows on the pieces
  };
  Status encode(const Draft& draft, Entry& entry);

  std::string bytes_;
  std::vector<Entry> entries_;  // in the order of the records
};

// Drafts that share all but their DraftTexts, encoded once. Immutable: safe for any number of threads.
class DraftForm {
 public:
  // The form of drafts like this one. kUsage, kLimit where it can be no record.
  static Result<DraftForm> of(Draft draft);

 private:
  friend class DraftBatch;
  static constexpr std::size_t kTexts = 3;   // those of the leaf, in its order: decision digest, image, request digest
  std::string bytes_;                        // without them
  std::array<std::size_t, kTexts> texts_{};  // where each goes
  std::array<std::size_t, DraftBatch::kPieces> ends_{};
  std::array<std::size_t, DraftBatch::kPieces> texts_before_{};  // how many of them stand in front of the piece's end
};

}  // namespace imagewarden::audit
