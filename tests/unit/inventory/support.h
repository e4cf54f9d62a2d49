#pragma once
// What the tests of engine/inventory share: exports in memory, and a Snapshot as text.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/inventory/read.h"

namespace imagewarden::inventory::test {

inline const std::string kAccount = "1740265893310827";

// The account file of the folder, with its regions as they stand in JSON: `"cn-hangzhou"`.
inline MemoryFile account_file(std::string_view regions = R"("cn-hangzhou")", std::string_view folder = "",
                               std::string_view account = kAccount) {
  return {std::string(folder) + "account.json",
          R"({"AccountId":")" + std::string(account) + R"(","Regions":[)" + std::string(regions) + "]}"};
}

// One line of an envelope file. Parts that are empty are left out.
struct Envelope {
  std::string_view operation;
  std::string_view response;
  std::string_view request = "{}";
  std::string_view region{};
  std::string_view time{};
  std::string_view account = kAccount;
};
inline std::string line(const Envelope& e) {
  const auto member = [](std::string_view key, std::string_view value) {
    return value.empty() ? std::string() : ",\"" + std::string(key) + "\":\"" + std::string(value) + "\"";
  };
  std::string text = R"({"Operation":")" + std::string(e.operation) + "\"";
  if (!e.request.empty()) text += ",\"Request\":" + std::string(e.request);
  text += member("AccountId", e.account) + member("RegionId", e.region) + member("ExportedAt", e.time) +
          ",\"Response\":" + std::string(e.response) + "}";
  std::replace(text.begin(), text.end(), '\n', ' ');  // tests may break long answers
  return text + "\n";
}
inline MemoryFile lines(const std::vector<Envelope>& envelopes, std::string path = "all.ndjson") {
  MemoryFile file{std::move(path), {}};
  for (const Envelope& e : envelopes) file.bytes += line(e);
  return file;
}

inline Snapshot read(const std::vector<MemoryFile>& files, ReadOptions options = {}) {
  auto snapshot = read_inventory(files, options);
  if (!snapshot) FAIL(snapshot.error().message);
  return std::move(*snapshot);
}
inline Snapshot read_lines(const std::vector<Envelope>& envelopes) { return read({lines(envelopes)}); }

// The message of what must fail.
inline Error read_error(const std::vector<MemoryFile>& files, ReadOptions options = {}) {
  const auto snapshot = read_inventory(files, options);
  REQUIRE_FALSE(snapshot.has_value());
  return snapshot.error();
}

inline ImageRow row(const Snapshot& snapshot, std::string_view image, std::string_view account = kAccount) {
  const auto owner = snapshot.find_account(account);
  REQUIRE(owner.has_value());
  const auto found = snapshot.find_image(*owner, image);
  REQUIRE(found.has_value());
  return *found;
}

inline std::string value(const Snapshot& snapshot, const DictionaryColumn& column, ImageRow at) {
  const std::uint16_t code = column.codes[at.value];
  if (code == DictionaryColumn::kAbsent) return "(absent)";
  if (code == DictionaryColumn::kOpen) return "(open)";
  return std::string(snapshot.text(column.values[code]));
}

inline std::string regions(const Snapshot& snapshot, ImageRow at) {
  std::string text;
  for (const StringId region : snapshot.images().region_sets[snapshot.images().region_set[at.value]]) {
    text += (text.empty() ? "" : " ") + std::string(snapshot.text(region));
  }
  return text;
}

// `id id` or `id id …` where more are possible.
inline std::string related(const Snapshot& snapshot, RelationKind kind, std::string_view image) {
  const Relation& relation = snapshot.relation(kind);
  const ImageRow at = row(snapshot, image);
  std::string text;
  for (const RelatedEntry& entry : relation.of(at)) text += std::string(snapshot.text(entry.id)) + " ";
  CHECK(relation.any.test(at.value) == !text.empty());
  if (!relation.complete.test(at.value)) return text + "…";
  if (!text.empty()) text.pop_back();
  return text;
}

inline const RelatedEntry& only_entry(const Snapshot& snapshot, RelationKind kind, std::string_view image) {
  const auto entries = snapshot.relation(kind).of(row(snapshot, image));
  REQUIRE(entries.size() == 1);
  return entries.front();
}

inline std::string source(const Snapshot& snapshot, const RelatedEntry& entry) {
  return snapshot.source_of(entry.source, snapshot.text(entry.field));
}

// `complete`, `cut off: REASON`, `absent: REASON`; empty: not listed.
inline std::string state(const Snapshot& snapshot, Operation operation, std::string_view region = "") {
  for (const ListStatus& list : snapshot.lists()) {
    if (list.operation != operation || snapshot.text(list.region) != region) continue;
    switch (list.state) {
      case ListState::kComplete:
        CHECK(list.reason.empty());
        return "complete";
      case ListState::kCutOff:
        return "cut off: " + list.reason;
      case ListState::kAbsent:
        return "absent: " + list.reason;
    }
  }
  return {};
}

inline std::string notes(const Snapshot& snapshot) {
  std::string text;
  for (const std::string& note : snapshot.notes()) text += note + "\n";
  return text;
}

// Everything that a Snapshot says. Without `sources` it does not matter in what files it stood.
std::string as_text(const Snapshot& snapshot, bool sources);

}  // namespace imagewarden::inventory::test
