#pragma once
// What several verbs do alike: complain, load rules and inventory, ask the question.

#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "cli/options.h"
#include "engine/decide/decide.h"
#include "engine/inventory/read.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::cli {

// Writes each line of the error to stderr as `imagewarden: …` and returns kExitFailed.
int complain(Environment& environment, const Error& error);
// A remark on stderr, unless --quiet.
void note(const Options& options, Environment& environment, std::string_view text);

[[nodiscard]] bool is_colored(const Options& options, const Environment& environment);
[[nodiscard]] Time now_of(const Options& options, const Environment& environment);
// The files of --rules, read but not yet looked at.
[[nodiscard]] Result<std::vector<rules::RuleSource>> read_rule_files(const Options& options);
[[nodiscard]] Result<rules::Ruleset> load_rules(const Options& options);
// With a progress line where it takes longer than a second; notes go to stderr.
[[nodiscard]] Result<Snapshot> load_inventory(const Options& options, Environment& environment);
// `--context` and `--no-context`.
[[nodiscard]] Result<Context> context_of(const Options& options);
// --as, --context, --no-context, --now, --strict.
[[nodiscard]] Result<Question> question_of(const Options& options, const Environment& environment);
// The whole content of a small file, for rule files and lists of ids. kNotFound, kIo, kLimit (64 MiB).
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::string_view what);

inline constexpr std::size_t kMaxImageIdBytes = 256;
// kUsage: not UTF-8, or longer than any id that an export may hold. An empty id is a question like any other.
[[nodiscard]] Status check_image_id(std::string_view id);

// Writes a whole result to standard output or --output; `status`, or kExitFailed where it could not be written.
int print_result(const Options& options, Environment& environment, std::string_view text, int status);

// A line on stderr that is rewritten, from one second on, only on a terminal (or with --progress always).
class Progress {
 public:
  Progress(const Options& options, Environment& environment, std::string_view label);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // clears the line
  void update(std::uint64_t done, std::uint64_t total);

 private:
  Environment& environment_;
  std::string label_;
  bool enabled_{};
  bool shown_{};
  std::int64_t started_ms_{};
  std::int64_t last_ms_{};
};

}  // namespace imagewarden::cli
