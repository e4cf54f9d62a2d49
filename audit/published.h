#pragma once
// The checkpoint that the world is shown: a file beside or far from the log. What was published once, the log never
// contradicts: it is looked at again before the next one is signed.

#include <optional>
#include <string>

#include "audit/checkpoint.h"
#include "audit/log.h"
#include "audit/writer.h"

namespace imagewarden::audit {

// Nothing where the file does not exist; kMalformedInput where it is no checkpoint, as that is never overwritten.
[[nodiscard]] Result<std::optional<SignedCheckpoint>> read_published(const std::string& path);

// Puts a note there, whole or not at all, durable when this returns; one that stands there and covers more of the same
// log, or carries more signatures of the same state, stays. kMalformedInput as above.
[[nodiscard]] Status publish(const std::string& path, const std::string& note);

// Signs, keeps, and then publishes where a path is given: the order that leaves nothing promised that is not kept. The
// file appears whole or not at all and is durable when this returns.
[[nodiscard]] Result<std::string> checkpoint_and_publish(Log& log, const SigningKey& key, const std::string& path);
[[nodiscard]] Result<std::string> checkpoint_and_publish(Writer& log, const SigningKey& key, const std::string& path);

}  // namespace imagewarden::audit
