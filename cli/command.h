#pragma once
// Calls of the aliyun command line: those that fill a gap of the export, and those that a plan asks for.

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/inventory/snapshot.h"

namespace imagewarden::cli {

// `ListPoliciesForUser UserName=alice` as a command to type: `aliyun ram ListPoliciesForUser --UserName alice`. Values
// are quoted for a shell, so that nothing that an export names can act. What is no operation comes back as it is.
[[nodiscard]] std::string as_command(std::string_view need);
// The same, with what only the inventory knows: a region of the image that DescribeImagePermission asks about.
[[nodiscard]] std::string as_command(std::string_view need, const Snapshot& snapshot);
// The same for a call of a plan; nothing in a parameter's name acts either.
[[nodiscard]] std::string as_command(std::string_view operation,
                                     std::span<const std::pair<std::string, std::string_view>> parameters);

// One word of a shell, whatever the text holds: plain where it can be, else quoted. What could move a cursor or hide is
// escaped as bash reads it (`$'\x1b'`).
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace imagewarden::cli
