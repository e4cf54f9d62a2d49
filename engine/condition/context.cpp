// The keys of a request.

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/base/intern.h"
#include "engine/condition/condition.h"

namespace imagewarden {
namespace {

constexpr std::size_t kOpenKeyCount = 10;

// Hashes of the keys that a request may or may not carry, which only the question can tell.
const std::array<std::uint64_t, kOpenKeyCount>& open_key_hashes() {
  static const std::array<std::uint64_t, kOpenKeyCount> kHashes = [] {
    constexpr std::array<std::string_view, kOpenKeyCount> kNames = {
        "acs:sourceip",      "acs:securetransport", "acs:mfapresent", "acs:sourcevpc", "acs:vpcsourceip",
        "acs:principalrdid", "acs:principalrdpath", "acs:useragent",  "acs:service",   "acs:accessid"};
    std::array<std::uint64_t, kOpenKeyCount> out{};
    std::transform(kNames.begin(), kNames.end(), out.begin(), hash_bytes);
    return out;
  }();
  return kHashes;
}

// The order of entries: by hash, then by name, so that keys with equal hashes still have one place each.
bool is_before(const Key& a, const Key& b) { return a.hash != b.hash ? a.hash < b.hash : a.lower < b.lower; }

}  // namespace

Key Key::of(std::string_view name) {
  Key key;
  key.name = name;
  // What follows a slash is a tag's key, whose case counts (inferred).
  const std::size_t slash = std::min(name.find('/'), name.size());
  key.lower = to_lower(name.substr(0, slash));
  key.lower += name.substr(slash);
  key.hash = hash_bytes(key.lower);
  return key;
}

void Context::set(std::string_view name, KeyState state, std::vector<Value> values) {
  Key key = Key::of(name);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, const Key& wanted) { return is_before(entry.key, wanted); });
  if (at != entries_.end() && at->key.lower == key.lower) {
    *at = Entry{std::move(key), state, std::move(values)};
  } else {
    entries_.insert(at, Entry{std::move(key), state, std::move(values)});
  }
}

void Context::add_value(std::string_view name, std::string_view value) {
  const Key key = Key::of(name);
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.key.lower == key.lower && entry.state == KeyState::kKnown;
  });
  if (at != entries_.end()) {
    at->values.push_back(Value::of(value));
  } else {
    set(name, KeyState::kKnown, {Value::of(value)});
  }
}

void Context::set_absent(std::string_view name) { set(name, KeyState::kAbsent, {}); }

KeyFacts Context::find(const Key& key) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key.hash,
                                   [](const Entry& entry, std::uint64_t hash) { return entry.key.hash < hash; });
  for (auto entry = at; entry != entries_.end() && entry->key.hash == key.hash; ++entry) {
    if (entry->key.lower == key.lower) return {entry->state, entry->values};
  }
  return {is_open_by_default(key) ? KeyState::kOpen : KeyState::kAbsent, {}};
}

bool is_open_by_default(const Key& key) {
  const auto& hashes = open_key_hashes();
  return std::find(hashes.begin(), hashes.end(), key.hash) != hashes.end();
}

std::string_view expected_form(const Key& key, const Value& value) {
  const std::string& name = key.lower;
  if (Decimal::is_beyond_limits(value.text)) return "a number of at most 256 bytes, with an exponent of at most 10,000";
  if (name == "acs:sourceip" || name == "acs:vpcsourceip")
    return value.ip && value.ip->prefix_bits == 128 ? std::string_view{} : "one IP address";
  if (name == "acs:mfapresent" || name == "acs:securetransport")
    return value.boolean ? std::string_view{} : "`true` or `false`";
  if (name == "acs:currenttime") return value.date ? std::string_view{} : "a time such as `2026-11-24T08:00:00Z`";
  return {};
}

}  // namespace imagewarden
