#include "cli/app.h"

#include <fmt/format.h>

#include "cli/files_apart.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace imagewarden::cli {

int run(std::span<const std::string> arguments, Environment& environment) {
  auto options = parse_options(arguments, environment);
  if (!options) {
    complain(environment, options.error());
    return kExitFailed;
  }
  const Verb* verb = find_verb(options->verb);
  if (options->help && !options->version) return environment.out(help_text(verb)) ? kExitAllowed : kExitFailed;
  if (verb == nullptr && !options->version) {
    return complain(environment, {Errc::kUsage, "no verb given; `imagewarden --help` lists the verbs"});
  }
  if (const auto apart = check_files_apart(*options); !apart) return complain(environment, apart.error());
  if (options->version) return run_version(*options, environment);
  if (!options->from_folder.empty() && verb->run != run_config) {
    note(*options, environment,
         fmt::format("imagewarden.toml in this folder sets {}; `imagewarden config` shows how",
                     fmt::join(options->from_folder, ", ")));
  }
  return verb->run(*options, environment);
}

}  // namespace imagewarden::cli
