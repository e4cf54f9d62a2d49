// The whole program as a function: help, version, verbs that need no inventory, and what must not be overwritten.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/version.h"
#include "engine/base/limits.h"
#include "engine/rules/embedded.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using nlohmann::json;
using test::Folder;
using test::MemoryEnvironment;
using test::read_file;
using test::write_file;

namespace {
const std::string kRoot = IMAGEWARDEN_SOURCE_DIR;
}

TEST_CASE("help and version go to standard output", "[cli][app]") {
  MemoryEnvironment memory;
  CHECK(memory.run({"--version"}) == kExitAllowed);
  CHECK(memory.out.starts_with("imagewarden "));
  memory.out.clear();
  CHECK(memory.run({"--help"}) == kExitAllowed);
  for (const Verb& verb : verbs()) CHECK(memory.out.find(verb.name) != std::string::npos);
  for (const Verb& verb : verbs()) {
    std::vector<std::string> words;
    std::istringstream name{std::string(verb.name)};
    for (std::string word; name >> word;) words.push_back(word);
    words.push_back("--help");
    MemoryEnvironment one;
    CHECK(one.run(words) == kExitAllowed);
    CHECK(one.out == help_text(&verb));
    CHECK(one.err.empty());
  }
}

TEST_CASE("the version names the commit, the rules and the libraries, as text and as JSON", "[cli][app]") {
  MemoryEnvironment text;
  MemoryEnvironment document;
  REQUIRE(text.run({"--version"}) == kExitAllowed);
  REQUIRE(document.run({"--version", "--format", "json"}) == kExitAllowed);
  const json told = json::parse(document.out);
  CHECK(text.out.starts_with("imagewarden " + told["version"].get<std::string>() + "\ncommit " +
                             told["commit"].get<std::string>() + '\n'));
  CHECK(told["version"] == version());
  REQUIRE(told["rules"].size() == rules::embedded_files().size());
  for (const json& file : told["rules"]) {
    CHECK_FALSE(file["version"].get<std::string>().empty());
    CHECK(text.out.find(file["digest"].get<std::string>()) != std::string::npos);
  }
  for (const json& library : told["libraries"]) {
    CAPTURE(library);
    CHECK(text.out.find(library["name"].get<std::string>()) != std::string::npos);
    // The headers and the library are of one package.
    if (!library["runs_with"].is_null()) CHECK(library["runs_with"] == library["built_with"]);
  }
  // A verb does not matter, a format that the version has not does, and so does what it would be written over.
  MemoryEnvironment verb;
  CHECK(verb.run({"check", "--version"}) == kExitAllowed);
  CHECK(verb.out == text.out);
  MemoryEnvironment format;
  CHECK(format.run({"--version", "--format", "csv"}) == kExitFailed);
  CHECK(format.err == "imagewarden: option `--version` writes table, json; this format it does not\n");
  const Folder folder;
  MemoryEnvironment output;
  CHECK(output.run({"--version", "--format", "json", "--output", folder.at("version.json")}) == kExitAllowed);
  CHECK(read_file(folder.at("version.json")) == document.out);
  write_file(folder.at("log.db"), "log");
  CHECK(output.run({"--version", "--audit-log", folder.at("log.db"), "--output", folder.at("log.db")}) == kExitFailed);
  CHECK(read_file(folder.at("log.db")) == "log");
}

TEST_CASE("the help of a family of verbs is the one that lists them", "[cli][app]") {
  MemoryEnvironment memory;
  CHECK(memory.run({"audit", "--help"}) == kExitAllowed);
  CHECK(memory.out == help_text(nullptr));
}

TEST_CASE("a wrong command line is one line on standard error", "[cli][app]") {
  for (const auto& arguments : {std::vector<std::string>{}, std::vector<std::string>{"chek"},
                                std::vector<std::string>{"check"}, std::vector<std::string>{"check", "--as", "alice"},
                                std::vector<std::string>{"audit", "list", "--outcome", "denied"},
                                std::vector<std::string>{"rules", "show", "not-in-uze"}}) {
    MemoryEnvironment memory;
    CHECK(memory.run(arguments) == kExitFailed);
    CHECK(memory.out.empty());
    CHECK(memory.err.starts_with("imagewarden: "));
    CHECK(std::count(memory.err.begin(), memory.err.end(), '\n') == 1);
  }
}

TEST_CASE("the log is never overwritten by a result", "[cli][app]") {
  const Folder folder;
  const std::string log = folder.at("log.db");
  const std::string link = folder.at("link");
  write_file(log, "the log");
  std::filesystem::create_symlink(log, link);
  for (const std::string& output : {log, link, folder.at("./log.db")}) {
    MemoryEnvironment memory;
    CHECK(memory.run({"rules", "list", "--audit-log", log, "--output", output}) == kExitFailed);
    CHECK(memory.err == "imagewarden: option `--output`: `" + output + "` is the audit log, or a file of it\n");
    CHECK(read_file(log) == "the log");
  }
  // Also where it is not made yet.
  MemoryEnvironment memory;
  CHECK(memory.run({"rules", "list", "--audit-log", folder.at("new.db"), "--output", folder.at("new.db")}) ==
        kExitFailed);
  CHECK(folder.count() == 2);
}

TEST_CASE("rules are listed in every format", "[cli][app]") {
  MemoryEnvironment memory;
  CHECK(memory.run({"rules", "list", "--format", "json", "--rules", kRoot + "/examples/guards.json"}) == kExitAllowed);
  const json document = json::parse(memory.out);
  CHECK(document["operation"] == "appstreaming:DeleteImage");
  CHECK(document["rules"].size() == 16);
  CHECK(document["rules"][0]["id"] == "permission");
  CHECK(document["rules"][15]["guard"] == true);
  CHECK(document["files"].size() == 2);
  memory.out.clear();
  CHECK(memory.run({"rules", "list", "--format", "csv"}) == kExitAllowed);
  CHECK(memory.out.starts_with("rule,code,basis,guard,explanation,file\r\npermission,NoPermission,documented,no,"));
  memory.out.clear();
  CHECK(memory.run({"rules", "errors"}) == kExitAllowed);
  CHECK(memory.out.find("ServiceUnavailable") != std::string::npos);
}

TEST_CASE("rule files are checked one by one, on top of --rules", "[cli][app]") {
  const Folder folder;
  const std::string good = kRoot + "/examples/guards.json";
  const std::string more = folder.at("more.json");
  write_file(more, R"({"schema": "imagewarden-rules/1", "name": "more", "version": "1",
    "operation": "appstreaming:DeleteImage", "override": [{"id": "minimum-age", "remedy": "wait"}]})");
  MemoryEnvironment memory;
  CHECK(memory.run({"rules", "validate", good}) == kExitAllowed);
  CHECK(memory.out == good + ": good\n");
  memory.out.clear();
  CHECK(memory.run({"rules", "validate", more, "--format", "json"}) == kExitDenied);
  const json document = json::parse(memory.out);
  CHECK(document["files"][0]["valid"] == false);
  CHECK(document["files"][0]["problem"].get<std::string>().starts_with(more + ":2:"));
  memory.out.clear();
  CHECK(memory.run({"rules", "validate", more, "--rules", good}) == kExitAllowed);
  CHECK(memory.out == more + ": good\n");
  // A bad file of --rules is an error of the command, not a finding.
  CHECK(memory.run({"rules", "validate", good, "--rules", more}) == kExitFailed);
}

TEST_CASE("where the record cannot be made, nothing is shown", "[cli][app]") {
  const Folder folder;
  const std::string output = folder.at("result.json");
  MemoryEnvironment memory;
  const std::vector<std::string> question{"check",       "--all",
                                          "--as",        "user/alice",
                                          "--inventory", kRoot + "/examples/acme",
                                          "--audit-log", folder.at("missing/log.db")};
  CHECK(memory.run(question) == kExitFailed);
  CHECK(memory.out.empty());
  std::vector<std::string> to_file = question;
  to_file.insert(to_file.end(), {"--output", output});
  CHECK(memory.run(to_file) == kExitFailed);
  CHECK(folder.count() == 0);
}

TEST_CASE("a result that cannot be written is refused before anything is logged", "[cli][app]") {
  const Folder folder;
  MemoryEnvironment memory;
  CHECK(memory.run({"check", "img-1", "--as", "user/alice", "--inventory", kRoot + "/examples/acme", "--audit-log",
                    folder.at("log.db"), "--output", folder.at("missing/result")}) == kExitFailed);
  CHECK(folder.count() == 0);
}

TEST_CASE("a line of ids is refused one byte above its limit", "[cli][app]") {
  const std::string id(limits::kMaxIdBytes, 'x');
  const std::string space(limits::kMaxIdLineBytes - id.size(), ' ');
  for (const std::string form : {"ndjson", "json"}) {
    for (const bool is_above : {false, true}) {
      for (const std::string end : {"\n", ""}) {
        CAPTURE(form, is_above, end);
        MemoryEnvironment memory;
        memory.in.str("img-1\n" + id + space + (is_above ? " " : "") + end);
        CHECK(memory.run({"check", "--ids-from", "-", "--as", "user/alice", "--inventory", kRoot + "/examples/acme",
                          "--no-audit", "--format", form}) == (is_above ? kExitFailed : kExitDenied));
        CHECK(memory.err ==
              (is_above ? "imagewarden: -:2: a line of more than 4096 bytes, expected an image id\n" : ""));
      }
    }
  }
}

TEST_CASE("ids come from standard input too", "[cli][app]") {
  MemoryEnvironment memory;
  memory.in.str("img-unknown\r\n\n  img-unknown-2 \n");
  CHECK(memory.run({"check", "--ids-from", "-", "--as", "user/alice", "--inventory", kRoot + "/examples/acme",
                    "--no-audit", "--format", "json"}) == kExitDenied);
  const json document = json::parse(memory.out);
  REQUIRE(document["decisions"].size() == 2);
  CHECK(document["decisions"][0]["image"] == "img-unknown");
  CHECK(document["decisions"][1]["image"] == "img-unknown-2");
  CHECK(document["decisions"][1]["code"] == "Image.NotExist");
  CHECK(document["summary"]["codes"]["Image.NotExist"] == 2);
  CHECK(document["time"] == "2026-11-24T08:00:00Z");
}
