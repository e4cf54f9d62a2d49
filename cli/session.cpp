#include "cli/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/text.h"
#include "engine/base/limits.h"
#include "engine/base/suggest.h"
#include "engine/decide/needs.h"
#include "engine/decide/principal.h"

namespace imagewarden::cli {
namespace {

constexpr std::int64_t kProgressAfterMs = 1000;
constexpr std::int64_t kProgressEveryMs = 200;

std::string amount_text(std::uint64_t amount, Unit unit) {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  if (unit == Unit::kCount) return fmt::format("{}", amount);
  return amount < kMebibyte ? fmt::format("{} KiB", amount >> 10U) : fmt::format("{} MiB", amount >> 20U);
}

}  // namespace

int complain(const Environment& environment, const Error& error) {
  environment.err(fmt::format("imagewarden: {}\n", printable(error.message)));
  return kExitFailed;
}

Error complain_but_last(const Environment& environment, const Error& error) {
  std::string_view rest = error.message;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    complain(environment, {error.code, std::string(rest.substr(0, end))});
    rest.remove_prefix(end + 1);
  }
  return {error.code, std::string(rest)};
}

void note(const Options& options, Environment& environment, std::string_view text) {
  if (!options.quiet) environment.err(fmt::format("note: {}\n", printable(text)));
}

bool is_colored(const Options& options, const Environment& environment) {
  if (options.color != When::kAuto) return options.color == When::kAlways;
  return options.output.empty() && environment.out_is_terminal && !environment.no_color;
}

Look look_of(const Options& options, const Environment& environment) {
  const bool fits = options.output.empty() && environment.out_is_terminal;
  return {is_colored(options, environment), fits ? environment.columns : 0};
}

Time now_of(const Options& options, const Environment& environment) {
  // To the second: what is printed is then exactly what was decided for.
  constexpr std::int64_t kSecondUs = 1'000'000;
  const Time now = options.now ? *options.now : environment.clock();
  return Time{now.unix_us / kSecondUs * kSecondUs};
}

Result<std::vector<rules::RuleSource>> read_rule_files(const Options& options) {
  std::vector<rules::RuleSource> sources;
  for (const std::string& path : options.rules) {
    auto text = read_small_file(path, "rule file");
    if (!text) return tl::make_unexpected(text.error());
    sources.push_back({path, std::move(*text)});
    if (std::find(options.folder_rules.begin(), options.folder_rules.end(), path) != options.folder_rules.end())
      sources.back().only_guards = "in a file that imagewarden.toml of this folder names; `--rules` trusts it";
  }
  return sources;
}

Result<rules::Ruleset> load_rules(const Options& options) {
  const auto sources = read_rule_files(options);
  if (!sources) return tl::make_unexpected(sources.error());
  return rules::Ruleset::load(*sources);
}

ReadOptions read_options_of(const Options& options, const Environment& environment) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  ReadOptions read;
  read.skip_bad_files = options.skip_bad_files;
  if (options.max_age_s) read.not_before = Time{now_of(options, environment).unix_us - *options.max_age_s * kSecondUs};
  return read;
}

Result<Snapshot> load_inventory(const Options& options, Environment& environment) {
  if (options.inventory.empty()) {
    return fail(
        Errc::kUsage,
        fmt::format("`{}` needs an inventory: add `--inventory PATH` (a folder or file of exports)", options.verb));
  }
  Progress progress(options, environment, "reading", Unit::kBytes);
  ReadOptions read = read_options_of(options, environment);
  read.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  auto snapshot = read_inventory(options.inventory, read);
  if (!snapshot) return tl::make_unexpected(complain_but_last(environment, snapshot.error()));
  if (snapshot->too_old_pages() > 0) {
    note(options, environment,
         fmt::format("{} older than --max-age, or without a time: they count as absent",
                     counted(snapshot->too_old_pages(), "export is", "exports are")));
  }
  return snapshot;
}

Result<Context> context_of(const Options& options) {
  Context context;
  for (const std::string& pair : options.context) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Errc::kUsage, fmt::format("option `--context`: `{}`, expected KEY=VALUE", pair));
    }
    if (!is_valid_utf8(pair)) return fail(Errc::kUsage, "option `--context`: not UTF-8");
    const std::string_view text = std::string_view(pair).substr(equals + 1);
    if (const auto form = expected_form(Key::of(pair.substr(0, equals)), Value::of(text)); !form.empty()) {
      return fail(Errc::kUsage, fmt::format("option `--context`: `{}` is `{}`, expected {}", pair.substr(0, equals),
                                            text.substr(0, limits::kMaxNumberBytes), form));
    }
    context.add_value(pair.substr(0, equals), pair.substr(equals + 1));
  }
  for (const std::string& key : options.no_context) {
    if (!is_valid_utf8(key)) return fail(Errc::kUsage, "option `--no-context`: not UTF-8");
    if (context.find(Key::of(key)).state == KeyState::kKnown) {
      return fail(Errc::kUsage, fmt::format("`{}` is given by --context and declared absent by --no-context", key));
    }
    context.set_absent(key);
  }
  return context;
}

Result<Question> question_of(const Options& options, const Environment& environment) {
  if (options.as.empty()) {
    return fail(Errc::kUsage,
                fmt::format("`{}` needs the caller: add `--as user/NAME` (or role/NAME, root)", options.verb));
  }
  auto principal = parse_principal(options.as);
  if (!principal) return tl::make_unexpected(principal.error());
  Question question;
  question.principal = std::move(*principal);
  question.now = now_of(options, environment);
  question.strict = options.strict;
  auto context = context_of(options);
  if (!context) return tl::make_unexpected(context.error());
  question.context = std::move(*context);
  return question;
}

void note_similar_images(const Options& options, Environment& environment, const Snapshot& snapshot, AccountId account,
                         std::span<const std::string> ids) {
  // A slip of the hand is one id or two; comparing many with all of a large account would take longer than the answer.
  constexpr std::uint32_t kMaxImages = 100'000;
  constexpr std::size_t kMaxIds = 3;
  const Account& owner = snapshot.accounts()[account.value];
  if (owner.row_count > kMaxImages) return;
  std::vector<std::string_view> known;
  std::size_t compared = 0;
  for (const std::string& id : ids) {
    if (snapshot.find_image(account, id)) continue;
    if (++compared > kMaxIds) return;
    if (known.empty()) {
      for (std::uint32_t i = 0; i < owner.row_count; ++i) {
        known.push_back(snapshot.text(snapshot.images().id[owner.first_row + i]));
      }
    }
    const auto nearest = nearest_name(id, known);
    if (nearest) note(options, environment, fmt::format("no image `{}`, did you mean `{}`?", id, *nearest));
  }
}

bool note_gaps(const Options& options, Environment& environment, const Snapshot& snapshot,
               std::optional<AccountId> account, std::span<const Operation> lists, std::string_view named) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> gaps;
  for (const MissingExport& gap : list_gaps(snapshot, account, lists))
    gaps.push_back(fmt::format("{} of {} ({})", gap.call, gap.account, gap.because));
  if (gaps.empty()) return false;
  const std::size_t shown = std::min(gaps.size(), kShown);
  std::string text = fmt::format("left out {} that only {}", named,
                                 fmt::join(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (gaps.size() > shown) text += fmt::format(" and {} more", gaps.size() - shown);
  note(options, environment, text + " would name");
  return true;
}

Status need_account(const Snapshot& snapshot) {
  if (!snapshot.accounts().empty()) return {};
  return fail(Errc::kUsage, std::string(kNoAccount));
}

int print_result(const Options& options, Environment& environment, std::string_view text, int status) {
  auto sink = Sink::open(options.output, environment);
  return sink ? print_result(*sink, environment, text, status) : complain(environment, sink.error());
}

int print_result(Sink& sink, Environment& environment, std::string_view text, int status) {
  sink.write(text);
  const auto finished = sink.finish();
  return finished ? status : complain(environment, finished.error());
}

std::string duration_text(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 60 * kMinute;
  if (seconds < kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min {} s", seconds / kMinute, seconds % kMinute);
  return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
}

Progress::Progress(const Options& options, Environment& environment, std::string_view label, Unit unit)
    : environment_(environment), label_(label), unit_(unit) {
  const bool wanted = options.progress == When::kAlways ||
                      (options.progress == When::kAuto && environment.err_is_terminal && !options.quiet);
  enabled_ = wanted && environment.steady_ms;
  if (enabled_) started_ms_ = environment.steady_ms();
}

Progress::~Progress() {
  if (shown_) environment_.err("\r\x1b[K");
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (!enabled_) return;
  const std::int64_t now_ms = environment_.steady_ms();
  if (now_ms - started_ms_ < kProgressAfterMs || (shown_ && now_ms - last_ms_ < kProgressEveryMs)) return;
  last_ms_ = now_ms;
  shown_ = true;
  const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
  const auto elapsed_ms = static_cast<std::uint64_t>(now_ms - started_ms_);
  const std::uint64_t rate = done * 1000 / elapsed_ms;
  std::string line = fmt::format("{} {} % ({} of {}), {}/s", label_, percent, amount_text(done, unit_),
                                 amount_text(total, unit_), amount_text(rate, unit_));
  if (rate > 0 && total >= done) line += fmt::format(", {} left", duration_text((total - done + rate - 1) / rate));
  environment_.err(fmt::format("\r\x1b[K{}", line));
}

}  // namespace imagewarden::cli
