// Drafts on their way: in which order they come out, what is refused, and that memory which is used again tells
// nothing.

#include <array>

#include "audit/draft_batch.h"
#include "audit/record.h"
#include "engine/base/limits.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {
namespace {

// The leaves of a batch, numbered from 5.
std::vector<std::string> leaves(const DraftBatch& batch) {
  const auto stamp = EncodedStamp::of({.origin = "o", .writer = "w"});
  REQUIRE(stamp.has_value());
  std::vector<std::string> out(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i)
    stamp->append_leaf(out[i], batch.pieces(i), "2026-11-24T08:00:00.000000Z", i + 5, i);
  return out;
}

std::string leaf(const Draft& draft, std::uint64_t seq) {
  Record record;
  record.draft = draft;
  record.draft.detail.clear();
  record.origin = "o";
  record.seq = seq;
  record.time = parse_rfc3339("2026-11-24T08:00:00Z").value();
  record.writer = "w";
  record.pseq = seq - 5;
  return encode_record(record);
}

Draft with_detail(Draft draft, std::string detail) {
  draft.detail = std::move(detail);
  draft.decision_digest = sha256_text(draft.detail);
  return draft;
}

TEST_CASE("drafts come out in order, each to the byte", "[audit][draft]") {
  const Draft plain = decision(1);
  const Draft detailed = with_detail(decision(2), R"({"why":"x"})");
  Draft odd = decision(3);
  odd.image = "a\"\\\n\x01\u00e4\u4e16";
  odd.count = 9'007'199'254'740'991;
  Draft empty;
  DraftBatch batch;
  REQUIRE(batch.push_back(detailed));
  REQUIRE(batch.push_back(odd));
  REQUIRE(batch.push_front(plain));
  REQUIRE(batch.push_back(empty));
  CHECK(batch.size() == 4);
  CHECK(leaves(batch) == std::vector{leaf(plain, 5), leaf(detailed, 6), leaf(odd, 7), leaf(empty, 8)});
  CHECK(batch.detail(0).empty());
  CHECK(batch.detail(1) == detailed.detail);
  CHECK(batch.detail(2).empty());
  for (const std::string& one : leaves(batch)) CHECK(decode_record(one).has_value());
}

TEST_CASE("a draft that can be no record leaves the batch as it was", "[audit][draft]") {
  DraftBatch batch = must(DraftBatch::of(decisions(2)));
  const auto before = leaves(batch);
  Draft bad = decision(7);
  Errc code = Errc::kUsage;
  SECTION("no UTF-8") { bad.principal = "\xc3"; }
  SECTION("a count below zero") { bad.count = -1; }
  SECTION("a count that JSON readers lose") { bad.count = 9'007'199'254'740'992; }
  SECTION("a detail without its digest") { bad.detail = "{}"; }
  SECTION("a detail that is no UTF-8") { bad = with_detail(bad, "\xff"); }
  SECTION("a detail that is too long") {
    bad = with_detail(bad, std::string(limits::kMaxDetailBytes + 1, ' '));
    code = Errc::kLimit;
  }
  using Push = Status (DraftBatch::*)(const Draft&);
  for (const Push push : {Push{&DraftBatch::push_front}, Push{&DraftBatch::push_back}}) {
    const Status refused = (batch.*push)(bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == code);
    CHECK(leaves(batch) == before);
  }
  CHECK_FALSE(DraftBatch::of({&bad, 1}).has_value());
  REQUIRE(batch.push_back(decision(3)));
  CHECK(leaves(batch).back() == leaf(decision(3), 7));
}

TEST_CASE("drafts of a form come out as if each had been given whole", "[audit][draft][form]") {
  Draft draft = decision(1);
  SECTION("as it is") {}
  SECTION("with all fields") {
    draft.note = "n\"\u00e4";
    draft.count = 12;
    draft.possible_codes = "A,B";
  }
  SECTION("with few fields") {
    Draft few;
    few.kind = RecordKind::kDecision;
    few.image = "x";
    draft = few;
  }
  draft.request_digest = sha256_text("request");
  const DraftForm form = must(DraftForm::of(draft));
  DraftBatch batch;
  std::vector<std::string> expected;
  for (const std::string& image :
       {std::string("img-1"), std::string("a\"\\\n\x01\u00e4\u4e16"), std::string(3000, 'i')}) {
    for (const std::string& detail : {std::string(), R"({"why":")" + image.substr(0, 1) + "\"}"}) {
      draft.image = image;
      draft.decision_digest = sha256_text(detail);
      draft.detail = detail;
      REQUIRE(batch.push_back(form, {image, draft.request_digest, draft.decision_digest, detail}));
      expected.push_back(leaf(draft, expected.size() + 5));
      CHECK(batch.detail(batch.size() - 1) == detail);
    }
  }
  REQUIRE(batch.push_back(draft));
  expected.push_back(leaf(draft, expected.size() + 5));
  CHECK(leaves(batch) == expected);
}

TEST_CASE("what cannot be a draft of a form leaves the batch as it was", "[audit][draft][form]") {
  const Draft draft = decision(1);
  const DraftForm form = must(DraftForm::of(draft));
  DraftBatch batch = must(DraftBatch::of(decisions(2)));
  const auto before = leaves(batch);
  const std::string digest = sha256_text("x");
  const auto refused = [&](const DraftTexts& texts, Errc code) {
    const Status pushed = batch.push_back(form, texts);
    REQUIRE_FALSE(pushed.has_value());
    CHECK(pushed.error().code == code);
    CHECK(leaves(batch) == before);
  };
  refused({"", digest, digest, {}}, Errc::kUsage);
  refused({"img-1", "", digest, {}}, Errc::kUsage);
  refused({"img-1", digest, "", {}}, Errc::kUsage);
  refused({"\xc3", digest, digest, {}}, Errc::kUsage);
  refused({"img-1", "\xc3", digest, {}}, Errc::kUsage);
  refused({"img-1", digest, digest, "{}"}, Errc::kUsage);
  const std::string long_detail(limits::kMaxDetailBytes + 1, ' ');
  refused({"img-1", digest, sha256_text(long_detail), long_detail}, Errc::kLimit);
  REQUIRE(batch.push_back(form, {"img-1", digest, digest, {}}));
  CHECK(batch.size() == 3);
  Draft bad = draft;
  bad.principal = "\xc3";
  CHECK_FALSE(DraftForm::of(bad).has_value());
  bad = draft;
  bad.count = -1;
  CHECK_FALSE(DraftForm::of(bad).has_value());
}

TEST_CASE("a batch that is cleared is as new", "[audit][draft]") {
  DraftBatch batch = must(DraftBatch::of(std::array{with_detail(decision(1), "{}"), decision(2)}));
  batch.clear();
  CHECK(batch.empty());
  REQUIRE(batch.push_back(decision(4)));
  CHECK(leaves(batch) == std::vector{leaf(decision(4), 5)});
  CHECK(batch.detail(0).empty());
}

}  // namespace
}  // namespace imagewarden::audit::test
