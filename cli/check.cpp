// `check`: decides DeleteImage for images, logs every decision, prints it.

#include <fmt/format.h>

#include "cli/answering.h"
#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/needs.h"

namespace imagewarden::cli {

int run_check(const Options& options, Environment& environment) {
  auto question = question_of(options, environment);
  if (!question) return complain(environment, question.error());
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  auto decider = Decider::create(*snapshot, *rules, *question);
  if (!decider) return complain(environment, decider.error());
  const bool is_stream = options.ids_from == "-" && options.arguments.empty() && !options.all &&
                         (options.format == Format::kNdjson || options.format == Format::kCsv);
  auto targets =
      is_stream ? Result<std::vector<Target>>{} : find_targets(options, environment, *snapshot, decider->account());
  if (!targets) return complain(environment, targets.error());
  const bool is_partial =
      options.all && note_gaps(options, environment, *snapshot, decider->account(), kImageLists, "images");
  for (const SkippedFile& file : snapshot->skipped())
    note(options, environment, fmt::format("skipped {}: {}", file.path, file.why));

  const std::vector<Verdict> verdicts = decide_all(*decider, *targets);
  PrintHeader header;
  header.snapshot = &*snapshot;
  header.rules = &*rules;
  header.now = question->now;
  for (const Verdict& verdict : verdicts) {
    header.summary.count(verdict.outcome);
    if (verdict.outcome == Outcome::kDeny) ++header.codes[std::string(decider->code_of(verdict))];
  }

  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  const RecordContext context{options.verb,     snapshot->digest(), rules->digest(),
                              engine_version(), question->now,      decider->request_text("")};
  const std::string account(snapshot->text(snapshot->accounts()[decider->account().value].id));
  auto journal = Journal::open(options, environment, context, question->principal.text(), account, targets->size());
  if (!journal) return complain(environment, journal.error());
  auto printer = make_decision_printer(options, environment, *sink);
  if (is_stream) {
    const auto summary = answer_stream(options, environment, *decider, header, *journal, *printer, *sink);
    if (!summary) return complain(environment, summary.error());
    header.summary = *summary;
  } else {
    const auto answered =
        answer_all(options, environment, *decider, *targets, verdicts, header, *journal, *printer, *sink);
    if (!answered) return complain(environment, answered.error());
  }
  printer->end();
  const auto finished = sink->finish();
  if (!finished) return complain(environment, finished.error());
  const int status = exit_status_of(header.summary);
  return status == kExitAllowed && is_partial ? static_cast<int>(kExitIndeterminate) : status;
}

}  // namespace imagewarden::cli
