#pragma once
// The map from decisions to what the audit log records of them: here and nowhere else.

#include <cstdint>
#include <string>
#include <string_view>

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
// The same where `document`, decision_document() of the decision, is at hand. Fills `draft`, whose memory is used
// again.
void make_draft(const Decision& decision, std::string_view document, const RecordContext& context,
                std::string_view request_digest, audit::Draft& draft);

// The records before and after a batch of decisions. A replay can ask again what stands after a batch-start.
[[nodiscard]] audit::Draft make_batch_start(const RecordContext& context, const std::string& principal,
                                            const std::string& account, std::uint64_t count);
[[nodiscard]] audit::Draft make_batch_end(const audit::Draft& start, const BatchSummary& summary);

}  // namespace imagewarden
