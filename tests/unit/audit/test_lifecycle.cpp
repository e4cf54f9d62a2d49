// Details that are removed, logs that are closed.

#include "audit/tree.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

Draft with_detail(std::string detail) {
  Draft draft = decision(1);
  draft.decision_digest = "sha256:" + to_hex(sha256(detail));
  draft.detail = std::move(detail);
  return draft;
}

Draft redacting() {
  Draft draft;
  draft.verb = "audit redact";
  return draft;
}

SigningKey key() {
  std::array<std::uint8_t, 32> seed{};
  return must(SigningKey::from_seed(seed));
}

TEST_CASE("a detail goes when its time is over, and the log says so", "[audit][redact]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string secret = R"({"secret":"the sum of all that must not stay on this disk"})";
  {
    Log log = must(Log::create(path, "example.com/test", identity()));
    must(log.append(std::vector{with_detail(secret), with_detail(R"({"kept":1})"), decision(3)}));
    must(log.checkpoint(key()));
  }
  const Time later{kStart.unix_us + (kRetentionDays + 1) * kDayUs};
  const std::vector<std::uint64_t> first{1};

  SECTION("after the retention time") {
    const std::vector<std::string> before = leaves_of(path);
    Log log = must(Log::open(path, identity(later)));
    const Log::Redaction redaction = must(log.redact(first, redacting(), false));
    CHECK(redaction.is_erased);
    const std::uint64_t said = redaction.first_seq;
    CHECK_FALSE(must(log.detail(1)).has_value());
    CHECK(must(log.detail(2)).has_value());
    const Record record = must(decode_record(must(log.leaf(said))));
    CHECK(record.draft.kind == RecordKind::kRedaction);
    CHECK(record.draft.note == "record 1");
    CHECK(record.draft.verb == "audit redact");
    CHECK(record.draft.decision_digest == "sha256:" + to_hex(sha256(secret)));
    CHECK(said == before.size());
    // The records are what they were, and what was proved of them still is.
    const std::vector<std::string> after = leaves_of(log);
    CHECK(std::vector<std::string>(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(before.size())) ==
          before);
    CHECK(verify_log(path).ok());
    CHECK(log.prove(1).has_value());
    // Its bytes are in no file any more.
    for (const std::string& name : folder.names())
      CHECK(read_file(folder / name).find("must not stay") == std::string::npos);
  }
  SECTION("not before, unless forced; that is a record, too") {
    const Time early{kStart.unix_us + 3 * kDayUs};
    Log log = must(Log::open(path, identity(early)));
    const auto refused = log.redact(first, redacting(), false);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kConflict);
    CHECK(refused.error().message.find("184") != std::string::npos);
    CHECK(must(log.detail(1)) == secret);
    const std::uint64_t said = must(log.redact(first, redacting(), true)).first_seq;
    CHECK(must(decode_record(must(log.leaf(said)))).draft.kind == RecordKind::kRetention);
    CHECK(must(decode_record(must(log.leaf(said)))).draft.note == "record 1: removed by force after 3 days of 184");
    CHECK(must(decode_record(must(log.leaf(said + 1)))).draft.kind == RecordKind::kRedaction);
    CHECK(verify_log(path).ok());
  }
  SECTION("a reader keeps the old bytes, and that is said") {
    SQLite::Database reader(path, SQLite::OPEN_READONLY);
    SQLite::Statement rows(reader, "SELECT seq FROM details");
    REQUIRE(rows.executeStep());
    Log log = must(Log::open(path, identity(later)));
    CHECK_FALSE(must(log.redact(first, redacting(), false)).is_erased);
    CHECK_FALSE(must(log.detail(1)).has_value());
  }
  SECTION("all of them or none") {
    Log log = must(Log::open(path, identity(later)));
    const std::uint64_t size = must(log.head()).size;
    for (const std::uint64_t missing : {std::uint64_t{3}, std::uint64_t{99}}) {
      const std::vector<std::uint64_t> some{1, missing};
      const auto refused = log.redact(some, redacting(), false);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code == Errc::kNotFound);
      CHECK(must(log.detail(1)) == secret);
      CHECK(must(log.head()).size == size);
    }
  }
}

TEST_CASE("a closed log takes nothing, and the next one names it", "[audit][rotate]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {5});
  Log other = must(Log::open(path, identity()));
  Log log = must(Log::open(path, identity()));
  const SignedCheckpoint last = must(parse_signed_checkpoint(must(log.close(key(), "example.com/next"))));
  const Head head = must(log.head());
  CHECK(last.checkpoint.size == head.size);
  CHECK(last.checkpoint.root == head.root);
  const Record closing = must(decode_record(must(log.leaf(head.size - 1))));
  CHECK(closing.draft.kind == RecordKind::kRotation);
  CHECK(closing.draft.note == "example.com/next");
  // Nobody appends any more: not this object, not one that was open, not a new one.
  Log again = must(Log::open(path, identity()));
  for (Log* const writer : {&log, &other, &again}) {
    const auto refused = writer->append(decisions(1));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kConflict);
    CHECK(refused.error().message.find("example.com/next") != std::string::npos);
  }
  // A rotation that was interrupted here is finished by the same call.
  CHECK(must(again.close(key(), "example.com/next")) == format_note(last.note));
  CHECK(must(again.checkpoint(key())) == format_note(last.note));
  // It does not go on in two.
  const auto second = again.close(key(), "example.com/other");
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Errc::kConflict);
  CHECK(verify_log(path).ok());

  const Predecessor previous{"example.com/test", head};
  Log next = must(Log::create(folder / "b.db", "example.com/next", identity(), previous));
  const Record first = must(decode_record(must(next.leaf(0))));
  const auto said = parse_predecessor(first.draft.note);
  REQUIRE(said.has_value());
  CHECK(said->origin == "example.com/test");
  CHECK(said->head.size == head.size);
  CHECK(said->head.root == head.root);
  must(next.append(decisions(2)));
  CHECK(verify_log(folder / "b.db").ok());
}

TEST_CASE("a log that contradicts what was published is not closed", "[audit][rotate]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {5});
  std::filesystem::copy_file(path, folder / "copy.db");
  const SignedCheckpoint published =
      must(parse_signed_checkpoint(must(must(Log::open(path, identity())).checkpoint(key()))));
  Log copy = must(Log::open(folder / "copy.db", identity()));
  const auto closed = copy.close(key(), "example.com/next", published);
  REQUIRE_FALSE(closed.has_value());
  CHECK(closed.error().code == Errc::kConflict);
  must(copy.append(decisions(1)));  // still open
}

TEST_CASE("what a log says of the one before it has one form", "[audit][rotate]") {
  const Predecessor previous{"example.com/a b", {42, sha256("x")}};
  const std::string text = format_predecessor(previous);
  const auto parsed = parse_predecessor(text);
  REQUIRE(parsed.has_value());
  CHECK(parsed->origin == previous.origin);
  CHECK(parsed->head.size == 42);
  CHECK(parsed->head.root == previous.head.root);
  for (const std::string& bad :
       {std::string{}, std::string("previous"), text.substr(0, text.size() - previous.origin.size()),
        "previous 042" + text.substr(11), "previous +42" + text.substr(11), "Previous" + text.substr(8),
        "previous 42 sha256:" + std::string(64, 'G') + " a", "previous 42 sha256:" + std::string(64, 'A') + " a",
        "previous 42 sha512:" + text.substr(19)}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_predecessor(bad).has_value());
  }
}

}  // namespace
}  // namespace imagewarden::audit::test
