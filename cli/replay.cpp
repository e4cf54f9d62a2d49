#include "cli/replay.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "engine/decide/recorded_request.h"

namespace imagewarden::cli {
namespace {

// What is read before it is decided: enough for threads to be worth it, little enough to be held.
constexpr std::size_t kPieceRecords = 4096;
constexpr std::size_t kPieceBytes = std::size_t{8} << 20U;
constexpr std::size_t kQuestionsKept = 64;
constexpr std::size_t kSharedMin = 256;  // decisions that one thread describes alone
constexpr std::size_t kStride = 64;      // and takes at a time
constexpr unsigned kThreadsMax = 8;

// A logged decision on its way.
struct Pending {
  std::uint64_t seq{};
  audit::Draft logged;
  std::optional<std::uint64_t> start;  // the batch-start record that it belongs to
};

struct Piece {
  std::vector<Pending> decisions;
  std::unordered_map<std::uint64_t, std::string> requests;  // notes of the batch-start records in it
  std::size_t bytes{};
  [[nodiscard]] bool is_full() const {
    return decisions.size() + requests.size() >= kPieceRecords || bytes >= kPieceBytes;
  }
};

// One question of the log, for all its images.
struct Asked {
  std::string_view fault;  // why there is no question; the rest is empty then
  std::optional<RequestText> text;
  Question question;
  std::optional<AccountId> account;
  std::optional<Result<Decider>> decider;  // made when it is first needed
  std::uint64_t last_used{};
};

// Calls body(i) for each i below `count`, on several threads where it is worth it. Throws what one of them threw.
template <class Body>
void for_each_index(std::size_t count, const Body& body) {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
  if (count < kSharedMin || threads == 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t begin = next.fetch_add(kStride); begin < count; begin = next.fetch_add(kStride)) {
      for (std::size_t i = begin; i < std::min(begin + kStride, count); ++i) body(i);
    }
  };
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto guarded = [&]() noexcept {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(guarded);
    } catch (const std::system_error&) {
      // As many as the system gives: this one works, too.
    }
    guarded();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

std::string_view to_string(ReplayState state) {
  switch (state) {
    case ReplayState::kSame:
      return "same";
    case ReplayState::kDifferent:
      return "different";
    case ReplayState::kNotAtHand:
      break;
  }
  return "not-at-hand";
}

struct Replayer::Impl {
  Impl(audit::Log& log_given, std::string log_name_given, ReplayInputs inputs_given)
      : log(log_given),
        log_name(std::move(log_name_given)),
        inputs(std::move(inputs_given)),
        directory(*inputs.snapshot, inputs.rules->readings()) {}

  Result<audit::Record> decode(std::uint64_t seq, std::string_view leaf) const;
  Result<std::string> request_of(const Piece& piece, std::uint64_t start);
  Result<Asked*> asked_at(const Piece& piece, std::optional<std::uint64_t> start);
  Asked* asked_by(const std::string& request);
  Result<std::optional<std::uint64_t>> find_start(std::uint64_t seq, const std::string& writer);
  [[nodiscard]] std::vector<MissingInput> missing_of(const audit::Draft& logged, const Asked& asked) const;
  void decide(Asked& asked, std::span<ReplayedDecision*> decisions) const;
  void compare(const Decider& decider, std::optional<ImageRow> row, const Verdict& verdict,
               ReplayedDecision& decision) const;
  Result<bool> replay(Piece& piece, const Visit& visit);

  audit::Log& log;
  std::string log_name;
  ReplayInputs inputs;
  PrincipalDirectory directory;
  std::unordered_map<std::string, std::unique_ptr<Asked>> questions;  // by the text of the request
  std::uint64_t uses{};
  Asked not_recorded{"not recorded", {}, {}, {}, {}, {}};
};

Result<audit::Record> Replayer::Impl::decode(std::uint64_t seq, std::string_view leaf) const {
  auto record = audit::decode_record(leaf);
  if (record) return record;
  return fail(record.error().code, fmt::format("{}: record {}: {}", log_name, seq, record.error().message));
}

Result<std::string> Replayer::Impl::request_of(const Piece& piece, std::uint64_t start) {
  if (const auto found = piece.requests.find(start); found != piece.requests.end()) return found->second;
  auto leaf = log.leaf(start);
  if (!leaf) return tl::make_unexpected(leaf.error());
  auto record = decode(start, *leaf);
  if (!record) return tl::make_unexpected(record.error());
  return std::move(record->draft.note);
}

Result<Asked*> Replayer::Impl::asked_at(const Piece& piece, std::optional<std::uint64_t> start) {
  if (!start) return &not_recorded;
  const auto request = request_of(piece, *start);
  if (!request) return tl::make_unexpected(request.error());
  return request->empty() ? &not_recorded : asked_by(*request);
}

Asked* Replayer::Impl::asked_by(const std::string& request) {
  auto& kept = questions[request];
  if (kept == nullptr) {
    kept = std::make_unique<Asked>();
    auto parsed = parse_request(request);
    if (parsed && parsed->image.empty()) {
      kept->text.emplace(parsed->account, parsed->operation, parsed->question);
      kept->account = inputs.snapshot->find_account(parsed->account);
      kept->question = std::move(parsed->question);
      kept->question.replacements = inputs.replacements;
    } else {
      kept->fault = "recorded in a form that is not known";
    }
  }
  Asked* asked = kept.get();
  asked->last_used = ++uses;
  if (questions.size() > kQuestionsKept) {
    questions.erase(std::min_element(questions.begin(), questions.end(), [](const auto& a, const auto& b) {
      return a.second->last_used < b.second->last_used;
    }));
  }
  return asked;
}

// The last batch-start of the writer before the record, unless its batch has ended. Looked for backwards.
Result<std::optional<std::uint64_t>> Replayer::Impl::find_start(std::uint64_t seq, const std::string& writer) {
  for (std::uint64_t end = seq; end > 0;) {
    const std::uint64_t begin = end > kPieceRecords ? end - kPieceRecords : 0;
    std::optional<std::uint64_t> start;
    bool is_settled = false;
    Status status;
    const auto visited = log.read(begin, end - begin, [&](std::uint64_t at, std::string_view leaf) {
      const auto record = decode(at, leaf);
      if (!record) {
        status = tl::make_unexpected(record.error());
        return false;
      }
      if (record->writer != writer) return true;
      const bool is_end = record->draft.kind == audit::RecordKind::kBatchEnd;
      if (record->draft.kind == audit::RecordKind::kBatchStart) start = at;
      if (is_end) start.reset();
      is_settled = is_settled || start || is_end || record->pseq == 0;
      return true;
    });
    if (!visited) return tl::make_unexpected(visited.error());
    if (!status) return tl::make_unexpected(status.error());
    if (is_settled) return start;
    end = begin;
  }
  return std::optional<std::uint64_t>{};
}

std::vector<MissingInput> Replayer::Impl::missing_of(const audit::Draft& logged, const Asked& asked) const {
  std::vector<MissingInput> missing;
  if (logged.inventory_digest != inputs.snapshot->digest())
    missing.push_back({"inventory", "not this one", logged.inventory_digest});
  if (!inputs.rules_stand_in && logged.rules_digest != inputs.rules->digest())
    missing.push_back({"rules", "not these", logged.rules_digest});
  if (!asked.text) {
    missing.push_back({"request", asked.fault, {}});
  } else if (asked.text->digest(logged.image) != logged.request_digest) {
    missing.push_back({"request", "the recorded one is another", {}});
  } else if (logged.principal != asked.question.principal.text() ||
             logged.account != asked.question.principal.account || logged.operation != inputs.rules->operation()) {
    missing.push_back({"request", "the record names another caller, account or operation", {}});
  }
  return missing;
}

void Replayer::Impl::compare(const Decider& decider, std::optional<ImageRow> row, const Verdict& verdict,
                             ReplayedDecision& decision) const {
  decision.replayed =
      Answer{std::string(imagewarden::to_string(verdict.outcome)), std::string(decider.code_of(verdict))};
  if (!inputs.answers_only) {
    const std::string digest = decision_digest(row ? decider.describe(*row, verdict)
                                                   : decider.describe_missing(decision.logged.image, verdict));
    decision.document_differs = digest != decision.logged.decision_digest;
  }
  const bool is_same = *decision.replayed == decision.was() && !decision.document_differs;
  decision.state = is_same ? ReplayState::kSame : ReplayState::kDifferent;
}

// Decisions of one question whose inputs are at hand.
void Replayer::Impl::decide(Asked& asked, std::span<ReplayedDecision*> decisions) const {
  if (decisions.empty()) return;
  if (!asked.decider)
    asked.decider.emplace(Decider::create(*inputs.snapshot, *inputs.rules, asked.question, directory));
  if (!*asked.decider) {
    for (ReplayedDecision* decision : decisions) {
      decision->state = ReplayState::kDifferent;
      decision->problem = asked.decider->error().message;
    }
    return;
  }
  const Decider& decider = **asked.decider;
  std::vector<std::optional<ImageRow>> rows(decisions.size());
  std::vector<ImageRow> known;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    rows[i] = inputs.snapshot->find_image(decider.account(), decisions[i]->logged.image);
    if (rows[i]) known.push_back(*rows[i]);
  }
  std::vector<Verdict> decided(known.size());
  decider.decide(known, decided);
  std::vector<Verdict> verdicts(decisions.size());
  for (std::size_t i = 0, next = 0; i < decisions.size(); ++i) {
    verdicts[i] = rows[i] ? decided[next++] : decider.decide_missing(decisions[i]->logged.image);
  }
  for_each_index(decisions.size(), [&](std::size_t i) { compare(decider, rows[i], verdicts[i], *decisions[i]); });
}

// False where the visitor stopped.
Result<bool> Replayer::Impl::replay(Piece& piece, const Visit& visit) {
  std::vector<Pending>& all = piece.decisions;
  std::vector<ReplayedDecision> results;
  std::vector<ReplayedDecision*> at_hand;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && all[end].start == all[begin].start) ++end;
    const auto asked = asked_at(piece, all[begin].start);
    if (!asked) return tl::make_unexpected(asked.error());
    results.clear();
    results.resize(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      results[i - begin].seq = all[i].seq;
      results[i - begin].logged = std::move(all[i].logged);
    }
    for_each_index(results.size(), [&](std::size_t i) { results[i].missing = missing_of(results[i].logged, **asked); });
    at_hand.clear();
    for (ReplayedDecision& result : results) {
      if (result.missing.empty()) at_hand.push_back(&result);
    }
    decide(**asked, at_hand);
    for (const ReplayedDecision& result : results) {
      if (!visit(result)) return false;
    }
    begin = end;
  }
  return true;
}

Replayer::Replayer(audit::Log& log, std::string log_name, ReplayInputs inputs)
    : impl_(std::make_unique<Impl>(log, std::move(log_name), std::move(inputs))) {}
Replayer::~Replayer() = default;

Status Replayer::replay_all(const Visit& visit, const Report& report) {
  const auto head = impl_->log.head();
  if (!head) return tl::make_unexpected(head.error());
  std::unordered_map<std::string, std::uint64_t> open;  // the batch that each writer is in
  for (std::uint64_t next = 0; next < head->size;) {
    Piece piece;
    Status status;
    const auto visited = impl_->log.read(next, head->size - next, [&](std::uint64_t seq, std::string_view leaf) {
      auto record = impl_->decode(seq, leaf);
      if (!record) {
        status = tl::make_unexpected(record.error());
        return false;
      }
      piece.bytes += leaf.size();
      if (record->draft.kind == audit::RecordKind::kBatchStart) {
        open[record->writer] = seq;
        piece.requests.emplace(seq, std::move(record->draft.note));
      } else if (record->draft.kind == audit::RecordKind::kBatchEnd) {
        open.erase(record->writer);
      } else if (record->draft.kind == audit::RecordKind::kDecision) {
        const auto start = open.find(record->writer);
        piece.decisions.push_back(
            {seq, std::move(record->draft), start == open.end() ? std::nullopt : std::optional(start->second)});
      }
      return !piece.is_full();
    });
    if (!visited) return tl::make_unexpected(visited.error());
    if (!status) return status;
    if (*visited == 0) break;
    next += *visited;
    const auto goes_on = impl_->replay(piece, visit);
    if (!goes_on) return tl::make_unexpected(goes_on.error());
    if (!*goes_on) return {};
    report(next, head->size);
  }
  return {};
}

Status Replayer::replay_some(std::span<const std::uint64_t> seqs, const Visit& visit, const Report& report) {
  std::vector<std::uint64_t> wanted(seqs.begin(), seqs.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  Piece piece;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto leaf = impl_->log.leaf(wanted[i]);
    if (!leaf) return tl::make_unexpected(leaf.error());
    auto record = impl_->decode(wanted[i], *leaf);
    if (!record) return tl::make_unexpected(record.error());
    if (record->draft.kind != audit::RecordKind::kDecision) {
      return fail(Errc::kUsage, fmt::format("{}: record {} is of kind `{}`, expected a decision", impl_->log_name,
                                            wanted[i], audit::to_string(record->draft.kind)));
    }
    const auto start = impl_->find_start(wanted[i], record->writer);
    if (!start) return tl::make_unexpected(start.error());
    piece.decisions.push_back({wanted[i], std::move(record->draft), *start});
    piece.bytes += leaf->size();
    if (!piece.is_full() && i + 1 < wanted.size()) continue;
    const auto goes_on = impl_->replay(piece, visit);
    if (!goes_on) return tl::make_unexpected(goes_on.error());
    if (!*goes_on) return {};
    piece = {};
    report(i + 1, wanted.size());
  }
  return {};
}

}  // namespace imagewarden::cli
