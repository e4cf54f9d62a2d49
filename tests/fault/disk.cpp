#include "tests/fault/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <sqlite3.h>

#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::size_t kSector = 512;

bool is_shared_memory(const std::string& name) { return name.ends_with("-shm"); }

void put(std::string& content, std::size_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  content.replace(offset, bytes.size(), bytes);
}

std::string noise(std::size_t size, property::Random& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

}  // namespace

PowerLoss::PowerLoss(std::string folder, std::function<void()> after_change)
    : folder_(std::move(folder)), after_change_(std::move(after_change)), durable_names_(names()) {
  for (const auto& [name, inode] : durable_names_) {
    if (!is_shared_memory(name)) file_of(inode, folder_ + "/" + name).synced = read_file(folder_ + "/" + name);
  }
}

PowerLoss::~PowerLoss() {
  for (const auto& [inode, file] : files_) ::close(file.descriptor);
}

PowerLoss::Names PowerLoss::names() const {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct ::stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0) names[entry.path().filename().string()] = status.st_ino;
  }
  return names;
}

PowerLoss::File& PowerLoss::file_of(Inode inode, const std::string& path) {
  File& file = files_[inode];
  // O_PATH: closing any other descriptor of a file gives up the locks that SQLite holds on it.
  if (file.descriptor < 0) file.descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (file.descriptor < 0) throw std::runtime_error("no descriptor for " + path);
  return file;
}

void PowerLoss::changed() {
  ++changes_;
  after_change_();
}

void PowerLoss::after(const IoCall& call) {
  if (call.io == Io::kDelete) return changed();
  if (call.io != Io::kOpen && call.io != Io::kWrite && call.io != Io::kTruncate) return;
  const std::string path(call.path);
  struct ::stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) throw std::runtime_error("a file without a name: " + path);
  File& file = file_of(status.st_ino, path);
  if (call.io == Io::kOpen) return;
  Change change;
  if (call.io == Io::kTruncate) {
    change.size = static_cast<std::size_t>(call.offset);
  } else {
    change.offset = static_cast<std::size_t>(call.offset);
    change.bytes = call.bytes;
  }
  file.since.push_back(std::move(change));
  changed();
}

void PowerLoss::before_sync(int descriptor) {
  struct ::stat status {};
  if (::fstat(descriptor, &status) != 0) throw std::runtime_error("a descriptor of nothing is synchronised");
  if (S_ISDIR(status.st_mode)) {
    durable_names_ = names();
  } else if (files_.count(status.st_ino) == 0) {
    // Written without SQLite, in one go.
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    file_of(status.st_ino, path).synced = read_file(path);
  } else {
    File& file = files_.at(status.st_ino);
    for (const Change& change : file.since) {
      if (change.size) {
        file.synced.resize(*change.size);
      } else {
        put(file.synced, change.offset, change.bytes);
      }
    }
    file.since.clear();
  }
  changed();
}

std::string PowerLoss::content(const File& file, property::Random& random) {
  std::string content = file.synced;
  enum class Manner : std::uint8_t { kNone, kAll, kFirst, kWholeWrites, kSectors, kSectorsAndNoise };
  const auto manner = static_cast<Manner>(random.below(6));
  if (manner == Manner::kNone) return content;
  const std::size_t first = manner == Manner::kFirst ? random.below(file.since.size() + 1) : file.since.size();
  const std::size_t percent = 5 + random.below(91);
  const bool is_torn = manner == Manner::kSectors || manner == Manner::kSectorsAndNoise;
  const auto is_kept = [&] { return manner == Manner::kAll || manner == Manner::kFirst || random.chance(percent); };
  for (const Change& change : std::span(file.since).first(first)) {
    if (change.size) {
      if (is_kept()) content.resize(*change.size);
      continue;
    }
    if (!is_torn) {
      if (is_kept()) put(content, change.offset, change.bytes);
      continue;
    }
    // Each sector has the content of some moment, and the file the length of some moment.
    const bool is_longer = is_kept();
    for (std::size_t done = 0; done < change.bytes.size();) {
      const std::size_t at = change.offset + done;
      const std::size_t size = std::min(kSector - at % kSector, change.bytes.size() - done);
      if (is_kept()) {
        put(content, at, std::string_view(change.bytes).substr(done, size));
      } else if (is_longer && at >= content.size()) {
        // The length was written, the sector was not: whatever stood there.
        put(content, at, manner == Manner::kSectorsAndNoise ? noise(size, random) : std::string(size, '\0'));
      }
      done += size;
    }
  }
  return content;
}

DiskImage PowerLoss::image(property::Random& random) const {
  const Names now = names();
  Names kept = durable_names_;
  for (const auto& [name, inode] : now) {
    if (durable_names_.count(name) == 0 || durable_names_.at(name) != inode) {
      if (random.chance(50)) kept[name] = inode;
    }
  }
  for (const auto& [name, inode] : durable_names_) {
    if (now.count(name) == 0 && random.chance(50)) kept.erase(name);
  }
  DiskImage image;
  for (const auto& [name, inode] : kept) {
    if (is_shared_memory(name)) {
      // Never synchronised; what is in it after a loss of power means nothing.
      if (random.chance(50)) image[name] = noise(32 * 1'024, random);
      continue;
    }
    const auto file = files_.find(inode);
    if (file != files_.end()) {
      image[name] = content(file->second, random);
    } else {
      // Neither written by SQLite nor synchronised yet.
      const std::string written = read_file(folder_ + "/" + name);
      image[name] = written.substr(0, random.below(written.size() + 1));
    }
  }
  return image;
}

}  // namespace imagewarden::audit::test
