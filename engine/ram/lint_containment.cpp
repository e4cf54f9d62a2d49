#include "engine/ram/lint_containment.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/glob.h"

namespace imagewarden::ram {
namespace {

constexpr std::size_t kMaxSteps = 4'000;  // product states that are looked at

constexpr std::uint32_t kStar = 0xffffffffU;
constexpr std::uint32_t kAnyOne = 0xfffffffeU;
constexpr std::uint32_t kOther = 0xfffffffdU;  // stands for every character that neither pattern spells

// The pattern as characters; a run of stars is one.
std::vector<std::uint32_t> characters(std::string_view pattern) {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < pattern.size();) {
    const auto first = static_cast<unsigned char>(pattern[i]);
    if (first == '*') {
      if (out.empty() || out.back() != kStar) out.push_back(kStar);
      ++i;
    } else if (first == '?') {
      out.push_back(kAnyOne);
      ++i;
    } else {
      // The bytes of the code point, packed: only equality matters, and four bytes of UTF-8 are never one of the marks.
      std::uint32_t packed = first;
      for (++i; i < pattern.size() && (static_cast<unsigned char>(pattern[i]) & 0xc0U) == 0x80U; ++i) {
        packed = packed << 8U | static_cast<unsigned char>(pattern[i]);
      }
      out.push_back(packed);
    }
  }
  return out;
}

using Pattern = std::vector<std::uint32_t>;
using States = std::vector<std::uint32_t>;  // positions in a pattern, sorted, each once

// A position before a star stands for the one after it as well.
void add_state(const Pattern& pattern, std::uint32_t at, States& states) {
  states.push_back(at);
  if (at < pattern.size() && pattern[at] == kStar) states.push_back(at + 1);
}

void make_set(States& states) {
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
}

void step_from(const Pattern& pattern, std::uint32_t at, std::uint32_t symbol, States& next) {
  if (at >= pattern.size()) return;
  if (pattern[at] == kStar) {
    add_state(pattern, at, next);
  } else if (pattern[at] == kAnyOne || pattern[at] == symbol) {
    add_state(pattern, at + 1, next);
  }
}

bool accepts(const Pattern& pattern, const States& states) {
  return !states.empty() && states.back() == pattern.size();
}

std::vector<std::uint32_t> alphabet_of(const Pattern& a, const Pattern& b) {
  std::vector<std::uint32_t> symbols{kOther};
  for (const Pattern* pattern : {&a, &b}) {
    std::copy_if(pattern->begin(), pattern->end(), std::back_inserter(symbols),
                 [](std::uint32_t c) { return c != kStar && c != kAnyOne; });
  }
  make_set(symbols);
  return symbols;
}

// Looks for a text that `inner` matches and `outer` does not: the characters of `inner` one by one, with every position
// of `outer` that they can have led to.
Decided search_outside(const Pattern& inner, const Pattern& outer) {
  const std::vector<std::uint32_t> alphabet = alphabet_of(inner, outer);
  std::set<std::pair<std::uint32_t, States>> seen;
  std::vector<std::pair<std::uint32_t, States>> open;
  const auto visit = [&](std::uint32_t at, const States& states) {
    if (seen.emplace(at, states).second) open.emplace_back(at, states);
  };
  States start;
  add_state(outer, 0, start);
  States inner_start;
  add_state(inner, 0, inner_start);
  for (const std::uint32_t at : inner_start) visit(at, start);
  while (!open.empty()) {
    if (seen.size() > kMaxSteps) return Decided::kUnknown;
    const auto [at, states] = std::move(open.back());
    open.pop_back();
    if (at == inner.size() && !accepts(outer, states)) return Decided::kNo;
    // A literal moves on one symbol only.
    const bool is_literal = at < inner.size() && inner[at] != kStar && inner[at] != kAnyOne;
    for (const std::uint32_t symbol : is_literal ? std::vector<std::uint32_t>{inner[at]} : alphabet) {
      States inner_next;
      step_from(inner, at, symbol, inner_next);
      if (inner_next.empty()) continue;
      States next;
      for (const std::uint32_t state : states) step_from(outer, state, symbol, next);
      make_set(next);
      for (const std::uint32_t to : inner_next) visit(to, next);
    }
  }
  return Decided::kYes;
}

// One text that the pattern matches: stars as `star`, `?` as a character that hardly any pattern spells.
std::string sample_of(std::string_view pattern, std::string_view star) {
  std::string text;
  for (const char c : pattern) {
    if (c == '*') {
      text += star;
    } else {
      text += c == '?' ? '\x01' : c;
    }
  }
  return text;
}

bool symbols_meet(std::uint32_t a, std::uint32_t b) { return a == kAnyOne || b == kAnyOne || a == b; }

}  // namespace

Decided glob_within(std::string_view inner, std::string_view outer) {
  if (inner == outer) return Decided::kYes;
  if (!has_wildcard(inner)) return glob_matches(outer, inner) ? Decided::kYes : Decided::kNo;
  const Pattern out = characters(outer);
  if (out.size() == 1 && out.front() == kStar) return Decided::kYes;
  // What stands before the first wildcard of `outer` has to stand at the start of `inner`.
  const std::string_view head = outer.substr(0, outer.find_first_of("*?"));
  if (!inner.starts_with(head)) return Decided::kNo;
  if (!has_wildcard(outer)) return Decided::kNo;  // one text, and `inner` has several
  // Most patterns that are not within are told apart by one of two texts.
  if (!glob_matches(outer, sample_of(inner, "")) || !glob_matches(outer, sample_of(inner, "\x01"))) return Decided::kNo;
  return search_outside(characters(inner), out);
}

Decided globs_disjoint(std::string_view left, std::string_view right) {
  if (!has_wildcard(left)) return glob_matches(right, left) ? Decided::kNo : Decided::kYes;
  if (!has_wildcard(right)) return glob_matches(left, right) ? Decided::kNo : Decided::kYes;
  const Pattern a = characters(left);
  const Pattern b = characters(right);
  if (a.size() * b.size() > kMaxSteps * 50) return Decided::kUnknown;
  // meets[i][j]: whether the rests from i and j share a text, from the ends backwards.
  std::vector<std::vector<bool>> meets(a.size() + 1, std::vector<bool>(b.size() + 1));
  for (std::size_t i = a.size() + 1; i-- > 0;) {
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const bool star_a = i < a.size() && a[i] == kStar;
      const bool star_b = j < b.size() && b[j] == kStar;
      bool meet = i == a.size() && j == b.size();
      if (star_a) meet = meet || meets[i + 1][j] || (j < b.size() && meets[i][j + 1]);
      if (star_b) meet = meet || meets[i][j + 1] || (i < a.size() && meets[i + 1][j]);
      if (!star_a && !star_b && i < a.size() && j < b.size()) meet = symbols_meet(a[i], b[j]) && meets[i + 1][j + 1];
      meets[i][j] = meet;
    }
  }
  return meets[0][0] ? Decided::kNo : Decided::kYes;
}

}  // namespace imagewarden::ram
