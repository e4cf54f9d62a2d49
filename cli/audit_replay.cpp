// `audit replay`: makes logged decisions again and says which come out the same; with --against, what would change.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "cli/decision_printer.h"
#include "cli/journal.h"
#include "cli/policy_source.h"
#include "cli/replay.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kExamples = 20;      // decisions shown, without --limit
constexpr std::uint64_t kFlushEvery = 1000;  // lines
constexpr std::size_t kDistinctMax = 1000;   // kinds of missing inputs and of changes that are counted apart

// What --against puts in the place of what was.
struct Against {
  std::vector<rules::RuleSource> rules;       // a rule file
  std::vector<ram::AttachedPolicy> policies;  // or policy documents
  [[nodiscard]] bool is_on() const { return !rules.empty() || !policies.empty(); }
};

// A rule file or a policy document: only the latter has statements.
Result<Against> load_against(const Options& options) {
  Against against;
  if (options.against.empty()) return against;
  const std::string& path = options.against;
  std::error_code ignored;
  std::vector<std::string> files{path};
  if (!fs::is_directory(path, ignored)) {
    auto text = read_small_file(path, "rule file or policy");
    if (!text) return tl::make_unexpected(text.error());
    const auto document = JsonDocument::parse(*text);
    if (!document) return tl::make_unexpected(to_error(document.error(), path, *text));
    if (document->root().find("Statement") == nullptr) {
      if (!options.rules.empty()) {
        return fail(Errc::kUsage,
                    "option `--against`: a rule file takes the place of those of `--rules`, expected one of both");
      }
      against.rules.push_back({path, std::move(*text)});
      return against;
    }
  } else {
    auto found = policy_files(path);
    if (!found) return tl::make_unexpected(found.error());
    files = std::move(*found);
  }
  const auto rules = load_rules(options);
  if (!rules) return tl::make_unexpected(rules.error());
  for (const std::string& file : files) {
    auto policy = load_policy(file, {}, rules->readings());
    if (!policy) return tl::make_unexpected(policy.error());
    against.policies.push_back(std::move(*policy));
  }
  return against;
}

// A document stands in for the custom policy of its name; where no such one is attached, for the control policy of that
// name. One that nothing is named after would change nothing: a mistyped name must not look like a harmless change.
Status place_policies(const Options& options, Environment& environment, const Snapshot& snapshot,
                      std::vector<ram::AttachedPolicy>& policies) {
  std::vector<std::string> attached;
  for (const PolicyAttachment& one : snapshot.ram().attachments)
    attached.push_back(fmt::format("{}/{}", snapshot.text(one.policy_type), snapshot.text(one.policy_name)));
  for (const ControlAttachment& one : snapshot.ram().control_attachments) {
    const std::string_view name = snapshot.text(one.policy_name);
    attached.push_back(fmt::format("Control/{}", name.empty() ? snapshot.text(one.policy) : name));
  }
  std::sort(attached.begin(), attached.end());
  const auto is_attached = [&](const std::string& name) {
    return std::binary_search(attached.begin(), attached.end(), name);
  };
  const std::vector<std::string_view> names(attached.begin(), attached.end());
  std::vector<std::string> unused;
  for (ram::AttachedPolicy& policy : policies) {
    const std::string control =
        fmt::format("Control/{}", std::string_view(policy.name).substr(policy.name.find('/') + 1));
    if (!is_attached(policy.name) && is_attached(control)) policy.name = control;
    if (is_attached(policy.name)) continue;
    const auto nearest = nearest_name(policy.name, names);
    unused.push_back(fmt::format("option `--against`: no policy `{}` is attached in the inventory{}", policy.name,
                                 nearest ? fmt::format(", did you mean `{}`?", *nearest) : std::string{}));
  }
  if (!unused.empty() && unused.size() == policies.size()) {
    for (std::size_t i = 0; i + 1 < unused.size(); ++i) complain(environment, {Errc::kNotFound, unused[i]});
    return fail(Errc::kNotFound, unused.back());
  }
  for (const std::string& text : unused) note(options, environment, text);
  return {};
}

Result<std::vector<std::uint64_t>> wanted_records(const Options& options) {
  std::vector<std::uint64_t> seqs;
  for (const std::string& text : options.arguments) {
    std::uint64_t seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (error != std::errc{} || end != text.data() + text.size())
      return fail(Errc::kUsage, fmt::format("`{}`, expected a record number", text));
    seqs.push_back(seq);
  }
  return seqs;
}

// How many of each kind, and the first record of it; what is too much to tell apart is counted under Key{}.
template <class Key>
struct Tally {
  struct Row {
    std::uint64_t count{};
    std::uint64_t first{};
  };
  std::map<Key, Row> rows;
  void add(const Key& key, std::uint64_t seq) {
    const bool is_known = rows.size() < kDistinctMax || rows.contains(key);
    auto [at, added] = rows.try_emplace(is_known ? key : Key{}, Row{0, seq});
    ++at->second.count;
  }
  // The most frequent first.
  [[nodiscard]] std::vector<std::pair<Key, Row>> sorted() const {
    std::vector<std::pair<Key, Row>> out(rows.begin(), rows.end());
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
    return out;
  }
};

struct Change {
  Answer was;
  Answer replayed;  // empty: nothing can be decided any more
  friend bool operator<(const Change& a, const Change& b) {
    return std::tie(a.was, a.replayed) < std::tie(b.was, b.replayed);
  }
};

// All that is told of the whole.
struct Totals {
  std::uint64_t same{};
  std::uint64_t different{};
  std::uint64_t not_at_hand{};
  std::uint64_t other_engine{};
  Tally<MissingInput> missing;
  Tally<Change> changes;
  std::vector<ReplayedDecision> examples;  // the first different ones
  [[nodiscard]] std::uint64_t decisions() const { return same + different + not_at_hand; }

  void add(const ReplayedDecision& decision, std::uint64_t limit) {
    if (decision.logged.engine != engine_version()) ++other_engine;
    switch (decision.state) {
      case ReplayState::kSame:
        ++same;
        return;
      case ReplayState::kNotAtHand:
        ++not_at_hand;
        for (const MissingInput& input : decision.missing) missing.add(input, decision.seq);
        return;
      case ReplayState::kDifferent:
        break;
    }
    ++different;
    changes.add({decision.was(), decision.replayed.value_or(Answer{})}, decision.seq);
    if (examples.size() < limit) examples.push_back(decision);
  }
  [[nodiscard]] int exit_status() const {
    if (different > 0) return kExitDenied;
    return not_at_hand > 0 ? kExitIndeterminate : kExitAllowed;
  }
};

// What differs, in words: of equal answers it is the document.
std::vector<std::string_view> differences_of(const ReplayedDecision& decision) {
  std::vector<std::string_view> words;
  if (decision.state != ReplayState::kDifferent) return words;
  if (!decision.replayed) return {"decided"};
  if (decision.replayed->outcome != decision.logged.outcome) words.emplace_back("outcome");
  if (decision.replayed->code != decision.logged.code) words.emplace_back("code");
  if (decision.document_differs) words.emplace_back("document");
  return words;
}

void write_answer(JsonWriter& json, const Answer& answer) {
  json.begin_object().member("outcome", answer.outcome).member("code", answer.code).end_object();
}

void write_replayed(JsonWriter& json, const ReplayedDecision& decision) {
  const audit::Draft& logged = decision.logged;
  json.begin_object().key("seq").integer(static_cast<std::int64_t>(decision.seq));
  json.member("image", logged.image).member("account", logged.account).member("principal", logged.principal);
  json.member("engine", logged.engine).member("state", to_string(decision.state)).key("was");
  write_answer(json, decision.was());
  json.key("replayed");
  if (decision.replayed) {
    write_answer(json, *decision.replayed);
  } else {
    json.null();
  }
  json.key("differs").begin_array();
  for (const std::string_view word : differences_of(decision)) json.string(word);
  json.end_array().key("missing").begin_array();
  for (const MissingInput& input : decision.missing) {
    json.begin_object().member("input", input.input).member("because", input.because);
    json.member("digest", input.digest).end_object();
  }
  json.end_array();
  if (!decision.problem.empty()) json.member("problem", decision.problem);
  json.end_object();
}

// What every form of the whole is made of.
struct Report {
  const Options& options;
  const Snapshot& snapshot;
  const rules::Ruleset& rules;
  const Against& against;
  Time now;
  const Totals& totals;
};

void write_against(JsonWriter& json, const Report& report) {
  json.key("against");
  if (!report.against.is_on()) {
    json.null();
    return;
  }
  json.begin_object().member("path", report.options.against);
  json.member("kind", report.against.rules.empty() ? "policies" : "rules").key("policies").begin_array();
  for (const ram::AttachedPolicy& policy : report.against.policies) json.string(policy.name);
  json.end_array().end_object();
}

std::string report_json(const Report& report) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  const Totals& totals = report.totals;
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_header(json, report.snapshot, report.rules, report.now);
  json.member("log", report.options.audit_log);
  write_against(json, report);
  json.key("summary").begin_object().key("decisions").integer(number(totals.decisions()));
  json.key("same").integer(number(totals.same)).key("different").integer(number(totals.different));
  json.key("not_at_hand").integer(number(totals.not_at_hand));
  json.key("other_engine").integer(number(totals.other_engine)).end_object();
  json.key("not_at_hand").begin_array();
  for (const auto& [input, row] : totals.missing.sorted()) {
    json.begin_object().member("input", input.input).member("because", input.because).member("digest", input.digest);
    json.key("decisions").integer(number(row.count)).key("first").integer(number(row.first)).end_object();
  }
  json.end_array().key("changes").begin_array();
  for (const auto& [change, row] : totals.changes.sorted()) {
    json.begin_object().key("was");
    write_answer(json, change.was);
    json.key("replayed");
    write_answer(json, change.replayed);
    json.key("decisions").integer(number(row.count)).key("first").integer(number(row.first)).end_object();
  }
  json.end_array().key("different").begin_array();
  for (const ReplayedDecision& decision : totals.examples) write_replayed(json, decision);
  json.end_array().end_object();
  return text + '\n';
}

// `deny ImageNotAllowDelete`; the code of an allow says nothing new.
std::string answer_text(const Answer& answer) {
  if (answer.outcome.empty()) return "no decision";
  return answer.outcome == "deny" ? fmt::format("deny {}", answer.code) : answer.outcome;
}

Tone tone_of_answer(const Answer& answer) {
  if (answer.outcome == "allow") return Tone::kGood;
  return answer.outcome == "indeterminate" ? Tone::kUnsure : Tone::kBad;
}

std::string examples_table(const Report& report, const Look& look) {
  const bool is_what_if = report.against.is_on();
  std::vector<std::string> header{"SEQ", "IMAGE", "PRINCIPAL", "ACCOUNT", "WAS", is_what_if ? "WOULD BE" : "IS NOW"};
  if (!is_what_if) header.emplace_back("DIFFERS");
  Table table(std::move(header), {"WOULD BE", "IS NOW", "DIFFERS"});
  for (const ReplayedDecision& decision : report.totals.examples) {
    const audit::Draft& logged = decision.logged;
    std::vector<std::string> cells{fmt::format("{}", decision.seq),
                                   logged.image,
                                   logged.principal,
                                   logged.account,
                                   answer_text(decision.was()),
                                   answer_text(decision.replayed.value_or(Answer{}))};
    if (!decision.replayed) cells.back() += fmt::format(": {}", decision.problem);
    if (!is_what_if) {
      cells.push_back(fmt::format("{}", fmt::join(differences_of(decision), ", ")));
      if (logged.engine != engine_version()) cells.back() += fmt::format(" (decided by {})", logged.engine);
    }
    table.add(std::move(cells));
  }
  return table.render(look);
}

std::string report_table(const Report& report, const Look& look) {
  const Totals& totals = report.totals;
  std::string text =
      fmt::format("{} in {}: {}, {}, {} not at hand\n", counted(totals.decisions(), "decision", "decisions"),
                  printable(report.options.audit_log),
                  paint(fmt::format("{} {}", totals.same, report.against.is_on() ? "unchanged" : "same"), Tone::kGood,
                        look.colored),
                  paint(fmt::format("{} {}", totals.different, report.against.is_on() ? "would change" : "different"),
                        totals.different > 0 ? Tone::kBad : Tone::kPlain, look.colored),
                  totals.not_at_hand);
  if (totals.other_engine > 0)
    text += fmt::format("{} decided by another version than {}\n", totals.other_engine, engine_version());
  if (!totals.missing.rows.empty()) {
    Table table({"NOT AT HAND", "WHY", "DIGEST", "DECISIONS", "FIRST"}, {"WHY"});
    for (const auto& [input, row] : totals.missing.sorted()) {
      table.add({std::string(input.input), std::string(input.because), input.digest, fmt::format("{}", row.count),
                 fmt::format("{}", row.first)},
                Tone::kUnsure);
    }
    text += '\n' + table.render(look);
  }
  if (totals.changes.rows.empty()) return text;
  Table changes({"WAS", report.against.is_on() ? "WOULD BE" : "IS NOW", "DECISIONS", "FIRST"});
  for (const auto& [change, row] : totals.changes.sorted()) {
    changes.add({answer_text(change.was), answer_text(change.replayed), fmt::format("{}", row.count),
                 fmt::format("{}", row.first)},
                tone_of_answer(change.was));
  }
  text += '\n' + changes.render(look);
  if (!totals.examples.empty()) text += '\n' + examples_table(report, look);
  if (totals.different > totals.examples.size())
    text += fmt::format("and {} more (--limit)\n", totals.different - totals.examples.size());
  return text;
}

}  // namespace

int run_audit_replay(const Options& options, Environment& environment) {
  const auto seqs = wanted_records(options);
  if (!seqs) return complain(environment, seqs.error());
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  auto against = load_against(options);
  if (!against) return complain(environment, against.error());
  const auto rules = against->rules.empty() ? load_rules(options) : rules::Ruleset::load(against->rules);
  if (!rules) return complain(environment, rules.error());
  const auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  for (const SkippedFile& file : snapshot->skipped())
    note(options, environment, fmt::format("skipped {}: {}", file.path, file.why));
  if (!against->policies.empty()) {
    const auto placed = place_policies(options, environment, *snapshot, against->policies);
    if (!placed) return complain(environment, placed.error());
  }
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());

  Totals totals;
  std::string line;
  std::uint64_t lines = 0;
  const std::uint64_t limit = options.limit.value_or(kExamples);
  const auto visit = [&](const ReplayedDecision& decision) {
    totals.add(decision, limit);
    if (options.format != Format::kNdjson) return true;
    line.clear();
    JsonWriter json(line);
    write_replayed(json, decision);
    line += '\n';
    sink->write(line);
    return ++lines % kFlushEvery != 0 || sink->flush();  // the reader may be gone; finish() says so
  };
  Progress progress(options, environment, "replaying");
  const auto report_progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  Replayer replayer(*log, options.audit_log,
                    {&*snapshot, &*rules, !against->rules.empty(), against->policies, against->is_on()});
  const auto replayed = options.arguments.empty() ? replayer.replay_all(visit, report_progress)
                                                  : replayer.replay_some(*seqs, visit, report_progress);
  if (!replayed) return complain(environment, replayed.error());

  const Report report{options, *snapshot, *rules, *against, now_of(options, environment), totals};
  if (options.format == Format::kJson) sink->write(report_json(report));
  if (options.format == Format::kTable) sink->write(report_table(report, look_of(options, environment)));
  const auto finished = sink->finish();
  return finished ? totals.exit_status() : complain(environment, finished.error());
}

}  // namespace imagewarden::cli
