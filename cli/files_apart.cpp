#include "cli/files_apart.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/sink.h"

namespace imagewarden::cli {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::string_view option;
  std::string path;
};

// A device or a pipe may be named twice.
bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  if (fs::exists(one, ignored) && !fs::is_regular_file(one, ignored)) return false;
  return fs::equivalent(one, other, ignored) || target_of(one) == target_of(other);
}

// Of the log at `log`: the log itself, or what SQLite and the index have beside it.
bool is_of_log(const std::string& path, const std::string& log) {
  for (const char* const suffix : {"", "-wal", "-shm", "-journal", ".lock", ".index"}) {
    if (!log.empty() && is_same_file(path, log + suffix)) return true;
  }
  return false;
}

// A pipe is not opened: its other end would be waited for, and what is in it be taken.
bool is_private_key(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  constexpr std::string_view kStart = "-----BEGIN PRIVATE KEY-----";
  std::string start(kStart.size(), '\0');
  return std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size())) &&
         start == kStart;
}

// A checkpoint that others have signed too is put in the place of its own one, and a verifier key is what it is.
bool may_be_one(std::string_view written, std::string_view other) {
  return (written == "checkpoint-file" && (other == "cosigned" || other == "checkpoint")) ||
         (written == "vkey-file" && other == "vkey");
}

Status refuse(const Named& written, std::string_view what) {
  return fail(Errc::kUsage, fmt::format("option `--{}`: `{}` is {}", written.option, written.path, what));
}

}  // namespace

Status check_files_apart(const Options& options) {
  const Named key{"key", options.key};
  const Named next{"next", options.next};
  // What a run makes or replaces; the key and the next log are made, never replaced.
  std::vector<Named> written{{"output", options.output},
                             {"vkey-file", options.vkey_file},
                             {"lcov", options.lcov},
                             {"cobertura", options.cobertura},
                             {"checkpoint-file", options.checkpoint_file}};
  std::erase_if(written, [](const Named& file) { return file.path.empty(); });
  std::vector<Named> all = written;
  for (const Named& file :
       {key, next, Named{"checkpoint", options.checkpoint}, Named{"proof", options.proof},
        Named{"cosigned", options.cosigned}, Named{"previous", options.previous}, Named{"ids-from", options.ids_from},
        Named{"against", options.against}, Named{"compare", options.compare}, Named{"actions", options.actions_file},
        Named{"waivers", options.waivers_file}}) {
    if (!file.path.empty()) all.push_back(file);
  }
  const std::pair<std::string_view, const std::vector<std::string>*> lists[] = {
      {"vkey", &options.vkeys},
      {"rules", &options.rules},
      {"policy", &options.policies},
      {"session-policy", &options.session_policies},
      {"controls", &options.controls}};
  for (const auto& [option, files] : lists) {
    for (const std::string& file : *files) all.push_back({option, file});
  }

  for (const Named& file : written) {
    if (is_of_log(file.path, options.audit_log)) return refuse(file, "the audit log, or a file of it");
    if (is_of_log(file.path, options.next)) return refuse(file, "the next log, or a file of it");
    if (is_of_log(file.path, options.previous)) return refuse(file, "the previous log, or a file of it");
    if (is_private_key(file.path)) return refuse(file, "a private key");
    for (const Named& other : all) {
      if (other.option != file.option && !may_be_one(file.option, other.option) && is_same_file(file.path, other.path))
        return refuse(file, "named by another option");
    }
    // An image may have the name of a result that is not there yet.
    std::error_code ignored;
    for (const std::string& argument : options.arguments) {
      if (fs::exists(argument, ignored) && is_same_file(file.path, argument)) return refuse(file, "an argument, too");
    }
  }
  for (const Named& file : {key, next}) {
    if (!file.path.empty() && is_of_log(file.path, options.audit_log))
      return refuse(file, "the audit log, or a file of it");
  }
  if (!key.path.empty() && is_of_log(key.path, options.next)) return refuse(key, "the next log, or a file of it");
  return {};
}

}  // namespace imagewarden::cli
