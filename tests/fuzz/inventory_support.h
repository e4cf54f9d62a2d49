#pragma once
// Reading an inventory from memory, and what must hold of it whatever the bytes are.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decide/decide.h"
#include "engine/inventory/read.h"
#include "tests/fuzz/support.h"

namespace imagewarden::fuzz {

inline const rules::Ruleset& built_in_rules() {
  static const rules::Ruleset rules = [] {
    auto loaded = rules::Ruleset::load({});
    require(loaded.has_value(), "the built-in rules load");
    return std::move(*loaded);
  }();
  return rules;
}

// Every image of every account, as root and as a user: one line a decision.
inline std::string decide_all(const Snapshot& snapshot) {
  std::string out;
  for (const Account& account : snapshot.accounts()) {
    for (const ram::PrincipalKind kind : {ram::PrincipalKind::kRoot, ram::PrincipalKind::kUser}) {
      Question question;
      question.principal = {std::string(snapshot.text(account.id)), kind,
                            kind == ram::PrincipalKind::kUser ? "alice" : ""};
      question.now = Time{1'790'000'000'000'000};
      const auto decider = Decider::create(snapshot, built_in_rules(), question);
      if (!decider) {
        out += decider.error().message + '\n';
        continue;
      }
      std::vector<Verdict> verdicts(account.row_count);
      decider->decide(ImageRow{account.first_row}, verdicts);
      for (std::uint32_t i = 0; i < account.row_count; ++i) {
        const ImageRow row{account.first_row + i};
        require(decider->decide(row) == verdicts[i], "a batch decides as one by one");
        const Decision decision = decider->describe(row, verdicts[i]);
        out += std::string(to_string(decision.outcome)) + ' ' + decision.code + '\n';
      }
    }
  }
  return out;
}

// Reads the files, with and without skip_bad_files. Whether `path` was read.
inline bool read_twice(const std::vector<MemoryFile>& files, const std::string& path) {
  ReadOptions options;
  options.threads = 1;
  const auto first = read_inventory(files, options);
  const auto second = read_inventory(files, options);
  require(first.has_value() == second.has_value(), "reading twice gives the same");
  options.skip_bad_files = true;
  const auto skipping = read_inventory(files, options);
  require(skipping.has_value(), "a bad file can be skipped");
  const bool is_skipped = std::any_of(skipping->skipped().begin(), skipping->skipped().end(),
                                      [&](const SkippedFile& file) { return file.path == path; });
  require(is_skipped == !first.has_value(), "what is skipped is what is refused");
  if (!first) {
    require(first.error() == second.error(), "reading twice gives the same error");
    require(first.error().message.starts_with(path + ":"), "an error names its file");
    require(first.error().message.find_first_of("\r\n") == std::string::npos, "an error of one file is one line");
    return false;
  }
  require(first->digest() == second->digest(), "reading twice gives the same digest");
  require(std::equal(first->notes().begin(), first->notes().end(), second->notes().begin(), second->notes().end()),
          "reading twice gives the same notes");
  require(decide_all(*first) == decide_all(*second), "reading twice gives the same decisions");
  return true;
}

inline MemoryFile account_file() {
  return {"account.json", R"({"AccountId": "1234567890123456", "Regions": ["cn-hangzhou"]})"};
}

}  // namespace imagewarden::fuzz
