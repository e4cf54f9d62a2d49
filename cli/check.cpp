// `check`: decides DeleteImage for images, logs every decision, prints it.

#include <algorithm>
#include <istream>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kBatch = 1000;  // decisions a commit

// An image that was asked for: a row, or an id that the account's lists do not show.
struct Target {
  std::optional<ImageRow> row;
  std::string id;  // of a missing one
};

// Image ids, one a line; white space around them does not count, empty lines neither.
Result<std::vector<std::string>> read_ids(const Options& options, Environment& environment) {
  std::string text;
  if (options.ids_from == "-") {
    std::string part(std::size_t{1} << 16U, '\0');
    while (environment.in->read(part.data(), static_cast<std::streamsize>(part.size())) ||
           environment.in->gcount() > 0) {
      text.append(part, 0, static_cast<std::size_t>(environment.in->gcount()));
    }
    if (environment.in->bad()) return fail(Errc::kIo, "standard input: cannot be read");
  } else {
    auto file = read_small_file(options.ids_from, "list of ids");
    if (!file) return tl::make_unexpected(file.error());
    text = std::move(*file);
  }
  std::vector<std::string> ids;
  for (std::size_t at = 0, line = 1; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string id = text.substr(at, end - at);
    at = end + 1;
    id.erase(0, id.find_first_not_of(" \t\r"));
    id.erase(id.find_last_not_of(" \t\r") + 1);
    if (id.empty()) continue;
    if (const auto checked = check_image_id(id); !checked) {
      return fail(Errc::kMalformedInput, fmt::format("{}:{}: {}", options.ids_from, line, checked.error().message));
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

Result<std::vector<Target>> find_targets(const Options& options, Environment& environment, const Snapshot& snapshot,
                                         AccountId account) {
  std::vector<std::string> ids = options.arguments;
  for (const std::string& id : ids) {
    if (auto checked = check_image_id(id); !checked) return tl::make_unexpected(checked.error());
  }
  if (!options.ids_from.empty()) {
    auto more = read_ids(options, environment);
    if (!more) return tl::make_unexpected(more.error());
    ids.insert(ids.end(), more->begin(), more->end());
  }
  if (ids.empty() && !options.all && options.ids_from.empty()) {
    return fail(Errc::kUsage, "`check` needs images: name them, or add `--all` or `--ids-from FILE`");
  }
  std::vector<Target> targets;
  if (options.all) {
    const Account& owner = snapshot.accounts()[account.value];
    targets.reserve(owner.row_count + ids.size());
    for (std::uint32_t i = 0; i < owner.row_count; ++i) targets.push_back({ImageRow{owner.first_row + i}, {}});
  }
  for (std::string& id : ids) {
    const auto row = snapshot.find_image(account, id);
    targets.push_back({row, row ? std::string{} : std::move(id)});
  }
  return targets;
}

std::vector<Verdict> decide_all(const Decider& decider, const std::vector<Target>& targets) {
  std::vector<Verdict> verdicts(targets.size());
  std::vector<ImageRow> rows;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].row) {
      rows.push_back(*targets[i].row);
      places.push_back(i);
    } else {
      verdicts[i] = decider.decide_missing(targets[i].id);
    }
  }
  std::vector<Verdict> decided(rows.size());
  decider.decide(rows, decided);
  for (std::size_t i = 0; i < rows.size(); ++i) verdicts[places[i]] = decided[i];
  return verdicts;
}

// Describes, logs and prints in batches: nothing is printed before its record is durable.
Result<void> answer(const Options& options, Environment& environment, const Decider& decider,
                    const std::vector<Target>& targets, const std::vector<Verdict>& verdicts, const PrintHeader& header,
                    Journal& journal, DecisionPrinter& printer, Sink& sink) {
  Progress progress(options, environment, "deciding");
  BatchSummary so_far;
  std::vector<Decision> decisions;
  std::vector<std::string> digests;
  for (std::size_t begin = 0; begin == 0 || begin < targets.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, targets.size());
    decisions.clear();
    digests.clear();
    for (std::size_t i = begin; i < end; ++i) {
      decisions.push_back(targets[i].row ? decider.describe(*targets[i].row, verdicts[i])
                                         : decider.describe_missing(targets[i].id, verdicts[i]));
      so_far.count(decisions.back().outcome);
      if (!options.no_audit) digests.push_back(decider.request_digest(decisions.back().image));
    }
    auto first = journal.append(decisions, digests, so_far, end == targets.size());
    if (!first) return tl::make_unexpected(first.error());
    if (begin == 0) printer.begin(header);  // it holds the summary, so it waits for a record too
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      AuditPlace place{journal.path(), first->value_or(0) + i};
      printer.print(decisions[i], first->has_value() ? &place : nullptr);
    }
    if (!sink.flush()) break;  // the reader is gone; finish() says so
    progress.update(end, targets.size());
  }
  return {};
}

}  // namespace

int run_check(const Options& options, Environment& environment) {
  auto question = question_of(options, environment);
  if (!question) return complain(environment, question.error());
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  auto decider = Decider::create(*snapshot, *rules, *question);
  if (!decider) return complain(environment, decider.error());
  auto targets = find_targets(options, environment, *snapshot, decider->account());
  if (!targets) return complain(environment, targets.error());
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
  const RecordContext context{options.verb, snapshot->digest(), rules->digest(), engine_version(), question->now};
  const std::string account(snapshot->text(snapshot->accounts()[decider->account().value].id));
  auto journal = Journal::open(options, environment, context, question->principal.text(), account, targets->size());
  if (!journal) return complain(environment, journal.error());
  auto printer = make_decision_printer(options, environment, *sink);
  const auto answered = answer(options, environment, *decider, *targets, verdicts, header, *journal, *printer, *sink);
  if (!answered) return complain(environment, answered.error());
  printer->end();
  const auto finished = sink->finish();
  if (!finished) return complain(environment, finished.error());
  return header.summary.exit_status();
}

}  // namespace imagewarden::cli
