#include "engine/ram/compiled.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <unordered_map>

#include "engine/base/glob.h"

namespace imagewarden::ram {
namespace {

// The first candidate at or after `begin`; `end` if there is none before it.
std::uint32_t next_candidate(const std::uint64_t* words, std::uint32_t begin, std::uint32_t end) {
  if (begin >= end) return end;
  constexpr auto kBits = static_cast<std::uint32_t>(kWordBits);
  std::uint32_t word = begin / kBits;
  std::uint64_t bits = words[word] >> (begin % kBits) << (begin % kBits);
  const std::uint32_t last = (end - 1) / kBits;
  while (bits == 0) {
    if (word == last) return end;
    bits = words[++word];
  }
  const auto found = static_cast<std::uint32_t>(word * kWordBits + static_cast<std::size_t>(std::countr_zero(bits)));
  return std::min(found, end);
}

bool crossing_match(std::string_view pattern, std::string_view text) { return glob_matches(pattern, text); }
bool segment_match(std::string_view pattern, std::string_view text) {
  Readings readings;
  readings.set(Reading::kWildcardCrossing, 1);
  return resource_glob_matches(pattern, text, readings);
}

PatternIndex::Matcher resource_matcher(const Readings& readings) {
  return readings.is_default(Reading::kWildcardCrossing) ? crossing_match : segment_match;
}

// Equal texts for equal conditions.
std::string canonical(const Condition& condition) {
  std::string text;
  const auto append = [&](std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  };
  for (const Atom& atom : condition.atoms) {
    text += std::to_string(static_cast<unsigned>(atom.op)) + ',' +
            std::to_string(static_cast<unsigned>(atom.quantifier)) + ',';
    append(atom.key.lower);
    text += std::to_string(atom.values.size()) + ',';
    for (const Value& value : atom.values) append(value.text);
  }
  return text;
}

enum class Part : std::uint8_t { kDeny, kDoubtful, kAllow };

// A statement on its way to a bit.
struct Source {
  const Statement* statement{};  // null: the document is not known
  Part part{Part::kDoubtful};
  std::uint32_t condition{};
  bool could_deny{true};
  bool could_allow{true};
};

std::size_t count_statements(const StepPlan& plan) {
  std::size_t count = 0;
  for (const PolicySet& set : plan.sets) {
    for (const AttachedPolicy* policy : set.policies)
      count += policy->document ? policy->document->statements.size() : 1;
  }
  return count;
}

}  // namespace

// Facts and the request of one decision.
struct CompiledSets::Scratch {
  const Request& request;
  const std::uint64_t* candidates{};
  std::uint32_t fetched{};  // bit i: facts[i] is filled
  std::array<KeyFacts, kCachedKeys> facts;
};

// Numbers distinct conditions and keys, and lays the statements out.
struct CompiledSets::Builder {
  CompiledSets& out;
  std::unordered_map<std::string, std::uint32_t> conditions;  // looked up only
  std::unordered_map<std::string, std::uint32_t> keys;

  std::uint32_t add_condition(const Condition& condition) {
    if (condition.atoms.empty()) return kUnconditional;
    const auto [at, is_new] =
        conditions.try_emplace(canonical(condition), static_cast<std::uint32_t>(out.conditions_.size()));
    if (is_new) {
      CompiledCondition compiled;
      compiled.begin = static_cast<std::uint32_t>(out.atoms_.size());
      for (const Atom& atom : condition.atoms) {
        const auto key = keys.try_emplace(atom.key.lower, static_cast<std::uint32_t>(keys.size())).first;
        out.atoms_.push_back({&atom, pseudo_key(atom.key), key->second});
      }
      compiled.end = static_cast<std::uint32_t>(out.atoms_.size());
      out.conditions_.push_back(compiled);
    }
    return at->second;
  }

  Source make_source(const Statement& statement) {
    Source source{&statement, Part::kDoubtful, kUnconditional};
    if (statement.not_evaluable || !statement.effect_known) {
      source.could_deny = !statement.effect_known || statement.effect == Effect::kDeny;
      source.could_allow = !statement.effect_known || statement.effect == Effect::kAllow;
      return source;
    }
    source.part = statement.effect == Effect::kDeny ? Part::kDeny : Part::kAllow;
    source.condition = add_condition(statement.condition);
    return source;
  }

  void add_set(const PolicySet& set) {
    std::vector<Source> sources;
    for (const AttachedPolicy* policy : set.policies) {
      if (!policy->document) {
        sources.push_back({nullptr, Part::kDoubtful, kUnconditional});
        continue;
      }
      for (const Statement& statement : policy->document->statements) sources.push_back(make_source(statement));
    }
    // kUnconditional + 1 wraps to zero: the unconditional ones come first.
    std::stable_sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
      return a.part != b.part ? a.part < b.part : a.condition + 1 < b.condition + 1;
    });
    const auto begin = static_cast<std::uint32_t>(out.bits_.size());
    const auto end_of = [&](Part part) {
      return begin + static_cast<std::uint32_t>(std::count_if(
                         sources.begin(), sources.end(), [&](const Source& source) { return source.part <= part; }));
    };
    out.ranges_.push_back({begin, end_of(Part::kDeny), end_of(Part::kDoubtful), end_of(Part::kAllow)});
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::size_t group_end = i + 1;
      while (group_end < sources.size() && sources[group_end].part == sources[i].part &&
             sources[group_end].condition == sources[i].condition) {
        ++group_end;
      }
      const auto bit = static_cast<std::uint32_t>(out.bits_.size());
      out.bits_.push_back({sources[i].condition, begin + static_cast<std::uint32_t>(group_end), sources[i].could_deny,
                           sources[i].could_allow});
      add_patterns(sources[i], bit);
    }
  }

  void add_patterns(const Source& source, std::uint32_t bit) {
    const Statement* statement = source.statement;
    const bool knows_actions = statement != nullptr && (!statement->not_evaluable || statement->actions_known);
    if (knows_actions) {
      std::vector<std::string> patterns;
      for (const Pattern& pattern : statement->actions) patterns.push_back(to_lower(pattern.text));
      out.actions_.add(bit, statement->not_action, patterns);
    } else {
      out.actions_.add_always(bit);
    }
    const bool knows_resources = statement != nullptr && (!statement->not_evaluable || statement->resources_known) &&
                                 !statement->resources.empty();
    if (!knows_resources) return out.resources_.add_always(bit);
    std::vector<std::string> patterns;
    for (const Pattern& pattern : statement->resources) {
      patterns.push_back(normal_resource_pattern(pattern.text, out.readings_));
    }
    out.resources_.add(bit, statement->not_resource, patterns);
    // The plain comparison knows what the reading deny-narrow-resource makes of it.
    Request request;
    request.level = ResourceLevel::kAllResources;
    if (resource_matches(*statement, request, out.readings_)) set_bit(out.all_resources_.data(), bit);
  }
};

CompiledSets::CompiledSets(const StepPlan& plan, const Readings& readings)
    : readings_(readings),
      actions_(count_statements(plan), glob_matches),
      resources_(count_statements(plan), resource_matcher(readings)) {
  all_resources_.resize(resources_.word_count());
  Builder builder{*this, {}, {}};
  for (const PolicySet& set : plan.sets) builder.add_set(set);
  actions_.build();
  resources_.build();
  for (std::size_t w = 0; w < all_resources_.size(); ++w)
    all_resources_[w] |= resources_.base()[w] & ~resources_.varying()[w];
  star_resource_.resize(resources_.word_count());
  resources_.match("*", star_resource_.data());
}

Verdict CompiledSets::decide(const StepPlan& plan, const Request& request) const {
  constexpr std::size_t kStackWords = kStackStatements / kWordBits;
  std::array<std::uint64_t, kStackWords> candidates_on_stack;
  std::array<std::uint64_t, kStackWords> resources_on_stack;
  std::vector<std::uint64_t> on_heap;
  const std::size_t words = actions_.word_count();
  std::uint64_t* candidates = candidates_on_stack.data();
  std::uint64_t* resources = resources_on_stack.data();
  if (words > kStackWords) {
    on_heap.resize(words * 2);
    candidates = on_heap.data();
    resources = candidates + words;
  }
  actions_.match(request.action_lower, candidates);
  match_resource(request, candidates, resources);
  Scratch scratch{request, candidates, 0, {}};
  return walk_steps(plan, request, [&](std::size_t set) { return evaluate_set(ranges_[set], scratch); });
}

void CompiledSets::match_resource(const Request& request, std::uint64_t* candidates, std::uint64_t* scratch) const {
  const std::size_t words = resources_.word_count();
  const std::uint64_t* fitting = scratch;
  if (request.level == ResourceLevel::kAllResources) {
    fitting = all_resources_.data();
  } else if (request.resource == "*") {
    fitting = star_resource_.data();
  } else {
    const auto varying = resources_.varying();
    bool matters = false;
    for (std::size_t w = 0; w < words; ++w) matters = matters || (candidates[w] & varying[w]) != 0;
    if (!matters) {
      fitting = resources_.base().data();
    } else if (!needs_normal_form(request.resource, readings_)) {
      resources_.match(request.resource, scratch);
    } else if (request.resource.size() <= kStackResource) {
      std::array<char, kStackResource> text;
      write_normal_resource(request.resource, readings_, text.data());
      resources_.match({text.data(), request.resource.size()}, scratch);
    } else {
      std::string text(request.resource);
      write_normal_resource(request.resource, readings_, text.data());
      resources_.match(text, scratch);
    }
  }
  for (std::size_t w = 0; w < words; ++w) candidates[w] &= fitting[w];
}

SetResult CompiledSets::evaluate_set(const SetRange& range, Scratch& scratch) const {
  SetResult result;
  result.denies = any_holds(range.denies, range.doubtful, scratch);
  if (result.denies == Tri::kTrue) return result;
  for (std::uint32_t bit = next_candidate(scratch.candidates, range.doubtful, range.allows); bit < range.allows;
       bit = next_candidate(scratch.candidates, bit + 1, range.allows)) {
    if (bits_[bit].could_deny) result.denies = Tri::kUnknown;
    if (bits_[bit].could_allow) result.allows = Tri::kUnknown;
  }
  result.allows = tri_or(result.allows, any_holds(range.allows, range.end, scratch));
  return result;
}

Tri CompiledSets::any_holds(std::uint32_t begin, std::uint32_t end, Scratch& scratch) const {
  Tri result = Tri::kFalse;
  for (std::uint32_t bit = next_candidate(scratch.candidates, begin, end); bit < end;) {
    const BitInfo& info = bits_[bit];
    if (info.condition == kUnconditional) return Tri::kTrue;
    result = tri_or(result, evaluate_condition(info.condition, scratch));
    if (result == Tri::kTrue) break;
    bit = next_candidate(scratch.candidates, info.group_end, end);
  }
  return result;
}

Tri CompiledSets::evaluate_condition(std::uint32_t condition, Scratch& scratch) const {
  const CompiledCondition& compiled = conditions_[condition];
  Tri result = Tri::kTrue;
  for (std::uint32_t i = compiled.begin; i < compiled.end && result != Tri::kFalse; ++i) {
    const CompiledAtom& entry = atoms_[i];
    Tri holds = Tri::kUnknown;
    if (entry.pseudo != PseudoKey::kNone) {
      holds = evaluate_pseudo(*entry.atom, entry.pseudo, scratch.request, readings_);
    } else if (entry.key >= kCachedKeys) {
      holds = entry.atom->evaluate(scratch.request.context.find(entry.atom->key), readings_);
    } else {
      KeyFacts& facts = scratch.facts[entry.key];
      if ((scratch.fetched >> entry.key & 1U) == 0) {
        facts = scratch.request.context.find(entry.atom->key);
        scratch.fetched |= 1U << entry.key;
      }
      holds = entry.atom->evaluate(facts, readings_);
    }
    result = tri_and(result, holds);
  }
  return result;
}

}  // namespace imagewarden::ram
