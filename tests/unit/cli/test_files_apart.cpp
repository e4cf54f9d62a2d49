// What one option has written, no other one may name.

#include <sys/stat.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "cli/files_apart.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using test::Folder;
using test::write_file;

namespace {

// Nothing: they are apart.
std::string problem(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  REQUIRE(options);
  const auto apart = check_files_apart(*options);
  if (apart) return {};
  CHECK(apart.error().code == Errc::kUsage);
  return apart.error().message;
}

}  // namespace

TEST_CASE("files that are apart", "[cli][files]") {
  const Folder folder;
  CHECK(problem({"check", "--output", folder.at("a"), "--key", folder.at("b"), "--checkpoint-file", folder.at("c")})
            .empty());
  CHECK(problem({"audit", "checkpoint", "--cosigned", folder.at("c"), "--checkpoint-file", folder.at("c")}).empty());
  CHECK(problem({"audit", "checkpoint", "--vkey", folder.at("v"), "--vkey-file", folder.at("v")}).empty());
  CHECK(problem({"audit", "init", "--vkey-file", "/dev/null", "--output", "/dev/null"}).empty());
}

TEST_CASE("one file under two options", "[cli][files][table]") {
  struct Row {
    std::vector<std::string> arguments;  // `@`: the file
    std::string want;
  };
  const auto row = GENERATE(values<Row>({
      {{"check", "--audit-log", "@", "--output", "@"}, "option `--output`: `@` is the audit log, or a file of it"},
      {{"policy", "test", "--audit-log", "@", "--lcov", "@"}, "option `--lcov`: `@` is the audit log, or a file of it"},
      {{"policy", "test", "--lcov", "@", "--cobertura", "@"}, "option `--lcov`: `@` is named by another option"},
      {{"policy", "test", "--lcov", "@", "--output", "@"}, "option `--output`: `@` is named by another option"},
      {{"audit", "init", "--vkey-file", "@", "--output", "@"}, "option `--output`: `@` is named by another option"},
      {{"audit", "init", "--vkey-file", "@", "--checkpoint-file", "@"},
       "option `--vkey-file`: `@` is named by another option"},
      {{"audit", "init", "--key", "@", "--checkpoint-file", "@"},
       "option `--checkpoint-file`: `@` is named by another option"},
      {{"audit", "init", "--key", "@", "--audit-log", "@"}, "option `--key`: `@` is the audit log, or a file of it"},
      {{"audit", "rotate", "--next", "@", "--checkpoint-file", "@"},
       "option `--checkpoint-file`: `@` is the next log, or a file of it"},
      {{"audit", "verify", "--previous", "@", "--output", "@-wal"},
       "option `--output`: `@-wal` is the previous log, or a file of it"},
      {{"check", "--ids-from", "@", "--output", "@"}, "option `--output`: `@` is named by another option"},
      {{"rules", "list", "--rules", "@", "--output", "@"}, "option `--output`: `@` is named by another option"},
      {{"audit", "rotate", "--next", "@", "--vkey-file", "@"},
       "option `--vkey-file`: `@` is the next log, or a file of it"},
      {{"audit", "rotate", "--next", "@", "--audit-log", "@"},
       "option `--next`: `@` is the audit log, or a file of it"},
      {{"audit", "rotate", "--next", "@", "--key", "@"}, "option `--key`: `@` is the next log, or a file of it"},
  }));
  const Folder folder;
  const std::string file = folder.at("file");
  const bool is_there = GENERATE(false, true);
  if (is_there) write_file(file, "something");
  std::vector<std::string> arguments = row.arguments;
  for (std::string& argument : arguments) {
    if (argument.starts_with("@")) argument.replace(0, 1, file);
  }
  std::string want = row.want;
  want.replace(want.find('@'), 1, file);
  CHECK(problem(arguments) == want);
}

TEST_CASE("a link to what is not there yet", "[cli][files]") {
  const Folder folder;
  std::filesystem::create_directory(folder.at("real"));
  std::filesystem::create_symlink("real", folder.at("linked"));
  std::filesystem::create_symlink("new.db", folder.at("link"));
  const auto of_log = [](const std::string& output) {
    return "option `--output`: `" + output + "` is the audit log, or a file of it";
  };
  CHECK(problem({"check", "--audit-log", folder.at("new.db"), "--output", folder.at("link")}) ==
        of_log(folder.at("link")));
  CHECK(problem({"check", "--audit-log", folder.at("link"), "--output", folder.at("new.db")}) ==
        of_log(folder.at("new.db")));
  CHECK(problem({"check", "--audit-log", folder.at("real/x"), "--output", folder.at("linked/x")}) ==
        of_log(folder.at("linked/x")));
  CHECK(problem({"check", "--audit-log", folder.at("real/x"), "--output", folder.at("linked/y")}).empty());
}

TEST_CASE("a result is no argument that is there", "[cli][files]") {
  const Folder folder;
  const std::string checkpoint = folder.at("checkpoint");
  CHECK(problem({"check", checkpoint, "--output", checkpoint}).empty());
  write_file(checkpoint, "kept");
  CHECK(problem({"audit", "consistency", "0", checkpoint, "--output", checkpoint}) ==
        "option `--output`: `" + checkpoint + "` is an argument, too");
}

TEST_CASE("a private key is never written over", "[cli][files][security]") {
  const Folder folder;
  const std::string key = folder.at("key");
  write_file(key, "-----BEGIN PRIVATE KEY-----\n");
  CHECK(problem({"policy", "test", "--lcov", key}) == "option `--lcov`: `" + key + "` is a private key");
  CHECK(problem({"check", "--output", key}) == "option `--output`: `" + key + "` is a private key");
}

TEST_CASE("a pipe is not opened to look into it", "[cli][files]") {
  const Folder folder;
  const std::string pipe = folder.at("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(problem({"check", "--output", pipe}).empty());  // would wait for a writer
}
