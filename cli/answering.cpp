#include "cli/answering.h"

#include <algorithm>
#include <istream>

#include <fmt/format.h>

#include "cli/session.h"
#include "engine/decide/fact_reader.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kBatch = 1000;  // decisions a commit

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

// Decisions that are described and on their way to the log.
struct Batch {
  std::vector<Decision> decisions;
  Journal::Receipt receipt;
  std::size_t end{};  // targets up to here
};

class Answering {
 public:
  Answering(const Decider& decider, const std::vector<Target>& targets, const std::vector<Verdict>& verdicts,
            const PrintHeader& header, Journal& journal, DecisionPrinter& printer)
      : decider_(decider),
        targets_(targets),
        verdicts_(verdicts),
        header_(header),
        journal_(journal),
        printer_(printer) {}

  // Targets [begin, begin + kBatch).
  Result<Batch> submit(std::size_t begin, bool wants_digests) {
    Batch batch;
    batch.end = std::min(begin + kBatch, targets_.size());
    std::vector<std::string> digests;
    for (std::size_t i = begin; i < batch.end; ++i) {
      const Target& target = targets_[i];
      batch.decisions.push_back(target.row ? decider_.describe(*target.row, verdicts_[i])
                                           : decider_.describe_missing(target.id, verdicts_[i]));
      so_far_.count(batch.decisions.back().outcome);
      if (wants_digests) digests.push_back(decider_.request_digest(batch.decisions.back().image));
    }
    auto receipt = journal_.submit(batch.decisions, digests, so_far_, batch.end == targets_.size());
    if (!receipt) return tl::make_unexpected(receipt.error());
    batch.receipt = std::move(*receipt);
    return batch;
  }

  Status print(Batch batch) {
    const auto first = journal_.wait(std::move(batch.receipt));
    if (!first) return tl::make_unexpected(first.error());
    if (!begun_) printer_.begin(header_);  // it holds the summary, so it waits for a record too
    begun_ = true;
    for (std::size_t i = 0; i < batch.decisions.size(); ++i) {
      AuditPlace place{journal_.path(), first->value_or(0) + i};
      printer_.print(batch.decisions[i], first->has_value() ? &place : nullptr);
    }
    return {};
  }

 private:
  const Decider& decider_;
  const std::vector<Target>& targets_;
  const std::vector<Verdict>& verdicts_;
  const PrintHeader& header_;
  Journal& journal_;
  DecisionPrinter& printer_;
  BatchSummary so_far_;
  bool begun_{};
};

Status answer(const Options& options, Environment& environment, Answering& answering, std::size_t count, Sink& sink) {
  Progress progress(options, environment, "deciding");
  auto ahead = answering.submit(0, !options.no_audit);
  while (ahead) {
    Batch batch = std::move(*ahead);
    const std::size_t end = batch.end;
    const bool is_last = end == count;
    if (!is_last) ahead = answering.submit(end, !options.no_audit);
    // What was handed over is answered, also where the next ones were refused.
    if (const auto printed = answering.print(std::move(batch)); !printed) return printed;
    progress.update(end, count);
    if (is_last) return {};
    if (!sink.flush()) {  // the reader is gone; finish() says so. What is on its way is waited for by the journal
      return {};
    }
  }
  return tl::make_unexpected(ahead.error());
}

}  // namespace

std::vector<Target> all_targets(const Snapshot& snapshot, AccountId account) {
  const Account& owner = snapshot.accounts()[account.value];
  std::vector<Target> targets;
  targets.reserve(owner.row_count + snapshot.too_old_images().size());
  for (std::uint32_t i = 0; i < owner.row_count; ++i) targets.push_back({ImageRow{owner.first_row + i}, {}});
  // Nothing shows these any more, but they may still be there: left out they would look decided.
  for (const TooOldImage& image : snapshot.too_old_images()) {
    const std::string_view id = snapshot.text(image.id);
    if (image.account == account && exists_without_row(snapshot, account, id) == Tri::kUnknown)
      targets.push_back({std::nullopt, std::string(id)});
  }
  return targets;
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
    return fail(Errc::kUsage,
                fmt::format("`{}` needs images: name them, or add `--all` or `--ids-from FILE`", options.verb));
  }
  note_similar_images(options, environment, snapshot, account, options.arguments);
  std::vector<Target> targets;
  if (options.all) targets = all_targets(snapshot, account);
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

Status answer_all(const Options& options, Environment& environment, const Decider& decider,
                  const std::vector<Target>& targets, const std::vector<Verdict>& verdicts, const PrintHeader& header,
                  Journal& journal, DecisionPrinter& printer, Sink& sink) {
  Answering answering(decider, targets, verdicts, header, journal, printer);
  return answer(options, environment, answering, targets.size(), sink);
}

}  // namespace imagewarden::cli
