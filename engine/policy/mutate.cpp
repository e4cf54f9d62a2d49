// Makes mutants.

#include "engine/policy/mutate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/ram/matching.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kReadActions = "Get*";
constexpr std::string_view kAnyArn = "acs:*";

std::string quoted(std::string_view text) { return fmt::format("`{}`", one_line(text)); }

// The next broader pattern: all of the service, then everything.
std::optional<std::string> widened_action(std::string_view pattern) {
  if (ram::takes_everything(pattern)) return std::nullopt;
  const std::size_t colon = pattern.find(':');
  if (colon == std::string_view::npos || ram::takes_everything(pattern.substr(colon + 1))) return "*";
  return fmt::format("{}*", pattern.substr(0, colon + 1));
}

// Without its last `*`, if something is left that can match; of everything only the reading actions.
std::optional<std::string> narrowed_action(std::string_view pattern) {
  if (ram::takes_everything(pattern)) return fmt::format("*:{}", kReadActions);
  const std::size_t star = pattern.rfind('*');
  if (star == std::string_view::npos) return std::nullopt;
  if (star > 0 && star + 1 == pattern.size() && pattern[star - 1] == ':')
    return fmt::format("{}{}", pattern.substr(0, star), kReadActions);
  std::string out(pattern);
  out.erase(star, 1);
  return out;
}

// Where the relative id of an ARN starts; npos for what is no ARN.
std::size_t relative_id(std::string_view pattern) {
  constexpr int kColonsBefore = 4;
  std::size_t at = 0;
  for (int i = 0; i < kColonsBefore; ++i) {
    const std::size_t colon = pattern.find(':', at);
    if (colon == std::string_view::npos) return colon;
    at = colon + 1;
  }
  return at;
}

// Every resource of the same service, region and account; then everything.
std::optional<std::string> widened_resource(std::string_view pattern) {
  if (ram::takes_everything(pattern)) return std::nullopt;
  const std::size_t relative = relative_id(pattern);
  if (relative == std::string_view::npos || ram::takes_everything(pattern.substr(relative))) return "*";
  return fmt::format("{}*", pattern.substr(0, relative));
}

// Without the last `*` of its relative id: one of region or account says the same as an empty segment.
std::optional<std::string> narrowed_resource(std::string_view pattern) {
  if (ram::takes_everything(pattern)) return std::string(kAnyArn);
  const std::size_t star = pattern.rfind('*');
  const std::size_t relative = relative_id(pattern);
  if (star == std::string_view::npos || (relative != std::string_view::npos && star < relative)) return std::nullopt;
  std::string out(pattern);
  out.erase(star, 1);
  return out;
}

std::optional<Operator> negated(Operator op) {
  switch (op) {
    case Operator::kStringEquals:
      return Operator::kStringNotEquals;
    case Operator::kStringNotEquals:
      return Operator::kStringEquals;
    case Operator::kStringEqualsIgnoreCase:
      return Operator::kStringNotEqualsIgnoreCase;
    case Operator::kStringNotEqualsIgnoreCase:
      return Operator::kStringEqualsIgnoreCase;
    case Operator::kStringLike:
      return Operator::kStringNotLike;
    case Operator::kStringNotLike:
      return Operator::kStringLike;
    case Operator::kNumericEquals:
      return Operator::kNumericNotEquals;
    case Operator::kNumericNotEquals:
      return Operator::kNumericEquals;
    case Operator::kNumericLessThan:
      return Operator::kNumericGreaterThanEquals;
    case Operator::kNumericLessThanEquals:
      return Operator::kNumericGreaterThan;
    case Operator::kNumericGreaterThan:
      return Operator::kNumericLessThanEquals;
    case Operator::kNumericGreaterThanEquals:
      return Operator::kNumericLessThan;
    case Operator::kDateEquals:
      return Operator::kDateNotEquals;
    case Operator::kDateNotEquals:
      return Operator::kDateEquals;
    case Operator::kDateLessThan:
      return Operator::kDateGreaterThanEquals;
    case Operator::kDateLessThanEquals:
      return Operator::kDateGreaterThan;
    case Operator::kDateGreaterThan:
      return Operator::kDateLessThanEquals;
    case Operator::kDateGreaterThanEquals:
      return Operator::kDateLessThan;
    case Operator::kIpAddress:
      return Operator::kNotIpAddress;
    case Operator::kNotIpAddress:
      return Operator::kIpAddress;
    case Operator::kBool:
    case Operator::kCount:
      break;
  }
  return std::nullopt;
}

// The same comparison with or without its boundary.
std::optional<Operator> other_strictness(Operator op) {
  if (op == Operator::kNumericLessThan) return Operator::kNumericLessThanEquals;
  if (op == Operator::kNumericLessThanEquals) return Operator::kNumericLessThan;
  if (op == Operator::kNumericGreaterThan) return Operator::kNumericGreaterThanEquals;
  if (op == Operator::kNumericGreaterThanEquals) return Operator::kNumericGreaterThan;
  return std::nullopt;  // of dates the next second says the same
}

bool is_number_operator(Operator op) { return operator_name(op).starts_with("Numeric"); }
bool is_date_operator(Operator op) { return operator_name(op).starts_with("Date"); }
bool is_address_operator(Operator op) { return op == Operator::kIpAddress || op == Operator::kNotIpAddress; }
bool is_like_operator(Operator op) { return op == Operator::kStringLike || op == Operator::kStringNotLike; }

// Adds one to a string of digits, or takes one away. Precondition: taking away only from what is not zero.
void step_digits(std::string& digits, bool up) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (up ? digits[i] != '9' : digits[i] != '0') {
      digits[i] = static_cast<char>(digits[i] + (up ? 1 : -1));
      return;
    }
    digits[i] = up ? '0' : '9';
  }
  if (up) digits.insert(0, "1");
}

// The number with its last digit moved by one: `0.50` to `0.51`. Nothing for what has an exponent.
std::optional<std::string> moved_number(std::string_view text, bool up) {
  const bool is_negative = text.starts_with('-');
  std::string digits(text.substr(is_negative ? 1 : 0));
  const std::size_t dot = digits.find('.');
  const std::size_t fraction = dot == std::string::npos ? 0 : digits.size() - dot - 1;
  if (dot != std::string::npos) digits.erase(dot, 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const bool is_zero = digits.find_first_not_of('0') == std::string::npos;
  const bool grows = is_zero || (up != is_negative);  // away from zero
  const bool minus = is_zero ? !up : is_negative;
  step_digits(digits, grows);
  if (fraction > 0) digits.insert(digits.size() - fraction, ".");
  return (minus ? "-" : "") + digits;
}

std::optional<std::string> moved_date(std::string_view text, bool up) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  const auto time = parse_rfc3339(text);
  if (!time) return std::nullopt;
  return format_rfc3339(Time{time->unix_us + (up ? kSecondUs : -kSecondUs)});
}

// The block with one bit more or less: `up` holds more addresses.
std::optional<std::string> moved_block(std::string_view text, bool up) {
  constexpr int kMappedBits = 96;
  constexpr int kAllBits = 128;
  const auto block = IpBlock::parse(text);
  if (!block) return std::nullopt;
  const int least = block->is_v4 ? kMappedBits : 0;
  const int bits = block->prefix_bits + (up ? -1 : 1);
  if (bits < least || bits > kAllBits) return std::nullopt;
  return fmt::format("{}/{}", text.substr(0, text.find('/')), bits - least);
}

class StatementMutator {
 public:
  StatementMutator(const ram::Statement& statement, std::size_t policy, std::uint32_t index)
      : original_(statement), policy_(policy), index_(index) {}

  std::vector<Mutant> run() {
    const bool allows = original_.effect == ram::Effect::kAllow;
    add(MutatedPart::kEffect, allows ? "`Effect` turned from Allow to Deny" : "`Effect` turned from Deny to Allow",
        original_.offset)
        .effect = allows ? ram::Effect::kDeny : ram::Effect::kAllow;
    add(MutatedPart::kWhole, "statement dropped", original_.offset);
    if (original_.not_action)
      add(MutatedPart::kAction, "`NotAction` turned into `Action`", original_.offset).not_action = false;
    change_patterns(MutatedPart::kAction, "action", &ram::Statement::actions, widened_action, narrowed_action);
    if (original_.not_resource)
      add(MutatedPart::kResource, "`NotResource` turned into `Resource`", original_.offset).not_resource = false;
    change_patterns(MutatedPart::kResource, "resource", &ram::Statement::resources, widened_resource,
                    narrowed_resource);
    for (std::size_t i = 0; i < original_.condition.atoms.size(); ++i) change_atom(i);
    return std::move(out_);
  }

 private:
  using Change = std::optional<std::string> (*)(std::string_view);

  // A mutant that is a copy so far; the caller changes what comes back.
  ram::Statement& add(MutatedPart part, std::string what, std::uint32_t offset) {
    out_.push_back({policy_, index_, part, std::move(what), offset, original_});
    return out_.back().changed;
  }

  void change_patterns(MutatedPart part, std::string_view word, std::vector<ram::Pattern> ram::Statement::*patterns,
                       Change widen, Change narrow) {
    const std::vector<ram::Pattern>& all = original_.*patterns;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const ram::Pattern& pattern = all[i];
      const auto put = [&](std::string_view how, const std::optional<std::string>& text) {
        if (!text || *text == pattern.text) return;
        ram::Statement& changed =
            add(part, fmt::format("{} {} {} {}", word, quoted(pattern.text), how, quoted(*text)), pattern.offset);
        (changed.*patterns)[i].text = *text;
      };
      put("widened to", widen(pattern.text));
      put("narrowed to", narrow(pattern.text));
      if (all.size() == 1) continue;
      ram::Statement& changed = add(part, fmt::format("{} {} dropped", word, quoted(pattern.text)), pattern.offset);
      (changed.*patterns).erase((changed.*patterns).begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  void change_atom(std::size_t at) {
    const Atom& atom = original_.condition.atoms[at];
    const std::string name = fmt::format("{} {}", operator_name(atom.op), atom.key.name);
    ram::Statement& without =
        add(MutatedPart::kCondition, fmt::format("condition `{}` dropped", one_line(name)), atom.offset);
    without.condition.atoms.erase(without.condition.atoms.begin() + static_cast<std::ptrdiff_t>(at));
    change_operator(at, "negated to", negated(atom.op));
    change_operator(at, "moved to", other_strictness(atom.op));
    for (std::size_t i = 0; i < atom.values.size(); ++i) change_value(at, i);
  }

  void change_operator(std::size_t at, std::string_view how, std::optional<Operator> op) {
    if (!op) return;
    const Atom& atom = original_.condition.atoms[at];
    const std::string what = fmt::format("condition `{} {}` {} {}", operator_name(atom.op), one_line(atom.key.name),
                                         how, operator_name(*op));
    add(MutatedPart::kCondition, what, atom.offset).condition.atoms[at].op = *op;
  }

  void change_value(std::size_t at, std::size_t index) {
    const Atom& atom = original_.condition.atoms[at];
    const std::string text = atom.values[index].text;
    const auto put = [&](std::string_view how, const std::optional<std::string>& changed) {
      if (!changed || *changed == text) return;
      const std::string what = fmt::format("value {} of `{} {}` {} {}", quoted(text), operator_name(atom.op),
                                           one_line(atom.key.name), how, quoted(*changed));
      add(MutatedPart::kCondition, what, atom.value_offsets[index]).condition.atoms[at].values[index] =
          Value::of(*changed);
    };
    if (is_number_operator(atom.op)) {
      put("moved to", moved_number(text, true));
      put("moved to", moved_number(text, false));
    } else if (is_date_operator(atom.op)) {
      put("moved to", moved_date(text, true));
      put("moved to", moved_date(text, false));
    } else if (is_address_operator(atom.op)) {
      put("widened to", moved_block(text, true));
      put("narrowed to", moved_block(text, false));
    } else if (atom.op == Operator::kBool) {
      put("negated to", text == "true" ? "false" : "true");
    } else if (is_like_operator(atom.op)) {
      const std::size_t star = text.rfind('*');
      if (!ram::takes_everything(text)) put("widened to", "*");
      if (!ram::takes_everything(text) && star != std::string::npos)
        put("narrowed to", text.substr(0, star) + text.substr(star + 1));
    }
    if (atom.values.size() == 1) return;
    const std::string what =
        fmt::format("value {} of `{} {}` dropped", quoted(text), operator_name(atom.op), one_line(atom.key.name));
    Atom& changed = add(MutatedPart::kCondition, what, atom.value_offsets[index]).condition.atoms[at];
    changed.values.erase(changed.values.begin() + static_cast<std::ptrdiff_t>(index));
    changed.value_offsets.erase(changed.value_offsets.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const ram::Statement& original_;
  std::size_t policy_;
  std::uint32_t index_;
  std::vector<Mutant> out_;
};

// The policies that apply to a principal of some case that passed.
std::set<std::size_t> tested_policies(const TestSuite& suite, const RunResult& run) {
  std::set<std::size_t> policies;
  std::vector<bool> seen(suite.principals.size());
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    const TestCase& test_case = suite.cases[i];
    if (test_case.decider || run.cases[i].status != CaseStatus::kPassed || seen[test_case.principal]) continue;
    seen[test_case.principal] = true;
    for (const std::size_t policy : suite.principals[test_case.principal].policies) {
      if (!suite.policies[policy].is_system) policies.insert(policy);
    }
  }
  return policies;
}

template <class Visit>
void for_each_mutant(const TestSuite& suite, const std::set<std::size_t>& policies, Visit&& visit) {
  for (const std::size_t policy : policies) {
    const auto& statements = suite.policies[policy].document->statements;
    for (std::uint32_t i = 0; i < statements.size(); ++i) {
      if (statements[i].not_evaluable) continue;
      for (Mutant& mutant : mutate_statement(statements[i], policy, i)) visit(std::move(mutant));
    }
  }
}

}  // namespace

std::vector<Mutant> mutate_statement(const ram::Statement& statement, std::size_t policy, std::uint32_t index) {
  return StatementMutator(statement, policy, index).run();
}

MutantList make_mutants(const TestSuite& suite, const RunResult& run, std::uint64_t most) {
  MutantList out;
  const std::set<std::size_t> policies = tested_policies(suite, run);
  // Counted first: of a million mutants only those that are wanted are kept.
  for_each_mutant(suite, policies, [&](const Mutant&) { ++out.possible; });
  const std::uint64_t wanted = std::min(most, out.possible);
  std::uint64_t index = 0;
  for_each_mutant(suite, policies, [&](Mutant mutant) {
    // The k-th of `wanted` is the one at k * possible / wanted.
    const std::uint64_t next = wanted == 0 ? 0 : out.mutants.size() * out.possible / wanted;
    if (out.mutants.size() < wanted && index == next) out.mutants.push_back(std::move(mutant));
    ++index;
  });
  return out;
}

std::shared_ptr<const ram::Document> mutated_document(const ram::Document& document, const Mutant& mutant) {
  auto changed = std::make_shared<ram::Document>(document);
  if (mutant.part == MutatedPart::kWhole) {
    changed->statements.erase(changed->statements.begin() + static_cast<std::ptrdiff_t>(mutant.statement));
  } else {
    changed->statements[mutant.statement] = mutant.changed;
  }
  return changed;
}

ram::PrincipalPolicies mutated_policies(const ram::PrincipalPolicies& policies, const ram::Document* original,
                                        const std::shared_ptr<const ram::Document>& changed) {
  ram::PrincipalPolicies out = policies;
  const auto put = [&](ram::AttachedPolicy& policy) {
    if (policy.document.get() == original) policy.document = changed;
  };
  for (ram::AttachedPolicy& policy : out.account_level) put(policy);
  for (ram::ResourceGroupPolicy& grouped : out.resource_group_level) put(grouped.policy);
  for (ram::AttachedPolicy& policy : out.session_policies) put(policy);
  for (ram::ControlLevel& level : out.control_levels) {
    for (ram::AttachedPolicy& policy : level.policies) put(policy);
  }
  return out;
}

}  // namespace imagewarden::policy
