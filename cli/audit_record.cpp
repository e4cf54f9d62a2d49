#include "cli/audit_record.h"

#include <fmt/format.h>

namespace imagewarden::cli {

audit::Draft make_draft(const Decision& decision, const RecordContext& context, std::string request_digest) {
  audit::Draft draft;
  draft.kind = audit::RecordKind::kDecision;
  draft.verb = context.verb;
  draft.operation = decision.operation;
  draft.principal = decision.principal;
  draft.account = decision.account;
  draft.image = decision.image;
  draft.outcome = to_string(decision.outcome);
  draft.code = decision.code;
  draft.possible_codes = fmt::format("{}", fmt::join(decision.possible_codes, ","));
  draft.permission = decision.permission.decision;
  draft.decided_at = format_rfc3339(context.now);
  draft.inventory_digest = context.inventory_digest;
  draft.rules_digest = context.rules_digest;
  draft.request_digest = std::move(request_digest);
  draft.decision_digest = decision_digest(decision);
  draft.engine = context.engine;
  return draft;
}

}  // namespace imagewarden::cli
