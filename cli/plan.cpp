// `plan`: decides the deletion of many images as one, in a safe order, with what to do first.

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/answering.h"
#include "cli/plan_printer.h"
#include "cli/plan_seal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/filter.h"
#include "engine/decide/needs.h"

namespace imagewarden::cli {
namespace {

// The images that are asked about; with --where those of them that it picks, with it alone of all.
Result<std::vector<Target>> find_plan_targets(const Options& options, Environment& environment,
                                              const Snapshot& snapshot, AccountId account, Time now) {
  if (options.where.empty() && options.arguments.empty() && options.ids_from.empty() && !options.all) {
    return fail(Errc::kUsage, "`plan` needs images: name them, or add `--all`, `--ids-from FILE` or `--where FILTER`");
  }
  const bool is_filter_alone = !options.where.empty() && options.arguments.empty() && options.ids_from.empty();
  if (is_filter_alone || options.all) note_gaps(options, environment, snapshot, account, kImageLists, "images");
  auto targets = is_filter_alone ? Result<std::vector<Target>>(all_targets(snapshot, account))
                                 : find_targets(options, environment, snapshot, account);
  if (!targets || options.where.empty()) return targets;
  const auto filter = ImageFilter::parse(options.where);
  if (!filter) return fail(filter.error().code, fmt::format("option `--where`: {}", filter.error().message));
  const std::vector<Tri> picked = filter->evaluate(snapshot, account, now);
  const std::uint32_t first = snapshot.accounts()[account.value].first_row;
  std::uint64_t unknown = 0;
  // Of an id that the lists do not show nothing is known.
  std::erase_if(*targets, [&](const Target& target) {
    const Tri value = target.row ? picked[target.row->value - first] : Tri::kUnknown;
    unknown += value == Tri::kUnknown ? 1U : 0U;
    return value != Tri::kTrue;
  });
  if (unknown > 0) {
    note(options, environment,
         fmt::format("left out {}: too little is known to say whether `--where` picks {}",
                     counted(unknown, "image", "images"), unknown == 1 ? "it" : "them"));
  }
  return targets;
}

struct Planned {
  Plan plan;
  std::vector<Target> targets;    // in the order of the plan, the missing ones last
  std::vector<Verdict> verdicts;  // as exported
};

Planned plan_targets(const Snapshot& snapshot, const Decider& decider, std::vector<Target> targets) {
  std::vector<ImageRow> rows;
  std::vector<Target> missing;
  for (Target& target : targets) {
    if (target.row) {
      rows.push_back(*target.row);
    } else if (std::none_of(missing.begin(), missing.end(), [&](const Target& m) { return m.id == target.id; })) {
      missing.push_back(std::move(target));
    }
  }
  std::vector<Verdict> verdicts(rows.size());
  decider.decide(rows, verdicts);
  Planned planned;
  planned.plan = make_plan(snapshot, decider, rows, verdicts);
  for (const PlannedImage& image : planned.plan.images) {
    planned.targets.push_back({image.row, {}});
    planned.verdicts.push_back(image.now);
  }
  for (Target& target : missing) {
    planned.verdicts.push_back(decider.decide_missing(target.id));
    planned.targets.push_back(std::move(target));
  }
  return planned;
}

// With --key; else it is empty. It tells in `sealed_bytes` what it sealed.
Result<Sealer> make_sealer(const Options& options, const Snapshot& snapshot, const rules::Ruleset& rules,
                           const Journal& journal, std::size_t& sealed_bytes) {
  // Without a log it has no records to name; a key that was asked for is refused before.
  if (options.key.empty() || options.no_audit) return Sealer{};
  if (const auto name = audit::check_key_name(journal.origin()); !name)
    return fail(name.error().code, fmt::format("the name of the log cannot sign: {}", name.error().message));
  auto key = audit::SigningKey::read(options.key);
  if (!key) return tl::make_unexpected(key.error());
  // std::function wants to copy; the key itself is never copied.
  auto shared = std::make_shared<const audit::SigningKey>(std::move(*key));
  return Sealer([shared, &sealed_bytes, inventory = snapshot.digest(), ruleset = rules.digest()](
                    std::string_view document, const PlanPlace& place) -> std::string {
    sealed_bytes = document.size();
    return seal_plan(document, inventory, ruleset, place, *shared);
  });
}

}  // namespace

int run_plan(const Options& options, Environment& environment) {
  auto question = question_of(options, environment);
  if (!question) return complain(environment, question.error());
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  auto decider = Decider::create(*snapshot, *rules, *question);
  if (!decider) return complain(environment, decider.error());
  auto targets = find_plan_targets(options, environment, *snapshot, decider->account(), question->now);
  if (!targets) return complain(environment, targets.error());
  for (const SkippedFile& file : snapshot->skipped())
    note(options, environment, fmt::format("skipped {}: {}", file.path, file.why));

  const Planned planned = plan_targets(*snapshot, *decider, std::move(*targets));
  PrintHeader header;
  header.snapshot = &*snapshot;
  header.rules = &*rules;
  header.now = question->now;
  PlanView view{*snapshot, *decider, planned.plan, {}, {}, question->principal.text(), options.where};
  for (const Verdict& verdict : planned.verdicts) {
    header.summary.count(verdict.outcome);
    if (verdict.outcome == Outcome::kDeny) ++header.codes[std::string(decider->code_of(verdict))];
  }
  for (std::size_t i = 0; i < planned.targets.size(); ++i) {
    const bool has_row = i < planned.plan.images.size();
    view.in_turn.count((has_row ? planned.plan.images[i].in_turn : planned.verdicts[i]).outcome);
    view.after.count((has_row ? planned.plan.images[i].after : planned.verdicts[i]).outcome);
  }

  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  const RecordContext context{options.verb,     snapshot->digest(), rules->digest(),
                              engine_version(), question->now,      decider->request_text("")};
  const std::string account(snapshot->text(snapshot->accounts()[decider->account().value].id));
  auto journal =
      Journal::open(options, environment, context, question->principal.text(), account, planned.targets.size());
  if (!journal) return complain(environment, journal.error());
  std::size_t sealed_bytes = 0;
  auto sealer = make_sealer(options, *snapshot, *rules, *journal, sealed_bytes);
  if (!sealer) return complain(environment, sealer.error());
  const auto printer = make_plan_printer(options, environment, *sink, view, *journal, std::move(*sealer));
  const auto answered =
      answer_all(options, environment, *decider, planned.targets, planned.verdicts, header, *journal, *printer, *sink);
  if (!answered) return complain(environment, answered.error());
  printer->end();
  if (const auto size = check_sealed_size(sealed_bytes); !size) return complain(environment, size.error());
  const auto finished = sink->finish();
  if (!finished) return complain(environment, finished.error());
  return exit_status_of(view.in_turn);
}

}  // namespace imagewarden::cli
