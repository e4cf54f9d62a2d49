#pragma once
// Makes the ReportModel of an inventory, of a log, or of both. Pure: no clock, no files, nothing printed; the same
// sources make the same model.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "audit/stats.h"
#include "engine/base/error.h"
#include "engine/decide/decide.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/controls.h"
#include "engine/rules/ruleset.h"
#include "report/compare.h"
#include "report/model.h"

namespace imagewarden::report {

struct InventorySource {
  const Snapshot* snapshot{};
  // Whom to decide for. Nothing: every image of every account, for whoever may: without the rule `permission`.
  std::optional<PrincipalRef> principal;
  Context context;
  bool strict{};
  // How a missing export is fetched, as a command.
  std::function<std::string(std::string_view call)> command_of;
};

struct LogSource {
  std::string path;
  audit::VerifyReport verified;
  std::optional<audit::LogStats> stats;  // nothing where the records cannot be read; of all principals
  std::string checkpoint;                // the newest signed note
};

struct ReportSources {
  std::string version;
  Time now;
  const rules::Ruleset* rules{};
  const rules::ControlSet* controls{};
  std::optional<InventorySource> inventory;
  std::optional<LogSource> log;
  std::optional<EarlierReport> earlier;
};

// Fails as Decider::create() does.
[[nodiscard]] Result<ReportModel> build_report(const ReportSources& sources);

}  // namespace imagewarden::report
