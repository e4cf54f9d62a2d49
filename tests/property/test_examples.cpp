// The shipped examples: engine and reference evaluator agree on them, and without any one file no image may be deleted
// that might not be deleted with it.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/policy/who_can.h"
#include "tests/property/engine.h"
#include "tests/property/policies.h"

namespace {

using namespace property;

struct Example {
  std::string folder;
  std::string account;
  std::vector<std::string> principals;
};

const std::vector<Example> kExamples = {
    {"acme",
     "1740265893310827",
     {"root", "user/alice", "user/zhang.wei", "user/grace", "user/ivan", "user/bob", "user/carol", "user/dave",
      "user/erin", "user/frank", "user/heidi", "user/judy", "user/svc-image-builder", "role/image-janitor",
      "role/ci-images", "role/AliyunServiceRoleForAppStream"}},
    {"acme-lab", "1602938475601123", {"root", "user/lab-admin", "user/lab-dev", "user/lab-viewer"}}};

std::vector<oracle::File> load(const std::string& example) {
  const std::filesystem::path root = std::filesystem::path(IMAGEWARDEN_SOURCE_DIR) / "examples" / example;
  std::vector<oracle::File> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back(
        {std::filesystem::relative(entry.path(), root).generic_string(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::sort(files.begin(), files.end(), [](const oracle::File& a, const oracle::File& b) { return a.path < b.path; });
  return files;
}

std::vector<oracle::Question> questions(const Example& example) {
  oracle::Context full;
  full.given = {{"acs:SourceIp", {"203.0.113.20"}}, {"acs:MFAPresent", {"true"}}, {"acs:SecureTransport", {"true"}}};
  std::vector<oracle::Question> all;
  for (const std::string& principal : example.principals) {
    all.push_back({example.account, principal, {}, "2026-11-24T08:00:00Z", false});
    all.push_back({example.account, principal, full, "2026-11-24T08:00:00Z", false});
  }
  return all;
}

bool is_packed(const oracle::File& file) { return file.path.ends_with(".gz") || file.path.ends_with(".zst"); }

TEST_CASE("examples: engine and reference evaluator agree", "[examples]") {
  for (const Example& example : kExamples) {
    auto files = load(example.folder);
    REQUIRE(files.size() > 10);
    // The reference evaluator unpacks nothing; without those files the example is one more incomplete export.
    std::erase_if(files, is_packed);
    for (const oracle::Question& question : questions(example)) {
      INFO(example.folder << " " << question.principal);
      REQUIRE(disagreement(files, question, {"img-0", "m-0", ""}) == "");
    }
    // One file less, for the two callers that may most.
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].path == "account.json") continue;
      auto fewer = files;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      const oracle::Question question = questions(example)[2];
      INFO(example.folder << " without " << files[i].path);
      REQUIRE(disagreement(fewer, question, {"img-0"}) == "");
    }
  }
}

TEST_CASE("examples: who may delete images, as the reference evaluator says of each principal", "[examples]") {
  for (const Example& example : kExamples) {
    const auto files = load(example.folder);
    std::vector<imagewarden::MemoryFile> memory;
    for (const oracle::File& file : files) memory.push_back({file.path, file.bytes});
    const auto snapshot = imagewarden::read_inventory(memory, {});
    REQUIRE(snapshot.has_value());
    // No RAM export is among the packed files, which the reference evaluator does not read.
    auto plain = files;
    std::erase_if(plain, is_packed);
    const oracle::World world = oracle::read_world(plain);
    for (const oracle::Question& question : questions(example)) {
      const auto permission = oracle::decide_permission(world, question);
      REQUIRE(permission.has_value());
      const auto answer =
          imagewarden::policy::who_can(*snapshot, imagewarden::Readings{},
                                       {"appstreaming:DeleteImage", "*", engine_context(question.context),
                                        *imagewarden::parse_rfc3339(question.now)});
      CHECK(answer.asked == example.principals.size());
      const auto listed = std::find_if(
          answer.access.begin(), answer.access.end(),
          [&](const imagewarden::policy::PrincipalAccess& access) { return access.principal == question.principal; });
      const bool may = permission->decision == "allow" || permission->decision == "indeterminate";
      INFO(example.folder << " " << question.principal << " " << permission->decision);
      REQUIRE((listed != answer.access.end()) == may);
      if (may) CHECK(imagewarden::ram::to_string(listed->verdict.outcome) == permission->decision);
    }
  }
}

using Outcomes = std::map<std::string, oracle::Answer>;  // by principal, context and image

// Nothing where the files cannot be read at all.
std::optional<Outcomes> outcomes(const std::vector<oracle::File>& files, const Example& example) {
  std::vector<imagewarden::MemoryFile> memory;
  for (const oracle::File& file : files) memory.push_back({file.path, file.bytes});
  const auto snapshot = imagewarden::read_inventory(memory, {});
  if (!snapshot) return std::nullopt;
  Outcomes out;
  int number = 0;
  for (const oracle::Question& question : questions(example)) {
    imagewarden::Question asked;
    asked.principal = *imagewarden::parse_principal(question.account + ":" + question.principal);
    asked.context = engine_context(question.context);
    asked.now = *imagewarden::parse_rfc3339(question.now);
    const auto decider = imagewarden::Decider::create(*snapshot, built_in_rules(), asked);
    ++number;
    if (!decider) continue;  // the account or the principal is not there any more: no answer, so no allow
    const imagewarden::Account& account = snapshot->accounts()[decider->account().value];
    for (std::uint32_t row = account.first_row; row < account.first_row + account.row_count; ++row) {
      const imagewarden::ImageRow image{row};
      const std::string id(snapshot->text(snapshot->images().id[row]));
      out[std::to_string(number) + " " + question.principal + " " + id] =
          to_answer(decider->describe(image, decider->decide(image)));
    }
  }
  return out;
}

TEST_CASE("examples: without any one file nothing becomes an allow", "[examples]") {
  // A failure that was recorded needs no list: without the file that shows it nothing is known of it. All else that is
  // missing is unknown.
  const std::set<std::string> recorded = {"templates-readable", "templates-exist", "templates-deletable"};
  for (const Example& example : kExamples) {
    const auto files = load(example.folder);
    const auto before = outcomes(files, example);
    REQUIRE(before);
    int changed = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
      auto fewer = files;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      const auto after = outcomes(fewer, example);
      if (!after) continue;  // account.json: no file says whose the answers are
      const bool records_failures = files[i].path == "failures.ndjson" || files[i].path == "ecd/DescribeTemplates.json";
      for (const auto& [key, answer] : *after) {
        const auto known = before->find(key);
        changed += known == before->end() || known->second.outcome != answer.outcome ? 1 : 0;
        if (answer.outcome != "allow" || (known != before->end() && known->second.outcome == "allow")) continue;
        INFO(example.folder << " without " << files[i].path << ": " << key);
        REQUIRE(known != before->end());
        REQUIRE(known->second.unknown.empty());
        for (const std::string& rule : known->second.violated) {
          REQUIRE(records_failures);
          CHECK(recorded.count(rule) == 1);
        }
      }
    }
    CHECK(changed > 50);
  }
}

}  // namespace
