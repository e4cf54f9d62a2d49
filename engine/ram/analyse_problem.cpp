#include "engine/ram/analyse_problem.h"

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/ram/analyse_value.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

constexpr Literal kTrue = Literal::of(0);
constexpr Literal kFalse = ~kTrue;
constexpr std::string_view kTimeKey = "acs:currenttime";
constexpr std::string_view kPrincipalKey = "acs:principalarn";
const std::string kEveryResource = "*";  // NOLINT(cert-err58-cpp): one byte needs no memory

void sort_unique(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

TextSpace action_space(const RequestSpace& space, ActionRange range) {
  TextSpace out;
  if (range == ActionRange::kAllResources) {
    out.preferred = space.all_resources_actions;
    out.preferred_only = true;
    return out;
  }
  out.preferred = space.known_actions;
  out.preferred_only = range == ActionRange::kKnown;
  out.excluded = space.all_resources_actions;
  if (space.form == RequestForm::kWellFormed && range == ActionRange::kEvery) {
    out.form = {TextPattern::glob("?*:?*", TextView::kLower)};
    out.not_form = {TextPattern::glob(":*", TextView::kLower)};
  }
  return out;
}

TextSpace resource_space(const RequestSpace& space, const Readings& readings) {
  TextSpace out;
  out.preferred = {&kEveryResource, 1};
  if (space.form == RequestForm::kWellFormed) {
    const TextView view = readings.is_default(Reading::kResourceCase) ? TextView::kNormalResource : TextView::kExact;
    out.form = {TextPattern::literal(kEveryResource, view), TextPattern::glob("acs:*:*:*:*", view)};
  }
  return out;
}

bool takes_everything_of(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), takes_everything);
}

}  // namespace

Problem::Problem(const StepPlan& before, const StepPlan& after, const Readings& readings, const RequestSpace& space,
                 ActionRange range, const std::optional<std::string>& principal_arn)
    : readings_(readings),
      space_(space),
      range_(range),
      principal_arn_(principal_arn),
      action_(action_space(space, range), readings),
      resource_(resource_space(space, readings), readings) {
  search_.add_variable();
  meanings_.emplace_back();
  search_.add_clause({kTrue});
  before_ = add_side(before);
  after_ = add_side(after);
}

void Problem::widen() {
  range_ = ActionRange::kEvery;
  action_.widen(action_space(space_, range_));
}

std::vector<SetLiterals> Problem::add_side(const StepPlan& plan) {
  std::vector<SetLiterals> sets;
  sets.reserve(plan.sets.size());
  for (const PolicySet& set : plan.sets) sets.push_back(add_set(set));
  return sets;
}

SetLiterals Problem::add_set(const PolicySet& set) {
  std::vector<Literal> denies;
  std::vector<Literal> could_deny;
  std::vector<Literal> allows;
  std::vector<Literal> could_allow;
  for (const AttachedPolicy* policy : set.policies) {
    if (!policy->document) {
      could_deny.push_back(kTrue);
      could_allow.push_back(kTrue);
      continue;
    }
    for (const Statement& one : policy->document->statements) {
      const Literal matches = statement(one);
      if (one.not_evaluable || !one.effect_known) {
        if (!one.effect_known || one.effect == Effect::kDeny) could_deny.push_back(matches);
        if (!one.effect_known || one.effect == Effect::kAllow) could_allow.push_back(matches);
      } else {
        (one.effect == Effect::kDeny ? denies : allows).push_back(matches);
      }
    }
  }
  return {any_of(std::move(denies)), any_of(std::move(could_deny)), any_of(std::move(allows)),
          any_of(std::move(could_allow))};
}

// Of a statement that cannot be evaluated: whether its action and resource fit.
Literal Problem::statement(const Statement& statement) {
  std::vector<Literal> needs = {actions(statement), resources(statement)};
  if (!statement.not_evaluable && statement.effect_known) {
    for (const Atom& atom : statement.condition.atoms) needs.push_back(condition_atom(atom));
  }
  return all_of(std::move(needs));
}

Literal Problem::actions(const Statement& statement) {
  if (statement.not_evaluable && !statement.actions_known) return kTrue;
  std::vector<std::string> patterns;
  for (const Pattern& pattern : statement.actions) patterns.push_back(to_lower(pattern.text));
  sort_unique(patterns);
  Literal matches = kFalse;
  if (takes_everything_of(patterns)) {
    matches = kTrue;
  } else if (!patterns.empty()) {
    const auto [at, is_new] = action_lists_.try_emplace(patterns);
    if (is_new) at->second = variable_for(action_, action_.add_actions(patterns));
    matches = at->second;
  }
  return statement.not_action ? ~matches : matches;
}

Literal Problem::resources(const Statement& statement) {
  if (range_ == ActionRange::kAllResources) {
    Request request;
    request.level = ResourceLevel::kAllResources;
    return resource_matches(statement, request, readings_) ? kTrue : kFalse;
  }
  if ((statement.not_evaluable && !statement.resources_known) || statement.resources.empty()) return kTrue;
  std::vector<std::string> patterns;
  for (const Pattern& pattern : statement.resources) {
    patterns.push_back(normal_resource_pattern(pattern.text, readings_));
  }
  sort_unique(patterns);
  Literal matches = kTrue;
  if (!takes_everything_of(patterns)) {
    const auto [at, is_new] = resource_lists_.try_emplace(patterns);
    if (is_new) at->second = variable_for(resource_, resource_.add_resources(patterns));
    matches = at->second;
  }
  return statement.not_resource ? ~matches : matches;
}

Literal Problem::condition_atom(const Atom& atom) {
  if (pseudo_key(atom.key) != PseudoKey::kNone) return pseudo_atom(atom);
  std::unique_ptr<Keyed>& keyed = keys_[atom.key.lower];
  if (!keyed) {
    KeySpace space;
    space.is_date = atom.key.lower == kTimeKey;
    space.is_single = space.is_date || atom.key.lower == kPrincipalKey;
    if (space.is_date) space.preferred.push_back(format_rfc3339(space_.now));
    if (atom.key.lower == kPrincipalKey && principal_arn_) space.preferred.push_back(*principal_arn_);
    keyed = std::make_unique<Keyed>(Keyed{atom.key.name, KeyPart(std::move(space), readings_), {}});
  }
  AtomId id{atom.op, atom.quantifier, {}};
  for (const Value& value : atom.values) std::get<2>(id).push_back(value.text);
  sort_unique(std::get<2>(id));
  const auto [at, is_new] = keyed->known.try_emplace(std::move(id));
  if (is_new) at->second = variable_for(keyed->part, keyed->part.add(atom));
  return at->second;
}

Literal Problem::pseudo_atom(const Atom& atom) {
  const auto constant = [](bool holds) { return holds ? kTrue : kFalse; };
  if (!readings_.is_default(Reading::kPseudoKeys)) return constant(atom.evaluate({}, readings_) == Tri::kTrue);
  // To the operators of other families a name is a value of the wrong type, whatever it is.
  if (!is_string_operator(atom.op)) return constant(atom.meets_text(kEveryResource));
  const bool is_action = pseudo_key(atom.key) == PseudoKey::kAction;
  if (!is_action && range_ == ActionRange::kAllResources) return constant(atom.meets_text(kEveryResource));
  // With one known value the quantifier does not count.
  AtomId id{atom.op, Quantifier::kNone, {}};
  for (const Value& value : atom.values) std::get<2>(id).push_back(value.text);
  sort_unique(std::get<2>(id));
  TextPart& part = is_action ? action_ : resource_;
  const auto [at, is_new] = (is_action ? pseudo_actions_ : pseudo_resources_).try_emplace(std::move(id));
  if (is_new) at->second = variable_for(part, part.add_pseudo(atom));
  return at->second;
}

Literal Problem::variable_for(Part& part, std::uint32_t atom) {
  meanings_.push_back({&part, atom, VariableMeaning::kNoGate});
  return Literal::of(search_.add_variable());
}

Literal Problem::all_of(std::vector<Literal> inputs) { return gate(false, std::move(inputs)); }
Literal Problem::any_of(std::vector<Literal> inputs) { return gate(true, std::move(inputs)); }

Literal Problem::gate(bool is_or, std::vector<Literal> inputs) {
  // An OR is settled by one that is true and does not need those that are false; an AND the other way round.
  const Literal settling = is_or ? kTrue : kFalse;
  std::sort(inputs.begin(), inputs.end());
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == settling || (i > 0 && inputs[i] == ~inputs[i - 1])) return settling;
  }
  inputs.erase(std::remove(inputs.begin(), inputs.end(), ~settling), inputs.end());
  if (inputs.empty()) return ~settling;
  if (inputs.size() == 1) return inputs.front();
  const auto [at, is_new] = known_gates_.try_emplace({is_or, inputs});
  if (!is_new) return at->second;
  const std::uint32_t variable = search_.add_variable();
  meanings_.push_back({nullptr, 0, static_cast<std::uint32_t>(gates_.size())});
  const Literal output = Literal::of(variable);
  at->second = output;
  // As clauses, for an AND: output → each input, and all inputs → output.
  Clause all = {is_or ? ~output : output};
  for (const Literal input : inputs) {
    search_.add_clause(is_or ? Clause{output, ~input} : Clause{~output, input});
    all.push_back(is_or ? input : ~input);
  }
  search_.add_clause(std::move(all));
  gates_.push_back({variable, is_or, std::move(inputs)});
  return output;
}

bool Problem::find_first_values(Budget& budget) {
  const auto has_value = [&](Part& part) { return part.settle({}, budget).settled == Settled::kFound; };
  if (!has_value(action_) || !has_value(resource_)) return false;
  return std::all_of(keys_.begin(), keys_.end(), [&](auto& entry) { return has_value(entry.second->part); });
}

Request Problem::request(const PrincipalPolicies& principal, const std::string& resource_group) const {
  Context context;
  for (const auto& [lower, keyed] : keys_) {
    const KeyValues& values = keyed->part.value();
    if (!values.empty()) {
      context.set(keyed->name, KeyState::kKnown, values);
    } else if (is_open_by_default(Key::of(keyed->name))) {
      context.set_absent(keyed->name);
    }
  }
  const auto& known = space_.known_actions;
  const bool is_known = std::binary_search(known.begin(), known.end(), to_lower(action_.value()));
  ResourceLevel level = is_known ? ResourceLevel::kResource : ResourceLevel::kUnknown;
  if (range_ == ActionRange::kAllResources) level = ResourceLevel::kAllResources;
  const std::string& resource = range_ == ActionRange::kAllResources ? kEveryResource : resource_.value();
  Request request = make_request(action_.value(), resource, level, std::move(context), principal, space_.now);
  request.resource_group = resource_group;
  return request;
}

}  // namespace imagewarden::ram
