#include "audit/published.h"

#include <chrono>

#include <fmt/format.h>

#include "audit/files.h"
#include "engine/base/limits.h"

namespace imagewarden::audit {
namespace {

template <class Signer>
Result<std::string> sign_then_publish(Signer& log, const SigningKey& key, const std::string& path) {
  if (path.empty()) return log.checkpoint(key);
  const auto published = read_published(path);
  if (!published) return tl::make_unexpected(published.error());
  auto note = log.checkpoint(key, *published);
  if (!note) return note;
  if (const auto shown = publish(path, *note); !shown) return tl::make_unexpected(shown.error());
  return note;
}

}  // namespace

Result<std::optional<SignedCheckpoint>> read_published(const std::string& path) {
  if (!file_state(path)) return std::optional<SignedCheckpoint>{};
  if (!is_regular_file(path)) return fail(Errc::kUsage, fmt::format("{}: not a file", path));
  const auto bytes = read_whole_file(path, limits::kMaxNoteBytes);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto parsed = parse_signed_checkpoint(*bytes);
  if (!parsed) {
    return fail(Errc::kMalformedInput,
                fmt::format("{}: not a checkpoint, and so not overwritten: {}", path, parsed.error().message));
  }
  return std::optional(std::move(*parsed));
}

Status publish(const std::string& path, const std::string& note) {
  // Of two processes that sign at the same time the one with the smaller log must not come last.
  // Anybody who can read the folder could hold this lock for ever; it is not waited for that long.
  auto lock = FileLock::open_folder_of(path);
  if (!lock) return tl::make_unexpected(lock.error());
  lock->try_lock_for(std::chrono::seconds(1));
  const Unlocker unlocker(*lock);
  const auto published = read_published(path);
  if (!published) return tl::make_unexpected(published.error());
  const auto fresh = parse_signed_checkpoint(note);
  if (!fresh) return tl::make_unexpected(fresh.error());
  if (*published) {
    if ((*published)->checkpoint.origin != fresh->checkpoint.origin) {
      return fail(Errc::kConflict,
                  fmt::format("{}: a checkpoint of the log `{}`, and so not overwritten by one of `{}`", path,
                              (*published)->checkpoint.origin, fresh->checkpoint.origin));
    }
    const bool is_older = fresh->checkpoint.size < (*published)->checkpoint.size;
    // What others have added to the same checkpoint is not taken away.
    const bool is_same = fresh->note.text == (*published)->note.text &&
                         fresh->note.signatures.size() <= (*published)->note.signatures.size();
    if (is_older || is_same) return {};
  }
  return replace_file(path, note);
}

Result<std::string> checkpoint_and_publish(Log& log, const SigningKey& key, const std::string& path) {
  return sign_then_publish(log, key, path);
}

Result<std::string> checkpoint_and_publish(Writer& log, const SigningKey& key, const std::string& path) {
  return sign_then_publish(log, key, path);
}

}  // namespace imagewarden::audit
