// No record, no answer: what a command logs, in which order, and what happens where it cannot.

#include <catch2/catch.hpp>

#include "cli/journal.h"
#include "cli/version.h"
#include "engine/base/limits.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using test::Folder;
using test::MemoryEnvironment;
using test::write_file;

namespace {

Decision decision_of(const std::string& image, Outcome outcome, const std::string& code) {
  Decision decision;
  decision.image = image;
  decision.account = "1234567890";
  decision.principal = "user/alice";
  decision.operation = "appstreaming:DeleteImage";
  decision.outcome = outcome;
  decision.code = code;
  decision.possible_codes = {"ImageNotAllowDelete", "ImageDeleteFailed.NotAllow"};
  decision.permission.decision = "allow";
  return decision;
}

RecordContext context_of() {
  return {"check",          "sha256:" + std::string(64, 'a'),       "sha256:" + std::string(64, 'b'),
          engine_version(), *parse_rfc3339("2026-11-24T08:00:00Z"), "{}"};
}

// Every record of the log, in order.
std::vector<audit::Record> records_of(const std::string& path) {
  std::vector<audit::Record> records;
  auto log = audit::Log::open_read_only(path);
  if (!log) throw std::runtime_error(log.error().message);
  const auto visited = log->read(0, 1000, [&](std::uint64_t, std::string_view leaf) {
    auto record = audit::decode_record(leaf);
    if (record) records.push_back(std::move(*record));
    return record.has_value();
  });
  if (!visited) throw std::runtime_error(visited.error().message);
  return records;
}

const std::string kRequest = "sha256:" + std::string(64, 'c');

// Hands over and waits.
Result<std::optional<std::uint64_t>> append(Journal& journal, std::span<const Decision> decisions,
                                            std::span<const std::string> request_digests, const BatchSummary& so_far,
                                            bool last) {
  auto drafts = std::make_shared<audit::DraftBatch>();
  DecisionRecorder recorder = journal.recorder();
  for (std::size_t i = 0; journal.is_open() && i < decisions.size(); ++i) {
    const auto added = recorder.add(decisions[i], decision_document(decisions[i]), request_digests[i], *drafts);
    if (!added) return tl::make_unexpected(added.error());
  }
  auto receipt = journal.submit(std::move(drafts), so_far, last);
  if (!receipt) return tl::make_unexpected(receipt.error());
  return journal.wait(std::move(*receipt));
}

}  // namespace

TEST_CASE("a question is recorded up to the limit", "[cli][journal][limits]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  options.audit_log = folder.at("log.db");
  const std::size_t size = limits::kMaxRecordedQuestionBytes + GENERATE(0U, 1U);
  RecordContext context = context_of();
  context.request = std::string(size, 'x');
  auto journal = Journal::open(options, memory.environment, context, "user/alice", "1", 1);
  REQUIRE(journal);
  REQUIRE(append(*journal, std::vector{decision_of("img-1", Outcome::kAllow, "200")}, std::vector{kRequest}, {}, true));
  CHECK(records_of(options.audit_log).at(1).draft.note ==
        (size == limits::kMaxRecordedQuestionBytes ? context.request : ""));
}

TEST_CASE("a command's records: start, decisions, end", "[cli][journal]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  options.audit_log = folder.at("log.db");
  auto journal = Journal::open(options, memory.environment, context_of(), "user/alice", "1234567890", 3);
  REQUIRE(journal);
  BatchSummary summary;
  const std::vector<Decision> first{decision_of("img-1", Outcome::kDeny, "ImageNotAllowDelete"),
                                    decision_of("img-2", Outcome::kAllow, "200")};
  for (const Decision& decision : first) summary.count(decision.outcome);
  const std::vector<std::string> digests{kRequest, kRequest};
  auto seq = append(*journal, first, digests, summary, false);
  REQUIRE(seq);
  CHECK(*seq == 2U);  // after log-start and batch-start
  const std::vector<Decision> second{decision_of("img-3", Outcome::kIndeterminate, "")};
  summary.count(second[0].outcome);
  seq = append(*journal, second, {&kRequest, 1}, summary, true);
  REQUIRE(seq);
  CHECK(*seq == 4U);

  const auto records = records_of(options.audit_log);
  REQUIRE(records.size() == 6);
  std::string kinds;
  for (const audit::Record& record : records) kinds += std::string(to_string(record.draft.kind)) + ' ';
  CHECK(kinds == "log-start batch-start decision decision decision batch-end ");
  CHECK(records[0].origin == "log.db");
  CHECK(records[1].draft.count == 3);
  CHECK(records[1].draft.principal == "user/alice");
  CHECK(records[1].draft.image.empty());
  const audit::Draft& denied = records[2].draft;
  CHECK(denied.verb == "check");
  CHECK(denied.image == "img-1");
  CHECK(denied.outcome == "deny");
  CHECK(denied.code == "ImageNotAllowDelete");
  CHECK(denied.possible_codes == "ImageNotAllowDelete,ImageDeleteFailed.NotAllow");
  CHECK(denied.decided_at == "2026-11-24T08:00:00Z");
  CHECK(denied.request_digest == kRequest);
  CHECK(denied.decision_digest == decision_digest(first[0]));
  CHECK(records[2].host == "host-1");
  CHECK(records[2].user == "operator");
  CHECK(records[4].draft.code.empty());
  CHECK(records[5].draft.count == 3);
  CHECK(records[5].draft.note == "allow=1 deny=1 indeterminate=1");
}

TEST_CASE("a log that exists is continued", "[cli][journal]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  options.audit_log = folder.at("log.db");
  const Decision decision = decision_of("img-1", Outcome::kAllow, "200");
  BatchSummary summary;
  summary.count(decision.outcome);
  for (const std::uint64_t want : {2U, 5U}) {
    auto journal = Journal::open(options, memory.environment, context_of(), "user/alice", "1", 1);
    REQUIRE(journal);
    const auto seq = append(*journal, {&decision, 1}, {&kRequest, 1}, summary, true);
    REQUIRE(seq);
    CHECK(*seq == want);
  }
}

TEST_CASE("without a log nothing is logged and no file is made", "[cli][journal]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  options.audit_log = folder.at("log.db");
  options.no_audit = true;
  auto journal = Journal::open(options, memory.environment, context_of(), "user/alice", "1", 1);
  REQUIRE(journal);
  const Decision decision = decision_of("img-1", Outcome::kAllow, "200");
  const auto seq = append(*journal, {&decision, 1}, {}, {}, true);
  REQUIRE(seq);
  CHECK_FALSE(seq->has_value());
  CHECK(folder.count() == 0);
}

TEST_CASE("the whole decision is kept beside its record when asked for", "[cli][journal]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  options.audit_log = folder.at("log.db");
  options.audit_detail_full = true;
  const Decision decision = decision_of("img-1", Outcome::kAllow, "200");
  auto journal = Journal::open(options, memory.environment, context_of(), "user/alice", "1", 1);
  REQUIRE(journal);
  REQUIRE(append(*journal, {&decision, 1}, {&kRequest, 1}, {}, true));
  auto log = audit::Log::open_read_only(options.audit_log);
  REQUIRE(log);
  const auto detail = log->detail(2);
  REQUIRE(detail);
  REQUIRE(detail->has_value());
  std::string want;
  JsonWriter json(want);
  write_decision(json, decision, {.all_values = true, .audit = nullptr});
  CHECK(**detail == want);
  const auto none = log->detail(1);  // batch-start
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
}

TEST_CASE("a log that cannot be one is refused before anything is decided", "[cli][journal]") {
  const Folder folder;
  MemoryEnvironment memory;
  Options options;
  SECTION("no folder") { options.audit_log = folder.at("missing/log.db"); }
  SECTION("a foreign file") {
    options.audit_log = folder.at("foreign.db");
    write_file(options.audit_log, std::string(4096, 'x'));
  }
  SECTION("an empty file") {
    options.audit_log = folder.at("empty.db");
    write_file(options.audit_log, "");
  }
  const auto journal = Journal::open(options, memory.environment, context_of(), "user/alice", "1", 1);
  REQUIRE_FALSE(journal);
  CHECK_FALSE(journal.error().message.empty());
}

TEST_CASE("a summary's exit status", "[cli][journal][table]") {
  struct Row {
    std::uint64_t allow;
    std::uint64_t deny;
    std::uint64_t indeterminate;
    int want;
  };
  const auto row = GENERATE(values<Row>({{0, 0, 0, 0}, {5, 0, 0, 0}, {5, 1, 0, 1}, {5, 1, 1, 1}, {5, 0, 1, 3}}));
  const BatchSummary summary{row.allow, row.deny, row.indeterminate};
  CHECK(exit_status_of(summary) == row.want);
  CHECK(summary.total() == row.allow + row.deny + row.indeterminate);
}
