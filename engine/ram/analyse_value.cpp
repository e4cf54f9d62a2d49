#include "engine/ram/analyse_value.h"

#include <algorithm>
#include <array>

#include "engine/ram/analyse_candidates.h"

namespace imagewarden::ram {
namespace {

constexpr std::size_t kListedCharacters = 20'000;

class Finder {
 public:
  Finder(const ValueQuestion& question, Budget& budget) : question_(question), budget_(budget) {
    for (const ValueTest& test : question.tests) {
      const OperatorFamily family = family_of(test.atom->op);
      has_[static_cast<std::size_t>(family)] = true;
      if (family == OperatorFamily::kString) patterns_.push_back(value_patterns(*test.atom));
    }
    std::size_t next = 0;
    for (const ValueTest& test : question.tests) {
      if (family_of(test.atom->op) != OperatorFamily::kString) continue;
      tests_.push_back({patterns_[next++], test.meets != is_negated(test.atom->op)});
    }
  }

  ValueResult run() {
    for (const std::string& text : question_.preferred) {
      if (passes(text)) return {ValueFound::kFound, text};
    }
    const Candidates typed = typed_candidates();
    const bool has_typed = question_.is_date || has(OperatorFamily::kNumeric) || has(OperatorFamily::kDate) ||
                           has(OperatorFamily::kBool) || has(OperatorFamily::kIp);
    if (!has(OperatorFamily::kString)) {
      for (const std::string& text : typed.texts) {
        if (passes(text)) return {ValueFound::kFound, text};
      }
      return typed.is_complete ? ValueResult{} : unsure("numbers that lie closer than 240 digits can tell");
    }
    return has_typed ? mixed(typed) : text_only();
  }

 private:
  bool has(OperatorFamily family) const { return has_[static_cast<std::size_t>(family)]; }

  ValueResult unsure(const std::string& what) const {
    return {ValueFound::kUnsure,
            "condition key `" + question_.tests.front().atom->key.name + "` is compared with " + what};
  }

  bool passes(std::string_view text) const {
    const Value value = Value::of(text);
    if (question_.is_date && !value.date) return false;
    return std::all_of(question_.tests.begin(), question_.tests.end(),
                       [&](const ValueTest& test) { return test.atom->meets(value) == test.meets; });
  }

  // A plain word first, then for each family that is asked about values that stand for all of it.
  Candidates typed_candidates() const {
    std::vector<std::string> numbers;
    std::vector<Time> dates;
    std::vector<IpBlock> blocks;
    for (const ValueTest& test : question_.tests) {
      for (const Value& wanted : test.atom->values) {
        if (wanted.number) numbers.push_back(wanted.text);
        if (wanted.date) dates.push_back(*wanted.date);
        if (wanted.ip) blocks.push_back(*wanted.ip);
      }
    }
    Candidates all;
    const auto add = [&](Candidates some) {
      all.is_complete = all.is_complete && some.is_complete;
      for (std::string& text : some.texts) all.texts.push_back(std::move(text));
    };
    if (has(OperatorFamily::kNumeric)) add(number_candidates(numbers));
    if (has(OperatorFamily::kDate) || question_.is_date) add(date_candidates(dates));
    if (has(OperatorFamily::kIp)) add(ip_candidates(blocks));
    if (has(OperatorFamily::kBool)) add({{"true", "false"}, true});
    all.texts.emplace_back("x");
    return all;
  }

  ValueResult text_only() {
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      if (!tests_[i].wanted) continue;
      for (const TextPattern& pattern : tests_[i].any_of) {
        const std::string example = pattern.example();
        if (passes(example)) return {ValueFound::kFound, example};
      }
    }
    if (passes("x")) return {ValueFound::kFound, "x"};
    const TextResult text = find_text(tests_, budget_);
    if (text.found == TextFound::kOutOfSteps) return {ValueFound::kOutOfSteps, {}};
    if (text.found == TextFound::kNone) return {};
    return {ValueFound::kFound, text.text};
  }

  // Text and other families. A text with a character that none of the others holds has no typed view; where the
  // patterns leave room for no such character they describe finitely many texts.
  ValueResult mixed(const Candidates& typed) {
    bool typed_possible = !typed.is_complete;
    for (const std::string& text : typed.texts) {
      if (passes(text)) return {ValueFound::kFound, text};
      typed_possible = typed_possible || passes_typed(text);
      if (Decimal::parse(text) && passes(text + ".0")) return {ValueFound::kFound, text + ".0"};
    }
    for (const ValueTest& test : question_.tests) {
      const bool is_equality = (test.atom->op == Operator::kStringEquals && test.meets) ||
                               (test.atom->op == Operator::kStringNotEquals && !test.meets);
      if (!is_equality) continue;
      // The value is one of these.
      for (const Value& wanted : test.atom->values) {
        if (passes(wanted.text)) return {ValueFound::kFound, wanted.text};
      }
      return {};
    }
    const std::array<TextPattern, 1> foreign = {TextPattern::with_foreign_character()};
    std::vector<TextTest> tests = tests_;
    tests.push_back({foreign, true});
    const TextResult plain = find_text(tests, budget_);
    if (plain.found == TextFound::kOutOfSteps) return {ValueFound::kOutOfSteps, {}};
    if (plain.found == TextFound::kFound && passes(plain.text)) return {ValueFound::kFound, plain.text};
    if (plain.found == TextFound::kNone) {
      const auto texts = list_texts(tests_, kListedCharacters, budget_);
      if (budget_.is_spent()) return {ValueFound::kOutOfSteps, {}};
      if (!texts) return unsure("patterns and typed values at once");
      const auto found = std::find_if(texts->begin(), texts->end(), [&](const auto& text) { return passes(text); });
      return found == texts->end() ? ValueResult{} : ValueResult{ValueFound::kFound, *found};
    }
    // Only a number, date, boolean or address can do, and none of them may.
    if (!typed_possible) return {};
    return unsure("patterns and typed values at once");
  }

  bool passes_typed(std::string_view text) const {
    const Value value = Value::of(text);
    if (question_.is_date && !value.date) return false;
    return std::all_of(question_.tests.begin(), question_.tests.end(), [&](const ValueTest& test) {
      return family_of(test.atom->op) == OperatorFamily::kString || test.atom->meets(value) == test.meets;
    });
  }

  const ValueQuestion& question_;
  Budget& budget_;
  std::array<bool, 5> has_{};
  std::vector<std::vector<TextPattern>> patterns_;  // of the string tests
  std::vector<TextTest> tests_;                     // into patterns_
};

}  // namespace

bool is_string_operator(Operator op) { return op != Operator::kCount && family_of(op) == OperatorFamily::kString; }

std::vector<TextPattern> value_patterns(const Atom& atom) {
  std::vector<TextPattern> patterns;
  if (!is_string_operator(atom.op)) return patterns;
  const bool is_like = atom.op == Operator::kStringLike || atom.op == Operator::kStringNotLike;
  const bool is_exact = atom.op == Operator::kStringEquals || atom.op == Operator::kStringNotEquals;
  for (const Value& wanted : atom.values) {
    patterns.push_back(is_like ? TextPattern::glob(wanted.text, TextView::kExact)
                               : TextPattern::literal(wanted.text, is_exact ? TextView::kExact : TextView::kLower));
  }
  return patterns;
}

ValueResult find_value(const ValueQuestion& question, Budget& budget) { return Finder(question, budget).run(); }

}  // namespace imagewarden::ram
