#pragma once
// A packed file through the stream of the inventory's reader, and what it must give.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/inventory/stream.h"
#include "tests/fuzz/support.h"

namespace imagewarden::fuzz {

constexpr std::uint64_t kFreeBytes = std::uint64_t{64} << 10U;

// More than the stream can have made before it looked whether a file grows too much: it looks after each block.
inline std::size_t more_than_allowed(std::string_view packed) {
  return inventory::Block::kBytes + 2 * (kFreeBytes + packed.size() * limits::kMaxExpansion);
}

struct Unpacked {
  std::optional<std::string> bytes;  // nothing: refused
  Error error;
};

inline Unpacked unpack(inventory::Packing packing, const std::string& packed) {
  std::vector<inventory::InputFile> files(1);
  files[0].display = "x";
  files[0].memory = &packed;
  files[0].size = packed.size();
  files[0].form = inventory::FileForm::kEnvelopes;
  files[0].packing = packing;
  ReadOptions options;
  options.threads = 1;
  options.limits.free_unpacked_bytes = kFreeBytes;
  inventory::BlockStream stream(files, options);
  Unpacked out;
  out.bytes.emplace();
  bool is_last = false;
  while (const inventory::Block* block = stream.next()) {
    require(!is_last, "nothing follows the last block");
    is_last = block->last;
    out.bytes->append(block->view());
    if (!block->error) continue;
    out.error = *block->error;
    out.bytes.reset();
    require(is_last, "a fault is the end");
    break;
  }
  require(is_last, "a file has an end");
  return out;
}

// `references`: what other loops make of the same bytes; nothing: they are not of the format. Where those differ, the
// stream may do as either.
inline void check_packed(const Unpacked& found, const std::string& packed,
                         const std::vector<std::optional<std::string>>& references) {
  const auto has = [&](const std::optional<std::string>& one) {
    return std::find(references.begin(), references.end(), one) != references.end();
  };
  if (found.bytes) {
    require(has(found.bytes), "what is unpacked is what was packed");
    require(found.bytes->size() <= kFreeBytes || found.bytes->size() / limits::kMaxExpansion <= packed.size(),
            "no file grows beyond the limit");
    return;
  }
  require(found.error.message.starts_with("x:"), "an error names its file");
  require(found.error.code == Errc::kLimit || has(std::nullopt), "what is refused is damaged, or grows too much");
  // The longest line is longer than any input here can become within the other limit.
  require(found.error.code != Errc::kLimit || found.error.message.find("-fold") != std::string::npos, "it grows");
}

}  // namespace imagewarden::fuzz
