#pragma once
// Which program this is: `--version`.

#include "cli/environment.h"
#include "cli/options.h"
#include "engine/base/version.h"

namespace imagewarden::cli {

// `--version`: the version, the commit, the built-in rule files with their digests, the libraries. Exit status.
int run_version(const Options& options, Environment& environment);

}  // namespace imagewarden::cli
