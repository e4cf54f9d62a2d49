// Files on disk: names, folders, links, what cannot be read, several roots.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/inventory/files.h"
#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

namespace fs = std::filesystem;

// A folder that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "imagewarden-inventory-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  void add(const std::string& name, const std::string& bytes) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  void add(const MemoryFile& file) const { add(file.path, file.bytes); }
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return (name.empty() ? path_ : path_ / name).string();
  }

 private:
  fs::path path_;
};

const std::string kList = R"({"Data":[{"ImageId":"i"}],"Count":1})";

Snapshot read_paths(const std::vector<std::string>& paths) {
  auto snapshot = read_inventory(paths, {});
  if (!snapshot) FAIL(snapshot.error().message);
  return std::move(*snapshot);
}
Error paths_error(const std::vector<std::string>& paths) {
  const auto snapshot = read_inventory(paths, {});
  REQUIRE_FALSE(snapshot.has_value());
  return snapshot.error();
}

TEST_CASE("file names", "[inventory][files][table]") {
  struct Row {
    const char* name;
    FileForm form;
    Packing packing;
    Operation operation;
    std::int64_t page;
    std::vector<std::pair<std::string, std::string>> parameters;
  };
  const auto row = GENERATE(values<Row>({
      {"ListImage.json", FileForm::kBody, Packing::kNone, Operation::kListImage, -1, {}},
      {"x/y/ListImage.cn-hangzhou.p12.json", FileForm::kBody, Packing::kNone, Operation::kListImage, 12, {}},
      {"ListImage.page.p.json", FileForm::kBody, Packing::kNone, Operation::kListImage, -1, {}},
      {"ListImage.p99999999999999999999.json", FileForm::kBody, Packing::kNone, Operation::kListImage, -1, {}},
      {"GetPolicy.PolicyName=ops-images.PolicyType=Custom.json",
       FileForm::kBody,
       Packing::kNone,
       Operation::kGetPolicy,
       -1,
       {{"PolicyName", "ops-images"}, {"PolicyType", "Custom"}}},
      {"ListPoliciesForUser.UserName=zhang%2Ewei%3d%2F.json.gz",
       FileForm::kBody,
       Packing::kGzip,
       Operation::kListPoliciesForUser,
       -1,
       {{"UserName", "zhang.wei=/"}}},
      {"a.b.ndjson.zst", FileForm::kEnvelopes, Packing::kZstd, Operation::kCount, -1, {}},
      {"account.json", FileForm::kAccount, Packing::kNone, Operation::kCount, -1, {}},
      {"GetCallerIdentity.json", FileForm::kAccount, Packing::kNone, Operation::kGetCallerIdentity, -1, {}},
  }));
  CAPTURE(row.name);
  InputFile file;
  file.display = row.name;
  FileList list;
  REQUIRE(parse_file_name(file, list));
  CHECK(file.form == row.form);
  CHECK(file.packing == row.packing);
  CHECK(file.operation == row.operation);
  CHECK(file.page_number == row.page);
  CHECK(file.parameters == row.parameters);
}

TEST_CASE("the folder may stand anywhere", "[inventory][files]") {
  const Folder here;
  here.add(account_file());
  here.add("ListImage.json", kList);
  here.add("deep/er/ListImage.RegionId=r.p2.json", kList);
  const Folder there;
  fs::copy(here.path(), there.path("other"), fs::copy_options::recursive);
  const Snapshot first = read_paths({here.path()});
  const Snapshot second = read_paths({there.path("other/")});
  CHECK(first.digest() == second.digest());
  CHECK(as_text(first, true) == as_text(second, true));
  CHECK(as_text(first, true) ==
        as_text(read({{"deep/er/ListImage.RegionId=r.p2.json", kList}, {"ListImage.json", kList}, account_file()}),
                true));
}

TEST_CASE("a single file, with the account beside it", "[inventory][files]") {
  const Folder folder;
  folder.add(account_file());
  folder.add("ListImage.json", kList);
  folder.add("ListUsers.json", "{");
  const Snapshot snapshot = read_paths({folder.path("ListImage.json")});
  CHECK(snapshot.file_count() == 2);
  CHECK(snapshot.images().rows() == 1);
}

TEST_CASE("several roots", "[inventory][files]") {
  const Folder folder;
  folder.add(account_file("", "a/x/", "1"));
  folder.add("a/x/ListImage.json", kList);
  folder.add(account_file("", "b/x/", "2"));
  folder.add("b/x/ListImage.json", kList);
  const Snapshot snapshot = read_paths({folder.path("a/x"), folder.path("b/x")});
  REQUIRE(snapshot.accounts().size() == 2);
  CHECK(snapshot.source_of(snapshot.images().list_source[0], "") == "x/ListImage.json#/Data/0");
  CHECK(snapshot.source_of(snapshot.images().list_source[1], "") == "x#2/ListImage.json#/Data/0");
}

TEST_CASE("a path that is missing", "[inventory][files]") {
  const Folder folder;
  const Error error = paths_error({folder.path("nothing")});
  CHECK(error.code == Errc::kNotFound);
  CHECK(error.message == "`" + folder.path("nothing") + "`: no such file or folder");
}

TEST_CASE("links", "[inventory][files]") {
  const Folder elsewhere;
  elsewhere.add("ListImage.json", kList);
  const Folder folder;
  folder.add(account_file());
  fs::create_directory_symlink(elsewhere.path(), folder.path("linked"));
  CHECK(read_paths({folder.path()}).images().rows() == 1);
  fs::create_directory_symlink(folder.path(), folder.path("self"));
  const Error loop = paths_error({folder.path()});
  CHECK(loop.code == Errc::kMalformedInput);
  CHECK(loop.message == "self: link to a folder that holds it, expected a tree without loops");
  fs::remove(folder.path("self"));
  fs::create_symlink("nowhere", folder.path("ListUsers.json"));
  const Error dangling = paths_error({folder.path()});
  CHECK(dangling.code == Errc::kIo);
  CHECK(dangling.message == "ListUsers.json: unreadable (No such file or directory)");
}

TEST_CASE("what is no file", "[inventory][files]") {
  const Folder folder;
  folder.add(account_file());
  folder.add("ListImage.json", kList);
  REQUIRE(mkfifo(folder.path("ListUsers.json").c_str(), 0600) == 0);
  const Error error = paths_error({folder.path()});
  CHECK(error.code == Errc::kIo);
  CHECK(error.message == "ListUsers.json: no regular file (a pipe, socket or device), expected a file");
  ReadOptions skip;
  skip.skip_bad_files = true;
  const auto snapshot = read_inventory(std::vector<std::string>{folder.path()}, skip);
  REQUIRE(snapshot.has_value());
  CHECK(snapshot->images().rows() == 1);
  REQUIRE(snapshot->skipped().size() == 1);
  CHECK(snapshot->skipped()[0].why == "no regular file (a pipe, socket or device), expected a file");
}

TEST_CASE("what may not be read", "[inventory][files]") {
  const Folder folder;
  folder.add(account_file());
  folder.add("ListImage.json", kList);
  folder.add("closed/ListUsers.json", "{}");
  REQUIRE(chmod(folder.path("ListImage.json").c_str(), 0) == 0);
  REQUIRE(chmod(folder.path("closed").c_str(), 0) == 0);
  REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
  // Root may read everything, so that it is somebody else for a moment.
  constexpr uid_t kNobody = 65534;
  const uid_t self = geteuid();
  if (self == 0) REQUIRE(seteuid(kNobody) == 0);
  const auto snapshot = read_inventory(std::vector<std::string>{folder.path()}, {});
  if (self == 0) REQUIRE(seteuid(self) == 0);
  REQUIRE(chmod(folder.path("closed").c_str(), 0700) == 0);
  REQUIRE_FALSE(snapshot.has_value());
  const Error& error = snapshot.error();
  CHECK(error.code == Errc::kIo);
  CHECK(error.message ==
        "ListImage.json: unreadable (Permission denied)\nclosed: unreadable folder (Permission denied)");
}

TEST_CASE("an empty folder", "[inventory][files]") {
  const Folder folder;
  const Snapshot snapshot = read_paths({folder.path()});
  CHECK(snapshot.accounts().empty());
  CHECK(snapshot.images().rows() == 0);
  CHECK(snapshot.digest() == "sha256:" + to_hex(sha256("")));
  CHECK_FALSE(snapshot.oldest_export().has_value());
}

TEST_CASE("folders nested as deep as the limit, and one deeper", "[inventory][files][limits]") {
  const Folder folder;
  std::string path;
  for (std::size_t i = 1; i < limits::kMaxFolderDepth; ++i) path += "d/";  // the folder itself is one
  fs::create_directories(folder.path(path));
  CHECK(read_inventory({folder.path()}, {}).has_value());
  fs::create_directories(folder.path(path + "d"));
  const Error error = paths_error({folder.path()});
  CHECK(error.code == Errc::kLimit);
  CHECK_THAT(error.message, Catch::EndsWith(": folders nested beyond 128 levels"));
}

TEST_CASE("as many files as the limit, and one more", "[inventory][files][limits]") {
  const Folder folder;
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) std::ofstream(folder.path(name)) << "none of ours";
  ReadOptions options;
  CHECK(options.limits.files == limits::kMaxFiles);
  options.limits.files = 3;
  CHECK(read_inventory({folder.path()}, options).has_value());
  options.limits.files = 2;
  const auto refused = read_inventory({folder.path()}, options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kLimit);
  CHECK(refused.error().message == "c.txt: more than 2 files");
}

TEST_CASE("progress", "[inventory][files]") {
  std::uint64_t last = 0;
  std::uint64_t total = 0;
  bool is_rising = true;
  ReadOptions options;
  options.threads = 1;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    is_rising = is_rising && done >= last;
    last = done;
    total = all;
  };
  const MemoryFile account = account_file();
  const Snapshot snapshot = read({account, {"ListImage.json", kList}}, options);
  CHECK(is_rising);
  CHECK(last == account.bytes.size() + kList.size());
  CHECK(total == last);
}

}  // namespace
}  // namespace imagewarden::inventory::test
