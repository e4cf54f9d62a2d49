#pragma once
// What the tests of test files share: files in memory, suites from a few lines.

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/policy/test_run.h"
#include "engine/policy/test_suite.h"

namespace imagewarden::policy::test {

constexpr Time kNow{1'795'507'200'000'000};  // 2026-11-24T08:00:00Z

inline const rules::Ruleset& built_in_rules() {
  static const rules::Ruleset rules = *rules::Ruleset::load({});
  return rules;
}

// Test files and policies by path.
class Files {
 public:
  Files& set(const std::string& path, std::string text) {
    files_[path] = std::move(text);
    return *this;
  }
  void use(std::shared_ptr<const Snapshot> snapshot) { inventory_ = std::move(snapshot); }
  // As if it was given beside the files, not by them.
  void give_inventory() { is_given_ = true; }
  void set_readings_from(const rules::Ruleset& rules) { rules_ = &rules; }

  [[nodiscard]] Result<TestSuite> load(const std::vector<std::string>& paths = {"t.yaml"}) const {
    std::vector<TestFile> files;
    for (const std::string& path : paths) {
      auto file = parse_test_file(files_.at(path), path);
      if (!file) return tl::make_unexpected(file.error());
      files.push_back(std::move(*file));
    }
    SuiteSources sources;
    sources.read_file = [this](const std::string& path) -> Result<std::string> {
      const auto at = files_.find(path);
      if (at == files_.end()) return fail(Errc::kNotFound, "policy `" + path + "`: No such file or directory");
      return at->second;
    };
    sources.read_inventory = [this](const std::string& path) -> Result<std::shared_ptr<const Snapshot>> {
      if (inventory_ == nullptr || path != "exports") return fail(Errc::kNotFound, "no such folder");
      return inventory_;
    };
    if (is_given_) sources.inventory = inventory_;
    sources.rules = rules_;
    sources.now = kNow;
    return make_suite(std::move(files), sources);
  }

  [[nodiscard]] TestSuite suite(const std::vector<std::string>& paths = {"t.yaml"}) const {
    auto made = load(paths);
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    return std::move(*made);
  }

 private:
  std::map<std::string, std::string> files_;
  std::shared_ptr<const Snapshot> inventory_;
  bool is_given_{};
  const rules::Ruleset* rules_{&built_in_rules()};
};

// The message of what must fail.
inline std::string fault_of(const Result<TestSuite>& made) { return made ? "no fault" : made.error().message; }

inline std::string document_of(const std::string& statements) {
  return "{\"Version\": \"1\", \"Statement\": [" + statements + "]}";
}

// One policy `p.json` and the tests given, which begin with `  - name:`.
inline Files one_policy(const std::string& statements, const std::string& tests) {
  Files files;
  files.set("p.json", document_of(statements));
  files.set("t.yaml", "account: \"1234567890123456\"\npolicies: [p.json]\ntests:\n" + tests);
  return files;
}

}  // namespace imagewarden::policy::test
