#include "cli/answering.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "cli/id_reader.h"
#include "cli/session.h"
#include "cli/workers.h"
#include "engine/decide/fact_reader.h"
#include "engine/decide/image_id.h"

namespace imagewarden::cli {
namespace {

// Decisions that are handed over together: few enough to stay in a core's cache from the one who describes them to the
// one who prints them.
constexpr std::size_t kBatch = 256;
// Batches that are described or wait for that, for each core.
constexpr std::size_t kDescribedAhead = 3;
// Batches on their way to the disk: enough to go on while it takes over the write-ahead log.
constexpr std::size_t kLoggedAhead = 16;

std::vector<Target> targets_of(const Snapshot& snapshot, AccountId account, std::span<const std::string_view> ids) {
  std::vector<std::optional<ImageRow>> rows(ids.size());
  snapshot.find_images(account, ids, rows);
  std::vector<Target> targets;
  targets.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    targets.push_back({rows[i], rows[i] ? std::string{} : std::string(ids[i])});
  return targets;
}

// Ids, one behind the other.
class Ids {
 public:
  void add(std::string_view id) {
    text_ += id;
    ends_.push_back(text_.size());
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  // Valid while nothing is added, and the ids are where they are.
  [[nodiscard]] std::vector<std::string_view> views() const {
    std::vector<std::string_view> views;
    views.reserve(ends_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      views.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
    return views;
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

// What is to be answered next.
struct Asked {
  Ids ids;                            // those of a list that is read meanwhile, or
  std::span<const Target> targets;    // those that were known from the start,
  std::span<const Verdict> verdicts;  // with their verdicts
  bool is_last{};
};

// Gives targets a batch at a time. Empty and not the last: none are at hand, and `may_wait` was false.
using NextBatch = std::function<Result<Asked>(bool may_wait)>;

// Decisions that are described, and their records. Its memory goes round: what a batch held is written over by a later
// one, as strings that are made by one thread and freed by another cost more than what stands in them.
struct Described {
  explicit Described(DecisionRecorder recorder_given) : recorder(std::move(recorder_given)) {}
  std::size_t count{};  // of the decisions; the vectors may be longer
  std::vector<Decision> decisions;
  std::vector<std::string> documents;  // as they were where nobody wants them
  std::shared_ptr<audit::DraftBatch> drafts = std::make_shared<audit::DraftBatch>();  // without a log: none
  DecisionRecorder recorder;
  Status encoded;  // of the drafts
  bool is_last{};
};

// A pipeline: batches are described beside each other, logged in order, printed in order when they are durable.
class Answering {
 public:
  Answering(const Decider& decider, const PrintHeader& header, Journal& journal, DecisionPrinter& printer, Sink& sink)
      : decider_(decider), header_(header), journal_(journal), printer_(printer), sink_(sink) {}

  Status run(const NextBatch& next, const std::function<void(std::uint64_t)>& progress) {
    std::optional<Error> refused;
    bool has_ended = false;
    while (true) {
      while (!has_ended && described_.size() < kDescribedAhead * Workers::count()) {
        auto asked = next(described_.empty() && logged_.empty());
        if (!asked) refused = std::move(asked.error());
        if (!asked || asked->is_last) has_ended = true;
        if (!asked || (asked->targets.empty() && asked->ids.empty() && !asked->is_last)) break;
        start(std::move(*asked));
      }
      if (!described_.empty()) {
        if (const auto logged = log(next_described()); !logged) {
          refused = logged.error();
          has_ended = true;
          while (!described_.empty()) next_described();
        }
      }
      // What was handed over is answered, also where what follows was refused.
      if (logged_.size() > logged_ahead_ || (described_.empty() && !logged_.empty())) {
        if (auto printed = print(); !printed) return printed;
        progress(printed_);
        // The reader is gone; finish() says so. What is on its way is waited for by the journal.
        if (!sink_.flush()) return {};
      }
      if (has_ended && described_.empty() && logged_.empty()) break;
    }
    if (refused) return tl::make_unexpected(std::move(*refused));
    return {};
  }

  [[nodiscard]] const BatchSummary& so_far() const { return so_far_; }

 private:
  struct Describing {
    std::unique_ptr<Described> batch;
    std::future<void> done;  // none: it was done at once
  };
  struct Logged {
    std::unique_ptr<Described> batch;
    Journal::Receipt receipt;
  };

  void start(Asked asked) {
    Describing next;
    if (used_.empty()) {
      next.batch = std::make_unique<Described>(journal_.recorder());
    } else {
      next.batch = std::move(used_.back());
      used_.pop_back();
    }
    // To hand a few decisions to another thread costs more than they do.
    if (std::max(asked.targets.size(), asked.ids.size()) < kBatch / 4) {
      describe(asked, *next.batch);
    } else {
      next.done =
          workers_.start([this, asked = std::move(asked), batch = next.batch.get()] { describe(asked, *batch); });
    }
    described_.push_back(std::move(next));
  }

  // The oldest of those that are described, as soon as it is.
  std::unique_ptr<Described> next_described() {
    Describing next = std::move(described_.front());
    described_.pop_front();
    if (next.done.valid()) next.done.get();
    return std::move(next.batch);
  }

  // In any thread.
  void describe(const Asked& asked, Described& batch) const {
    const std::vector<Target> found = targets_of(*header_.snapshot, decider_.account(), asked.ids.views());
    const std::vector<Verdict> decided = decide_all(decider_, found);
    const std::span<const Target> targets = found.empty() ? asked.targets : std::span(found);
    const std::span<const Verdict> verdicts = found.empty() ? asked.verdicts : std::span(decided);
    const bool is_logged = journal_.is_open();
    batch.is_last = asked.is_last;
    batch.count = targets.size();
    batch.decisions.resize(std::max(batch.decisions.size(), batch.count));
    batch.documents.resize(batch.decisions.size());
    batch.drafts->clear();
    batch.encoded = {};
    std::string digest;
    for (std::size_t i = 0; i < batch.count; ++i) {
      Decision& decision = batch.decisions[i];
      if (targets[i].row) {
        decider_.describe(*targets[i].row, verdicts[i], decision);
      } else {
        decider_.describe_missing(targets[i].id, verdicts[i], decision);
      }
      if (is_logged || printer_.wants_documents()) decision_document(decision, batch.documents[i]);
      if (is_logged) {
        decider_.request_digest(decision.image, digest);
        if (batch.encoded) batch.encoded = batch.recorder.add(decision, batch.documents[i], digest, *batch.drafts);
      }
    }
  }

  Status log(std::unique_ptr<Described> batch) {
    if (!batch->encoded) return batch->encoded;
    for (std::size_t i = 0; i < batch->count; ++i) so_far_.count(batch->decisions[i].outcome);
    auto receipt = journal_.submit(batch->drafts, so_far_, batch->is_last);
    if (!receipt) return tl::make_unexpected(receipt.error());
    logged_.push_back({std::move(batch), std::move(*receipt)});
    return {};
  }

  // The oldest batch.
  Status print() {
    Logged logged = std::move(logged_.front());
    logged_.pop_front();
    const auto first = journal_.wait(std::move(logged.receipt));
    if (!first) return tl::make_unexpected(first.error());
    if (!begun_) printer_.begin(header_);  // it holds the summary, so it waits for a record too
    begun_ = true;
    Described& batch = *logged.batch;
    for (std::size_t i = 0; i < batch.count; ++i) {
      const AuditPlace place{journal_.path(), first->value_or(0) + i};
      printer_.print(batch.decisions[i], batch.documents[i], first->has_value() ? &place : nullptr);
    }
    printed_ += batch.count;
    used_.push_back(std::move(logged.batch));
    return {};
  }

  const Decider& decider_;
  const PrintHeader& header_;
  Journal& journal_;
  DecisionPrinter& printer_;
  Sink& sink_;
  // Without a log nothing is waited for: what was just described is printed while it is in the cache.
  const std::size_t logged_ahead_{journal_.is_open() ? kLoggedAhead : 0};
  std::deque<Logged> logged_;
  std::vector<std::unique_ptr<Described>> used_;  // printed, to be written over
  BatchSummary so_far_;
  std::uint64_t printed_{};
  bool begun_{};
  std::deque<Describing> described_;
  Workers workers_;  // last: they use what stands above
};

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
    auto reader = IdReader::open(options.ids_from, environment);
    if (!reader) return tl::make_unexpected(reader.error());
    while (true) {
      auto id = reader->next();
      if (!id) return tl::make_unexpected(id.error());
      if (!*id) break;
      ids.emplace_back(**id);
    }
  }
  if (ids.empty() && !options.all && options.ids_from.empty()) {
    return fail(Errc::kUsage,
                fmt::format("`{}` needs images: name them, or add `--all` or `--ids-from FILE`", options.verb));
  }
  note_similar_images(options, environment, snapshot, account, options.arguments);
  std::vector<Target> targets;
  if (options.all) targets = all_targets(snapshot, account);
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  std::vector<Target> named = targets_of(snapshot, account, views);
  targets.insert(targets.end(), std::move_iterator(named.begin()), std::move_iterator(named.end()));
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
  Progress progress(options, environment, "deciding");
  Answering answering(decider, header, journal, printer, sink);
  std::size_t begin = 0;
  const auto next = [&](bool /*may_wait*/) -> Result<Asked> {
    const std::size_t count = std::min(kBatch, targets.size() - begin);
    Asked asked;
    asked.targets = std::span(targets).subspan(begin, count);
    asked.verdicts = std::span(verdicts).subspan(begin, count);
    begin += count;
    asked.is_last = begin == targets.size();
    return asked;
  };
  return answering.run(next, [&](std::uint64_t done) { progress.update(done, targets.size()); });
}

Result<BatchSummary> answer_stream(const Options& options, Environment& environment, const Decider& decider,
                                   const PrintHeader& header, Journal& journal, DecisionPrinter& printer, Sink& sink) {
  auto ids = IdReader::open(options.ids_from, environment);
  if (!ids) return tl::make_unexpected(ids.error());
  Answering answering(decider, header, journal, printer, sink);
  std::optional<Error> refused;
  const auto next = [&](bool may_wait) -> Result<Asked> {
    if (refused) return tl::make_unexpected(*refused);
    Asked asked;
    while (asked.ids.size() < kBatch && !asked.is_last) {
      if (!(may_wait && asked.ids.empty()) && !ids->is_ready()) break;
      auto id = ids->next();
      if (!id) {
        // What stood before it is answered.
        refused = id.error();
        if (asked.ids.empty()) return tl::make_unexpected(*refused);
        break;
      }
      asked.is_last = !id->has_value();
      if (*id) asked.ids.add(**id);
    }
    return asked;
  };
  Progress progress(options, environment, "deciding");
  const auto answered = answering.run(next, [&](std::uint64_t done) { progress.update(done, 0); });
  if (!answered) return tl::make_unexpected(answered.error());
  return answering.so_far();
}

}  // namespace imagewarden::cli
