#pragma once
// The values that RAM's operators compare, read and compared the slow and obvious way.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

enum class Tri { kFalse, kUnknown, kTrue };
Tri both(Tri a, Tri b);
Tri either(Tri a, Tri b);
Tri of(bool value);

std::string lower(std::string text);
std::vector<std::string> split(const std::string& text, char separator);
bool starts_with(const std::string& text, const std::string& start);
bool contains(const std::vector<std::string>& list, const std::string& text);

// `*` is any run, also an empty one; `?` is one character. By recursion on both texts, each pair of places solved once.
bool glob(const std::string& pattern, const std::string& text);

// `-12`, `0.50`: a sign, digits before the point, digits after it; exact, of any length.
struct Decimal {
  bool negative{};
  std::string whole;     // without leading zeros
  std::string fraction;  // without trailing zeros
};
std::optional<Decimal> read_decimal(const std::string& text);
// -1, 0, 1.
int compare(const Decimal& a, const Decimal& b);

// `2026-08-12T17:00:00+08:00` or with `Z`: seconds since 1970.
std::optional<long long> read_date(const std::string& text);

// An address or a block, as its family's bits: 32 or 128 characters `0` and `1`, of which `prefix` count.
struct Network {
  std::string bits;
  std::size_t prefix{};
};
std::optional<Network> read_network(const std::string& text);
// Whether the address (not a block) lies in the block; never across the families.
bool holds(const Network& block, const Network& address);

}  // namespace oracle
