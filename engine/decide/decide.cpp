#include "engine/decide/decide.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <utility>

#include "engine/base/limits.h"
#include "engine/decide/findings.h"
#include "engine/decide/permission.h"
#include "engine/decide/predicates.h"
#include "engine/decide/recorded_request.h"
#include "engine/ram/alternatives.h"

namespace imagewarden {
namespace {

// The rest of a verdict follows from its masks: the rules stand in the order in which the first violated one decides.
Verdict conclude(std::uint64_t violated, std::uint64_t unknown) {
  Verdict verdict{violated, unknown, Outcome::kAllow, 0};
  if (violated != 0) {
    verdict.outcome = Outcome::kDeny;
    verdict.rule = static_cast<std::uint8_t>(std::countr_zero(violated));
  } else if (unknown != 0) {
    verdict.outcome = Outcome::kIndeterminate;
  }
  return verdict;
}

// What the caller may do under another choice of one reading, where that is not the same.
struct OtherPermission {
  std::string_view reading;
  std::string_view choice;
  Tri allowed{};
};

std::vector<OtherPermission> other_permissions(const ram::PrincipalPolicies& policies, const ram::Request& request,
                                               const Readings& readings, Tri allowed) {
  std::vector<OtherPermission> out;
  for (const ram::AlternativeVerdict& one : ram::evaluate_alternatives(policies, request, readings)) {
    const Tri other = caller_allowed(one.verdict);
    const ReadingInfo& info = reading_table()[static_cast<std::size_t>(one.reading)];
    if (other != allowed) out.push_back({info.name, info.choices[one.choice], other});
  }
  return out;
}

using RulesByFact = std::array<std::uint64_t, static_cast<std::size_t>(rules::Fact::kCount)>;

// The rules whose conditions ask for each fact, one bit each.
RulesByFact rules_by_fact(std::span<const rules::Rule> all) {
  RulesByFact masks{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    static_cast<void>(violation_of(all[i], [&](const Condition& condition) {
      for (const Atom& atom : condition.atoms) {
        const rules::FactInfo* info = rules::find_fact(atom.key);
        if (info != nullptr) masks[static_cast<std::size_t>(info->fact)] |= std::uint64_t{1} << i;
      }
      return TriWord{};
    }));
  }
  return masks;
}

}  // namespace

struct Decider::Impl {
  Impl(const Snapshot& snapshot_given, const rules::Ruleset& ruleset_given, const Question& question_given,
       ResolvedPrincipal resolved)
      : snapshot(snapshot_given),
        ruleset(ruleset_given),
        question(question_given),
        principal_text(question.principal.text()),
        principal(std::move(resolved)),
        compiled(ram::Principal::compile(principal.policies, ruleset.readings())),
        request(operation_request(ruleset.operation(), question.context, principal.policies, question.now)),
        evaluation(evaluate_permission(compiled, ruleset.operation(), question.context, question.now)),
        permission(describe_permission(evaluation)),
        scope{snapshot, principal.account, caller_allowed(evaluation.verdict), request.context, question.now},
        findings{scope, ruleset, principal, permission, principal_text},
        predicates(scope, ruleset.rules()),
        others(other_permissions(principal.policies, request, ruleset.readings(), scope.caller_allowed)),
        by_fact(rules_by_fact(ruleset.rules())),
        permission_rules(by_fact[static_cast<std::size_t>(rules::Fact::kCallerAllowed)]),
        request_text(principal.policies.account, ruleset.operation(), question),
        ages(snapshot, principal.account),
        form(form_of_caller()) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void decide_block(std::uint32_t first, std::span<Verdict> verdicts) const;
  [[nodiscard]] std::string_view code_of(const Verdict& verdict) const;
  [[nodiscard]] std::shared_ptr<const DecisionForm> form_of_caller() const;
  // What each decision of the caller says, whatever the image is.
  void describe_caller(Decision& decision) const;
  // Outcome, code, status, message, and the code as a possible one.
  void describe_answer(const Verdict& verdict, Decision& decision) const;
  // In the place of what `decision` was before.
  void describe(const ImageSubject& image, std::string_view id, const Verdict& verdict, Decision& decision) const;
  void describe_effects(ImageRow row, Decision& decision) const;
  // The verdict with some of its rules evaluated again.
  [[nodiscard]] Verdict evaluate_again(const FactScope& changed, std::uint64_t which, const ImageSubject& image,
                                       const Verdict& verdict) const;
  void describe_readings(const ImageSubject& image, const Verdict& verdict, Decision& decision) const;

  const Snapshot& snapshot;
  const rules::Ruleset& ruleset;
  const Question question;
  const std::string principal_text;
  const ResolvedPrincipal principal;
  const ram::Principal compiled;
  const ram::Request request;
  const ram::Evaluation evaluation;  // points into `compiled`
  const Permission permission;
  const FactScope scope;
  const FindingScope findings;
  const Predicates predicates;
  const std::vector<OtherPermission> others;
  const RulesByFact by_fact;
  const std::uint64_t permission_rules;
  const RequestText request_text;
  const FactsAges ages;
  const std::shared_ptr<const DecisionForm> form;
};

namespace {

void list_code(std::vector<std::string>& codes, std::string_view code) {
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.emplace_back(code);
}

}  // namespace

std::shared_ptr<const DecisionForm> Decider::Impl::form_of_caller() const {
  Decision plain;
  describe_caller(plain);
  describe_answer(conclude(0, 0), plain);
  return make_form(plain);
}

void Decider::Impl::describe_caller(Decision& decision) const {
  decision.account = principal.policies.account;
  decision.principal = principal_text;
  decision.operation = ruleset.operation();
  decision.permission = permission;
  decision.assumptions = principal.assumptions;
}

void Decider::Impl::describe_answer(const Verdict& verdict, Decision& decision) const {
  decision.outcome = verdict.outcome;
  decision.code = code_of(verdict);
  decision.http_status.reset();
  decision.message.clear();
  decision.possible_codes.clear();
  if (verdict.outcome == Outcome::kDeny) {
    const rules::Rule& rule = ruleset.rules()[verdict.rule];
    decision.http_status = status_of_rule(ruleset, rule);
    decision.message = message_of_rule(ruleset, rule);
  } else if (verdict.outcome == Outcome::kAllow) {
    constexpr std::int32_t kOk = 200;
    decision.http_status = kOk;
  }
  if (!decision.code.empty()) decision.possible_codes.push_back(decision.code);
}

void Decider::Impl::decide_block(std::uint32_t first, std::span<Verdict> verdicts) const {
  std::array<TriWord, limits::kMaxRules> words;
  const std::size_t rule_count = ruleset.rules().size();
  predicates.violations(first, verdicts.size(), std::span(words).first(rule_count));
  std::array<std::uint64_t, kBlockRows> violated{};
  std::array<std::uint64_t, kBlockRows> unknown{};
  const std::uint64_t rows =
      verdicts.size() == kBlockRows ? ~std::uint64_t{0} : (std::uint64_t{1} << verdicts.size()) - 1;
  for (std::size_t rule = 0; rule < rule_count; ++rule) {
    const std::uint64_t bit = std::uint64_t{1} << rule;
    for (std::uint64_t left = words[rule].holds & rows; left != 0; left &= left - 1)
      violated[static_cast<std::size_t>(std::countr_zero(left))] |= bit;
    for (std::uint64_t left = words[rule].may_hold & ~words[rule].holds & rows; left != 0; left &= left - 1) {
      unknown[static_cast<std::size_t>(std::countr_zero(left))] |= bit;
    }
  }
  for (std::size_t i = 0; i < verdicts.size(); ++i) verdicts[i] = conclude(violated[i], unknown[i]);
}

void Decider::Impl::describe_effects(ImageRow row, Decision& decision) const {
  const ImageTable& images = snapshot.images();
  const auto texts = [&](RelationKind kind) {
    std::vector<std::string> ids;
    for (const RelatedEntry& entry : snapshot.relation(kind).of(row)) ids.emplace_back(snapshot.text(entry.id));
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  };
  for (const StringId region : images.region_sets[images.region_set[row.value]])
    decision.effects.regions.emplace_back(snapshot.text(region));
  decision.effects.cloud_computers = texts(RelationKind::kCloudComputers);
  if (knows_templates(snapshot, row)) decision.effects.templates = texts(RelationKind::kTemplates);
}

Verdict Decider::Impl::evaluate_again(const FactScope& changed, std::uint64_t which, const ImageSubject& image,
                                      const Verdict& verdict) const {
  const auto all = ruleset.rules();
  std::uint64_t violations = verdict.violated & ~which;
  std::uint64_t unknowns = verdict.unknown & ~which;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((which >> i & 1U) == 0 || (!image.row && all[i].needs_image)) continue;
    const Tri value = violated(changed, all[i], image);
    if (value == Tri::kTrue) violations |= std::uint64_t{1} << i;
    if (value == Tri::kUnknown) unknowns |= std::uint64_t{1} << i;
  }
  return conclude(violations, unknowns);
}

// Only the permission rests on readings.
void Decider::Impl::describe_readings(const ImageSubject& image, const Verdict& verdict, Decision& decision) const {
  for (const OtherPermission& other : others) {
    FactScope other_scope = scope;
    other_scope.caller_allowed = other.allowed;
    const Verdict changed = evaluate_again(other_scope, permission_rules, image, verdict);
    const std::string_view code = code_of(changed);
    if (changed.outcome == verdict.outcome && code == decision.code) continue;
    decision.depends_on_readings.push_back(
        {std::string(other.reading), std::string(other.choice), changed.outcome, std::string(code)});
  }
}

std::string_view Decider::Impl::code_of(const Verdict& verdict) const {
  switch (verdict.outcome) {
    case Outcome::kDeny:
      return code_of_rule(ruleset, ruleset.rules()[verdict.rule]);
    case Outcome::kIndeterminate:
      return {};
    case Outcome::kAllow:
      break;
  }
  return "200";
}

void Decider::Impl::describe(const ImageSubject& image, std::string_view id, const Verdict& verdict,
                             Decision& decision) const {
  decision.image = id;
  decision.image_name.clear();
  decision.violations.clear();
  decision.unknowns.clear();
  decision.guards.clear();
  decision.effects.templates.reset();
  decision.effects.regions.clear();
  decision.effects.cloud_computers.clear();
  decision.depends_on_readings.clear();
  if (decision.form != form) {
    describe_caller(decision);
    decision.form = form;
  }
  describe_answer(verdict, decision);
  decision.facts = ages.of(image.row);
  if (image.row) {
    decision.image_name = snapshot.text(snapshot.images().name[image.row->value]);
    describe_effects(*image.row, decision);
  }
  const auto all = ruleset.rules();
  for (std::uint64_t left = verdict.violated | verdict.unknown; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const bool is_unknown = (verdict.unknown >> i & 1U) != 0;
    const bool is_violated = (verdict.violated >> i & 1U) != 0;
    if (is_unknown) decision.unknowns.push_back(describe_unknown(findings, all[i], image, id));
    if (is_violated)
      (all[i].is_guard ? decision.guards : decision.violations)
          .push_back(describe_violation(findings, all[i], image, id));
    if (is_unknown && (verdict.outcome != Outcome::kDeny || i < verdict.rule))
      list_code(decision.possible_codes, code_of_rule(ruleset, all[i]));
  }
  if (verdict.outcome != Outcome::kDeny) list_code(decision.possible_codes, "200");
  describe_readings(image, verdict, decision);
}

Decider::Decider(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Decider::Decider(Decider&&) noexcept = default;
Decider& Decider::operator=(Decider&&) noexcept = default;
Decider::~Decider() = default;

Result<Decider> Decider::create(const Snapshot& snapshot, const rules::Ruleset& rules, const Question& question) {
  return create(snapshot, rules, question, PrincipalDirectory(snapshot, rules.readings()));
}

Result<Decider> Decider::create(const Snapshot& snapshot, const rules::Ruleset& rules, const Question& question,
                                const PrincipalDirectory& directory) {
  auto resolved = directory.resolve(question.principal, question.strict, question.replacements);
  if (!resolved) return tl::make_unexpected(resolved.error());
  return Decider(std::make_unique<Impl>(snapshot, rules, question, std::move(*resolved)));
}

AccountId Decider::account() const { return impl_->principal.account; }
const Permission& Decider::permission() const { return impl_->permission; }
const ram::Evaluation& Decider::permission_evaluation() const { return impl_->evaluation; }

void Decider::decide(ImageRow first, std::span<Verdict> verdicts) const {
  for (std::size_t done = 0; done < verdicts.size(); done += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, verdicts.size() - done);
    impl_->decide_block(first.value + static_cast<std::uint32_t>(done), verdicts.subspan(done, count));
  }
}

void Decider::decide(std::span<const ImageRow> rows, std::span<Verdict> verdicts) const {
  assert(rows.size() == verdicts.size());
  // Rows that follow each other are decided together.
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end].value == rows[end - 1].value + 1) ++end;
    decide(rows[begin], verdicts.subspan(begin, end - begin));
    begin = end;
  }
}

Verdict Decider::decide(ImageRow row) const {
  Verdict verdict;
  impl_->decide_block(row.value, {&verdict, 1});
  return verdict;
}

Verdict Decider::decide_missing(std::string_view image_id) const {
  std::uint64_t violations = 0;
  std::uint64_t unknowns = 0;
  const auto all = impl_->ruleset.rules();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].needs_image) continue;
    const Tri value = violated(impl_->scope, all[i], {std::nullopt, image_id});
    if (value == Tri::kTrue) violations |= std::uint64_t{1} << i;
    if (value == Tri::kUnknown) unknowns |= std::uint64_t{1} << i;
  }
  return conclude(violations, unknowns);
}

Verdict Decider::decide_changed(ImageRow row, const Verdict& verdict, const FactChanges& changes) const {
  std::uint64_t facts = changes.deleted == nullptr ? 0 : facts_changed_by_deletions();
  for (std::size_t i = 0; i < kRepairs; ++i) {
    if (changes.has(static_cast<Repair>(i))) facts |= facts_changed_by(static_cast<Repair>(i));
  }
  FactScope changed = impl_->scope;
  changed.changes = &changes;
  return impl_->evaluate_again(changed, rules_on(facts), {row, {}}, verdict);
}

std::uint64_t Decider::rules_on(std::uint64_t facts) const {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < impl_->by_fact.size(); ++i) {
    if ((facts >> i & 1U) != 0) mask |= impl_->by_fact[i];
  }
  return mask;
}

Decision Decider::describe(ImageRow row, const Verdict& verdict) const {
  Decision decision;
  describe(row, verdict, decision);
  return decision;
}

Decision Decider::describe_missing(std::string_view image_id, const Verdict& verdict) const {
  Decision decision;
  describe_missing(image_id, verdict, decision);
  return decision;
}

void Decider::describe(ImageRow row, const Verdict& verdict, Decision& decision) const {
  impl_->describe({row, {}}, impl_->snapshot.text(impl_->snapshot.images().id[row.value]), verdict, decision);
}

void Decider::describe_missing(std::string_view image_id, const Verdict& verdict, Decision& decision) const {
  impl_->describe({std::nullopt, image_id}, image_id, verdict, decision);
}

std::string_view Decider::code_of(const Verdict& verdict) const { return impl_->code_of(verdict); }

std::vector<RuleExplanation> Decider::explain_image(std::string_view image_id) const {
  const ImageSubject image{impl_->snapshot.find_image(account(), image_id), image_id};
  std::vector<RuleExplanation> explanations;
  const auto all = impl_->ruleset.rules();
  for (std::size_t i = 0; i < all.size(); ++i) {
    RuleExplanation explanation{i, image.row.has_value() || !all[i].needs_image, Tri::kFalse, {}};
    if (explanation.evaluated) {
      explanation.violated = violated(impl_->scope, all[i], image);
      explanation.facts = read_facts(impl_->scope, all[i], image);
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

Decision Decider::decide_image(std::string_view image_id) const {
  const auto row = impl_->snapshot.find_image(account(), image_id);
  return row ? describe(*row, decide(*row)) : describe_missing(image_id, decide_missing(image_id));
}

std::string Decider::request_text(std::string_view image_id) const { return impl_->request_text.with_image(image_id); }
std::string Decider::request_digest(std::string_view image_id) const { return impl_->request_text.digest(image_id); }
void Decider::request_digest(std::string_view image_id, std::string& digest) const {
  impl_->request_text.digest(image_id, digest);
}

}  // namespace imagewarden
