// Results arrive whole or not at all.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "cli/sink.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using test::Folder;
using test::MemoryEnvironment;
using test::read_file;
using test::write_file;

namespace fs = std::filesystem;

TEST_CASE("standard output gets what is written, once it is flushed", "[cli][sink]") {
  MemoryEnvironment memory;
  auto sink = Sink::open("", memory.environment);
  REQUIRE(sink);
  sink->write("one ");
  CHECK(memory.out.empty());
  CHECK(sink->flush());
  CHECK(memory.out == "one ");
  sink->write("two");
  REQUIRE(sink->finish());
  CHECK(memory.out == "one two");
}

TEST_CASE("a long result goes out in parts", "[cli][sink]") {
  MemoryEnvironment memory;
  auto sink = Sink::open("", memory.environment);
  REQUIRE(sink);
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i) sink->write(line);
  CHECK(memory.out.size() >= 100'000);
  REQUIRE(sink->finish());
  CHECK(memory.out.size() == 200'000);
}

TEST_CASE("what appends to the buffer itself stands in its order", "[cli][sink]") {
  MemoryEnvironment memory;
  auto sink = Sink::open("", memory.environment);
  REQUIRE(sink);
  sink->write("one ");
  sink->write([](std::string& out) { out += "two "; });
  sink->write("three");
  CHECK(memory.out.empty());
  CHECK(sink->flush());
  CHECK(memory.out == "one two three");
  for (int i = 0; i < 200; ++i) sink->write([](std::string& out) { out.append(1000, 'x'); });
  CHECK(memory.out.size() >= 100'000);
  REQUIRE(sink->finish());
  CHECK(memory.out.size() == 200'013);
}

TEST_CASE("after a closed pipe nothing more is tried, and finish says so", "[cli][sink]") {
  MemoryEnvironment memory;
  memory.writable = false;
  auto sink = Sink::open("", memory.environment);
  REQUIRE(sink);
  sink->write("one");
  CHECK_FALSE(sink->flush());
  sink->write("two");
  CHECK_FALSE(sink->flush());
  CHECK(memory.writes == 1);
  const auto finished = sink->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Errc::kIo);
  CHECK(finished.error().message.starts_with("cannot write the result: standard output: "));
}

TEST_CASE("a file appears whole, and only with finish", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const std::string path = folder.at("result.json");
  {
    auto sink = Sink::open(path, memory.environment);
    REQUIRE(sink);
    sink->write("text");
    CHECK(sink->flush());
    CHECK_FALSE(fs::exists(path));
    REQUIRE(sink->finish());
    CHECK(read_file(path) == "text");
  }
  CHECK(folder.count() == 1);
  CHECK(memory.writes == 0);
}

TEST_CASE("a file that exists stays as it was without finish", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const std::string path = folder.at("result.json");
  write_file(path, "old");
  {
    auto sink = Sink::open(path, memory.environment);
    REQUIRE(sink);
    sink->write("new");
    CHECK(sink->flush());
  }
  CHECK(read_file(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("of several results none appears before all are there", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const auto open_both = [&](const std::string& second) {
    std::vector<Sink> sinks;
    for (const std::string& path : {folder.at("one"), second}) {
      auto sink = Sink::open(path, memory.environment);
      REQUIRE(sink);
      sinks.push_back(std::move(*sink));
      sinks.back().write("text");
    }
    return sinks;
  };
  {
    auto sinks = open_both("/dev/full");
    CHECK_FALSE(Sink::finish_all(sinks));
  }
  CHECK(folder.count() == 0);
  auto sinks = open_both(folder.at("two"));
  REQUIRE(Sink::finish_all(sinks));
  sinks.clear();
  CHECK(read_file(folder.at("one")) == "text");
  CHECK(read_file(folder.at("two")) == "text");
  CHECK(folder.count() == 2);
}

TEST_CASE("a descriptor is written where it is", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const std::string path = folder.at("log");
  write_file(path, "before ");
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND);
  REQUIRE(descriptor >= 0);
  const std::string folder_of_descriptors = GENERATE("/dev/fd/", "/proc/self/fd/");
  auto sink = Sink::open(folder_of_descriptors + std::to_string(descriptor), memory.environment);
  REQUIRE(sink);
  sink->write("result ");
  REQUIRE(sink->finish());
  CHECK(::write(descriptor, "after", 5) == 5);
  ::close(descriptor);
  CHECK(read_file(path) == "before result after");
  CHECK_FALSE(Sink::open(folder_of_descriptors + std::to_string(descriptor), memory.environment));
}

TEST_CASE("a descriptor of the program's own is no place for a result", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const int descriptor = ::open(folder.at("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(descriptor >= 0);
  const auto sink = Sink::open("/dev/fd/" + std::to_string(descriptor), memory.environment);
  ::close(descriptor);
  REQUIRE_FALSE(sink);
  CHECK(sink.error().message.find("Bad file descriptor") != std::string::npos);
}

TEST_CASE("a file that exists keeps its permissions, a link stays a link", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const std::string path = folder.at("result.json");
  const std::string link = folder.at("link");
  write_file(path, "old");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(path, link);
  auto sink = Sink::open(link, memory.environment);
  REQUIRE(sink);
  sink->write("new");
  REQUIRE(sink->finish());
  CHECK(fs::is_symlink(link));
  CHECK(read_file(path) == "new");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(folder.count() == 2);
}

TEST_CASE("a link to what is not there yet stays a link", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  fs::create_symlink("result.json", folder.at("link"));
  auto sink = Sink::open(folder.at("link"), memory.environment);
  REQUIRE(sink);
  sink->write("new");
  REQUIRE(sink->finish());
  CHECK(fs::is_symlink(folder.at("link")));
  CHECK(read_file(folder.at("result.json")) == "new");
  CHECK(folder.count() == 2);
}

TEST_CASE("what cannot become the result is refused before anything is done", "[cli][sink]") {
  const Folder folder;
  MemoryEnvironment memory;
  const auto at_folder = Sink::open(folder.at("."), memory.environment);
  REQUIRE_FALSE(at_folder);
  CHECK(at_folder.error().code == Errc::kIo);
  CHECK(at_folder.error().message == "output file `" + folder.at(".") + "`: Is a directory");
  const auto nowhere = Sink::open(folder.at("missing/result"), memory.environment);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message == "output file `" + folder.at("missing/result") + "`: No such file or directory");
  CHECK(folder.count() == 0);
}

TEST_CASE("a device is written in place", "[cli][sink]") {
  MemoryEnvironment memory;
  auto sink = Sink::open("/dev/null", memory.environment);
  REQUIRE(sink);
  sink->write("gone");
  REQUIRE(sink->finish());
  CHECK(fs::is_character_file("/dev/null"));

  auto full = Sink::open("/dev/full", memory.environment);
  REQUIRE(full);
  full->write("text");
  const auto finished = full->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().message == "cannot write the result: /dev/full: No space left on device");
}
