#include "cli/app.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "cli/options.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace imagewarden::cli {
namespace {

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return std::filesystem::equivalent(one, other, ignored) ||
         std::filesystem::absolute(one, ignored).lexically_normal() ==
             std::filesystem::absolute(other, ignored).lexically_normal();
}

// What the result would be written over and nothing would bring back: the log and what stands beside it, keys and
// checkpoints.
std::optional<std::string> overwritten(const Options& options) {
  if (options.output.empty()) return std::nullopt;
  for (const char* const suffix : {"", "-wal", "-shm", "-journal", ".lock", ".index"}) {
    if (is_same_file(options.output, options.audit_log + suffix)) return "the audit log, or a file of it";
  }
  constexpr std::string_view kPrivateKey = "-----BEGIN PRIVATE KEY-----";
  std::string start(kPrivateKey.size(), '\0');
  if (std::ifstream(options.output, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size())) &&
      start == kPrivateKey)
    return "a private key";
  std::vector<std::string> others = options.vkeys;
  for (const std::string* const file : {&options.key, &options.checkpoint_file, &options.checkpoint, &options.proof,
                                        &options.cosigned, &options.previous, &options.next})
    others.push_back(*file);
  for (const std::string& file : others) {
    if (!file.empty() && is_same_file(options.output, file)) return "named by another option";
  }
  return std::nullopt;
}

}  // namespace

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
  if (const auto what = overwritten(*options)) {
    return complain(environment, {Errc::kUsage, fmt::format("option `--output`: `{}` is {}", options->output, *what)});
  }
  if (options->version) return run_version(*options, environment);
  if (!options->from_folder.empty() && verb->run != run_config) {
    note(*options, environment,
         fmt::format("imagewarden.toml in this folder sets {}; `imagewarden config` shows how",
                     fmt::join(options->from_folder, ", ")));
  }
  return verb->run(*options, environment);
}

}  // namespace imagewarden::cli
