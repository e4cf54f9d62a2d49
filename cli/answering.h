#pragma once
// From image ids to printed decisions, as `check` and `plan` do it: which images are asked about, their verdicts, and
// then in batches: described, logged, printed.

#include <optional>
#include <string>
#include <vector>

#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/options.h"
#include "cli/sink.h"
#include "engine/decide/decide.h"

namespace imagewarden::cli {

// An image that was asked for: a row, or an id that the account's lists do not show.
struct Target {
  std::optional<ImageRow> row;
  std::string id;  // of a missing one
};

// The arguments, --ids-from and --all, in this order: all rows first. kUsage: a bad id, or none of the three.
[[nodiscard]] Result<std::vector<Target>> find_targets(const Options& options, Environment& environment,
                                                       const Snapshot& snapshot, AccountId account);
// Every row of the account.
[[nodiscard]] std::vector<Target> all_targets(const Snapshot& snapshot, AccountId account);
[[nodiscard]] std::vector<Verdict> decide_all(const Decider& decider, const std::vector<Target>& targets);

// Describes, logs and prints in batches: nothing is printed before its record is durable. While one batch is at the
// disk the next ones are described, on all cores. verdicts[i] answers targets[i].
[[nodiscard]] Status answer_all(const Options& options, Environment& environment, const Decider& decider,
                                const std::vector<Target>& targets, const std::vector<Verdict>& verdicts,
                                const PrintHeader& header, Journal& journal, DecisionPrinter& printer, Sink& sink);
// The same for the ids of --ids-from, while they are read: what has come in is answered before more is waited for, in
// bounded memory, in the order of the list. A line that is no id ends it with an error when all before it is answered.
[[nodiscard]] Result<BatchSummary> answer_stream(const Options& options, Environment& environment,
                                                 const Decider& decider, const PrintHeader& header, Journal& journal,
                                                 DecisionPrinter& printer, Sink& sink);

}  // namespace imagewarden::cli
