#pragma once
// The parts of a request that do not depend on each other: the action, the resource, each context key. A part knows
// yes-no questions about itself (its atoms: "matches this list of patterns", "meets this condition") and finds a value
// for which given answers are right, or a small set of answers that no value gives.

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/condition/condition.h"
#include "engine/ram/analyse_text.h"

namespace imagewarden::ram {

// An answer to the question `atom` of one part.
struct Claim {
  std::uint32_t atom{};
  bool holds{};
};

enum class Settled : std::uint8_t { kFound, kNone, kUnsure, kOutOfSteps };

struct Settlement {
  Settled settled{Settled::kFound};
  std::vector<Claim> core;  // kNone, kUnsure: claims that already are the reason
  std::string why;          // kUnsure
};

// Not thread-safe: holds the value found last, and remembers earlier ones.
class Part {
 public:
  virtual ~Part() = default;
  // The answer for the current value. Precondition: one was found.
  [[nodiscard]] virtual bool holds(std::uint32_t atom) = 0;
  // Makes the current value one for which all claims are right; an earlier one if that will do.
  [[nodiscard]] Settlement settle(std::span<const Claim> claims, Budget& budget);

 protected:
  // Takes an earlier value for which all claims are right.
  [[nodiscard]] virtual bool recall(std::span<const Claim> claims) = 0;
  // Makes a new value current.
  [[nodiscard]] virtual Settled find(std::span<const Claim> claims, Budget& budget, std::string& why) = 0;
};

// What parts have in common: values, each with the answers that were asked for.
template <class T>
class PartOf : public Part {
 public:
  [[nodiscard]] bool holds(std::uint32_t atom) final { return holds(values_.back(), atom); }
  [[nodiscard]] const T& value() const { return values_.back().value; }

 protected:
  [[nodiscard]] virtual bool evaluate(const T& value, std::uint32_t atom) const = 0;

  [[nodiscard]] bool recall(std::span<const Claim> claims) final {
    for (std::size_t i = values_.size(); i > 0; --i) {
      if (!all_hold(values_[i - 1], claims)) continue;
      std::swap(values_[i - 1], values_.back());
      return true;
    }
    return false;
  }

  void take(T value) {
    constexpr std::size_t kRemembered = 64;
    if (values_.size() == kRemembered) values_.pop_front();
    values_.push_back({std::move(value), {}});
  }
  [[nodiscard]] bool all_hold(std::span<const Claim> claims) { return all_hold(values_.back(), claims); }

 private:
  enum class Known : std::uint8_t { kNotAsked, kYes, kNo };
  struct Remembered {
    T value;
    std::vector<Known> known;
  };

  bool holds(Remembered& of, std::uint32_t atom) {
    if (of.known.size() <= atom) of.known.resize(atom + 1, Known::kNotAsked);
    if (of.known[atom] == Known::kNotAsked) of.known[atom] = evaluate(of.value, atom) ? Known::kYes : Known::kNo;
    return of.known[atom] == Known::kYes;
  }
  bool all_hold(Remembered& of, std::span<const Claim> claims) {
    for (const Claim& claim : claims) {
      if (holds(of, claim.atom) != claim.holds) return false;
    }
    return true;
  }

  std::deque<Remembered> values_;
};

// Which texts a part may be, beside its claims.
struct TextSpace {
  std::span<const std::string> preferred;  // tried first, but for the excluded ones
  bool preferred_only{};                   // without regard to case
  std::span<const std::string> excluded;   // without regard to case, sorted, lower case
  std::vector<TextPattern> form;           // one of them has to match; empty: any text
  std::vector<TextPattern> not_form;       // and none of these
};

// The action, or the resource.
class TextPart : public PartOf<std::string> {
 public:
  TextPart(TextSpace space, const Readings& readings) : space_(std::move(space)), readings_(readings) {}

  // Precondition: the space holds all texts that the present one does.
  void widen(TextSpace space) { space_ = std::move(space); }

  // "Matches one of the Action patterns", which are in lower case.
  std::uint32_t add_actions(std::vector<std::string> patterns);
  // "Matches one of the Resource patterns", which are in their normal form.
  std::uint32_t add_resources(std::vector<std::string> patterns);
  // "Meets the atom of a pseudo-key". Precondition: a string operator; `atom` lives longer.
  std::uint32_t add_pseudo(const Atom& atom);

 private:
  struct Question {
    std::vector<TextPattern> patterns;
    bool is_negated{};  // the answer is whether none of the patterns matches
    std::vector<std::string> globs;
    bool is_resource{};
    const Atom* pseudo{};
  };

  [[nodiscard]] bool evaluate(const std::string& text, std::uint32_t atom) const override;
  [[nodiscard]] Settled find(std::span<const Claim> claims, Budget& budget, std::string& why) override;
  [[nodiscard]] bool fits(const std::string& text, std::span<const Claim> claims) const;
  [[nodiscard]] bool is_excluded(const std::string& text) const;
  [[nodiscard]] bool is_in_space(const std::string& text, Budget& budget) const;

  TextSpace space_;
  Readings readings_;
  std::vector<Question> questions_;
};

// What a request carries for a context key; empty: it is absent.
using KeyValues = std::vector<Value>;

struct KeySpace {
  std::vector<std::string> preferred;  // values that are tried first
  bool is_single{};                    // always there, with exactly one value
  bool is_date{};                      // which is a date
};

class KeyPart : public PartOf<KeyValues> {
 public:
  KeyPart(KeySpace space, const Readings& readings) : space_(std::move(space)), readings_(readings) {}

  // Precondition: `atom` is about this key and lives longer.
  std::uint32_t add(const Atom& atom);

 private:
  [[nodiscard]] bool evaluate(const KeyValues& values, std::uint32_t atom) const override;
  [[nodiscard]] Settled find(std::span<const Claim> claims, Budget& budget, std::string& why) override;
  [[nodiscard]] Settled find_values(std::span<const Claim> claims, Budget& budget, std::string& why);

  KeySpace space_;
  Readings readings_;
  std::vector<const Atom*> atoms_;
};

}  // namespace imagewarden::ram
