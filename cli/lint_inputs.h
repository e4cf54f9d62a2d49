#pragma once
// What `policy lint` looks at: files and folders, the policies of an inventory, the tables, the waivers.

#include <optional>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/options.h"
#include "engine/base/error.h"
#include "engine/inventory/snapshot.h"
#include "engine/ram/lint.h"
#include "engine/rules/lint_waivers.h"

namespace imagewarden::cli {

struct LintSkipped {
  std::string path;
  std::string why;
};

// A document that is looked at, and where it stands as a machine wants to know it.
struct LintSource {
  std::string file;         // path of the file, without line and pointer
  std::uint32_t line{};     // of an envelope in it; 0: none
  std::string waiver_file;  // beside it; empty: there is none
};

struct LintWork {
  std::vector<ram::LintInput> inputs;
  std::vector<LintSource> sources;  // one for each input
  ram::LintSet set;                 // of the inventory
  std::vector<LintSkipped> skipped;
  std::optional<Snapshot> snapshot;
};

// A waiver and the file that it stands in.
struct LintWaiver {
  rules::Waiver waiver;
  std::string path;
  std::optional<std::size_t> input;  // the policy beside which its file stands
};

struct LintTablesUsed {
  ram::LintTables tables;
  std::string actions_path;  // `built-in`, or the file of --actions
};

// The files of PATH… in their order, those of a folder sorted by path; then the policies of --inventory. kUsage:
// nothing to look at.
[[nodiscard]] Result<LintWork> gather_lint_work(const Options& options, Environment& environment);
[[nodiscard]] Result<LintTablesUsed> load_lint_tables(const Options& options);
[[nodiscard]] Result<std::vector<LintWaiver>> load_lint_waivers(const Options& options, const LintWork& work);

}  // namespace imagewarden::cli
