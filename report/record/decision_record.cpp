#include "report/record/decision_record.h"

#include <fmt/format.h>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"

namespace imagewarden {

namespace {

// All but the digest of the decision, in the place of what the draft was.
void fill_draft(const Decision& decision, const RecordContext& context, std::string_view request_digest,
                audit::Draft& draft) {
  draft.kind = audit::RecordKind::kDecision;
  draft.verb = context.verb;
  draft.operation = decision.operation;
  draft.principal = decision.principal;
  draft.account = decision.account;
  draft.image = decision.image;
  draft.outcome = to_string(decision.outcome);
  draft.code = decision.code;
  draft.possible_codes.clear();
  for (const std::string& code : decision.possible_codes) {
    if (!draft.possible_codes.empty()) draft.possible_codes += ',';
    draft.possible_codes += code;
  }
  draft.permission = decision.permission.decision;
  draft.decided_at = Rfc3339(context.now).text();
  draft.inventory_digest = context.inventory_digest;
  draft.rules_digest = context.rules_digest;
  draft.request_digest = request_digest;
  draft.engine = context.engine;
}

}  // namespace

audit::Draft make_draft(const Decision& decision, const RecordContext& context, std::string_view request_digest) {
  audit::Draft draft;
  fill_draft(decision, context, request_digest, draft);
  draft.decision_digest = decision_digest(decision);
  return draft;
}

Status DecisionRecorder::add(const Decision& decision, std::string_view document, std::string_view request_digest,
                             audit::DraftBatch& batch) {
  sha256_text(document, digest_);
  const std::string_view detail = keep_details_ ? document : std::string_view{};
  if (decision.form == nullptr || !is_plain(decision) || decision.image.empty()) {
    fill_draft(decision, context_, request_digest, draft_);
    draft_.decision_digest = digest_;
    draft_.detail = detail;
    return batch.push_back(draft_);
  }
  if (form_ != decision.form) {
    fill_draft(decision, context_, request_digest, draft_);
    auto form = audit::DraftForm::of(draft_);
    if (!form) return tl::make_unexpected(form.error());
    draft_form_ = std::move(*form);
    form_ = decision.form;
  }
  return batch.push_back(*draft_form_, {decision.image, request_digest, digest_, detail});
}

audit::Draft make_batch_start(const RecordContext& context, const std::string& principal, const std::string& account,
                              std::uint64_t count) {
  audit::Draft start;
  start.kind = audit::RecordKind::kBatchStart;
  start.verb = context.verb;
  start.principal = principal;
  start.account = account;
  start.decided_at = format_rfc3339(context.now);
  start.inventory_digest = context.inventory_digest;
  start.rules_digest = context.rules_digest;
  start.engine = context.engine;
  start.count = static_cast<std::int64_t>(count);
  // What a replay asks again. A request that would not fit a record is left out: then it cannot be replayed.
  if (context.request.size() <= limits::kMaxRecordedQuestionBytes) start.note = context.request;
  return start;
}

audit::Draft make_batch_end(const audit::Draft& start, const BatchSummary& summary) {
  audit::Draft end = start;
  end.kind = audit::RecordKind::kBatchEnd;
  end.count = static_cast<std::int64_t>(summary.total());
  end.note = fmt::format("allow={} deny={} indeterminate={}", summary.allow, summary.deny, summary.indeterminate);
  return end;
}

}  // namespace imagewarden
