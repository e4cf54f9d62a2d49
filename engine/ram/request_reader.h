#pragma once
// Reads many requests as JSON, one after the other: parse_request_json()'s requests and errors at about half of its
// cost. Requests of the usual form (no number, no list, up to 16 keys) are read in one quick pass; whatever else stands
// there, a fault too, is left to the strict reader, which alone says what a request is.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json_flat.h"
#include "engine/ram/request_json.h"

namespace imagewarden::ram {

// The context keys that somebody asks for. Immutable after construction.
class KeyFilter {
 public:
  // `keys` as Key::lower, each once.
  explicit KeyFilter(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  // Without regard to case up to the first slash. Of very many keys each is taken to be asked for.
  [[nodiscard]] bool asks_for(std::string_view name) const;

 private:
  static constexpr std::size_t kComparedMax = 32;
  std::vector<std::string> keys_;
};

// Not thread-safe: one reader, one thread.
class RequestReader {
 public:
  // As parse_request_json(). With `wanted`, keys that it does not ask for may be missing from the context.
  [[nodiscard]] Result<ParsedRequest> read(std::string_view text, const KeyFilter* wanted = nullptr);

 private:
  FlatReader flat_;
};

}  // namespace imagewarden::ram
