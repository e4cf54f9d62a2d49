#pragma once
// Which program this is: `--version`, and what documents and records say of their maker.

#include <string>
#include <string_view>

#include "cli/environment.h"
#include "cli/options.h"

namespace imagewarden::cli {

// Both are in a source that each build makes anew (scripts/version.cmake), so that a commit compiles one file.
[[nodiscard]] std::string_view version();  // `0.1.0`
// The commit that was built, 12 digits; `-dirty` behind it where files of it were changed; `unknown` where neither git
// nor the archive tells.
[[nodiscard]] std::string_view commit();

[[nodiscard]] std::string engine_version();  // `imagewarden 0.1.0`

// `--version`: the version, the commit, the built-in rule files with their digests, the libraries. Exit status.
int run_version(const Options& options, Environment& environment);

}  // namespace imagewarden::cli
