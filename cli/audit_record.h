#pragma once
// The map from a Decision to what the audit log records of it: one function, here and nowhere else.

#include <string>
#include <string_view>

#include "audit/log.h"
#include "engine/decide/decide.h"

namespace imagewarden::cli {

// What every record of one command shares.
struct RecordContext {
  std::string verb;
  std::string inventory_digest;
  std::string rules_digest;
  std::string engine;  // `imagewarden 0.1.0`
  Time now;
  std::string request;  // Decider::request_text() without an image: what a replay asks again
};

// `document` is decision_document() of the decision, `request_digest` Decider::request_digest() of the image.
// Fills `draft`, whose memory is used again.
void make_draft(const Decision& decision, std::string_view document, const RecordContext& context,
                std::string request_digest, audit::Draft& draft);

}  // namespace imagewarden::cli
