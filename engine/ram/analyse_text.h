#pragma once
// Texts that match some patterns and do not match others, found by walking the product of the patterns' automata. Exact
// for texts that are valid UTF-8; a pattern must be valid UTF-8 too, as all that is read from JSON is.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagewarden::ram {

// What an analysis may still spend. The same question costs the same on every machine.
class Budget {
 public:
  explicit Budget(std::uint64_t steps) : left_(steps) {}
  // False once more was asked for than there was.
  bool spend(std::uint64_t steps) {
    left_ = steps > left_ ? 0 : left_ - steps;
    return left_ > 0;
  }
  [[nodiscard]] bool is_spent() const { return left_ == 0; }
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

// How a pattern sees the characters of a text.
enum class TextView : std::uint8_t {
  kExact,
  kLower,           // ASCII letters in lower case
  kNormalResource,  // lower case in the service segment of an ARN (write_normal_resource)
};

// One pattern as a chain of items; the automaton's states are the places between them.
class TextPattern {
 public:
  enum class Kind : std::uint8_t {
    kCharacter,
    kAnyOne,
    kAnyRun,
    kSegmentOne,  // any but `:` and `/`
    kSegmentRun,
    kForeign,  // a character that no number, date, boolean or address holds
    kEnd,
  };
  struct Item {
    Kind kind{Kind::kEnd};
    char32_t character{};
  };

  // Of kLower: the pattern is put into lower case here.
  static TextPattern literal(std::string_view text, TextView view);
  static TextPattern glob(std::string_view pattern, TextView view);          // as glob_matches()
  static TextPattern segment_glob(std::string_view pattern, TextView view);  // wildcards stop at `:` and `/`
  // Every text that holds a character which no number, date, boolean or address does.
  static TextPattern with_foreign_character();

  [[nodiscard]] std::span<const Item> items() const { return items_; }  // the last one is kEnd
  [[nodiscard]] TextView view() const { return view_; }
  // The shortest text with an `x` for each wildcard: a first guess.
  [[nodiscard]] std::string example() const;

 private:
  std::vector<Item> items_;
  TextView view_{TextView::kExact};
};

// Whether the text has to match one of the patterns, or none of them.
struct TextTest {
  std::span<const TextPattern> any_of;  // kept alive by the caller
  bool wanted{};
};

enum class TextFound : std::uint8_t { kNone, kFound, kOutOfSteps };
struct TextResult {
  TextFound found{TextFound::kNone};
  std::string text;
};

// A short text that passes all tests.
[[nodiscard]] TextResult find_text(std::span<const TextTest> tests, Budget& budget);

// All texts that pass the tests and hold no character beyond those that the patterns spell. Nothing: more than `limit`
// characters had to be tried.
[[nodiscard]] std::optional<std::vector<std::string>> list_texts(std::span<const TextTest> tests, std::size_t limit,
                                                                 Budget& budget);

}  // namespace imagewarden::ram
