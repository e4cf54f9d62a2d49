#pragma once
// What the tests of cli/ share: an environment in memory, and a folder that goes away again.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/app.h"
#include "cli/environment.h"

namespace imagewarden::cli::test {

// Streams, clocks and terminal of a test. `writable` false: a closed pipe.
struct MemoryEnvironment {
  Environment environment;
  std::string out;
  std::string err;
  std::istringstream in;
  bool writable{true};
  std::size_t writes{};
  std::int64_t steady_ms{};

  MemoryEnvironment() {
    environment.out = [this](std::string_view bytes) {
      ++writes;
      if (writable) out += bytes;
      return writable;
    };
    environment.err = [this](std::string_view bytes) {
      err += bytes;
      return true;
    };
    environment.in = &in;
    environment.clock = [] { return Time{1'795'507'200'123'456}; };  // 2026-11-24T08:00:00.123456Z
    environment.steady_ms = [this] { return steady_ms; };
    environment.host = "host-1";
    environment.user = "operator";
  }
  MemoryEnvironment(const MemoryEnvironment&) = delete;
  MemoryEnvironment& operator=(const MemoryEnvironment&) = delete;

  int run(const std::vector<std::string>& arguments) { return cli::run(arguments, environment); }
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "imagewarden-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string at(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace imagewarden::cli::test
