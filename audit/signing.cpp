// What the log proves: checkpoints of it, proofs under them.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "audit/frontier.h"
#include "audit/log_impl.h"
#include "audit/record.h"

namespace imagewarden::audit {
namespace {

Result<SignedCheckpoint> parse_stored(const std::string& name, const StoredCheckpoint& stored) {
  auto parsed = parse_signed_checkpoint(stored.note);
  if (!parsed) {
    return fail(Errc::kMalformedInput,
                fmt::format("{}: its stored checkpoint {}: {}", name, stored.id, parsed.error().message));
  }
  return parsed;
}

Result<std::optional<SignedCheckpoint>> newest_stored(Store& store) {
  const auto stored = store.newest_checkpoint(-1);
  if (!stored) return tl::make_unexpected(stored.error());
  if (!*stored) return std::optional<SignedCheckpoint>{};
  auto parsed = parse_stored(store.name(), **stored);
  if (!parsed) return tl::make_unexpected(parsed.error());
  return std::optional(std::move(*parsed));
}

// That the log goes on from what `checkpoint` covers. A consistency proof and not a look at two roots: the proof shows
// that the tree of today holds the earlier one.
Status check_continues(Log::Impl& log, const Checkpoint& checkpoint, std::string_view which) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::kConflict, fmt::format("{}: {}; nothing was signed", log.store.name(), why));
  };
  if (checkpoint.origin != log.store.origin()) {
    return refuse(fmt::format("{} is of the log `{}`, this one is `{}`", which, checkpoint.origin, log.store.origin()));
  }
  const std::uint64_t size = log.frontier.size();
  if (checkpoint.size > size)
    return refuse(fmt::format("{} covers {} records, the log holds {}", which, checkpoint.size, size));
  const auto proof = consistency_proof(checkpoint.size, size, log.nodes());
  if (!proof) return tl::make_unexpected(proof.error());
  if (!verify_consistency(checkpoint.size, size, checkpoint.root, log.frontier.root(), *proof)) {
    return refuse(fmt::format("its first {} records are not those that {} covers", checkpoint.size, which));
  }
  return {};
}

bool is_signed_by(const SignedCheckpoint& checkpoint, const VerifierKey& key) {
  const auto good = verify_note(checkpoint.note, {&key, 1});
  return good && !good->empty();
}

// What record 1 announces, where the log was made with a key.
Result<std::optional<VerifierKey>> announced_first(Log::Impl& log) {
  const auto size = log.size();
  if (!size) return tl::make_unexpected(size.error());
  if (*size < 2) return std::optional<VerifierKey>{};
  const auto leaf = load_leaf(log.store, 1);
  if (!leaf) return tl::make_unexpected(leaf.error());
  const auto record = decode_record(*leaf);
  if (!record) return damaged(log.store.name(), 1, record.error().message);
  if (record->draft.kind != RecordKind::kKeyChange) return std::optional<VerifierKey>{};
  auto key = parse_vkey(record->draft.note);
  if (!key) return damaged(log.store.name(), 1, key.error().message);
  return std::optional(std::move(*key));
}

// Says in the log whose signatures are to be expected from here on.
Status announce(Log::Impl& log, const VerifierKey& key) {
  Draft draft;
  draft.kind = RecordKind::kKeyChange;
  draft.note = format_vkey(key);
  return log.write({&draft, 1});
}

}  // namespace

Result<std::string> Log::checkpoint(const SigningKey& key, const std::optional<SignedCheckpoint>& published) {
  if (const auto named = check_key_name(origin()); !named) {
    return fail(Errc::kUsage, fmt::format("{}: the origin `{}` cannot stand in a signed note: {}", impl_->store.name(),
                                          origin(), named.error().message));
  }
  const VerifierKey own = make_verifier_key(origin(), SignatureKind::kEd25519, key.public_key());
  // A record is committed before anything that covers it is signed, so the key is announced in a commit of its own; and
  // under the same lock, or two writers that sign a log for the first time would both announce it.
  std::string note;
  const auto done = impl_->hold_lock([&]() -> Status {
    std::optional<SignedCheckpoint> last;
    auto announced = impl_->transact_locked([&]() -> Status {
      auto stored = newest_stored(impl_->store);
      if (!stored) return tl::make_unexpected(stored.error());
      last = std::move(*stored);
      if (last) {
        auto goes_on = check_continues(*impl_, last->checkpoint, "its last checkpoint");
        if (!goes_on) return goes_on;
      }
      if (published) {
        auto goes_on = check_continues(*impl_, published->checkpoint, "the checkpoint that was published last");
        if (!goes_on) return goes_on;
      }
      const auto first = announced_first(*impl_);
      if (!first) return tl::make_unexpected(first.error());
      if (last ? is_signed_by(*last, own) : *first == own) return impl_->store.commit();
      if (impl_->closed) {
        return fail(Errc::kConflict, fmt::format("{}: closed, and signed by another key", impl_->store.name()));
      }
      return announce(*impl_, own);
    });
    if (!announced) return announced;
    return impl_->transact_locked([&]() -> Status {
      if (last && last->checkpoint.size == impl_->frontier.size() && is_signed_by(*last, own)) {
        note = format_note(last->note);
        return impl_->store.commit();
      }
      Note signed_note{format_checkpoint({origin(), impl_->frontier.size(), impl_->frontier.root(), {}}), {}};
      sign_note(signed_note, origin(), key);
      note = format_note(signed_note);
      auto kept = impl_->store.insert_checkpoint(static_cast<std::int64_t>(impl_->frontier.size()), note);
      if (!kept) return kept;
      impl_->has_written = true;
      return impl_->store.commit();
    });
  });
  if (!done) return tl::make_unexpected(done.error());
  return note;
}

Result<Endorsement> Log::add_cosigned(const SignedCheckpoint& cosigned, std::span<const VerifierKey> keys) {
  auto endorsement = verify_checkpoint(cosigned, keys);
  if (!endorsement) return endorsement;
  const auto done = impl_->transact([&]() -> Status {
    if (auto goes_on = check_continues(*impl_, cosigned.checkpoint, "the cosigned checkpoint"); !goes_on)
      return goes_on;
    const auto last = newest_stored(impl_->store);
    if (!last) return tl::make_unexpected(last.error());
    // What is stored stays, so only what this log has signed itself is.
    const auto is_kept = [&](const NoteSignature& signature) {
      const auto& given = cosigned.note.signatures;
      return std::find(given.begin(), given.end(), signature) != given.end();
    };
    if (!*last || (*last)->note.text != cosigned.note.text ||
        !std::all_of((*last)->note.signatures.begin(), (*last)->note.signatures.end(), is_kept)) {
      return fail(Errc::kConflict, fmt::format("{}: not its newest checkpoint, with the signatures that it has there",
                                               impl_->store.name()));
    }
    const std::string note = format_note(cosigned.note);
    if (format_note((*last)->note) == note) return impl_->store.commit();
    auto kept = impl_->store.insert_checkpoint(static_cast<std::int64_t>(cosigned.checkpoint.size), note);
    if (!kept) return kept;
    impl_->has_written = true;
    return impl_->store.commit();
  });
  if (!done) return tl::make_unexpected(done.error());
  return endorsement;
}

Result<std::optional<std::string>> Log::newest_checkpoint(std::optional<std::uint64_t> above) {
  const std::int64_t floor = above ? static_cast<std::int64_t>(std::min(*above, std::uint64_t{kMaxInteger})) : -1;
  auto stored = impl_->store.newest_checkpoint(floor);
  if (!stored) return tl::make_unexpected(stored.error());
  if (!*stored) return std::optional<std::string>{};
  return std::optional(std::move((*stored)->note));
}

Result<Sha256Digest> Log::root_at(std::uint64_t size) { return audit::root_at(size, impl_->nodes()); }

Result<std::optional<VerifierKey>> Log::first_key() { return announced_first(*impl_); }

Result<TlogProof> Log::prove(std::uint64_t seq) {
  auto record = leaf(seq);
  if (!record) return tl::make_unexpected(record.error());
  const auto stored = impl_->store.newest_checkpoint(static_cast<std::int64_t>(seq));
  if (!stored) return tl::make_unexpected(stored.error());
  if (!*stored) {
    return fail(Errc::kNotFound,
                fmt::format("{}: no checkpoint covers record {}: sign one with `audit checkpoint --key FILE`",
                            impl_->store.name(), seq));
  }
  const auto signed_checkpoint = parse_stored(impl_->store.name(), **stored);
  if (!signed_checkpoint) return tl::make_unexpected(signed_checkpoint.error());
  const Checkpoint& checkpoint = signed_checkpoint->checkpoint;
  const auto now = impl_->size();
  if (!now) return tl::make_unexpected(now.error());
  if (checkpoint.size > *now || checkpoint.size <= seq)
    return damaged(impl_->store.name(), seq, "the newest checkpoint covers more records than there are, or less");
  auto hashes = inclusion_proof(seq, checkpoint.size, impl_->nodes());
  if (!hashes) return tl::make_unexpected(hashes.error());
  if (!verify_inclusion(seq, checkpoint.size, leaf_hash(*record), *hashes, checkpoint.root)) {
    return damaged(impl_->store.name(), seq,
                   "it does not lead to the root of the newest checkpoint: `audit verify` says what was changed");
  }
  return TlogProof{seq, std::move(*hashes), std::move(*record), (*stored)->note};
}

Result<Hashes> Log::prove_consistency(std::uint64_t size1, std::uint64_t size2) {
  return consistency_proof(size1, size2, impl_->nodes());
}

Result<VerifiedProof> verify_proof(const TlogProof& proof, std::span<const VerifierKey> keys) {
  if (!proof.extra) return fail(Errc::kMalformedInput, "the proof does not carry its record (the line `extra`)");
  auto record = decode_record(*proof.extra);
  if (!record) return fail(Errc::kMalformedInput, fmt::format("the record of the proof: {}", record.error().message));
  auto checkpoint = parse_signed_checkpoint(proof.checkpoint);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  const Checkpoint& covered = checkpoint->checkpoint;
  if (record->origin != covered.origin) {
    return fail(Errc::kMalformedInput,
                fmt::format("the record is of the log `{}`, the checkpoint of `{}`", record->origin, covered.origin));
  }
  if (record->seq != proof.index) {
    return fail(Errc::kMalformedInput,
                fmt::format("the record says that it is {}, the proof is of {}", record->seq, proof.index));
  }
  if (!verify_inclusion(proof.index, covered.size, leaf_hash(*proof.extra), proof.hashes, covered.root)) {
    return fail(Errc::kMalformedInput,
                fmt::format("record {} does not lead to the root of the checkpoint", proof.index));
  }
  auto endorsement = verify_checkpoint(*checkpoint, keys);
  if (!endorsement) return tl::make_unexpected(endorsement.error());
  return VerifiedProof{std::move(*record), std::move(*checkpoint), *endorsement};
}

}  // namespace imagewarden::audit
