#include "cli/audit_record.h"

#include "engine/base/sha256.h"

namespace imagewarden::cli {

void make_draft(const Decision& decision, std::string_view document, const RecordContext& context,
                std::string request_digest, audit::Draft& draft) {
  draft.kind = audit::RecordKind::kDecision;
  draft.verb = context.verb;
  draft.operation = decision.operation;
  draft.principal = decision.principal;
  draft.account = decision.account;
  draft.image = decision.image;
  draft.outcome = to_string(decision.outcome);
  draft.code = decision.code;
  draft.possible_codes.clear();
  for (const std::string& code : decision.possible_codes) {
    if (!draft.possible_codes.empty()) draft.possible_codes += ',';
    draft.possible_codes += code;
  }
  draft.permission = decision.permission.decision;
  draft.decided_at = format_rfc3339(context.now);
  draft.inventory_digest = context.inventory_digest;
  draft.rules_digest = context.rules_digest;
  draft.request_digest = std::move(request_digest);
  draft.decision_digest = sha256_text(document);
  draft.engine = context.engine;
}

}  // namespace imagewarden::cli
