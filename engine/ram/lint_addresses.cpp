// IP addresses in conditions.

#include <algorithm>
#include <array>

#include "engine/ram/lint_view.h"

namespace imagewarden::ram::lint {
namespace {

constexpr std::uint8_t kMappedBits = 96;  // an IPv4 block is kept as an IPv4-mapped one

bool is_ip_entry(const ConditionEntry& entry) {
  return entry.op == Operator::kIpAddress || entry.op == Operator::kNotIpAddress;
}

bool has_host_bits(const IpBlock& block) {
  for (std::size_t bit = block.prefix_bits; bit < 128; ++bit) {
    const unsigned byte = block.address[bit / 8];
    if ((byte >> (7U - bit % 8U) & 1U) != 0) return true;
  }
  return false;
}

bool is_everything(const IpBlock& block) { return block.prefix_bits == (block.is_v4 ? kMappedBits : 0); }

// The block without its host bits, as text. IPv4 only: of IPv6 the groups are not spelled again.
std::string network_text(const IpBlock& block) {
  std::string text;
  for (std::size_t i = 12; i < 16; ++i) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (i * 8 + bit < block.prefix_bits) byte |= static_cast<unsigned>(block.address[i]) & (0x80U >> bit);
    }
    text += (text.empty() ? "" : ".") + std::to_string(byte);
  }
  return text + '/' + std::to_string(block.prefix_bits - kMappedBits);
}

bool is_private(const IpBlock& block) {
  constexpr std::array<std::string_view, 9> kBlocks = {"10.0.0.0/8",    "172.16.0.0/12", "192.168.0.0/16",
                                                       "100.64.0.0/10", "127.0.0.0/8",   "169.254.0.0/16",
                                                       "fc00::/7",      "fe80::/10",     "::1"};
  return std::any_of(kBlocks.begin(), kBlocks.end(), [&](std::string_view text) {
    const auto wide = IpBlock::parse(text);
    return wide && wide->is_v4 == block.is_v4 && wide->prefix_bits <= block.prefix_bits && wide->contains(block);
  });
}

void check_value(const Job& job, const StatementView& statement, const ConditionEntry& entry,
                 const ConditionValue& value) {
  const auto block = IpBlock::parse(value.json->text);
  if (!block) return;  // RAM035
  const std::string_view text = value.json->text;
  const Place place = place_of(statement, entry, value);
  if (is_everything(*block)) {
    const bool negated = entry.op == Operator::kNotIpAddress;
    job.report.add(37, place,
                   quoted(text) + " under " + quoted(entry.written) +
                       (negated ? ": never true, every address is in it" : ": no limit, every address is in it"),
                   "write the networks that are meant");
  } else if (has_host_bits(*block)) {
    job.report.add(36, place,
                   "block " + quoted(text) + " has host bits set" +
                       (block->is_v4 ? "; it is read as " + quoted(network_text(*block)) : ""),
                   block->is_v4 ? "write " + quoted(network_text(*block)) + ", or the address alone"
                                : "write the network's first address, or the address alone");
  }
  if (entry.key_lower == "acs:sourceip" && !is_everything(*block) && is_private(*block)) {
    job.report.add(38, place, "private address " + quoted(text) + " in `acs:SourceIp`, which holds the public address",
                   "write the public address behind which the callers are; inside a VPC use `acs:VpcSourceIp`");
  }
}

void check_vpc_path(const Job& job, const StatementView& statement) {
  const auto has = [&](std::string_view key) {
    return std::find_if(statement.conditions.begin(), statement.conditions.end(),
                        [&](const ConditionEntry& entry) { return entry.key_lower == key; });
  };
  const auto source = has("acs:sourceip");
  if (source == statement.conditions.end() || has("acs:sourcevpc") != statement.conditions.end() ||
      has("acs:vpcsourceip") != statement.conditions.end())
    return;
  const bool bucket = job.view.kind == PolicyKind::kResource;
  job.report.add(39, place_of(statement, *source),
                 "`acs:SourceIp` alone: it does not describe callers that come through a VPC",
                 "add a statement with `acs:SourceVpc` or `acs:VpcSourceIp` for them",
                 bucket ? Severity::kError : Severity::kWarning);
}

}  // namespace

void lint_addresses(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    for (const ConditionEntry& entry : statement.conditions) {
      if (!is_ip_entry(entry)) continue;
      for (const ConditionValue& value : entry.values) check_value(job, statement, entry, value);
    }
    check_vpc_path(job, statement);
  }
}

}  // namespace imagewarden::ram::lint
