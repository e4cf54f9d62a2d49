#pragma once
// Decides DeleteImage for a principal on a Snapshot: one image or a batch through the same compiled predicates, no I/O,
// no clock, no globals. A decision is a pure function of (snapshot, rules, policies, request, time).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/condition/condition.h"
#include "engine/decide/decision.h"
#include "engine/decide/fact_reader.h"
#include "engine/decide/principal.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {

// The compact answer for one image: bit i of a mask is rule i of the ruleset. The zero value denies.
struct Verdict {
  std::uint64_t violated{};
  std::uint64_t unknown{};
  Outcome outcome{Outcome::kDeny};
  std::uint8_t rule{};  // kDeny: the rule whose code it is
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

struct Question {
  PrincipalRef principal;
  Context context;  // --context, --no-context
  Time now;
  bool strict{};  // assumptions become unknowns
  // As if the policies of these names (`Custom/ops`) had been changed: each stands in for the one of its name wherever
  // the caller holds it, also where that one is not exported. Not part of the request text.
  std::vector<ram::AttachedPolicy> replacements{};
};

// How one fact of a rule read, for explanations.
struct FactReading {
  std::string fact;   // `image:Status`
  std::string state;  // `known`, `absent`, `more are possible`, `not known`
  std::vector<Evidence> evidence;
};

// One rule of the ruleset and how it came out.
struct RuleExplanation {
  std::size_t rule{};    // index into Ruleset::rules()
  bool evaluated{true};  // false: the image's record is missing
  Tri violated{Tri::kFalse};
  std::vector<FactReading> facts;  // every fact that its conditions name, each once
};

// A ruleset bound to a snapshot and a caller: resolves the principal, evaluates the permission once, compiles every
// rule to predicates over the columns. Keeps references: snapshot and rules must outlive it. Immutable; safe for any
// number of threads.
class Decider {
 public:
  [[nodiscard]] static Result<Decider> create(const Snapshot& snapshot, const rules::Ruleset& rules,
                                              const Question& question);
  // The same for one of many questions. Precondition: a directory of this snapshot and of the rules' readings; it need
  // not outlive the decider.
  [[nodiscard]] static Result<Decider> create(const Snapshot& snapshot, const rules::Ruleset& rules,
                                              const Question& question, const PrincipalDirectory& directory);
  Decider(Decider&&) noexcept;
  Decider& operator=(Decider&&) noexcept;
  ~Decider();

  [[nodiscard]] AccountId account() const;
  // The caller's permission, as it stands in every decision.
  [[nodiscard]] const Permission& permission() const;
  [[nodiscard]] const ram::Evaluation& permission_evaluation() const;

  // Decides rows [first, first + verdicts.size()): column by column, 64 rows at a time. Precondition: rows of
  // account().
  void decide(ImageRow first, std::span<Verdict> verdicts) const;
  // The same for rows picked out.
  void decide(std::span<const ImageRow> rows, std::span<Verdict> verdicts) const;
  [[nodiscard]] Verdict decide(ImageRow row) const;
  // For an id that the account's lists do not show (also an empty one).
  [[nodiscard]] Verdict decide_missing(std::string_view image_id) const;

  // A verdict of this object on the row, once `changes` have come about.
  [[nodiscard]] Verdict decide_changed(ImageRow row, const Verdict& verdict, const FactChanges& changes) const;
  // The rules whose conditions ask for one of these facts (a bit a fact), one bit each.
  [[nodiscard]] std::uint64_t rules_on(std::uint64_t facts) const;

  // The whole Decision of a verdict that this object made.
  [[nodiscard]] Decision describe(ImageRow row, const Verdict& verdict) const;
  [[nodiscard]] Decision describe_missing(std::string_view image_id, const Verdict& verdict) const;
  // The same in the place of an earlier one, whose memory is used again.
  void describe(ImageRow row, const Verdict& verdict, Decision& decision) const;
  void describe_missing(std::string_view image_id, const Verdict& verdict, Decision& decision) const;
  // The code of a verdict: the violated rule's (for the permission: as the readings have it), `200`, or empty where
  // indeterminate.
  [[nodiscard]] std::string_view code_of(const Verdict& verdict) const;
  // Every rule in order, with every fact that it read.
  [[nodiscard]] std::vector<RuleExplanation> explain_image(std::string_view image_id) const;
  // Finds the row, decides, describes.
  [[nodiscard]] Decision decide_image(std::string_view image_id) const;

  // The canonical request: operation, account, principal, image, context, time, strict; parse_request()
  // (recorded_request.h) reads it again.
  [[nodiscard]] std::string request_text(std::string_view image_id) const;
  // `sha256:HEX` of it.
  [[nodiscard]] std::string request_digest(std::string_view image_id) const;
  void request_digest(std::string_view image_id, std::string& digest) const;  // in the place of what it was

 private:
  struct Impl;
  explicit Decider(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden
