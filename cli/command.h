#pragma once
// The call of the aliyun command line that fills a gap of the export.

#include <string>
#include <string_view>

namespace imagewarden::cli {

// `ListPoliciesForUser UserName=alice` as a command to type: `aliyun ram ListPoliciesForUser --UserName alice`. Values
// are quoted for a shell, so that nothing that an export names can act. What is no operation comes back as it is.
[[nodiscard]] std::string as_command(std::string_view need);

}  // namespace imagewarden::cli
