#pragma once
// What the tests of audit share: a folder of their own, a clock that they set, logs with a few records, and SQL past
// the log.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "audit/log.h"

namespace imagewarden::audit::test {

// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "imagewarden-audit-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename().string());
    return names;
  }

 private:
  std::filesystem::path path_;
};

constexpr Time kStart{1'795'507'200'000'000};  // 2026-11-24T08:00:00Z

// A clock that moves by a second a reading.
inline WriterIdentity identity(Time start = kStart) {
  return {"host-1", "alice", [now = start]() mutable {
            const Time read = now;
            now.unix_us += 1'000'000;
            return read;
          }};
}

inline Draft decision(std::size_t index) {
  Draft draft;
  draft.verb = "check";
  draft.operation = "appstreaming:DeleteImage";
  draft.principal = "user/alice";
  draft.account = "1234567890123456";
  draft.image = "img-" + std::to_string(index);
  draft.outcome = index % 2 == 0 ? "allow" : "deny";
  draft.code = index % 2 == 0 ? "200" : "ImageNotAllowDelete";
  draft.possible_codes = draft.code;
  draft.decided_at = "2026-11-24T08:00:00Z";
  draft.engine = "imagewarden 0.1.0";
  return draft;
}

inline std::vector<Draft> decisions(std::size_t count, std::size_t first = 0) {
  std::vector<Draft> drafts;
  for (std::size_t i = 0; i < count; ++i) drafts.push_back(decision(first + i));
  return drafts;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// A log at `path` with a log-start and then one commit for each size.
inline void make_log(const std::string& path, const std::vector<std::size_t>& commits,
                     std::string_view origin = "example.com/test") {
  Log log = must(Log::create(path, origin, identity()));
  std::size_t index = 0;
  for (const std::size_t count : commits) {
    must(log.append(decisions(count, index)));
    index += count;
  }
}

inline std::vector<std::string> leaves_of(Log& log) {
  std::vector<std::string> leaves;
  const std::uint64_t size = must(log.head()).size;
  must(log.read(0, size, [&](std::uint64_t seq, std::string_view leaf) {
    CHECK(seq == leaves.size());
    leaves.emplace_back(leaf);
    return true;
  }));
  return leaves;
}

inline std::vector<std::string> leaves_of(const std::string& path) {
  Log log = must(Log::open_read_only(path));
  return leaves_of(log);
}

inline VerifyReport verify_log(const std::string& path) { return must(verify(path, {})); }

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// SQL as somebody with a shell would run it.
inline void run_sql(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(sql);
}

}  // namespace imagewarden::audit::test
