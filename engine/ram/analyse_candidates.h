#pragma once
// For the typed condition operators: finitely many values that stand for all values, as no set of wanted values can
// tell two apart that lie between the same neighbours.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/condition/condition.h"

namespace imagewarden::ram {

// A decimal strictly between the two; the shorter ones first. Nothing: none that a Decimal can hold was found.
// Precondition: both are decimals as Decimal::parse() reads them, and a < b.
[[nodiscard]] std::optional<std::string> decimal_between(std::string_view a, std::string_view b);

struct Candidates {
  std::vector<std::string> texts;
  bool is_complete{true};  // false: a gap between two numbers could not be filled
};

// For every number there is one that compares to all of `wanted` alike.
[[nodiscard]] Candidates number_candidates(std::span<const std::string> wanted);

// The same for dates, to the second. Dates that no text can spell do not occur.
[[nodiscard]] Candidates date_candidates(std::span<const Time> wanted);

// The same for addresses: for every IPv4 and IPv6 address there is one that lies in the same blocks.
[[nodiscard]] Candidates ip_candidates(std::span<const IpBlock> wanted);

// The time as a date that parse_rfc3339() reads, with an offset where UTC would leave the years 0001 to 9999.
[[nodiscard]] std::optional<std::string> date_text(Time time);

}  // namespace imagewarden::ram
