#pragma once
// One request as JSON. Only `action` is required, an unknown or repeated key is an error:
//   {"principal": "user/alice", "action": "oss:GetObject", "resource": "acs:oss:*:*:bucket/key",
//    "resource_group": "rg-1", "context": {"acs:SourceIp": "203.0.113.7", "acs:MFAPresent": true,
//    "svc:Key": ["a", "b"], "acs:SourceVpc": null}}
// `resource` is `*` where it is not given. A value of the context is a string, a boolean, a number, a list of these, or
// null: the request is known not to carry the key. Keys that are not named are as Context::find() says.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/ram/evaluate.h"

namespace imagewarden::ram {

struct ParsedRequest {
  std::string principal;  // as asked: `user/alice`; empty: not given
  Request request;        // without the keys that make_request() adds
};

// Errors: kMalformedInput (`request:LINE:COLUMN POINTER: …`), kLimit for one that is too long.
[[nodiscard]] Result<ParsedRequest> parse_request_json(std::string_view text);

}  // namespace imagewarden::ram
