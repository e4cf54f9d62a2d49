// The Snapshot depends on what the exports say, not on the order of files in a folder nor on threads.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

std::vector<MemoryFile> example(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(IMAGEWARDEN_SOURCE_DIR) / "examples" / name;
  std::vector<MemoryFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({fs::relative(entry.path(), root).string(),
                     std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}});
  }
  REQUIRE(files.size() > 10);
  return files;
}

TEST_CASE("neither order nor threads matter", "[inventory][order]") {
  const std::string name = GENERATE(as<std::string>(), "acme", "acme-lab");
  std::vector<MemoryFile> files = example(name);
  const Snapshot first = read(files);
  const std::string want = as_text(first, true);
  std::mt19937 random(Catch::rngSeed());
  for (int i = 0; i < 20; ++i) {
    std::shuffle(files.begin(), files.end(), random);
    ReadOptions options;
    options.threads = i % 2 == 0 ? 1 : 2;
    const Snapshot again = read(files, options);
    CHECK(as_text(again, true) == want);
    CHECK(again.digest() == first.digest());
    CHECK(notes(again) == notes(first));
  }
  auto from_disk = read_inventory(std::vector<std::string>{IMAGEWARDEN_SOURCE_DIR "/examples/" + name}, {});
  REQUIRE(from_disk.has_value());
  CHECK(as_text(*from_disk, true) == want);
  CHECK(from_disk->digest() == first.digest());
}

TEST_CASE("the numbers of the examples", "[inventory][order]") {
  const Snapshot acme = read(example("acme"));
  CHECK(acme.images().rows() == 77);
  CHECK(acme.ram().principals.size() == 12 + 5 + 3);
  for (const ListStatus& list : acme.lists()) CHECK(list.state == ListState::kComplete);
  const Snapshot lab = read(example("acme-lab"));
  CHECK(lab.images().rows() == 16);
  CHECK(state(lab, Operation::kListAppInstanceGroup) == "cut off: 3 of 5 items");
  CHECK(state(lab, Operation::kDescribeDesktopGroups, "ap-southeast-1") == "absent: not exported");
  CHECK(lab.failures().size() == 4);
}

TEST_CASE("a copy of the same pages changes nothing", "[inventory][order]") {
  std::vector<MemoryFile> files = example("acme");
  const auto facts = [](const Snapshot& snapshot) {
    std::string text;
    for (std::uint32_t i = 0; i < snapshot.images().rows(); ++i) {
      const std::string id(snapshot.text(snapshot.images().id[i]));
      text += id + " " + value(snapshot, snapshot.images().status, {i});
      for (std::size_t kind = 0; kind < static_cast<std::size_t>(RelationKind::kCount); ++kind) {
        text += "|" + related(snapshot, static_cast<RelationKind>(kind), id);
      }
      text += "\n";
    }
    return text;
  };
  const std::string want = facts(read(files));
  const std::size_t count = files.size();
  for (std::size_t i = 0; i < count; ++i) files.push_back({"copy/" + files[i].path, files[i].bytes});
  const Snapshot twice = read(files);
  CHECK(facts(twice) == want);
  for (const ListStatus& list : twice.lists()) CHECK(list.state == ListState::kComplete);
  CHECK(twice.notes().size() == 1);  // of what counts as unfiltered
}

}  // namespace
}  // namespace imagewarden::inventory::test
