#pragma once
// The command line, read into one plain struct.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/defaults.h"
#include "cli/environment.h"
#include "cli/verb_table.h"
#include "engine/base/error.h"
#include "engine/base/time.h"

namespace imagewarden::cli {

enum class When : std::uint8_t { kAuto, kAlways, kNever };

// When a checkpoint is due while a batch runs: after so many records, or seconds; 0: only at its end.
struct CheckpointInterval {
  std::uint64_t records{};
  std::int64_t seconds{};
};

// Every option of every verb; a verb takes only those that its entry in the verb table names.
struct Options {
  std::string verb;                    // `check`, `audit list`, …
  std::vector<std::string> arguments;  // what is no option
  std::vector<std::string> inventory;
  std::vector<std::string> rules;
  std::string audit_log{"imagewarden-audit.db"};
  bool no_audit{};
  bool audit_detail_full{};
  Format format{Format::kTable};
  std::string output;  // empty: standard output
  std::optional<Time> now;
  bool skip_bad_files{};
  std::optional<std::int64_t> max_age_s;  // older exports count as absent
  When progress{When::kAuto};
  When color{When::kAuto};
  bool quiet{};
  bool help{};
  bool version{};
  Defaults defaults;                      // what was found in the environment and in configuration files
  std::vector<std::string> from_folder;   // the options that the file in the current folder has set
  std::vector<std::string> folder_rules;  // those of `rules` that it names
  // check, explain
  std::string as;
  bool all{};
  std::string ids_from;
  std::vector<std::string> context;
  std::vector<std::string> no_context;
  bool strict{};
  std::string where;  // filter of a plan
  // audit
  std::string origin;
  std::string image;
  std::string principal;
  std::string code;
  std::string_view outcome;  // empty, `allow`, `deny` or `indeterminate`
  std::optional<Time> since;
  std::optional<Time> until;
  std::optional<std::uint64_t> limit;
  std::string against;  // rule file, policy document or folder of them that is tried
  std::string key;      // file of the key that signs
  CheckpointInterval checkpoint_every;
  std::string checkpoint_file;  // where signed checkpoints are published
  std::string checkpoint;       // file of a checkpoint from outside
  std::vector<std::string> vkeys;
  std::string vkey_file;
  bool resume{};
  std::string proof;
  std::string previous;
  std::string cosigned;
  bool html{};
  bool force{};
  std::string next;
  // policy
  std::string action;
  std::string resource{"*"};
  std::string resource_group;
  bool missing_context{};
  std::vector<std::string> session_policies;
  std::vector<std::string> policies;  // what if these were attached
  std::vector<std::string> without;   // what if these were detached
  std::vector<std::string> skip_levels;
  std::string filter;
  bool fail_fast{};
  bool coverage{};
  std::string lcov;
  std::string cobertura;
  std::optional<std::uint64_t> min_coverage;  // percent
  bool mutate{};
  std::uint64_t max_mutants{10'000};
  std::optional<std::uint64_t> min_score;  // percent
  std::string_view fail_level{"warning"};
  std::string explain_rule;
  std::string actions_file;
  std::string waivers_file;
  std::string_view only_via;  // empty, `direct`, `group`, `role`
  std::string_view fail_on;   // empty, `new-access`, `any`
  // report
  std::vector<std::string> controls;
  std::string compare;  // an earlier report in JSON
};

// The words that an option chooses from (`--format` of the verb: those that it writes); empty: it takes any text.
[[nodiscard]] std::vector<std::string_view> option_choices(std::string_view name, const Verb* verb);
// What `--help` says of an option of the verb.
[[nodiscard]] std::string option_help(const OptionInfo& option, const Verb* verb);

// kUsage with one line that says what to do instead. The command line alone, with the file that `--config` names.
[[nodiscard]] Result<Options> parse_options(std::span<const std::string> arguments);
// With the defaults of environment variables and configuration files, which are read here.
[[nodiscard]] Result<Options> parse_options(std::span<const std::string> arguments, const Environment& environment);

// The text of `--help` for one verb, or of the whole program.
[[nodiscard]] std::string help_text(const Verb* verb);

}  // namespace imagewarden::cli
