#pragma once
// The files that a command line names, before anything is done: what one option has written, no other one may read or
// write.

#include "cli/options.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// kUsage where a result would be written over the log, a private key, or a file that another option names: nothing
// would bring them back. Looks at the files, and opens none but regular ones.
[[nodiscard]] Status check_files_apart(const Options& options);

}  // namespace imagewarden::cli
