#pragma once
// Interned strings: each distinct string is stored once and named by a 32-bit id; equal strings have equal ids.

#include <compare>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace imagewarden {

// A dense index that is its own type: an ImageId cannot be passed where a StringId is meant.
template <class Tag>
struct Id {
  std::uint32_t value{};
  friend auto operator<=>(Id, Id) = default;
};

// Names a string of one Interner. The zero value is the empty string.
using StringId = Id<struct StringTag>;

// Grows only; text that was handed out never moves. At most 2^32-2 strings of at most 2^31 bytes.
// Not thread-safe while interning; const members are safe from any number of threads afterwards.
class Interner {
 public:
  Interner();
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;
  Interner(Interner&&) noexcept;
  Interner& operator=(Interner&&) noexcept;
  ~Interner();

  // The id of `text`, which is copied at its first sight.
  StringId intern(std::string_view text);
  // Fetches what intern() or find() of this text will look at into the core's cache: after a million distinct strings
  // it is not there.
  void prefetch(std::string_view text) const;
  // The id of `text` if it was interned, else kNone (or {0} for the empty string).
  [[nodiscard]] StringId find(std::string_view text) const;
  // Precondition: `id` came from this interner. Valid as long as the interner lives, also after it was moved.
  [[nodiscard]] std::string_view text(StringId id) const {
    const Entry& entry = entries_[id.value];
    return {entry.data, entry.size};
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Bytes held, for measuring.
  [[nodiscard]] std::size_t memory_bytes() const;

  static constexpr StringId kNone{0xffffffffU};

 private:
  struct Entry {
    const char* data;
    std::uint32_t size;
  };
  // The hash stands beside the id: a slot of another string is passed by without a look at that string.
  struct Slot {
    std::uint32_t next{};  // 0: free, else id + 1
    std::uint32_t hash{};
  };
  // The slot of `text`, or the free one where it would be.
  [[nodiscard]] std::size_t slot_of(std::string_view text, std::uint32_t hash) const;
  void grow();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  // open addressing, power of two
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_used_{};
  std::size_t block_size_{};
};

// 64-bit hash of bytes, the same on every machine and run.
[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes);

}  // namespace imagewarden
