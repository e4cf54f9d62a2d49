#pragma once
// A growing array in blocks: growing never copies, so that the peak of memory is what is kept.

#include <cstddef>
#include <vector>

namespace imagewarden::inventory {

template <class T>
class Chunks {
 public:
  Chunks() = default;
  Chunks(const Chunks&) = delete;  // a copy's last block would have no room left
  Chunks& operator=(const Chunks&) = delete;
  Chunks(Chunks&&) noexcept = default;
  Chunks& operator=(Chunks&&) noexcept = default;
  ~Chunks() = default;

  T& push_back(const T& value) {
    // Not filled with anything: a small inventory touches no more memory than it needs.
    if ((size_ & kMask) == 0) blocks_.emplace_back().reserve(kBlock);
    ++size_;
    return blocks_.back().emplace_back(value);
  }
  [[nodiscard]] T& operator[](std::size_t i) { return blocks_[i >> kShift][i & kMask]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return blocks_[i >> kShift][i & kMask]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  void clear() {
    blocks_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::size_t kShift = 12;
  static constexpr std::size_t kBlock = std::size_t{1} << kShift;
  static constexpr std::size_t kMask = kBlock - 1;
  std::vector<std::vector<T>> blocks_;  // INVARIANT: each has room for kBlock, so that nothing in it moves
  std::size_t size_{};
};

}  // namespace imagewarden::inventory
