#pragma once
// Every limit on what input controls, in one place: nothing that a file, a name or a command line holds makes the
// program hold, nest, repeat or compute without bound. docs/threat-model.md lists them with what they are on; a test
// compares both. What is beyond a limit is refused (Errc::kLimit or kMalformedInput), never cut off.

#include <cstddef>
#include <cstdint>

namespace imagewarden::limits {

// Exports. A body, or a line of envelopes, is held in memory whole; the longest that the cloud sends is a few MiB.
inline constexpr std::uint64_t kMaxDocumentBytes = std::uint64_t{256} << 20U;
// By how much a packed file may grow. JSON of exports grows 10- to 40-fold, one made to harm more than 1,000-fold.
inline constexpr std::uint64_t kMaxExpansion = 500;
// Up to here nobody looks: blank lines in a small file are harmless.
inline constexpr std::uint64_t kFreeUnpackedBytes = std::uint64_t{64} << 20U;
// Files of an inventory, those included that are none of ours: each is remembered by its name.
inline constexpr std::size_t kMaxFiles = 8'000'000;
// Folders in folders: one descriptor each is open while they are walked.
inline constexpr std::size_t kMaxFolderDepth = 128;
// An id, also one on the command line. The cloud's have at most 64 bytes.
inline constexpr std::size_t kMaxIdBytes = 256;
// A line of a list of ids that is read as it comes, white space included: more is held by nobody.
inline constexpr std::size_t kMaxIdLineBytes = 4'096;

// JSON of any kind: the strict reader descends by recursion, the cursor keeps one bit a level in a word.
inline constexpr unsigned kMaxJsonDepth = 64;
// A document that is kept as a tree, or another small file that is read whole.
inline constexpr std::size_t kMaxTreeBytes = std::size_t{64} << 20U;

// Rules and guards together: a verdict keeps one bit a rule.
inline constexpr std::size_t kMaxRules = 64;
// An id of a rule, which every record and table repeats.
inline constexpr std::size_t kMaxRuleIdBytes = 64;

// A number in a condition, and its exponent: numbers are compared digit by digit.
inline constexpr std::size_t kMaxNumberBytes = 256;
inline constexpr std::int32_t kMaxNumberExponent = 10'000;

// A filter of `plan`, and the tests in it: each is evaluated for every image.
inline constexpr std::size_t kMaxFilterBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxFilterTests = 64;

// A test file of policies; the combinations of its lists.
inline constexpr std::size_t kMaxTestFileBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxTestCases = 100'000;
// One request to a simulation, a line.
inline constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 20U;
// States of a search over all requests: about ten seconds. Counted, so that every machine gives up at the same place.
inline constexpr std::uint64_t kMaxSearchSteps = 20'000'000;

// A record of the log: what an entry of a C2SP tlog-tiles bundle may hold.
inline constexpr std::size_t kMaxRecordBytes = 65'535;
// The question that a record keeps, of the bytes above; a longer one is left out, and cannot be replayed.
inline constexpr std::size_t kMaxRecordedQuestionBytes = std::size_t{32} << 10U;
// A decision in full beside the record, as one blob.
inline constexpr std::size_t kMaxDetailBytes = std::size_t{256} << 20U;

// A signed note, and its signatures: each may cost a verification.
inline constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxNoteSignatures = 100;
// A proof holds a note, a record and hashes. A tree of 2^64 leaves has no longer way than 64.
inline constexpr std::size_t kMaxProofBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMaxProofHashes = 64;
// A key is 119 bytes; a text before it is allowed.
inline constexpr std::size_t kMaxKeyFileBytes = std::size_t{16} << 10U;

// A plan without its seal: with it, it must still be a tree.
inline constexpr std::size_t kMaxSealedPlanBytes = std::size_t{63} << 20U;
// `imagewarden.toml`.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20U;

}  // namespace imagewarden::limits
