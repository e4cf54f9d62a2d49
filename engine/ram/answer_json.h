#pragma once
// One request as JSON in (request_json.h), RAM's answer with its explanation as JSON out: what a decision point serves.
//
// An answer, in one line; of an allow and of an explicit deny `statements` holds those that decided:
//   {"decision": "allow", "step": "AccountLevelIdentityBasedPolicy", "statements": [{"statement": "Custom/ops#0",
//    "effect": "Allow", "via": "user/alice", "place": "ops.json:4:5"}]}
// An implicit deny has `near_misses` besides: the Allows that fit action and resource, each with the conditions that
// were not met ({"condition", "wanted", "found", "open"}). An indeterminate answer has `statements` that could still
// decide, and `open_keys` and `not_known`: what it waits for.

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_writer.h"
#include "engine/base/time.h"
#include "engine/ram/deciding.h"
#include "engine/ram/evaluate.h"
#include "engine/ram/request_reader.h"

namespace imagewarden::ram {

// What an action's resource level is: the caller knows the action catalogue. `action_lower` is in lower case.
using ResourceLevelOf = ResourceLevel (*)(std::string_view action_lower);

// A principal that answers requests. Immutable after construction; safe for any number of threads.
class RequestAnswerer {
 public:
  // `readings` are those that the principal was compiled with.
  RequestAnswerer(Principal principal, const Readings& readings);

  [[nodiscard]] const Principal& principal() const { return principal_; }

  // Decides the request and appends the answer to `out`. The request is complete, as make_request() makes it.
  Verdict answer(const Request& request, std::string& out) const;

  // Parses, completes and answers `text`. The reader is the calling thread's own, kept from request to request.
  // Errors: those of parse_request_json(); kUsage where the request names another principal than this one
  // (`user/NAME`, `role/NAME` or `root`); `out` is then as it was.
  [[nodiscard]] Result<Verdict> answer_json(std::string_view text, Time now, ResourceLevelOf level_of,
                                            RequestReader& reader, std::string& out) const;

 private:
  void complete(Context& context, Time now) const;
  void write_open(const Request& request, JsonWriter& json) const;

  Principal principal_;
  Readings readings_;
  DecidingStatements statements_;
  std::vector<std::string> details_;  // by entry of statements_: its JSON, made once
  KeyFilter asked_;                   // keys of the conditions
  std::string name_;                  // `user/alice`
  Key time_key_;
  Context::Entry arn_;  // acs:PrincipalARN
};

}  // namespace imagewarden::ram
