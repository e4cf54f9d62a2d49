#pragma once
// What several verbs do alike: complain, load rules and inventory, ask the question.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "cli/options.h"
#include "cli/sink.h"
#include "cli/text.h"
#include "engine/decide/decide.h"
#include "engine/decide/image_id.h"
#include "engine/inventory/read.h"
#include "engine/inventory/small_file.h"
#include "engine/rules/ruleset.h"

namespace imagewarden::cli {

// Writes the error to stderr as one line `imagewarden: …` and returns kExitFailed.
int complain(const Environment& environment, const Error& error);
// Of the error of read_inventory(), a line for each bad file: writes all but the last, which is returned.
[[nodiscard]] Error complain_but_last(const Environment& environment, const Error& error);
// A remark on stderr, unless --quiet.
void note(const Options& options, Environment& environment, std::string_view text);

[[nodiscard]] bool is_colored(const Options& options, const Environment& environment);
// With the width of the terminal where the result goes to one.
[[nodiscard]] Look look_of(const Options& options, const Environment& environment);
[[nodiscard]] Time now_of(const Options& options, const Environment& environment);
// The files of --rules, read but not yet looked at.
[[nodiscard]] Result<std::vector<rules::RuleSource>> read_rule_files(const Options& options);
[[nodiscard]] Result<rules::Ruleset> load_rules(const Options& options);
// --skip-bad-files, --max-age.
[[nodiscard]] ReadOptions read_options_of(const Options& options, const Environment& environment);
// With a progress line where it takes longer than a second; notes go to stderr.
[[nodiscard]] Result<Snapshot> load_inventory(const Options& options, Environment& environment);
// `--context` and `--no-context`.
[[nodiscard]] Result<Context> context_of(const Options& options);
// --as, --context, --no-context, --now, --strict.
[[nodiscard]] Result<Question> question_of(const Options& options, const Environment& environment);

// A note for each id that the account does not show and that is almost one of its images. The answer stays what it is.
void note_similar_images(const Options& options, Environment& environment, const Snapshot& snapshot, AccountId account,
                         std::span<const std::string> ids);

// A note where list_gaps() finds some of these lists: `left out NAMED that only …`.
// Whether it does.
bool note_gaps(const Options& options, Environment& environment, const Snapshot& snapshot,
               std::optional<AccountId> account, std::span<const Operation> lists, std::string_view named);
// kUsage where the exports name no account: then there is nothing to say of any image.
[[nodiscard]] Status need_account(const Snapshot& snapshot);

// Writes a whole result to standard output or --output; `status`, or kExitFailed where it could not be written.
int print_result(const Options& options, Environment& environment, std::string_view text, int status);
// The same to a sink that was opened before: so that what cannot be undone is not done for a result without a place.
int print_result(Sink& sink, Environment& environment, std::string_view text, int status);

// `45 s`, `3 min 20 s`, `2 h 5 min`: a time that is left.
[[nodiscard]] std::string duration_text(std::uint64_t seconds);
enum class Unit : std::uint8_t { kCount, kBytes };

// A line on stderr that is rewritten, from one second on, only on a terminal (or with --progress always): how far, how
// fast on average, how long still.
class Progress {
 public:
  Progress(const Options& options, Environment& environment, std::string_view label, Unit unit = Unit::kCount);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // clears the line
  void update(std::uint64_t done, std::uint64_t total);

 private:
  Environment& environment_;
  std::string label_;
  Unit unit_;
  bool enabled_{};
  bool shown_{};
  std::int64_t started_ms_{};
  std::int64_t last_ms_{};
};

}  // namespace imagewarden::cli
