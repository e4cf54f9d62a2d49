#pragma once
// Keys, checkpoints and record numbers as the audit verbs take them from the command line.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "cli/options.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// `--vkey`: each a verifier key, or a file that holds one.
[[nodiscard]] Result<std::vector<audit::VerifierKey>> read_vkeys(const Options& options);
// A checkpoint in a file.
[[nodiscard]] Result<audit::SignedCheckpoint> read_checkpoint(const std::string& path);
// The key of an `init --key FILE`: the one in the file, or a new one, which is to be written there.
struct KeyToInit {
  audit::SigningKey key;
  bool is_new{};
};
[[nodiscard]] Result<KeyToInit> key_to_init(const std::string& path);
// `--vkey-file FILE`: kConflict where another one stands there.
[[nodiscard]] Status write_vkey(const Options& options, const std::string& vkey);
// Whether --vkey-file and --checkpoint-file can be written, as far as that can be told: before something is done that
// cannot be undone. `vkey` is what the first is to hold; empty: not known.
[[nodiscard]] Status check_targets(const Options& options, const std::string& vkey);
// What others check the signatures of `key` on the log `origin` with.
[[nodiscard]] std::string vkey_of(std::string_view origin, const audit::SigningKey& key);

// kUsage unless it is a record number.
[[nodiscard]] Result<std::uint64_t> parse_seq(const Options& options, std::string_view text);
// The only argument of a verb, as a record number.
[[nodiscard]] Result<std::uint64_t> one_seq(const Options& options);

}  // namespace imagewarden::cli
