#include "engine/ram/analyse_parts.h"

#include <algorithm>
#include <cassert>

#include "engine/base/glob.h"
#include "engine/ram/analyse_value.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

Settled settled_of(TextFound found) {
  switch (found) {
    case TextFound::kNone:
      return Settled::kNone;
    case TextFound::kFound:
      return Settled::kFound;
    case TextFound::kOutOfSteps:
      return Settled::kOutOfSteps;
  }
  return Settled::kOutOfSteps;
}

// Whether every value of the request has to meet an atom like this one, or one is enough. Asked of a twin of the atom
// that one of two values meets, so that the rule stands in one place only.
bool needs_every_value(const Atom& atom, const Readings& readings) {
  Atom twin;
  twin.op = is_negated(atom.op) ? Operator::kStringNotEquals : Operator::kStringEquals;
  twin.quantifier = atom.quantifier;
  twin.key = Key::of("twin");
  twin.values = {Value::of_string("a")};
  const std::vector<Value> both = {Value::of_string("a"), Value::of_string("b")};
  return twin.evaluate({KeyState::kKnown, both}, readings) == Tri::kFalse;
}

KeyFacts facts_of(const KeyValues& values) { return {values.empty() ? KeyState::kAbsent : KeyState::kKnown, values}; }

}  // namespace

Settlement Part::settle(std::span<const Claim> claims, Budget& budget) {
  if (recall(claims)) return {};
  // Only claims that the values found so far contradict are looked at, so that few of many do.
  Settlement out;
  std::vector<Claim>& core = out.core;
  while (true) {
    out.settled = find(core, budget, out.why);
    if (out.settled != Settled::kFound) break;
    const auto wrong = std::find_if(claims.begin(), claims.end(),
                                    [&](const Claim& claim) { return holds(claim.atom) != claim.holds; });
    if (wrong == claims.end()) return {};
    core.push_back(*wrong);
    if (!budget.spend(1)) return {Settled::kOutOfSteps, {}, {}};
  }
  if (out.settled != Settled::kNone) return out;
  // Leaves out what the contradiction does not need. The last claim made it.
  for (std::size_t i = core.size(); i-- > 0;) {
    if (core.size() == 1) break;
    std::vector<Claim> fewer = core;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (recall(fewer)) continue;
    std::string why;
    const Settled settled = find(fewer, budget, why);
    if (settled == Settled::kOutOfSteps) return {settled, {}, {}};
    if (settled == Settled::kNone) core = std::move(fewer);
  }
  return out;
}

std::uint32_t TextPart::add_actions(std::vector<std::string> patterns) {
  Question question;
  for (const std::string& pattern : patterns) {
    question.patterns.push_back(TextPattern::glob(pattern, TextView::kLower));
  }
  question.globs = std::move(patterns);
  questions_.push_back(std::move(question));
  return static_cast<std::uint32_t>(questions_.size() - 1);
}

std::uint32_t TextPart::add_resources(std::vector<std::string> patterns) {
  const bool crosses = readings_.is_default(Reading::kWildcardCrossing);
  const bool minds_case = readings_.is_default(Reading::kResourceCase);
  const TextView view = minds_case ? TextView::kNormalResource : TextView::kLower;
  Question question;
  question.is_resource = true;
  for (const std::string& pattern : patterns) {
    question.patterns.push_back(crosses || takes_everything(pattern) ? TextPattern::glob(pattern, view)
                                                                     : TextPattern::segment_glob(pattern, view));
  }
  question.globs = std::move(patterns);
  questions_.push_back(std::move(question));
  return static_cast<std::uint32_t>(questions_.size() - 1);
}

std::uint32_t TextPart::add_pseudo(const Atom& atom) {
  Question question;
  question.patterns = value_patterns(atom);
  question.is_negated = is_negated(atom.op);
  question.pseudo = &atom;
  questions_.push_back(std::move(question));
  return static_cast<std::uint32_t>(questions_.size() - 1);
}

bool TextPart::evaluate(const std::string& text, std::uint32_t atom) const {
  const Question& question = questions_[atom];
  if (question.pseudo != nullptr) return question.pseudo->meets_text(text);
  if (question.is_resource) {
    std::string normal = text;
    write_normal_resource(text, readings_, normal.data());
    return std::any_of(question.globs.begin(), question.globs.end(),
                       [&](const std::string& pattern) { return resource_glob_matches(pattern, normal, readings_); });
  }
  const std::string lowered = to_lower(text);
  return std::any_of(question.globs.begin(), question.globs.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, lowered); });
}

bool TextPart::fits(const std::string& text, std::span<const Claim> claims) const {
  return std::all_of(claims.begin(), claims.end(),
                     [&](const Claim& claim) { return evaluate(text, claim.atom) == claim.holds; });
}

bool TextPart::is_excluded(const std::string& text) const {
  return std::binary_search(space_.excluded.begin(), space_.excluded.end(), to_lower(text));
}

bool TextPart::is_in_space(const std::string& text, Budget& budget) const {
  if (is_excluded(text)) return false;
  if (space_.form.empty()) return true;
  const std::vector<TextPattern> itself = {TextPattern::literal(text, TextView::kExact)};
  const std::vector<TextTest> tests = {{space_.form, true}, {space_.not_form, false}, {itself, true}};
  return find_text(tests, budget).found == TextFound::kFound;
}

Settled TextPart::find(std::span<const Claim> claims, Budget& budget, std::string& why) {
  for (const std::string& text : space_.preferred) {
    if (!budget.spend(1)) return Settled::kOutOfSteps;
    if (!fits(text, claims) || is_excluded(text)) continue;
    take(text);
    return Settled::kFound;
  }
  const bool minds_case = std::any_of(claims.begin(), claims.end(),
                                      [&](const Claim& claim) { return questions_[claim.atom].pseudo != nullptr; });
  if (space_.preferred_only && !minds_case) return Settled::kNone;

  std::vector<TextTest> tests;
  for (const Claim& claim : claims) {
    const Question& question = questions_[claim.atom];
    tests.push_back({question.patterns, claim.holds != question.is_negated});
    if (!tests.back().wanted || space_.preferred_only) continue;
    for (const TextPattern& pattern : question.patterns) {
      std::string example = pattern.example();
      if (!fits(example, claims) || !is_in_space(example, budget)) continue;
      take(std::move(example));
      return Settled::kFound;
    }
  }
  if (!space_.form.empty()) tests.push_back({space_.form, true});
  if (!space_.not_form.empty()) tests.push_back({space_.not_form, false});
  std::vector<TextPattern> names;
  if (space_.preferred_only) {
    for (const std::string& name : space_.preferred) {
      if (!is_excluded(name)) names.push_back(TextPattern::literal(name, TextView::kLower));
    }
    tests.push_back({names, true});
  }
  TextResult result = find_text(tests, budget);
  if (result.found == TextFound::kFound && is_excluded(result.text)) {
    // Rarely needed, and long: only where a text among the excluded ones turned up.
    for (const std::string& name : space_.excluded) names.push_back(TextPattern::literal(name, TextView::kLower));
    tests.push_back({names, false});
    result = find_text(tests, budget);
  }
  if (result.found != TextFound::kFound) return settled_of(result.found);
  if (fits(result.text, claims)) {
    take(std::move(result.text));
    return Settled::kFound;
  }
  assert(false && "the automaton and the matcher disagree");
  why = "the text `" + result.text + "` was not confirmed";
  return Settled::kUnsure;
}

std::uint32_t KeyPart::add(const Atom& atom) {
  atoms_.push_back(&atom);
  return static_cast<std::uint32_t>(atoms_.size() - 1);
}

bool KeyPart::evaluate(const KeyValues& values, std::uint32_t atom) const {
  return atoms_[atom]->evaluate(facts_of(values), readings_) == Tri::kTrue;
}

Settled KeyPart::find(std::span<const Claim> claims, Budget& budget, std::string& why) {
  if (!budget.spend(1 + claims.size())) return Settled::kOutOfSteps;
  const KeyValues absent;
  const bool fits_absent = !space_.is_single && std::all_of(claims.begin(), claims.end(), [&](const Claim& claim) {
    return evaluate(absent, claim.atom) == claim.holds;
  });
  if (!fits_absent) return find_values(claims, budget, why);
  take(absent);
  return Settled::kFound;
}

Settled KeyPart::find_values(std::span<const Claim> claims, Budget& budget, std::string& why) {
  const auto ask = [&](const std::vector<ValueTest>& tests) {
    std::uint64_t wanted = 1;
    for (const ValueTest& test : tests) wanted += test.atom->values.size();
    if (!budget.spend(wanted)) return ValueResult{ValueFound::kOutOfSteps, {}};
    return find_value({tests, space_.preferred, space_.is_date}, budget);
  };
  const auto found = [&](const std::vector<std::string>& texts) {
    KeyValues values;
    for (const std::string& text : texts) values.push_back(Value::of(text));
    take(std::move(values));
    if (all_hold(claims)) return Settled::kFound;
    assert(false && "the values and the evaluator disagree");
    why = "values of `" + atoms_.front()->key.name + "` were not confirmed";
    return Settled::kUnsure;
  };

  // One value that does it all: for one value "some" and "every" are the same.
  std::vector<ValueTest> tests;
  for (const Claim& claim : claims) tests.push_back({atoms_[claim.atom], claim.holds});
  ValueResult one = ask(tests);
  if (one.found == ValueFound::kOutOfSteps) return Settled::kOutOfSteps;
  if (one.found == ValueFound::kFound) return found({std::move(one.text)});

  // Several: what every one of them has to be, and for each claim that needs one of its own such a one.
  std::vector<ValueTest> every;
  std::vector<ValueTest> some;
  for (const Claim& claim : claims) {
    const Atom* atom = atoms_[claim.atom];
    (needs_every_value(*atom, readings_) == claim.holds ? every : some).push_back({atom, claim.holds});
  }
  std::vector<std::string> texts;
  bool is_unsure = one.found == ValueFound::kUnsure;
  if (is_unsure) why = one.text;
  if (space_.is_single || some.size() < 2) return is_unsure ? Settled::kUnsure : Settled::kNone;
  is_unsure = false;
  for (const ValueTest& test : some) {
    every.push_back(test);
    ValueResult result = ask(every);
    every.pop_back();
    if (result.found == ValueFound::kOutOfSteps) return Settled::kOutOfSteps;
    if (result.found == ValueFound::kNone) return Settled::kNone;
    if (result.found == ValueFound::kUnsure) {
      is_unsure = true;
      why = result.text;
    } else if (std::find(texts.begin(), texts.end(), result.text) == texts.end()) {
      texts.push_back(std::move(result.text));
    }
  }
  return is_unsure ? Settled::kUnsure : found(texts);
}

}  // namespace imagewarden::ram
