#include "engine/ram/analyse_text.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "engine/base/glob.h"

namespace imagewarden::ram {
namespace {

using Kind = TextPattern::Kind;
using Item = TextPattern::Item;

constexpr std::string_view kArnPrefix = "acs:";
// Where a text is in an ARN: in the prefix (characters read so far), in the service segment, or past it.
constexpr std::uint8_t kInService = 4;
constexpr std::uint8_t kPastService = 5;

bool is_upper(char32_t c) { return c >= U'A' && c <= U'Z'; }
bool is_lower(char32_t c) { return c >= U'a' && c <= U'z'; }
char32_t lower(char32_t c) { return is_upper(c) ? c + (U'a' - U'A') : c; }
char32_t other_case(char32_t c) { return is_lower(c) ? c - (U'a' - U'A') : lower(c); }
bool is_separator(char32_t c) { return c == U':' || c == U'/'; }
bool is_foreign(char32_t c) {
  return !(c >= U'0' && c <= U'9') && !is_lower(c) && !is_upper(c) && !is_separator(c) && c != U'.' && c != U'+' &&
         c != U'-';
}

// Valid UTF-8 only; a stray byte counts as one character, so that nothing is read past the end.
std::u32string decode(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    std::size_t more = lead >= 0xf0U ? 3 : lead >= 0xe0U ? 2 : lead >= 0xc0U ? 1 : 0;
    char32_t c = more == 0 ? lead : lead & (0x3fU >> more);
    for (; more > 0 && i < text.size(); --more) c = c << 6U | (static_cast<unsigned char>(text[i++]) & 0x3fU);
    out.push_back(c);
  }
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t bits) { out.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
  if (c < 0x80U) {
    byte(c);
  } else if (c < 0x800U) {
    byte(0xc0U | c >> 6U);
    byte(0x80U | (c & 0x3fU));
  } else if (c < 0x10000U) {
    byte(0xe0U | c >> 12U);
    byte(0x80U | (c >> 6U & 0x3fU));
    byte(0x80U | (c & 0x3fU));
  } else {
    byte(0xf0U | c >> 18U);
    byte(0x80U | (c >> 12U & 0x3fU));
    byte(0x80U | (c >> 6U & 0x3fU));
    byte(0x80U | (c & 0x3fU));
  }
}

std::string encode(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_run(Kind kind) { return kind == Kind::kAnyRun || kind == Kind::kSegmentRun; }

// A state of the product: the places of all patterns that the text so far can have reached, ascending. A place beyond
// the last item stands for a wanted test that is passed whatever follows.
struct State {
  std::vector<std::uint32_t> places;
  std::uint8_t segment{};
  bool is_dead{};
  bool accepts{};
  std::size_t missing{};  // at least so many characters more until all wanted tests are passed
};

class Product {
 public:
  explicit Product(std::span<const TextTest> tests) {
    for (const TextTest& test : tests) {
      for (const TextPattern& pattern : test.any_of) {
        for (const Item& item : pattern.items()) {
          places_.push_back(
              {item.kind, item.character, pattern.view(), static_cast<std::uint32_t>(wanted_.size()), pattern_count_});
        }
        ++pattern_count_;
        views_ |= 1U << static_cast<unsigned>(pattern.view());
      }
      wanted_.push_back(test.wanted);
    }
    for (std::size_t place = places_.size(); place-- > 0;) {
      if (places_[place].kind == Kind::kEnd) continue;
      places_[place].missing = places_[place + 1].missing + (is_run(places_[place].kind) ? 0 : 1);
    }
    stamps_.resize(places_.size() + wanted_.size());
    in_test_.resize(wanted_.size());
    missing_.resize(wanted_.size());
  }

  State start() {
    begin_state();
    State state;
    state.segment = sees_segments() ? 0 : kPastService;
    std::uint32_t pattern = pattern_count_;
    for (std::uint32_t place = 0; place < places_.size(); ++place) {
      if (places_[place].pattern != pattern) reach(place, state);
      pattern = places_[place].pattern;
    }
    finish(state);
    return state;
  }

  State step(const State& from, char32_t c) {
    begin_state();
    State state;
    state.segment = next_segment(from.segment, c);
    const bool lowers = from.segment == kInService && c != U':';
    for (const std::uint32_t at : from.places) {
      if (state.is_dead) return state;
      if (at >= places_.size()) {
        keep(at, state);
        continue;
      }
      const Place& place = places_[at];
      const bool folds = place.view == TextView::kLower || (place.view == TextView::kNormalResource && lowers);
      take(at, place, folds ? lower(c) : c, state);
    }
    if (!state.is_dead) finish(state);
    return state;
  }

  // One character of each class that the state tells apart, the plainest first. `spelled_only`: none that stands for
  // all the others.
  std::u32string characters(const State& state, bool spelled_only) const {
    std::u32string spelled;
    bool asks_foreign = false;
    for (const std::uint32_t at : state.places) {
      if (at >= places_.size()) continue;
      const Place& place = places_[at];
      if (place.kind == Kind::kCharacter) {
        spelled.push_back(place.character);
        // Letters of both cases differ where patterns of several views look at them, and in a list of all texts.
        if (spelled_only || (views_ & (views_ - 1)) != 0) spelled.push_back(other_case(place.character));
      } else if (place.kind == Kind::kSegmentOne || place.kind == Kind::kSegmentRun) {
        spelled += U":/";
      }
      asks_foreign = asks_foreign || place.kind == Kind::kForeign;
    }
    if (state.segment < kInService) spelled.push_back(static_cast<char32_t>(kArnPrefix[state.segment]));
    if (state.segment == kInService) spelled.push_back(U':');
    std::sort(spelled.begin(), spelled.end());
    spelled.erase(std::unique(spelled.begin(), spelled.end()), spelled.end());
    if (spelled_only) return spelled;
    std::u32string out;
    out.push_back(another(spelled, false));
    if (asks_foreign) out.push_back(another(spelled, true));
    return out + spelled;
  }

 private:
  struct Place {
    Kind kind{};
    char32_t character{};
    TextView view{};
    std::uint32_t test{};
    std::uint32_t pattern{};
    std::size_t missing{};  // characters that the rest of the pattern needs
  };

  bool sees_segments() const { return (views_ >> static_cast<unsigned>(TextView::kNormalResource) & 1U) != 0; }

  static std::uint8_t next_segment(std::uint8_t segment, char32_t c) {
    if (segment < kInService) {
      return c == static_cast<char32_t>(kArnPrefix[segment]) ? static_cast<std::uint8_t>(segment + 1) : kPastService;
    }
    return segment == kInService && c != U':' ? kInService : kPastService;
  }

  // A character that is none of `spelled`, which is sorted.
  static char32_t another(const std::u32string& spelled, bool foreign) {
    constexpr std::u32string_view kPlain = U"xyzwvutsrqponmlkjihgfedcba0123456789-";
    constexpr std::u32string_view kForeign = U"_=~@!";
    const auto is_free = [&](char32_t c) { return !std::binary_search(spelled.begin(), spelled.end(), c); };
    // In a state with kForeign an ordinary letter and a foreign character are two classes.
    for (const char32_t c : foreign ? kForeign : kPlain) {
      if (is_free(c)) return c;
    }
    char32_t c = 0xe0U;  // beyond: letters with accents and upwards, always enough before the surrogates
    while (!is_free(c)) ++c;
    return c;
  }

  void begin_state() { ++stamp_; }

  bool keep(std::uint32_t at, State& state) {
    if (stamps_[at] == stamp_) return false;
    stamps_[at] = stamp_;
    state.places.push_back(at);
    return true;
  }

  // The place, and those that an empty run leads on to.
  void reach(std::uint32_t at, State& state) {
    for (; keep(at, state) && is_run(places_[at].kind); ++at) {
      if (places_[at].kind != Kind::kAnyRun || places_[at + 1].kind != Kind::kEnd) continue;
      // Whatever follows, this pattern matches.
      const std::uint32_t test = places_[at].test;
      if (wanted_[test]) {
        keep(static_cast<std::uint32_t>(places_.size()) + test, state);
      } else {
        state.is_dead = true;
      }
    }
  }

  void take(std::uint32_t at, const Place& place, char32_t c, State& state) {
    switch (place.kind) {
      case Kind::kCharacter:
        if (c == place.character) reach(at + 1, state);
        return;
      case Kind::kAnyOne:
        return reach(at + 1, state);
      case Kind::kAnyRun:
        return reach(at, state);
      case Kind::kSegmentOne:
        if (!is_separator(c)) reach(at + 1, state);
        return;
      case Kind::kSegmentRun:
        if (!is_separator(c)) reach(at, state);
        return;
      case Kind::kForeign:
        if (is_foreign(c)) reach(at + 1, state);
        return;
      case Kind::kEnd:
        return;
    }
  }

  // Drops the places that others make superfluous; whether the state accepts, or cannot lead anywhere.
  void finish(State& state) {
    if (state.is_dead) return;
    std::vector<std::uint32_t>& places = state.places;
    std::sort(places.begin(), places.end());
    std::fill(in_test_.begin(), in_test_.end(), TestState::kNowhere);
    std::fill(missing_.begin(), missing_.end(), std::numeric_limits<std::size_t>::max());
    auto out = places.end();
    // The pattern of which a run was seen: it can stand for all that the places before it take. Of a run within a
    // segment as well: the places of one pattern all lie in one segment, as only a separator leads out of it.
    std::uint32_t covered = pattern_count_;
    for (auto at = places.end(); at != places.begin();) {
      --at;
      if (*at >= places_.size()) {
        in_test_[*at - places_.size()] = TestState::kPassed;
        missing_[*at - places_.size()] = 0;
        *--out = *at;
        continue;
      }
      const Place& place = places_[*at];
      TestState& test = in_test_[place.test];
      if (place.pattern == covered || test == TestState::kPassed) continue;
      if (is_run(place.kind)) covered = place.pattern;
      missing_[place.test] = std::min(missing_[place.test], place.missing);
      if (test != TestState::kAtEnd) test = place.kind == Kind::kEnd ? TestState::kAtEnd : TestState::kUnderWay;
      *--out = *at;
    }
    places.erase(places.begin(), out);
    state.accepts = true;
    for (std::size_t test = 0; test < wanted_.size(); ++test) {
      const bool matches = in_test_[test] == TestState::kPassed || in_test_[test] == TestState::kAtEnd;
      if (wanted_[test] && in_test_[test] == TestState::kNowhere) state.is_dead = true;
      if (matches != wanted_[test]) state.accepts = false;
      if (wanted_[test]) state.missing = std::max(state.missing, missing_[test]);
    }
  }

  enum class TestState : std::uint8_t { kNowhere, kUnderWay, kAtEnd, kPassed };

  std::vector<Place> places_;
  std::vector<bool> wanted_;
  std::uint32_t pattern_count_{};
  unsigned views_{};
  std::uint32_t stamp_{};
  std::vector<std::uint32_t> stamps_;
  std::vector<TestState> in_test_;
  std::vector<std::size_t> missing_;  // by test
};

// The states that were met, each with the way to it.
struct Visit {
  State state;
  std::size_t from{};
  char32_t by{};
  std::size_t length{};
};

// Visits in the order of the length that their text will have at least; among equals the latest first, which is the
// furthest on its way.
class Agenda {
 public:
  void add(std::size_t length, std::size_t visit) {
    length = std::max(length, at_);
    if (by_length_.size() <= length) by_length_.resize(length + 1);
    by_length_[length].push_back(visit);
  }
  std::optional<std::size_t> next() {
    while (at_ < by_length_.size() && by_length_[at_].empty()) ++at_;
    if (at_ == by_length_.size()) return std::nullopt;
    const std::size_t visit = by_length_[at_].back();
    by_length_[at_].pop_back();
    return visit;
  }

 private:
  std::vector<std::vector<std::size_t>> by_length_;
  std::size_t at_{};
};

std::size_t hash_of(const State& state) {
  std::uint64_t hash = 0xcbf29ce484222325U + state.segment;
  for (const std::uint32_t place : state.places) hash = (hash ^ place) * 0x100000001b3U;
  return static_cast<std::size_t>(hash);
}

// A state that is kept costs more than a step, so that the limit bounds the memory as well.
constexpr std::uint64_t kStepsOfState = 8;

std::uint64_t cost_of(const State& state) { return 1 + state.places.size() / 4; }

std::string way_to(const std::vector<Visit>& visits, std::size_t index) {
  std::u32string text;
  for (; index != 0; index = visits[index].from) text.push_back(visits[index].by);
  std::reverse(text.begin(), text.end());
  return encode(text);
}

}  // namespace

TextPattern TextPattern::literal(std::string_view text, TextView view) {
  TextPattern pattern;
  pattern.view_ = view;
  for (const char32_t c : decode(text)) {
    pattern.items_.push_back({Kind::kCharacter, view == TextView::kLower ? lower(c) : c});
  }
  pattern.items_.push_back({Kind::kEnd, 0});
  return pattern;
}

TextPattern TextPattern::glob(std::string_view text, TextView view) {
  TextPattern pattern = literal(text, view);
  std::vector<Item> items;
  for (const Item& item : pattern.items_) {
    const bool is_star = item.kind == Kind::kCharacter && item.character == U'*';
    if (is_star && !items.empty() && items.back().kind == Kind::kAnyRun) continue;  // two are one
    const bool is_mark = item.kind == Kind::kCharacter && item.character == U'?';
    items.push_back(is_star ? Item{Kind::kAnyRun, 0} : is_mark ? Item{Kind::kAnyOne, 0} : item);
  }
  pattern.items_ = std::move(items);
  return pattern;
}

TextPattern TextPattern::segment_glob(std::string_view text, TextView view) {
  TextPattern pattern = glob(text, view);
  for (Item& item : pattern.items_) {
    if (item.kind == Kind::kAnyRun) item.kind = Kind::kSegmentRun;
    if (item.kind == Kind::kAnyOne) item.kind = Kind::kSegmentOne;
  }
  return pattern;
}

TextPattern TextPattern::with_foreign_character() {
  TextPattern pattern;
  pattern.items_ = {{Kind::kAnyRun, 0}, {Kind::kForeign, 0}, {Kind::kAnyRun, 0}, {Kind::kEnd, 0}};
  return pattern;
}

std::string TextPattern::example() const {
  std::string out;
  for (const Item& item : items_) {
    if (item.kind == Kind::kCharacter) {
      append_utf8(out, item.character);
    } else if (item.kind != Kind::kEnd) {
      out.push_back('x');
    }
  }
  return out;
}

TextResult find_text(std::span<const TextTest> tests, Budget& budget) {
  Product product(tests);
  std::vector<Visit> visits;
  visits.push_back({product.start(), 0, 0, 0});
  if (visits.front().state.is_dead) return {TextFound::kNone, {}};
  if (visits.front().state.accepts) return {TextFound::kFound, {}};
  const auto hash = [&](std::size_t index) { return hash_of(visits[index].state); };
  const auto same = [&](std::size_t a, std::size_t b) {
    return visits[a].state.segment == visits[b].state.segment && visits[a].state.places == visits[b].state.places;
  };
  std::unordered_set<std::size_t, decltype(hash), decltype(same)> met(64, hash, same);
  met.insert(0);
  Agenda agenda;
  agenda.add(visits.front().state.missing, 0);
  while (const auto at = agenda.next()) {
    const std::size_t length = visits[*at].length + 1;
    for (const char32_t c : product.characters(visits[*at].state, false)) {
      State next = product.step(visits[*at].state, c);
      if (!budget.spend(cost_of(visits[*at].state))) return {TextFound::kOutOfSteps, {}};
      if (next.is_dead) continue;
      if (!budget.spend(kStepsOfState)) return {TextFound::kOutOfSteps, {}};
      visits.push_back({std::move(next), *at, c, length});
      const std::size_t index = visits.size() - 1;
      if (visits[index].state.accepts) return {TextFound::kFound, way_to(visits, index)};
      if (met.insert(index).second) {
        agenda.add(length + visits[index].state.missing, index);
      } else {
        visits.pop_back();
      }
    }
  }
  return {TextFound::kNone, {}};
}

std::optional<std::vector<std::string>> list_texts(std::span<const TextTest> tests, std::size_t limit, Budget& budget) {
  Product product(tests);
  std::vector<std::string> texts;
  // Depth first, without recursion: what is still to be followed, longest text last.
  std::vector<std::pair<State, std::u32string>> open;
  open.emplace_back(product.start(), std::u32string{});
  while (!open.empty()) {
    const auto [state, text] = std::move(open.back());
    open.pop_back();
    if (state.is_dead) continue;
    if (state.accepts) texts.push_back(encode(text));
    for (const char32_t c : product.characters(state, true)) {
      if (limit == 0 || !budget.spend(cost_of(state))) return std::nullopt;
      --limit;
      open.emplace_back(product.step(state, c), text + c);
    }
  }
  return texts;
}

}  // namespace imagewarden::ram
