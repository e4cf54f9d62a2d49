#include "audit/draft_batch.h"

#include <fmt/format.h>

#include "audit/record.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

Status check(const Draft& draft) {
  if (draft.count < 0 || draft.count > kMaxInteger)
    return fail(Errc::kUsage, fmt::format("audit record: count {}", draft.count));
  if (draft.detail.empty()) return {};
  if (!is_utf8(draft.detail)) return fail(Errc::kUsage, "audit record: the detail is not UTF-8");
  if (draft.detail.size() > limits::kMaxDetailBytes) {
    return fail(Errc::kLimit, fmt::format("audit record: a detail of {} bytes, at most {}", draft.detail.size(),
                                          limits::kMaxDetailBytes));
  }
  // The leaf holds the digest and so vouches for what stands beside it.
  if (draft.decision_digest != sha256_text(draft.detail)) {
    return fail(Errc::kUsage, "audit record: the decision digest is not that of the detail");
  }
  return {};
}

}  // namespace

Status DraftBatch::encode(const Draft& draft, Entry& entry) {
  if (auto checked = check(draft); !checked) return checked;
  entry.begin = bytes_.size();
  if (!append_pieces(bytes_, draft, entry.ends)) return fail(Errc::kUsage, "audit record: a text that is not UTF-8");
  bytes_ += draft.detail;
  entry.detail_end = bytes_.size();
  return {};
}

Result<DraftBatch> DraftBatch::of(std::span<const Draft> drafts) {
  DraftBatch batch;
  if (const auto assigned = batch.assign(drafts); !assigned) return tl::make_unexpected(assigned.error());
  return batch;
}

Status DraftBatch::assign(std::span<const Draft> drafts) {
  clear();
  for (const Draft& draft : drafts) {
    if (auto added = push_back(draft); !added) return added;
  }
  return {};
}

Status DraftBatch::push_front(const Draft& draft) {
  Entry entry;
  if (auto encoded = encode(draft, entry); !encoded) return encoded;
  entries_.insert(entries_.begin(), entry);
  return {};
}

Status DraftBatch::push_back(const Draft& draft) {
  Entry entry;
  if (auto encoded = encode(draft, entry); !encoded) return encoded;
  entries_.push_back(entry);
  return {};
}

void DraftBatch::clear() {
  bytes_.clear();
  entries_.clear();
}

DraftBatch::Pieces DraftBatch::pieces(std::size_t i) const {
  const Entry& entry = entries_[i];
  const std::string_view bytes(bytes_);
  Pieces pieces;
  std::size_t begin = entry.begin;
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    pieces[piece] = bytes.substr(begin, entry.ends[piece] - begin);
    begin = entry.ends[piece];
  }
  return pieces;
}

std::string_view DraftBatch::detail(std::size_t i) const {
  const Entry& entry = entries_[i];
  return std::string_view(bytes_).substr(entry.ends.back(), entry.detail_end - entry.ends.back());
}

}  // namespace imagewarden::audit
