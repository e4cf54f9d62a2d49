#include "engine/base/glob.h"

#include <algorithm>
#include <optional>

namespace imagewarden {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Bytes of the code point that starts at text[at].
std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;
  return end - at;
}

// Where a match of the star-free `piece` that starts at text[at] ends.
std::optional<std::size_t> match_here(std::string_view piece, std::string_view text, std::size_t at) {
  for (const char c : piece) {
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

// The end of the leftmost match of the star-free `piece` in text from `at` on. A leftmost match is also the one that
// ends first, as every match of a piece has the same number of characters.
std::optional<std::size_t> find_piece(std::string_view piece, std::string_view text, std::size_t at) {
  if (piece.find('?') == std::string_view::npos) {
    const std::size_t found = text.find(piece, at);
    if (found == std::string_view::npos) return std::nullopt;
    return found + piece.size();
  }
  for (; at < text.size(); at += code_point_bytes(text, at)) {
    if (const auto end = match_here(piece, text, at)) return end;
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
  if (first == std::string_view::npos) return match_here(pattern, text, 0) == text.size();
  const auto head = match_here(pattern.substr(0, first), text, 0);
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
