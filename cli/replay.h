#pragma once
// Makes logged decisions again, from an inventory and rules at hand, and compares: the core of `audit replay`.
// A decision's question (caller, context, time, strict) is the request that the `batch-start` record of its writer
// holds as its note; what the record itself says of inventory, rules and request are digests, and each must fit.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "audit/log.h"
#include "engine/base/error.h"
#include "engine/decide/decide.h"

namespace imagewarden::cli {

enum class ReplayState : std::uint8_t { kNotAtHand = 0, kSame, kDifferent };
// `not-at-hand`, `same`, `different`.
[[nodiscard]] std::string_view to_string(ReplayState state);

// Something that a decision rests on and that is not there.
struct MissingInput {
  std::string_view input;    // `inventory`, `rules`, `request`
  std::string_view because;  // `not this one`, `not recorded`, …
  std::string digest;        // what the record says of it
  friend bool operator<(const MissingInput& a, const MissingInput& b) {
    return std::tie(a.input, a.because, a.digest) < std::tie(b.input, b.because, b.digest);
  }
};

struct Answer {
  std::string outcome;  // `allow`, `deny`, `indeterminate`
  std::string code;
  friend bool operator==(const Answer&, const Answer&) = default;
  friend bool operator<(const Answer& a, const Answer& b) {
    return std::tie(a.outcome, a.code) < std::tie(b.outcome, b.code);
  }
};

struct ReplayedDecision {
  std::uint64_t seq{};
  audit::Draft logged;
  ReplayState state{};
  std::vector<MissingInput> missing;  // kNotAtHand
  std::optional<Answer> replayed;     // nothing where it is not at hand, or there is a problem
  bool document_differs{};            // never where only answers are compared
  std::string problem;                // why nothing can be decided any more; kDifferent
  [[nodiscard]] Answer was() const { return {logged.outcome, logged.code}; }
};

struct ReplayInputs {
  const Snapshot* snapshot{};
  const rules::Ruleset* rules{};
  // As if: the rules take the place of those of the record, whatever these were.
  bool rules_stand_in{};
  // As if: policies that take the place of those of their names.
  std::vector<ram::AttachedPolicy> replacements;
  // Outcome and code alone; else also the digest of the whole document.
  bool answers_only{};
};

// Reads the log in pieces, so that memory does not grow with it, and keeps the deciders of the last few questions.
// What the inputs point to must outlive it. Not thread-safe; describes on several threads by itself.
class Replayer {
 public:
  Replayer(audit::Log& log, std::string log_name, ReplayInputs inputs);
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;
  ~Replayer();

  // Called with each decision, in the order of the log; false stops.
  using Visit = std::function<bool(const ReplayedDecision&)>;
  using Report = std::function<void(std::uint64_t done, std::uint64_t total)>;
  // Every decision of the log. kMalformedInput for a record that is none.
  Status replay_all(const Visit& visit, const Report& report);
  // Those of these records, in order, each once. kNotFound beyond the end of the log, kUsage for a record of another
  // kind.
  Status replay_some(std::span<const std::uint64_t> seqs, const Visit& visit, const Report& report);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden::cli
