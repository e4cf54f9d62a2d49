// Files beside the log: read whole, put in place whole, locked. What cannot be done says why in one line, with the name
// as it was given, and leaves what stood there and nothing else.

#include "audit/files.h"

#include "audit/published.h"
#include "tests/unit/audit/child.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

using Names = std::vector<std::string>;

template <class T>
void check_refused(const Result<T>& result, Errc code, const std::string& path) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message);
  CHECK(result.error().code == code);
  CHECK(result.error().message.starts_with(path + ": "));
  CHECK(result.error().message.find('\n') == std::string::npos);
}

// A path without an end: two links that lead to each other.
std::string endless_link(const TempFolder& folder) {
  std::filesystem::create_symlink(folder / "there", folder / "here");
  std::filesystem::create_symlink(folder / "here", folder / "there");
  return folder / "here";
}

TEST_CASE("a file is read whole or not at all", "[audit][files]") {
  const TempFolder folder;
  const std::string path = folder / "a";
  write_file(path, std::string(100'000, 'x'));
  CHECK(must(read_whole_file(path, 100'000)).size() == 100'000);
  check_refused(read_whole_file(path, 99'999), Errc::kLimit, path);
  check_refused(read_whole_file(folder / "none", 10), Errc::kNotFound, folder / "none");
  check_refused(read_whole_file(folder.path(), 10), Errc::kIo, folder.path());
  const std::string endless = endless_link(folder);
  check_refused(read_whole_file(endless, 10), Errc::kIo, endless);
}

TEST_CASE("what the name of a new file can be", "[audit][files]") {
  const TempFolder folder;
  const std::string real = std::filesystem::canonical(folder.path()).string();
  CHECK(must(new_path(folder / "a.db")) == real + "/a.db");
  CHECK(must(new_path("a.db")) == (std::filesystem::current_path() / "a.db").string());
  check_refused(new_path(""), Errc::kUsage, "");
  check_refused(new_path(folder / ""), Errc::kUsage, folder / "");
  check_refused(new_path(folder / "none/a.db"), Errc::kIo, folder / "none/a.db");
  const std::string endless = endless_link(folder);
  check_refused(new_path(endless), Errc::kConflict, endless);
  check_refused(canonical_path(endless), Errc::kIo, endless);
}

TEST_CASE("a file takes a name that nobody has", "[audit][files]") {
  const TempFolder folder;
  write_file(folder / "new", "new");
  write_file(folder / "old", "old");
  check_refused(publish_file(folder / "new", folder / "old", "name"), Errc::kConflict, "name");
  CHECK(read_file(folder / "old") == "old");
  CHECK(read_file(folder / "new") == "new");
  check_refused(publish_file(folder / "new", folder / "none/new", "name"), Errc::kIo, "name");
  CHECK(read_file(folder / "new") == "new");
  REQUIRE(publish_file(folder / "new", folder / "newer", "name"));
  CHECK(read_file(folder / "newer") == "new");
  CHECK(folder.names().size() == 2);
}

TEST_CASE("a file is replaced in one step or not at all", "[audit][files]") {
  const TempFolder folder;
  const std::string path = folder / "a";
  write_file(path, "old");
  SECTION("by its name") {
    REQUIRE(replace_file(path, "new"));
    CHECK(read_file(path) == "new");
  }
  SECTION("by a link to it, which stays one") {
    std::filesystem::create_symlink("a", folder / "link");
    REQUIRE(replace_file(folder / "link", "new"));
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(read_file(path) == "new");
    std::filesystem::remove(folder / "link");
  }
  SECTION("not where its folder is missing") {
    check_refused(replace_file(folder / "none/a", "new"), Errc::kIo, folder / "none/a");
  }
  SECTION("not where no file can be made") { check_refused(replace_file("/proc/a", "new"), Errc::kIo, "/proc/a"); }
  SECTION("not a folder") {
    std::filesystem::create_directory(folder / "b");
    check_refused(replace_file(folder / "b", "new"), Errc::kIo, folder / "b");
    CHECK(std::filesystem::remove(folder / "b"));
  }
  SECTION("not on a full disk") {
    CHECK(in_child([&] {
            limit_files(2);
            const auto refused = replace_file(path, "new");
            return !refused && refused.error().code == Errc::kIo ? 0 : 1;
          }) == 0);
    CHECK(read_file(path) == "old");
  }
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a lock is one object's at a time", "[audit][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.lock";
  FileLock one = must(FileLock::open(path, "one"));
  FileLock other = must(FileLock::open(path, "other"));
  REQUIRE(one.lock());
  CHECK_FALSE(other.try_lock());
  CHECK_FALSE(other.try_lock_for(std::chrono::milliseconds(20)));
  SECTION("until it is unlocked") { one.unlock(); }
  SECTION("until it is gone") { FileLock{std::move(one)}; }
  CHECK(other.try_lock_for(std::chrono::milliseconds(0)));
}

TEST_CASE("a lock file that is no longer there locks nothing", "[audit][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.lock";
  FileLock lock = must(FileLock::open(path, "name"));
  std::filesystem::remove(path);
  CHECK_FALSE(lock.try_lock());
  // Who waits for it makes it anew, unless something else stands there.
  std::filesystem::create_symlink(folder / "elsewhere", path);
  check_refused(lock.lock(), Errc::kIo, "name");
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
  std::filesystem::remove(path);
  REQUIRE(lock.lock());
  CHECK(folder.names() == Names{"a.lock"});
}

TEST_CASE("a link or a folder is no lock file", "[audit][files]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {1});
  const std::string before = read_file(path);
  std::filesystem::remove(path + ".lock");
  SECTION("a link") { std::filesystem::create_symlink(folder / "elsewhere", path + ".lock"); }
  SECTION("a folder") { std::filesystem::create_directory(path + ".lock"); }
  check_refused(Log::open(path, identity()), Errc::kIo, path + ".lock");
  CHECK(verify_log(path).records == 2);
  CHECK(read_file(path) == before);
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
  // Nor for a log that is to be made.
  std::filesystem::remove(path);
  check_refused(Log::create(path, "example.com/test", identity()), Errc::kIo, path + ".lock");
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("where a checkpoint cannot be published", "[audit][files][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string file = folder / "a.checkpoint";
  const SigningKey key = must(SigningKey::from_seed(std::array<std::uint8_t, 32>{1}));
  make_log(path, {5});
  Log log = must(Log::open(path, identity()));
  const auto records = [&] { return must(log.head()).size; };
  SECTION("what stands there is looked at first, and nothing is signed") {
    const auto refused = [&](Errc code) {
      check_refused(checkpoint_and_publish(log, key, file), code, file);
      CHECK_FALSE(must(log.newest_checkpoint()));
      CHECK(records() == 6);
    };
    SECTION("a folder") {
      std::filesystem::create_directory(file);
      refused(Errc::kUsage);
    }
    SECTION("a file longer than any checkpoint") {
      write_file(file, std::string(2'000'000, 'x'));
      refused(Errc::kLimit);
      CHECK(std::filesystem::file_size(file) == 2'000'000);
    }
  }
  SECTION("the folder is missing: what was signed is kept in the log") {
    const std::string missing = folder / "none/a.checkpoint";
    check_refused(checkpoint_and_publish(log, key, missing), Errc::kIo, folder / "none");
    const std::string note = must(log.newest_checkpoint()).value();
    CHECK(must(checkpoint_and_publish(log, key, file)) == note);
    CHECK(read_file(file) == note);
  }
  SECTION("no file can be made") {
    check_refused(checkpoint_and_publish(log, key, "/proc/a.checkpoint"), Errc::kIo, "/proc/a.checkpoint");
    CHECK(must(log.newest_checkpoint()));
  }
  SECTION("what is to be published is no checkpoint") {
    const Status shown = publish(file, "notes of mine\n");
    REQUIRE_FALSE(shown);
    CHECK(shown.error().code == Errc::kMalformedInput);
    CHECK_FALSE(std::filesystem::exists(file));
  }
  SECTION("no path is given: it is signed and kept") {
    const std::string note = must(checkpoint_and_publish(log, key, ""));
    CHECK(must(log.newest_checkpoint()) == note);
    CHECK(folder.names().size() == 4);  // the log, its write-ahead log with the index of that, its lock
  }
  SECTION("somebody keeps the lock of the folder: it is waited for a second, not for ever") {
    FileLock held = must(FileLock::open_folder_of(file));
    REQUIRE(held.lock());
    const std::string note = must(checkpoint_and_publish(log, key, file));
    CHECK(read_file(file) == note);
  }
}

}  // namespace
}  // namespace imagewarden::audit::test
