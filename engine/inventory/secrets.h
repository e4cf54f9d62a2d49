#pragma once
// Credentials that come along in an export: who wraps every call may write down how it was signed, and the cloud's own
// messages can quote it. None of it is kept, so that none of it can be shown.

#include <string_view>

namespace imagewarden::inventory {

// Whether a parameter of a request is one that a credential stands in: `AccessKeyId`, `security_token`, `Signature`,
// `Authorization`, `Password` and the like. Its value is not kept.
[[nodiscard]] bool names_secret(std::string_view parameter);

// The message of a failed call; where it speaks of credentials (a signature that does not match quotes what was
// signed, with the key's id and token), what says so instead. Its code, which may speak of them and not quote them.
[[nodiscard]] std::string_view message_without_secrets(std::string_view message);
[[nodiscard]] std::string_view code_without_secrets(std::string_view code);

}  // namespace imagewarden::inventory
