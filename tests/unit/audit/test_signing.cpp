// Checkpoints of a log: what is signed, what is refused, what verify makes of them.

#include "audit/published.h"
#include "audit/tree.h"
#include "tests/unit/audit/forger.h"

namespace imagewarden::audit::test {
namespace {

SigningKey key_of(std::uint8_t first) {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = first;
  return must(SigningKey::from_seed(seed));
}

VerifierKey vkey_of(const SigningKey& key, std::string_view name = "example.com/test") {
  return make_verifier_key(name, SignatureKind::kEd25519, key.public_key());
}

std::vector<RecordKind> kinds_of(const std::string& path) {
  std::vector<RecordKind> kinds;
  for (const std::string& leaf : leaves_of(path)) kinds.push_back(must(decode_record(leaf)).draft.kind);
  return kinds;
}

std::vector<std::string> notes_of(const std::string& path) {
  std::vector<std::string> notes;
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement rows(database, "SELECT note FROM checkpoints ORDER BY id");
  while (rows.executeStep()) notes.push_back(rows.getColumn(0).getString());
  return notes;
}

VerifyReport anchored(const std::string& path, const std::string& note, std::vector<VerifierKey> keys,
                      bool resume = false) {
  VerifyOptions options;
  options.anchor = must(parse_signed_checkpoint(note));
  options.keys = std::move(keys);
  options.resume = resume;
  return must(verify(path, options));
}

void tamper(const std::string& path, const std::string& sql) {
  Forger forger(path);
  forger.exec(sql);
  forger.restore_guards();
}

TEST_CASE("a checkpoint says size and root, signed by the log's name", "[audit][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {5});
  const SigningKey key = key_of(1);
  const std::string note = must(must(Log::open(path, identity())).checkpoint(key));
  const SignedCheckpoint checkpoint = must(parse_signed_checkpoint(note));
  // The key is announced in a record of its own, before anything is signed with it.
  CHECK(kinds_of(path).back() == RecordKind::kKeyChange);
  Log log = must(Log::open(path, identity()));
  const Head head = must(log.head());
  CHECK(head.size == 7);
  CHECK(checkpoint.checkpoint == Checkpoint{"example.com/test", head.size, head.root, {}});
  const VerifierKey vkey = vkey_of(key);
  CHECK(verify_checkpoint(checkpoint, {&vkey, 1}).has_value());
  CHECK(must(decode_record(must(log.leaf(6)))).draft.note == format_vkey(vkey));

  SECTION("the same state gives the same note, once") {
    CHECK(must(log.checkpoint(key)) == note);
    CHECK(notes_of(path) == std::vector<std::string>{note});
    CHECK(must(log.head()).size == 7);
  }
  SECTION("a larger log gives another one, without another announcement") {
    must(log.append(decisions(3)));
    const std::string next = must(log.checkpoint(key));
    CHECK(must(parse_signed_checkpoint(next)).checkpoint.size == 10);
    CHECK(notes_of(path) == std::vector<std::string>{note, next});
    CHECK(must(log.newest_checkpoint()) == next);
    CHECK(must(log.newest_checkpoint(7)) == next);
    CHECK_FALSE(must(log.newest_checkpoint(10)).has_value());
  }
  SECTION("another key is announced first") {
    const SigningKey other = key_of(2);
    const std::string next = must(log.checkpoint(other));
    CHECK(must(parse_signed_checkpoint(next)).checkpoint.size == 8);
    CHECK(must(decode_record(must(log.leaf(7)))).draft.note == format_vkey(vkey_of(other)));
    CHECK(verify_log(path).ok());
    CHECK(verify_log(path).checkpoints == 2);
  }
}

TEST_CASE("a log whose name no note can carry is not signed", "[audit][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {1}, "my log");
  Log log = must(Log::open(path, identity()));
  const auto note = log.checkpoint(key_of(1));
  REQUIRE_FALSE(note.has_value());
  CHECK(note.error().code == Errc::kUsage);
  CHECK(must(log.head()).size == 2);
}

TEST_CASE("nothing is signed that does not go on from what was signed", "[audit][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = key_of(1);
  make_log(path, {5});
  const std::string note = must(must(Log::open(path, identity())).checkpoint(key));
  const auto refused = [&](const std::optional<SignedCheckpoint>& published, std::string_view why) {
    Log log = must(Log::open(path, identity()));
    const Head before = must(log.head());
    const auto again = log.checkpoint(key, published);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == Errc::kConflict);
    CHECK(again.error().message.find(why) != std::string::npos);
    CHECK(must(log.head()).size == before.size);
  };

  SECTION("a published checkpoint of more records: the log was put back to an older copy") {
    std::filesystem::copy_file(path, folder / "copy.db");
    {
      Log log = must(Log::open(path, identity()));
      must(log.append(decisions(3)));
      must(log.checkpoint(key));
    }
    const SignedCheckpoint published =
        must(parse_signed_checkpoint(must(must(Log::open_read_only(path)).newest_checkpoint()).value()));
    const auto count = notes_of(path).size();
    REQUIRE(count == 2);
    std::filesystem::rename(folder / "copy.db", path);
    refused(published, "the checkpoint that was published last covers 10 records, the log holds 7");
  }
  SECTION("a published checkpoint of the same size and another root") {
    SignedCheckpoint published = must(parse_signed_checkpoint(note));
    published.checkpoint.root[0] ^= 1U;
    refused(published, "its first 7 records are not those that the checkpoint that was published last covers");
  }
  SECTION("a published checkpoint of another log") {
    SignedCheckpoint published = must(parse_signed_checkpoint(note));
    published.checkpoint.origin = "example.com/other";
    refused(published, "is of the log `example.com/other`");
  }
  SECTION("a stored checkpoint of more records: the end was cut off") {
    tamper(path, "DELETE FROM runs WHERE first_seq = 6");
    refused(std::nullopt, "its last checkpoint covers 7 records, the log holds 6");
  }
  SECTION("a stored checkpoint that is another root's") {
    SignedCheckpoint forged = must(parse_signed_checkpoint(note));
    forged.checkpoint.root[0] ^= 1U;
    Note text{format_checkpoint(forged.checkpoint), {}};
    sign_note(text, "example.com/test", key);
    tamper(path, "UPDATE checkpoints SET note = '" + format_note(text) + "'");
    refused(std::nullopt, "its first 7 records are not those that its last checkpoint covers");
  }
}

TEST_CASE("publishing: whole, in order, and never over something else", "[audit][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const std::string file = folder / "a.checkpoint";
  const SigningKey key = key_of(1);
  make_log(path, {5});
  Log log = must(Log::open(path, identity()));
  const std::string note = must(checkpoint_and_publish(log, key, file));
  CHECK(read_file(file) == note);

  SECTION("what cosigners added stays while nothing new is signed") {
    SignedCheckpoint cosigned = must(parse_signed_checkpoint(note));
    cosign_note(cosigned.note, "witness.example", key_of(7), 1'795'507'300);
    write_file(file, format_note(cosigned.note));
    must(checkpoint_and_publish(log, key, file));
    CHECK(read_file(file) == format_note(cosigned.note));
    must(log.append(decisions(1)));
    const std::string next = must(checkpoint_and_publish(log, key, file));
    CHECK(read_file(file) == next);
  }
  SECTION("a file that is no checkpoint is not overwritten, and nothing is signed") {
    write_file(file, "notes of mine\n");
    must(log.append(decisions(1)));
    const auto again = checkpoint_and_publish(log, key, file);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == Errc::kMalformedInput);
    CHECK(read_file(file) == "notes of mine\n");
    CHECK(notes_of(path).size() == 1);
  }
  SECTION("nor another log's checkpoint") {
    const std::string other = folder / "b.db";
    make_log(other, {1}, "example.com/other");
    const std::string theirs = must(must(Log::open(other, identity())).checkpoint(key));
    write_file(file, theirs);
    const Status shown = publish(file, note);
    REQUIRE_FALSE(shown.has_value());
    CHECK(shown.error().code == Errc::kConflict);
    CHECK(read_file(file) == theirs);
  }
  SECTION("nor a later one of the same log") {
    must(log.append(decisions(1)));
    const std::string later = must(checkpoint_and_publish(log, key, file));
    REQUIRE(publish(file, note).has_value());
    CHECK(read_file(file) == later);
  }
  SECTION("nothing is left beside it") {
    for (const std::string& name : folder.names()) CHECK(name.find(".new-") == std::string::npos);
  }
}

TEST_CASE("cosigned checkpoints are kept where they are of this log", "[audit][checkpoint]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = key_of(1);
  const SigningKey witness = key_of(7);
  make_log(path, {5});
  Log log = must(Log::open(path, identity()));
  SignedCheckpoint cosigned = must(parse_signed_checkpoint(must(log.checkpoint(key))));
  cosign_note(cosigned.note, "witness.example", witness, 1'795'507'300);
  const std::vector<VerifierKey> keys{
      vkey_of(key), make_verifier_key("witness.example", SignatureKind::kCosignatureV1, witness.public_key())};

  const Endorsement endorsement = must(log.add_cosigned(cosigned, keys));
  CHECK(endorsement.cosigners == 1);
  CHECK(endorsement.last_cosigned_unix_s == 1'795'507'300);
  CHECK(must(log.newest_checkpoint()) == format_note(cosigned.note));
  CHECK(verify_log(path).checkpoints == 2);
  must(log.add_cosigned(cosigned, keys));
  CHECK(notes_of(path).size() == 2);

  const VerifyReport report = anchored(path, format_note(cosigned.note), keys);
  CHECK(report.ok());
  CHECK(report.endorsement.cosigners == 1);

  SECTION("one that lacks a wanted signature") {
    std::vector<VerifierKey> more = keys;
    more.push_back(make_verifier_key("other.example", SignatureKind::kCosignatureV1, witness.public_key()));
    CHECK_FALSE(log.add_cosigned(cosigned, more).has_value());
    CHECK_FALSE(anchored(path, format_note(cosigned.note), more).ok());
  }
  SECTION("one of a fork") {
    SignedCheckpoint fork = cosigned;
    fork.checkpoint.root[5] ^= 1U;
    fork.note = {format_checkpoint(fork.checkpoint), {}};
    sign_note(fork.note, "example.com/test", key);
    cosign_note(fork.note, "witness.example", witness, 1'795'507'300);
    const auto added = log.add_cosigned(fork, keys);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == Errc::kConflict);
  }
  SECTION("one that the log has not signed") {
    // By a key of its name that no record announces: stored, it would make every later verification fail.
    SignedCheckpoint forged = cosigned;
    forged.note.signatures.clear();
    const SigningKey thief = key_of(9);
    sign_note(forged.note, "example.com/test", thief);
    const VerifierKey vkey = vkey_of(thief);
    const auto added = log.add_cosigned(forged, {&vkey, 1});
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == Errc::kConflict);
    CHECK(verify_log(path).ok());
  }
  SECTION("one that is older than what is stored") {
    must(log.append(decisions(1)));
    must(log.checkpoint(key));
    const auto added = log.add_cosigned(cosigned, keys);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == Errc::kConflict);
  }
}

TEST_CASE("verify against a checkpoint from outside", "[audit][checkpoint][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = key_of(1);
  const std::vector<VerifierKey> keys{vkey_of(key)};
  make_log(path, {5});
  std::string first;
  {
    Log log = must(Log::open(path, identity()));
    first = must(log.checkpoint(key));
    must(log.append(decisions(4)));
    must(log.checkpoint(key));
    must(log.append(decisions(2)));
  }
  const VerifyReport good = anchored(path, first, keys);
  CHECK(good.ok());
  CHECK(good.anchored == 7U);
  CHECK(good.records == 13);
  CHECK(good.checkpoints == 2);
  CHECK_FALSE(verify_log(path).anchored.has_value());

  SECTION("the records that it covers can be taken for good") {
    const VerifyReport resumed = anchored(path, first, keys, true);
    CHECK(resumed.ok());
    CHECK(resumed.anchored == 7U);
    CHECK(resumed.head.size == 13);
    CHECK(resumed.head.root == good.head.root);
    CHECK(resumed.records < good.records);
    // What comes after it is still read: another byte in the last record is found.
    tamper(path,
           "UPDATE runs SET leaves = CAST(replace(CAST(leaves AS TEXT), '\"image\":\"img-1\"', '\"image\":\"img-7\"') "
           "AS BLOB) WHERE "
           "first_seq = 11");
    const VerifyReport bad = anchored(path, first, keys, true);
    CHECK_FALSE(bad.ok());
  }
  SECTION("another key") {
    const VerifyReport report = anchored(path, first, {vkey_of(key_of(9))});
    CHECK_FALSE(report.ok());
    CHECK(report.problem.find("the checkpoint from outside") == 0);
  }
  SECTION("one of no records takes nothing for good") {
    Note nothing{format_checkpoint({"example.com/test", 0, sha256({}), {}}), {}};
    sign_note(nothing, "example.com/test", key);
    const VerifyReport report = anchored(path, format_note(nothing), keys, true);
    CHECK(report.ok());
    CHECK(report.anchored == 0U);
    CHECK(report.records == 13);
  }
  SECTION("one of more records than there are") {
    Note more{format_checkpoint({"example.com/test", 20, good.head.root, {}}), {}};
    sign_note(more, "example.com/test", key);
    const VerifyReport report = anchored(path, format_note(more), keys, GENERATE(false, true));
    CHECK(report.problem ==
          "the checkpoint from outside covers 20 records, the log holds 13: records 13 to 19 are missing");
    CHECK(report.first_bad == 13U);
  }
  SECTION("one of a fork") {
    Sha256Digest other = good.head.root;
    other[0] ^= 1U;
    Note fork{format_checkpoint({"example.com/test", 13, other, {}}), {}};
    sign_note(fork, "example.com/test", key);
    const VerifyReport report = anchored(path, format_note(fork), keys);
    CHECK(report.problem == "the records 11 to 12 are not all those that the checkpoint from outside covers");
  }
  SECTION("a witness alone does not sign for the log") {
    // Where the records of the keys are taken for good, the keys of the caller count for what is stored.
    const VerifierKey witness =
        make_verifier_key("witness.example", SignatureKind::kCosignatureV1, key_of(7).public_key());
    SignedCheckpoint stored = must(parse_signed_checkpoint(notes_of(path).at(1)));
    stored.note.signatures.clear();
    cosign_note(stored.note, "witness.example", key_of(7), 1'795'507'300);
    tamper(path, "UPDATE checkpoints SET note = '" + format_note(stored.note) + "' WHERE id = 2");
    SignedCheckpoint cosigned = must(parse_signed_checkpoint(first));
    cosign_note(cosigned.note, "witness.example", key_of(7), 1'795'507'300);
    const VerifyReport report = anchored(path, format_note(cosigned.note), {keys[0], witness}, true);
    CHECK(report.problem == "stored checkpoint 2: it is not signed by a key that the log announces");
  }
  SECTION("another log's checkpoint") {
    const std::string other = folder / "b.db";
    make_log(other, {9}, "example.com/other");
    const std::string note = must(must(Log::open(other, identity())).checkpoint(key));
    const VerifyReport report = anchored(path, note, {vkey_of(key, "example.com/other")});
    CHECK(report.problem.find("is of the log `example.com/other`") != std::string::npos);
  }
  SECTION("a log that was cut off, with all that would show it") {
    tamper(path, "DELETE FROM runs WHERE first_seq >= 6; DELETE FROM checkpoints");
    CHECK(verify_log(path).ok());  // the file alone does not show it
    const VerifyReport report = anchored(path, first, keys);
    CHECK(report.problem.find("covers 7 records, the log holds 6") != std::string::npos);
    CHECK(report.first_bad == 6U);
  }
}

TEST_CASE("stored checkpoints are checked", "[audit][checkpoint][verify]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = key_of(1);
  make_log(path, {5});
  {
    Log log = must(Log::open(path, identity()));
    must(log.checkpoint(key));
    must(log.append(decisions(4)));
    must(log.checkpoint(key));
  }
  REQUIRE(verify_log(path).ok());
  const auto bad = [&](std::string_view why) {
    const VerifyReport report = verify_log(path);
    CAPTURE(report.problem);
    CHECK_FALSE(report.ok());
    CHECK(report.problem.find(why) != std::string::npos);
  };
  const auto note_of = [&](std::uint64_t size, const Sha256Digest& root, const SigningKey& by) {
    Note note{format_checkpoint({"example.com/test", size, root, {}}), {}};
    sign_note(note, "example.com/test", by);
    return format_note(note);
  };
  const Head head = must(must(Log::open_read_only(path)).head());
  SECTION("no note at all") {
    tamper(path, "UPDATE checkpoints SET note = 'x' WHERE id = 2");
    bad("stored checkpoint 2: ");
  }
  SECTION("another size than its row") {
    tamper(path, "UPDATE checkpoints SET size = 9 WHERE id = 2");
    bad("stored as one of 9 records, and covers 11");
  }
  SECTION("an old one, again") {
    tamper(path, "INSERT INTO checkpoints(size, note) SELECT size, note FROM checkpoints WHERE id = 1");
    bad("it covers 7 records, one before it 11");
  }
  SECTION("one of more records than there are") {
    tamper(path, "INSERT INTO checkpoints(size, note) VALUES(12, '" + note_of(12, head.root, key) + "')");
    bad("it covers 12 records, the log holds 11");
  }
  SECTION("one of a fork") {
    Sha256Digest other = head.root;
    other[0] ^= 1U;
    tamper(path, "UPDATE checkpoints SET note = '" + note_of(11, other, key) + "' WHERE id = 2");
    bad("the records 7 to 10 are not all those that it covers");
  }
  SECTION("signed by a key that the log does not announce") {
    tamper(path, "UPDATE checkpoints SET note = '" + note_of(11, head.root, key_of(3)) + "' WHERE id = 2");
    bad("it is not signed by a key that the log announces");
  }
  SECTION("a key that the caller trusts is not one that the log announces") {
    tamper(path, "UPDATE checkpoints SET note = '" + note_of(11, head.root, key_of(3)) + "' WHERE id = 2");
    VerifyOptions options;
    options.keys = {vkey_of(key_of(3))};
    CHECK(must(verify(path, options)).problem.find("it is not signed by a key that the log announces") !=
          std::string::npos);
  }
  SECTION("a checkpoint under the smallest id") {
    tamper(path, "INSERT INTO checkpoints(id, size, note) VALUES(-9223372036854775808, 1, 'x')");
    bad("stored checkpoint -9223372036854775808: ");
  }
  SECTION("a key-change that announces no key") {
    const std::string leaf = must(must(Log::open_read_only(path)).leaf(6));
    REQUIRE(must(decode_record(leaf)).draft.kind == RecordKind::kKeyChange);
    Record record = must(decode_record(leaf));
    record.draft.note = "nothing";
    Forger forger(path);
    Runs runs;
    for (const std::string& each : leaves_of(path)) runs.push_back({each});
    runs[6] = {encode_record(record)};
    forger.rewrite(runs);
    forger.restore_guards();
    const VerifyReport report = verify_log(path);
    CHECK(report.first_bad == 6U);
    CHECK(report.problem.find("it announces no verifier key") != std::string::npos);
  }
  SECTION("a bad signature of the right key") {
    std::string note = note_of(11, head.root, key);
    SignedCheckpoint parsed = must(parse_signed_checkpoint(note));
    parsed.note.signatures[0].bytes[3] = static_cast<char>(parsed.note.signatures[0].bytes[3] ^ 1);
    tamper(path, "UPDATE checkpoints SET note = '" + format_note(parsed.note) + "' WHERE id = 2");
    bad("stored checkpoint 2: ");
  }
}

TEST_CASE("proofs of records", "[audit][proof]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  const SigningKey key = key_of(1);
  make_log(path, {5, 1, 9});
  const std::vector<VerifierKey> keys{vkey_of(key)};
  {
    Log log = must(Log::open(path, identity()));
    CHECK(log.prove(3).error().code == Errc::kNotFound);  // nothing is signed yet
    must(log.checkpoint(key));
    must(log.append(decisions(1)));
  }
  Log log = must(Log::open_read_only(path));
  for (std::uint64_t seq = 0; seq < 17; ++seq) {
    const TlogProof proof = must(log.prove(seq));
    const VerifiedProof verified = must(verify_proof(must(parse_tlog_proof(format_tlog_proof(proof))), keys));
    CHECK(verified.record.seq == seq);
    CHECK(verified.checkpoint.checkpoint.size == 17);
  }
  CHECK(log.prove(17).error().code == Errc::kNotFound);  // after the checkpoint
  CHECK(log.prove(99).error().code == Errc::kNotFound);

  const TlogProof proof = must(log.prove(3));
  const auto refused = [&](const TlogProof& changed) { return !verify_proof(changed, keys).has_value(); };
  TlogProof changed = proof;
  SECTION("another record") {
    changed.extra = must(log.leaf(4));
    CHECK(refused(changed));
  }
  SECTION("another place") {
    changed.index = 4;
    CHECK(refused(changed));
  }
  SECTION("no record") {
    changed.extra.reset();
    CHECK(refused(changed));
  }
  SECTION("a changed record") {
    changed.extra->replace(changed.extra->find("alice"), 5, "carol");
    CHECK(refused(changed));
  }
  SECTION("another hash") {
    changed.hashes[1][0] ^= 1U;
    CHECK(refused(changed));
  }
  SECTION("one hash less") {
    changed.hashes.pop_back();
    CHECK(refused(changed));
  }
  SECTION("another key") {
    const VerifierKey other = vkey_of(key_of(2));
    CHECK_FALSE(verify_proof(proof, {&other, 1}).has_value());
  }
  SECTION("no key") { CHECK_FALSE(verify_proof(proof, {}).has_value()); }
  SECTION("a damaged log gives no proof") {
    tamper(
        path,
        "UPDATE runs SET leaves = CAST(replace(CAST(leaves AS TEXT), 'alice', 'carol') AS BLOB) WHERE first_seq = 1");
    const auto none = must(Log::open_read_only(path)).prove(3);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == Errc::kMalformedInput);
  }
}

TEST_CASE("consistency of any two sizes", "[audit][proof]") {
  const TempFolder folder;
  const std::string path = folder / "a.db";
  make_log(path, {5, 1, 9});
  Log log = must(Log::open_read_only(path));
  const std::uint64_t size = must(log.head()).size;
  CHECK(must(log.root_at(size)) == must(log.head()).root);
  CHECK(must(log.root_at(0)) == sha256({}));
  for (std::uint64_t size2 = 0; size2 <= size; ++size2) {
    for (std::uint64_t size1 = 0; size1 <= size2; ++size1) {
      CAPTURE(size1, size2);
      const Hashes proof = must(log.prove_consistency(size1, size2));
      CHECK(verify_consistency(size1, size2, must(log.root_at(size1)), must(log.root_at(size2)), proof));
    }
  }
}

}  // namespace
}  // namespace imagewarden::audit::test
