#pragma once
// Waivers: findings of policy lint that somebody answers for, until a day. A file beside a policy (`NAME.waivers.json`)
// or one for many (--waivers). docs/lint.md describes the form.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_tree.h"
#include "engine/base/time.h"

namespace imagewarden::rules {

struct Waiver {
  std::string rule;                       // `RAM047`
  std::string policy;                     // name of the policy; empty: that of the file beside which it stands
  std::optional<std::int64_t> statement;  // index from 0; nothing: anywhere in the policy
  std::string owner;
  std::string reason;
  std::string expires;  // as written: `2027-01-31`
  Time expires_after;   // the last second in which it counts
  TextPosition position;
  std::string pointer;
};

// Strict: an unknown member, a missing one or a date that is none is kMalformedInput with file, line, column and
// pointer. `policy_required`: the file stands beside no policy.
[[nodiscard]] Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view path,
                                                        bool policy_required);

}  // namespace imagewarden::rules
