#pragma once
// A disk that loses its power. What was synchronised is kept; of the writes since, and of the names in the folder that
// changed since the folder was synchronised, it keeps what chance decides: none, all, some of them in any order, torn
// at sectors of 512 bytes. https://sqlite.org/atomiccommit.html §2 says what SQLite expects of a disk; this is it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fault/io.h"
#include "tests/property/random.h"

namespace imagewarden::audit::test {

// The files of the folder after the power came back, by name.
using DiskImage = std::map<std::string, std::string>;

class PowerLoss : public IoWatcher {
 public:
  // What stands in `folder` by now has been synchronised. `after_change` is called when a write, a synchronisation or a
  // change of names has been made: the moments at which an image differs from the one before.
  PowerLoss(std::string folder, std::function<void()> after_change);
  PowerLoss(const PowerLoss&) = delete;
  PowerLoss& operator=(const PowerLoss&) = delete;
  ~PowerLoss() override;

  void after(const IoCall& call) override;
  void before_sync(int descriptor) override;
  // A change that went past SQLite: of names, by the log itself.
  void changed();
  [[nodiscard]] DiskImage image(property::Random& random) const;
  [[nodiscard]] std::size_t changes() const { return changes_; }

 private:
  using Inode = std::uint64_t;
  using Names = std::map<std::string, Inode>;
  struct Change {
    std::size_t offset{};
    std::string bytes;
    std::optional<std::size_t> size;  // of a truncation
  };
  struct File {
    std::string synced;
    std::vector<Change> since;
    int descriptor{-1};  // keeps the inode from being used again
  };
  [[nodiscard]] Names names() const;
  File& file_of(Inode inode, const std::string& path);
  [[nodiscard]] static std::string content(const File& file, property::Random& random);

  std::string folder_;
  std::function<void()> after_change_;
  Names durable_names_;
  std::map<Inode, File> files_;
  std::size_t changes_{};
};

}  // namespace imagewarden::audit::test
