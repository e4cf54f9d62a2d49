#pragma once
// A quick reader for many small, flat JSON objects, one after the other (requests to a decision point): strings,
// booleans and null, in the object itself or one object deeper. It never says what is wrong: what it does not take is
// for the strict reader (json_tree.h), which takes all of this reader's documents and reads the same from them, but for
// the places and the rule that a key stands once.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/json_tree.h"

namespace imagewarden {

// A member of the object. The members of an inner object follow it, up to `end`.
struct FlatMember {
  std::string_view key;            // unescaped
  JsonType type{JsonType::kNull};  // kNull, kBool, kString, kObject
  bool boolean{};                  // kBool
  std::string_view text;           // kString: unescaped
  std::uint32_t end{};             // kObject: the number of the member after its last one
};

// Not thread-safe: one reader, one thread.
class FlatReader {
 public:
  FlatReader();
  FlatReader(FlatReader&&) noexcept;
  FlatReader& operator=(FlatReader&&) noexcept;
  ~FlatReader();

  // Reads one object; false for whatever is not one of the form above: a fault, a number, a list, a deeper object.
  // Repeated keys are not looked for. Up to 64 MiB.
  [[nodiscard]] bool read(std::string_view text);
  // What was read, in the order of the text; valid until the next read().
  [[nodiscard]] const std::vector<FlatMember>& members() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden
