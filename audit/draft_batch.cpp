#include "audit/draft_batch.h"

#include <fmt/format.h>

#include "audit/record.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

Status check_detail(std::string_view detail, std::string_view digest) {
  if (detail.empty()) return {};
  if (!is_utf8(detail)) return fail(Errc::kUsage, "audit record: the detail is not UTF-8");
  if (detail.size() > limits::kMaxDetailBytes) {
    return fail(Errc::kLimit,
                fmt::format("audit record: a detail of {} bytes, at most {}", detail.size(), limits::kMaxDetailBytes));
  }
  // The leaf holds the digest and so vouches for what stands beside it.
  if (digest != sha256_text(detail)) {
    return fail(Errc::kUsage, "audit record: the decision digest is not that of the detail");
  }
  return {};
}

Status check(const Draft& draft) {
  if (draft.count < 0 || draft.count > kMaxInteger)
    return fail(Errc::kUsage, fmt::format("audit record: count {}", draft.count));
  return check_detail(draft.detail, draft.decision_digest);
}

tl::unexpected<Error> refuse_text() { return fail(Errc::kUsage, "audit record: a text that is not UTF-8"); }

}  // namespace

Status DraftBatch::encode(const Draft& draft, Entry& entry) {
  if (auto checked = check(draft); !checked) return checked;
  entry.begin = bytes_.size();
  DraftPlaces places;
  if (!append_pieces(bytes_, draft, places)) return refuse_text();
  entry.ends = places.ends;
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

Status DraftBatch::push_back(const DraftForm& form, const DraftTexts& texts) {
  if (auto checked = check_detail(texts.detail, texts.decision_digest); !checked) return checked;
  const std::array<std::string_view, DraftForm::kTexts> given = {texts.decision_digest, texts.image,
                                                                 texts.request_digest};
  Entry entry;
  entry.begin = bytes_.size();
  const std::string_view shared(form.bytes_);
  std::array<std::size_t, DraftForm::kTexts + 1> added{};  // bytes of the first i texts
  std::size_t done = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    bytes_ += shared.substr(done, form.texts_[i] - done);
    done = form.texts_[i];
    const std::size_t before = bytes_.size();
    if (given[i].empty() || !append_text(bytes_, given[i])) {
      bytes_.resize(entry.begin);
      if (given[i].empty()) return fail(Errc::kUsage, "audit record: no image, or a digest that is missing");
      return refuse_text();
    }
    added[i + 1] = added[i] + bytes_.size() - before;
  }
  bytes_ += shared.substr(done);
  for (std::size_t piece = 0; piece < kPieces; ++piece)
    entry.ends[piece] = entry.begin + form.ends_[piece] + added[form.texts_before_[piece]];
  bytes_ += texts.detail;
  entry.detail_end = bytes_.size();
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

Result<DraftForm> DraftForm::of(Draft draft) {
  constexpr std::array kFields = {Field::kDecision, Field::kImage, Field::kRequest};
  static_assert(kFields.size() == kTexts);
  draft.decision_digest = draft.image = draft.request_digest = "?";
  draft.detail.clear();
  if (auto checked = check(draft); !checked) return tl::make_unexpected(checked.error());
  std::string with;
  DraftPlaces places;
  if (!append_pieces(with, draft, places)) return refuse_text();
  DraftForm form;
  std::size_t done = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::size_t place = places.texts[static_cast<std::size_t>(kFields[i])];
    form.bytes_ += std::string_view(with).substr(done, place - done);
    form.texts_[i] = form.bytes_.size();
    done = place + 1;
  }
  form.bytes_ += std::string_view(with).substr(done);
  for (std::size_t piece = 0; piece < DraftBatch::kPieces; ++piece) {
    const std::size_t end = places.ends[piece];
    for (const Field field : kFields) {
      if (places.texts[static_cast<std::size_t>(field)] < end) ++form.texts_before_[piece];
    }
    form.ends_[piece] = end - form.texts_before_[piece];
  }
  return form;
}

}  // namespace imagewarden::audit
