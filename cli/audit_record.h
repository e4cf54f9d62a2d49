#pragma once
// The map from a Decision to what the audit log records of it: one function, here and nowhere else.

#include <string>

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

// `request_digest` is Decider::request_digest() of the image.
[[nodiscard]] audit::Draft make_draft(const Decision& decision, const RecordContext& context,
                                      std::string request_digest);

}  // namespace imagewarden::cli
