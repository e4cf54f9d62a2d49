#pragma once
// The map from decisions to what the audit log records of them: here and nowhere else.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/draft_batch.h"
#include "audit/log.h"
#include "engine/decide/decide.h"
#include "engine/decide/documents.h"

namespace imagewarden {

// What every record of one command shares.
struct RecordContext {
  std::string verb;
  std::string inventory_digest;
  std::string rules_digest;
  std::string engine;  // `imagewarden 0.1.0`
  Time now;
  std::string request;  // Decider::request_text() without an image: what a replay asks again
};

// The record of a decision. `request_digest` is Decider::request_digest() of the image.
[[nodiscard]] audit::Draft make_draft(const Decision& decision, const RecordContext& context,
                                      std::string_view request_digest);

// Adds the records of many decisions to batches; what those have in common that are plain (is_plain()) is made once.
// One recorder, one thread.
class DecisionRecorder {
 public:
  // `keep_details`: the whole decision goes beside its record.
  explicit DecisionRecorder(RecordContext context, bool keep_details = false)
      : context_(std::move(context)), keep_details_(keep_details) {}
  // Adds the record of make_draft(). `document` is decision_document() of the decision. kUsage, kLimit where it can be
  // no record: the batch stays as it was.
  Status add(const Decision& decision, std::string_view document, std::string_view request_digest,
             audit::DraftBatch& batch);

 private:
  RecordContext context_;
  bool keep_details_{};
  audit::Draft draft_;  // these two: of the last one, for their memory
  std::string digest_;
  std::shared_ptr<const DecisionForm> form_;  // whose plain decisions have records of this form:
  std::optional<audit::DraftForm> draft_form_;
};

// The records before and after a batch of decisions. A replay can ask again what stands after a batch-start.
[[nodiscard]] audit::Draft make_batch_start(const RecordContext& context, const std::string& principal,
                                            const std::string& account, std::uint64_t count);
[[nodiscard]] audit::Draft make_batch_end(const audit::Draft& start, const BatchSummary& summary);

}  // namespace imagewarden
