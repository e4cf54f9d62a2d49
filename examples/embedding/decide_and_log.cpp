// Decides an image, logs the answer, then says it. Arguments: the inventory, the log (made new), the image.
#include <array>
#include <chrono>
#include <iostream>

#include "audit/log.h"
#include "engine/base/version.h"
#include "engine/inventory/read.h"
#include "report/record/decision_record.h"

using namespace imagewarden;

int complain(const Error& error) {
  std::cerr << error.message << '\n';
  return 2;
}

int main(int, char** argv) {
  const auto snapshot = read_inventory(std::vector<std::string>{argv[1]}, {});
  if (!snapshot) return complain(snapshot.error());
  const auto rules = rules::Ruleset::load({});
  if (!rules) return complain(rules.error());
  const Question question{*parse_principal("user/alice"), {}, *parse_rfc3339("2026-11-24T08:00:00Z")};
  const auto decider = Decider::create(*snapshot, *rules, question);
  if (!decider) return complain(decider.error());
  const Decision decision = decider->decide_image(argv[3]);

  const auto clock = [] {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return Time{std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count()};
  };
  auto log = audit::Log::create(argv[2], "example.com/embedded", {"host.example.com", "operator", clock});
  if (!log) return complain(log.error());
  const RecordContext context{"check",          snapshot->digest(), rules->digest(),
                              engine_version(), question.now,       decider->request_text("")};
  BatchSummary summary;
  summary.count(decision.outcome);
  const audit::Draft start = make_batch_start(context, decision.principal, decision.account, 1);
  const std::array drafts{start, make_draft(decision, context, decider->request_digest(argv[3])),
                          make_batch_end(start, summary)};
  const auto first = log->append(drafts);  // durable when it returns
  if (!first) return complain(first.error());
  std::cout << to_string(decision.outcome) << ' ' << decision.code << ", logged as " << *first + 1 << '\n';
}
