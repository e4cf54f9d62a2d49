#include "tests/oracle/values.h"

#include <algorithm>
#include <map>
#include <utility>

namespace oracle {

Tri both(Tri a, Tri b) { return std::min(a, b); }
Tri either(Tri a, Tri b) { return std::max(a, b); }
Tri of(bool value) { return value ? Tri::kTrue : Tri::kFalse; }

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool starts_with(const std::string& text, const std::string& start) { return text.substr(0, start.size()) == start; }

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

namespace {

using Solved = std::map<std::pair<std::size_t, std::size_t>, bool>;

bool glob_from(const std::string& pattern, std::size_t p, const std::string& text, std::size_t t, Solved& solved) {
  if (p == pattern.size()) return t == text.size();
  const auto known = solved.find({p, t});
  if (known != solved.end()) return known->second;
  bool result = false;
  if (pattern[p] == '*') {
    result =
        glob_from(pattern, p + 1, text, t, solved) || (t < text.size() && glob_from(pattern, p, text, t + 1, solved));
  } else if (t < text.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
    result = glob_from(pattern, p + 1, text, t + 1, solved);
  }
  solved[{p, t}] = result;
  return result;
}

bool all_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The number that exactly `count` digits at `at` make.
std::optional<int> number_at(const std::string& text, std::size_t at, std::size_t count) {
  if (at + count > text.size() || !all_digits(text.substr(at, count))) return std::nullopt;
  return std::stoi(text.substr(at, count));
}

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::string bits_of(unsigned value, int count) {
  std::string bits;
  for (int bit = count - 1; bit >= 0; --bit) bits += ((value >> bit) & 1U) != 0 ? '1' : '0';
  return bits;
}

std::optional<std::string> read_v4(const std::string& text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::string bits;
  for (const std::string& part : parts) {
    if (!all_digits(part) || part.size() > 3 || (part.size() > 1 && part[0] == '0') || std::stoi(part) > 255)
      return std::nullopt;
    bits += bits_of(static_cast<unsigned>(std::stoi(part)), 8);
  }
  return bits;
}

// The groups on one side of `::`.
std::optional<std::string> read_groups(const std::string& text) {
  std::string bits;
  if (text.empty()) return bits;
  for (const std::string& group : split(text, ':')) {
    if (group.empty() || group.size() > 4 || group.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return std::nullopt;
    }
    bits += bits_of(static_cast<unsigned>(std::stoul(group, nullptr, 16)), 16);
  }
  return bits;
}

std::optional<std::string> read_v6(const std::string& text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string::npos) {
    const auto bits = read_groups(text);
    return bits && bits->size() == 128 ? bits : std::nullopt;
  }
  const auto left = read_groups(text.substr(0, gap));
  const auto right = read_groups(text.substr(gap + 2));
  if (!left || !right || left->size() + right->size() > 112) return std::nullopt;
  return *left + std::string(128 - left->size() - right->size(), '0') + *right;
}

}  // namespace

bool glob(const std::string& pattern, const std::string& text) {
  Solved solved;
  return glob_from(pattern, 0, text, 0, solved);
}

std::optional<Decimal> read_decimal(const std::string& text) {
  Decimal number;
  std::string digits = text;
  if (!digits.empty() && digits[0] == '-') {
    number.negative = true;
    digits.erase(0, 1);
  }
  const auto parts = split(digits, '.');
  if (parts.size() > 2 || !all_digits(parts[0]) || (parts.size() == 2 && !all_digits(parts[1]))) return std::nullopt;
  number.whole = parts[0];
  if (parts.size() == 2) number.fraction = parts[1];
  while (!number.whole.empty() && number.whole.front() == '0') number.whole.erase(0, 1);
  while (!number.fraction.empty() && number.fraction.back() == '0') number.fraction.pop_back();
  if (number.whole.empty() && number.fraction.empty()) number.negative = false;  // -0 is 0
  return number;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  int order = 0;
  if (a.whole.size() != b.whole.size()) {
    order = a.whole.size() < b.whole.size() ? -1 : 1;
  } else if (a.whole != b.whole) {
    order = a.whole < b.whole ? -1 : 1;
  } else if (a.fraction != b.fraction) {
    order = a.fraction < b.fraction ? -1 : 1;  // a shorter one is as if filled up with zeros
  }
  return a.negative ? -order : order;
}

std::optional<long long> read_date(const std::string& text) {
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (*year < 1 || *month < 1 || *month > 12 || *day < 1 || *day > days_in(*year, *month)) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::string zone = text.substr(19);
  long long offset = 0;
  if (zone != "Z") {
    const auto zone_hour = number_at(zone, 1, 2);
    const auto zone_minute = number_at(zone, 4, 2);
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !zone_hour || !zone_minute)
      return std::nullopt;
    if (*zone_hour > 23 || *zone_minute > 59) return std::nullopt;
    offset = (*zone_hour * 60 + *zone_minute) * 60;
    if (zone[0] == '-') offset = -offset;
  }
  long long days = 0;
  for (int y = 1; y < *year; ++y) days += is_leap(y) ? 366 : 365;
  for (int m = 1; m < *month; ++m) days += days_in(*year, m);
  days += *day - 1;
  constexpr long long kDaysTo1970 = 719162;
  return ((days - kDaysTo1970) * 24 + *hour) * 3600 + *minute * 60 + *second - offset;
}

std::optional<Network> read_network(const std::string& text) {
  const auto parts = split(text, '/');
  if (parts.size() > 2) return std::nullopt;
  const auto bits = parts[0].find(':') == std::string::npos ? read_v4(parts[0]) : read_v6(parts[0]);
  if (!bits) return std::nullopt;
  Network network{*bits, bits->size()};
  if (parts.size() == 2) {
    if (!all_digits(parts[1]) || parts[1].size() > 3 || (parts[1].size() > 1 && parts[1][0] == '0'))
      return std::nullopt;
    network.prefix = std::stoul(parts[1]);
    if (network.prefix > bits->size()) return std::nullopt;
  }
  return network;
}

bool holds(const Network& block, const Network& address) {
  return block.bits.size() == address.bits.size() && address.prefix == address.bits.size() &&
         block.bits.substr(0, block.prefix) == address.bits.substr(0, block.prefix);
}

}  // namespace oracle
