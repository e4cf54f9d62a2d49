#include "cli/app.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/journal.h"
#include "cli/options.h"
#include "cli/session.h"

namespace imagewarden::cli {
namespace {

// Whether the result would be written over the log: nothing would bring that back.
bool would_overwrite_log(const Options& options) {
  if (options.output.empty()) return false;
  std::error_code ignored;
  return std::filesystem::equivalent(options.output, options.audit_log, ignored) ||
         std::filesystem::absolute(options.output, ignored).lexically_normal() ==
             std::filesystem::absolute(options.audit_log, ignored).lexically_normal();
}

}  // namespace

int run(std::span<const std::string> arguments, Environment& environment) {
  auto options = parse_options(arguments);
  if (!options) {
    complain(environment, options.error());
    return kExitFailed;
  }
  const Verb* verb = find_verb(options->verb);
  if (options->version) return environment.out(engine_version() + "\n") ? kExitAllowed : kExitFailed;
  if (options->help) return environment.out(help_text(verb)) ? kExitAllowed : kExitFailed;
  if (verb == nullptr) {
    return complain(environment, {Errc::kUsage, "no verb given; `imagewarden --help` lists the verbs"});
  }
  if (would_overwrite_log(*options)) {
    return complain(environment,
                    {Errc::kUsage, fmt::format("option `--output`: `{}` is the audit log", options->output)});
  }
  return verb->run(*options, environment);
}

}  // namespace imagewarden::cli
