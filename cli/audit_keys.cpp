#include "cli/audit_keys.h"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "audit/files.h"
#include "cli/session.h"

namespace imagewarden::cli {

Result<std::vector<audit::VerifierKey>> read_vkeys(const Options& options) {
  std::vector<audit::VerifierKey> keys;
  for (const std::string& given : options.vkeys) {
    std::string text = given;
    std::error_code ignored;
    if (std::filesystem::exists(given, ignored)) {
      auto file = read_small_file(given, "verifier key");
      if (!file) return tl::make_unexpected(file.error());
      text = std::move(*file);
      text.erase(text.find_last_not_of(" \t\r\n") + 1);
    }
    if (text == given && given.find('+') == std::string::npos)
      return fail(Errc::kNotFound, fmt::format("option `--vkey`: `{}`: no such file, and no verifier key", given));
    auto key = audit::parse_vkey(text);
    if (!key) return fail(Errc::kUsage, fmt::format("option `--vkey`: `{}`: {}", given, key.error().message));
    keys.push_back(std::move(*key));
  }
  return keys;
}

Result<audit::SignedCheckpoint> read_checkpoint(const std::string& path) {
  const auto bytes = read_small_file(path, "checkpoint");
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto checkpoint = audit::parse_signed_checkpoint(*bytes);
  if (!checkpoint) return fail(Errc::kMalformedInput, fmt::format("{}: {}", path, checkpoint.error().message));
  return checkpoint;
}

Result<KeyToInit> key_to_init(const std::string& path) {
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
  auto key = is_new ? audit::SigningKey::generate() : audit::SigningKey::read(path);
  if (!key) return tl::make_unexpected(key.error());
  return KeyToInit{std::move(*key), is_new};
}

namespace {

// Whether --vkey-file holds this verifier key; kConflict if it holds another one.
Result<bool> has_vkey(const Options& options, const std::string& vkey) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(options.vkey_file, ignored))) return false;
  const auto there = read_small_file(options.vkey_file, "verifier key");
  if (!there) return tl::make_unexpected(there.error());
  if (*there == vkey + '\n') return true;
  return fail(Errc::kConflict, fmt::format("{}: holds something else than this verifier key", options.vkey_file));
}

}  // namespace

Status write_vkey(const Options& options, const std::string& vkey) {
  if (options.vkey_file.empty()) return {};
  const auto is_there = has_vkey(options, vkey);
  if (!is_there) return tl::make_unexpected(is_there.error());
  return *is_there ? Status{} : audit::replace_file(options.vkey_file, vkey + '\n');
}

Status check_targets(const Options& options, const std::string& vkey) {
  if (!options.vkey_file.empty() && !vkey.empty()) {
    const auto is_there = has_vkey(options, vkey);
    if (!is_there) return tl::make_unexpected(is_there.error());
  }
  for (const std::string* const path : {&options.vkey_file, &options.checkpoint_file}) {
    if (path->empty()) continue;
    if (auto written = audit::can_replace(*path); !written) return written;
  }
  return {};
}

std::string vkey_of(std::string_view origin, const audit::SigningKey& key) {
  return audit::format_vkey(audit::make_verifier_key(origin, audit::SignatureKind::kEd25519, key.public_key()));
}

Result<std::uint64_t> parse_seq(const Options& options, std::string_view text) {
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error == std::errc{} && end == text.data() + text.size()) return seq;
  return fail(Errc::kUsage, fmt::format("`{}`: `{}`, expected a record number", options.verb, text));
}

Result<std::uint64_t> one_seq(const Options& options) {
  if (options.arguments.size() != 1)
    return fail(Errc::kUsage, fmt::format("`{}` wants one record number", options.verb));
  return parse_seq(options, options.arguments.front());
}

}  // namespace imagewarden::cli
