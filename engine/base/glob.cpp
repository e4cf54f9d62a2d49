#include "engine/base/glob.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace imagewarden {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Bytes of the code point that starts at text[at].
std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;
  return end - at;
}

// Where a match of the star-free `piece` that starts at text[at] ends. Adds what was compared to `steps`.
std::optional<std::size_t> match_here(std::string_view piece, std::string_view text, std::size_t at,
                                      std::size_t& steps) {
  for (const char c : piece) {
    ++steps;
    if (at >= text.size()) return std::nullopt;
    if (c == '?') {
      at += code_point_bytes(text, at);
    } else if (text[at] == c) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

// A plain search goes back to the start of the piece at every place that it tries. Once that has cost this many steps
// for each byte that it went ahead, one takes over that never goes back.
constexpr std::size_t kPlainSteps = 8;

bool is_too_slow(std::size_t steps, std::size_t advance, std::size_t piece) {
  return steps > kPlainSteps * (advance + piece);
}

// The end of the leftmost `literal` in text from `at` on (Knuth, Morris, Pratt): linear, whatever repeats itself.
std::optional<std::size_t> find_with_links(std::string_view literal, std::string_view text, std::size_t at) {
  // links[i]: the longest proper prefix of literal[0, i] that is its suffix too.
  std::vector<std::size_t> links(literal.size());
  std::size_t held = 0;
  for (std::size_t i = 1; i < literal.size(); ++i) {
    while (held > 0 && literal[i] != literal[held]) held = links[held - 1];
    if (literal[i] == literal[held]) ++held;
    links[i] = held;
  }
  held = 0;
  for (; at < text.size(); ++at) {
    while (held > 0 && text[at] != literal[held]) held = links[held - 1];
    if (text[at] == literal[held]) ++held;
    if (held == literal.size()) return at + 1;
  }
  return std::nullopt;
}

// The same of a piece with `?`: all places that may still become a match are carried along at once, a bit for how much
// of the piece each has seen.
std::optional<std::size_t> find_with_bits(std::string_view piece, std::string_view text, std::size_t at) {
  constexpr std::size_t kBits = 64;
  const std::size_t words = piece.size() / kBits + 1;
  const auto bit = [](std::size_t i) { return std::uint64_t{1} << (i % kBits); };
  std::vector<std::uint64_t> literals(std::size_t{256} * words);  // by byte: where the piece has it
  std::vector<std::uint64_t> any(words);                          // where it has a `?`
  for (std::size_t i = 0; i < piece.size(); ++i) {
    std::uint64_t* const row = piece[i] == '?' ? any.data() : &literals[static_cast<unsigned char>(piece[i]) * words];
    row[i / kBits] |= bit(i);
  }
  std::vector<std::uint64_t> seen(words);    // bit i: the first i of the piece end here
  std::vector<std::uint64_t> inside(words);  // the same, but the character that the last `?` stands for may go on
  const std::size_t begin = at;
  for (; at <= text.size(); ++at) {
    const auto byte = at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    const bool goes_on = (byte & 0xc0U) == 0x80U;
    if (!goes_on) {
      for (std::size_t w = 0; w < words; ++w) seen[w] |= std::exchange(inside[w], 0);
    }
    if ((seen[words - 1] & bit(piece.size())) != 0) return at;
    if (at == text.size()) break;
    if (!goes_on || at == begin) seen[0] |= 1U;
    const std::uint64_t* const row = &literals[byte * words];
    std::uint64_t carry_seen = 0;
    std::uint64_t carry_inside = 0;
    for (std::size_t w = 0; w < words; ++w) {
      const std::uint64_t by_literal = seen[w] & row[w];
      const std::uint64_t by_any = seen[w] & any[w];
      seen[w] = by_literal << 1U | carry_seen;
      inside[w] |= by_any << 1U | carry_inside;
      carry_seen = by_literal >> (kBits - 1);
      carry_inside = by_any >> (kBits - 1);
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> find_literal(std::string_view literal, std::string_view text, std::size_t at) {
  std::size_t steps = 0;
  for (std::size_t begin = at; literal.size() <= text.size() - begin; ++begin) {
    const std::size_t room = text.size() - begin - literal.size() + 1;
    const void* const first = std::memchr(text.data() + begin, static_cast<unsigned char>(literal[0]), room);
    if (first == nullptr) return std::nullopt;
    begin = static_cast<std::size_t>(static_cast<const char*>(first) - text.data());
    std::size_t same = 1;
    while (same < literal.size() && text[begin + same] == literal[same]) ++same;
    if (same == literal.size()) return begin + same;
    steps += same;
    if (is_too_slow(steps, begin - at, literal.size())) return find_with_links(literal, text, begin);
  }
  return std::nullopt;
}

// The end of the leftmost match of the star-free `piece` in text from `at` on. A leftmost match is also the one that
// ends first, as every match of a piece has the same number of characters. So nothing is lost by taking it: what stands
// behind the next star can only start earlier.
std::optional<std::size_t> find_piece(std::string_view piece, std::string_view text, std::size_t at) {
  if (piece.find('?') == std::string_view::npos) return find_literal(piece, text, at);
  std::size_t steps = 0;
  for (std::size_t begin = at; begin < text.size(); begin += code_point_bytes(text, begin)) {
    if (const auto end = match_here(piece, text, begin, steps)) return end;
    if (is_too_slow(steps, begin - at, piece.size())) return find_with_bits(piece, text, begin);
  }
  return std::nullopt;
}

// Whether the star-free `piece` matches a suffix of `text` that starts at or after `at`.
bool match_suffix(std::string_view piece, std::string_view text, std::size_t at) {
  std::size_t end = text.size();
  for (std::size_t i = piece.size(); i > 0; --i) {
    if (end <= at) return false;
    --end;
    if (piece[i - 1] == '?') {
      while (end > at && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    } else if (text[end] != piece[i - 1]) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  std::size_t steps = 0;
  if (first == std::string_view::npos) return match_here(pattern, text, 0, steps) == text.size();
  const auto head = match_here(pattern.substr(0, first), text, 0, steps);
  if (!head) return false;
  std::size_t at = *head;
  const std::size_t last = pattern.rfind('*');
  std::size_t piece_begin = first + 1;
  while (piece_begin < last) {
    const std::size_t star = pattern.find('*', piece_begin);
    const std::string_view piece = pattern.substr(piece_begin, star - piece_begin);
    if (!piece.empty()) {
      const auto end = find_piece(piece, text, at);
      if (!end) return false;
      at = *end;
    }
    piece_begin = star + 1;
  }
  return match_suffix(pattern.substr(last + 1), text, at);
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

std::string to_lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace imagewarden
