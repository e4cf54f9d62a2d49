#include "cli/options.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "cli/verbs.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

namespace po = boost::program_options;

using Names = std::span<const std::string_view>;

constexpr std::string_view kDecideOptions[] = {"as",     "all", "ids-from",        "context",         "no-context",
                                               "strict", "key", "checkpoint-file", "checkpoint-every"};
constexpr std::string_view kPlanOptions[] = {"as",         "all",    "ids-from", "where",           "context",
                                             "no-context", "strict", "key",      "checkpoint-file", "checkpoint-every"};
constexpr std::string_view kPlanVerifyOptions[] = {"vkey", "key", "checkpoint-file", "checkpoint-every"};
constexpr std::string_view kPlanScriptOptions[] = {"vkey"};
constexpr std::string_view kExplainOptions[] = {"as", "context", "no-context", "strict", "key", "checkpoint-file"};
constexpr std::string_view kInitOptions[] = {"origin", "key", "checkpoint-file", "vkey-file"};
constexpr std::string_view kVerifyOptions[] = {"checkpoint", "vkey", "resume", "proof", "previous"};
constexpr std::string_view kCheckpointOptions[] = {"key", "checkpoint-file", "cosigned", "vkey", "vkey-file"};
constexpr std::string_view kProveOptions[] = {"html", "vkey"};
constexpr std::string_view kExportOptions[] = {"since", "until", "image", "principal", "code", "outcome"};
constexpr std::string_view kRedactOptions[] = {"force"};
constexpr std::string_view kRotateOptions[] = {"key", "next", "origin", "checkpoint-file", "vkey-file"};
constexpr std::string_view kReplayOptions[] = {"against", "limit"};
constexpr std::string_view kListOptions[] = {"since", "until", "image", "principal", "code", "outcome", "limit"};
constexpr std::string_view kSimulateOptions[] = {"as",      "action",     "resource",        "resource-group",
                                                 "context", "no-context", "missing-context", "session-policy",
                                                 "policy",  "without",    "skip-level"};
constexpr std::string_view kTestOptions[] = {"filter",       "fail-fast", "coverage",    "lcov",     "cobertura",
                                             "min-coverage", "mutate",    "max-mutants", "min-score"};
constexpr std::string_view kLintOptions[] = {"fail-level", "explain", "actions", "waivers"};
constexpr std::string_view kWhoCanOptions[] = {"resource", "context", "no-context", "only-via"};
constexpr std::string_view kReportOptions[] = {"as",       "context", "no-context", "strict",
                                               "controls", "compare", "checkpoint", "vkey"};
constexpr std::string_view kDiffOptions[] = {"fail-on", "action", "limit"};
constexpr Format kTestFormats[] = {Format::kTable, Format::kJson, Format::kJunit, Format::kTap};
constexpr Format kLintFormats[] = {Format::kTable, Format::kJson, Format::kSarif};
constexpr Format kAllFormats[] = {Format::kTable, Format::kJson, Format::kNdjson, Format::kCsv};
constexpr Format kExportFormats[] = {Format::kNdjson, Format::kCsv, Format::kOcsf, Format::kCloudEvents,
                                     Format::kOscal};
constexpr Format kReportFormats[] = {Format::kHtml,  Format::kJson,  Format::kCsv,
                                     Format::kSarif, Format::kJunit, Format::kOscal};
constexpr Format kTextFormats[] = {Format::kTable};
constexpr Format kTableJsonFormats[] = {Format::kTable, Format::kJson};
constexpr Format kReplayFormats[] = {Format::kTable, Format::kJson, Format::kNdjson};
constexpr Format kListFormats[] = {Format::kTable, Format::kJson, Format::kCsv};

constexpr Verb kVerbs[] = {
    {"check", "[IMAGE...]", "decide whether DeleteImage would succeed", kDecideOptions, kAllFormats,
     "imagewarden check --all --as user/alice --inventory exports/", run_check},
    {"plan", "[IMAGE...]", "decide a whole clean-up in a safe order, with what to do first", kPlanOptions,
     kTableJsonFormats,
     "imagewarden plan --where 'age > 90d and not tag keep and unused' --as user/alice --inventory exports/", run_plan},
    {"plan verify", "FILE [IMAGE...]", "say whether a sealed plan still holds on a fresh inventory", kPlanVerifyOptions,
     kTableJsonFormats, "imagewarden plan verify plan.json --inventory exports/ --vkey images.vkey", run_plan_verify},
    {"plan script", "FILE", "write the shell script that carries out a sealed plan, image by image", kPlanScriptOptions,
     kTextFormats, "imagewarden plan script plan.json --vkey images.vkey --output delete.sh", run_plan_script},
    {"explain", "IMAGE", "show every rule, every fact and every policy statement behind one decision", kExplainOptions,
     kTableJsonFormats, "imagewarden explain img-bp13mu --as user/alice --inventory exports/", run_explain},
    {"report", "", "write the compliance report of an inventory, a log, or both", kReportOptions, kReportFormats,
     "imagewarden report --inventory exports/ --audit-log images.db --output report.html", run_report},
    {"inventory summary",
     "",
     "show what was read: each list, account and region, with state, age and counts",
     {},
     kListFormats,
     "imagewarden inventory summary --inventory exports/",
     run_inventory_summary},
    {"inventory validate",
     "",
     "name the exports that DeleteImage needs and that are missing",
     {},
     kTableJsonFormats,
     "imagewarden inventory validate --inventory exports/",
     run_inventory_validate},
    {"policy simulate", "", "decide one RAM request and say why, or why not", kSimulateOptions, kTableJsonFormats,
     "imagewarden policy simulate --as user/alice --action appstreaming:DeleteImage --inventory exports/",
     run_policy_simulate},
    {"policy test", "PATH...", "run test files of policies; coverage and mutation", kTestOptions, kTestFormats,
     "imagewarden policy test policies/tests/ --coverage --mutate", run_policy_test},
    {"policy lint", "[PATH...]", "find faults in policies: files, folders, or those of an inventory", kLintOptions,
     kLintFormats, "imagewarden policy lint policies/ --fail-level security", run_policy_lint},
    {"policy who-can", "ACTION", "list who may carry out an action, and through what", kWhoCanOptions, kListFormats,
     "imagewarden policy who-can appstreaming:DeleteImage --inventory exports/", run_policy_who_can},
    {"policy diff", "OLD NEW", "what two versions of policies, or two inventories, allow otherwise", kDiffOptions,
     kTableJsonFormats, "imagewarden policy diff old.json new.json --fail-on new-access", run_policy_diff},
    {"rules list",
     "",
     "list the rules in the order in which they decide the code",
     {},
     kListFormats,
     "imagewarden rules list --rules guards.json",
     run_rules_list},
    {"rules show",
     "ID|ram",
     "show one rule, or the readings of the RAM language",
     {},
     kTableJsonFormats,
     "imagewarden rules show not-in-use",
     run_rules_show},
    {"rules validate",
     "FILE...",
     "check rule files",
     {},
     kTableJsonFormats,
     "imagewarden rules validate guards.json",
     run_rules_validate},
    {"rules errors",
     "",
     "list the error codes of the operation and whether an inventory predicts them",
     {},
     kListFormats,
     "imagewarden rules errors --format csv",
     run_rules_errors},
    {"audit init", "", "make an audit log", kInitOptions, kTableJsonFormats,
     "imagewarden audit init --audit-log images.db --origin example.com/images", run_audit_init},
    {"audit list", "", "list the records of the audit log", kListOptions, kAllFormats,
     "imagewarden audit list --image img-bp13mu --since 2026-11-01T00:00:00Z", run_audit_list},
    {"audit show",
     "SEQ",
     "show one record with its leaf hash",
     {},
     kTableJsonFormats,
     "imagewarden audit show 42",
     run_audit_show},
    {"audit stats",
     "",
     "count the records of the audit log by what they say",
     {},
     kTableJsonFormats,
     "imagewarden audit stats --audit-log images.db",
     run_audit_stats},
    {"audit verify", "", "re-hash the whole log, or check one proof, and name the first bad record", kVerifyOptions,
     kTableJsonFormats, "imagewarden audit verify --checkpoint images.checkpoint --vkey auditor/images.vkey",
     run_audit_verify},
    {"audit checkpoint", "", "sign the log as it stands, or keep a cosigned checkpoint", kCheckpointOptions,
     kTableJsonFormats, "imagewarden audit checkpoint --key images.key --checkpoint-file images.checkpoint",
     run_audit_checkpoint},
    {"audit prove", "SEQ", "write a proof of one record that verifies without the log", kProveOptions,
     kTableJsonFormats, "imagewarden audit prove 42 --html --output proof-42.html", run_audit_prove},
    {"audit consistency",
     "OLD NEW",
     "prove that the log of one size goes on in that of another",
     {},
     kTableJsonFormats,
     "imagewarden audit consistency 1000 images.checkpoint",
     run_audit_consistency},
    {"audit export", "", "write the log for other tools", kExportOptions, kExportFormats,
     "imagewarden audit export --format ocsf --output events.ndjson", run_audit_export},
    {"audit replay", "[SEQ...]", "decide logged decisions again, and say which come out the same", kReplayOptions,
     kReplayFormats, "imagewarden audit replay --inventory exports/ --against new-rules.json", run_audit_replay},
    {"audit redact", "SEQ...", "remove the stored decisions of records; the records stay", kRedactOptions,
     kTableJsonFormats, "imagewarden audit redact 42", run_audit_redact},
    {"audit rotate", "", "close the log with a last checkpoint and go on in a new one", kRotateOptions,
     kTableJsonFormats, "imagewarden audit rotate --key images.key --next images-2027.db", run_audit_rotate},
    {"config",
     "[VERB...]",
     "show the defaults that the environment and configuration files set, and which of them hold",
     {},
     kTableJsonFormats,
     "imagewarden config policy lint",
     run_config},
    {"completion",
     "bash|zsh|fish",
     "write the script by which a shell completes the command line",
     {},
     kTextFormats,
     "imagewarden completion bash --output imagewarden.bash",
     run_completion},
    {"man",
     "[VERB...]",
     "write the manual page of a verb, of the program, or with --output FOLDER all of them",
     {},
     kTextFormats,
     "imagewarden man audit verify",
     run_man},
};

constexpr OptionInfo kOptions[] = {
    {"inventory", "PATH", "folder or file of exports (repeatable)", true},
    {"rules", "FILE", "rule file on top of the built-in ones (repeatable)", true},
    {"audit-log", "FILE", "audit log (default imagewarden-audit.db)", true},
    {"audit-detail", "digest|full", "full: keep the whole decision beside its record (default digest)", true},
    {"no-audit", "", "decide without a record", true},
    {"format", "FORMAT", "table, json, ndjson or csv, as the verb offers", true},
    {"output", "FILE", "write the result there instead of to standard output", true},
    {"now", "RFC3339", "the time to decide for (default: the clock)", true},
    {"skip-bad-files", "", "count a bad export file as absent instead of stopping", true},
    {"max-age", "AGE", "count exports as absent that are older, or carry no time: 90m, 2h, 7d", true},
    {"progress", "WHEN", "auto, always or never: a progress line on standard error", true},
    {"color", "WHEN", "auto, always or never", true},
    {"quiet", "", "no progress, no notes", true},
    {"version", "", "print the version, the commit, the rules and the libraries", true},
    {"help", "", "print this help, or that of a verb", true},
    {"config", "FILE", "read defaults from this file instead of imagewarden.toml", true},
    {"no-config", "", "read no configuration file", true},
    {"as", "PRINCIPAL", "the caller: root, user/NAME or role/NAME, with ACCOUNT: before it where there are several",
     false},
    {"all", "", "every image that the inventory shows to the account", false},
    {"ids-from", "FILE",
     "image ids, one a line; - for standard input, which `check` answers while it is read, in ndjson and csv", false},
    {"context", "KEY=VALUE", "a condition key of the request, e.g. acs:SourceIp=203.0.113.7 (repeatable)", false},
    {"no-context", "KEY", "the request does not carry this condition key (repeatable)", false},
    {"strict", "", "turn assumptions into unknowns", false},
    {"where", "FILTER", "the images that it picks, e.g. 'age > 90d and not tag keep and unused'", false},
    {"origin", "NAME", "name of the log, in every record (default: the file's name)", false},
    {"since", "RFC3339", "records written at or after this time", false},
    {"until", "RFC3339", "records written before this time", false},
    {"image", "ID", "records of this image", false},
    {"principal", "PRINCIPAL", "records of this caller", false},
    {"code", "CODE", "records with this code", false},
    {"outcome", "OUTCOME", "allow, deny or indeterminate", false},
    {"limit", "N", "at most N: the last records, or the first examples", false},
    {"against", "PATH", "what would change with this rule file, policy document, or folder of policy documents", false},
    {"key", "FILE", "file of the Ed25519 key that signs checkpoints (PEM PKCS#8, mode 0600)", false},
    {"checkpoint-file", "FILE", "publish signed checkpoints there", false},
    {"checkpoint-every", "N|Ns", "sign after N records, or N seconds, too (default: at the end)", false},
    {"checkpoint", "FILE", "a checkpoint that was kept outside of this machine", false},
    {"vkey", "KEY|FILE", "who must have signed: NAME+ID+KEY, or a file that holds it (repeatable)", false},
    {"vkey-file", "FILE", "write the verifier key of the log there", false},
    {"resume", "", "take the records that the checkpoint covers for verified", false},
    {"proof", "FILE", "check this proof alone, without a log", false},
    {"previous", "FILE", "the closed log that this one goes on from", false},
    {"cosigned", "FILE", "keep this checkpoint, which others have signed too", false},
    {"html", "", "a page that checks itself in a browser", false},
    {"force", "", "also before the retention time is over; this is recorded", false},
    {"next", "FILE", "the log to go on in; it is made", false},
    {"action", "ACTION", "the action of the request, e.g. appstreaming:DeleteImage", false},
    {"resource", "RESOURCE", "the resource of the request (default *)", false},
    {"resource-group", "ID", "the resource group that the resource is in", false},
    {"missing-context", "", "list the condition keys that are not given and that the answer waits for", false},
    {"session-policy", "FILE", "a session policy of the role session (repeatable)", false},
    {"policy", "FILE", "as if this policy were attached too (repeatable)", false},
    {"without", "POLICY", "as if this policy were detached, e.g. Custom/ops (repeatable)", false},
    {"skip-level", "LEVEL", "control or session: leave these policies out (repeatable)", false},
    {"filter", "NAME", "only tests whose name contains this, or matches it with * and ?", false},
    {"fail-fast", "", "stop at the first test that fails", false},
    {"coverage", "", "say which statements, patterns and values no test exercised", false},
    {"lcov", "FILE", "write the coverage there as LCOV", false},
    {"cobertura", "FILE", "write the coverage there as Cobertura XML", false},
    {"min-coverage", "PERCENT", "fail below it", false},
    {"mutate", "", "change the policies and see which changes the tests notice", false},
    {"max-mutants", "N", "at most N mutants (default 10000)", false},
    {"min-score", "PERCENT", "fail below this mutation score", false},
    {"fail-level", "LEVEL", "error, security, warning, suggestion or never: fail from there on (default warning)",
     false},
    {"explain", "ID", "explain one lint rule, e.g. RAM017", false},
    {"actions", "FILE", "a newer action table, in the form of rules/actions.json", false},
    {"waivers", "FILE", "findings that are accepted, with owner, reason and expiry", false},
    {"controls", "FILE", "controls and waivers of your own, on top of the built-in ones (repeatable)", false},
    {"compare", "FILE", "an earlier report in JSON: what is new, fixed and unchanged", false},
    {"only-via", "WAY", "direct, group or role: only this way to get there", false},
    {"fail-on", "WHAT", "new-access or any: exit 1 where there is such a difference", false},
};

const OptionInfo* find_option(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const auto& o) { return o.name == name; });
  return found == std::end(kOptions) ? nullptr : found;
}

std::string did_you_mean(std::string_view wanted, Names names, std::string_view prefix) {
  const auto nearest = nearest_name(wanted, names);
  return nearest ? fmt::format(", did you mean `{}{}`?", prefix, *nearest) : std::string{};
}

// Takes the verb (one or two words) out of the arguments; what is left are options and the verb's own arguments.
// A first word that is a verb of two words alone names the family.
Result<std::string> take_verb(std::vector<std::string>& arguments) {
  std::vector<std::size_t> words;  // positions of arguments that are neither options nor options' values
  for (std::size_t i = 0; i < arguments.size() && words.size() < 2; ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() > 2 && argument.starts_with("--")) {
      const OptionInfo* option = find_option(std::string_view(argument).substr(2));
      if (option != nullptr && !option->value.empty()) ++i;
    } else if (argument == "--") {
      break;
    } else {
      words.push_back(i);
    }
  }
  if (words.empty()) return std::string{};
  std::string first = arguments[words[0]];
  // `plan verify` is a verb although `plan` is one too; an image of that name stands behind `--`.
  const bool is_two = words.size() > 1 && find_verb(first + " " + arguments[words[1]]) != nullptr;
  if (!is_two && find_verb(first) != nullptr) {
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(words[0]));
    return first;
  }
  const std::string second = words.size() > 1 ? arguments[words[1]] : std::string{};
  std::vector<std::string_view> firsts;
  std::vector<std::string_view> seconds;
  for (const Verb& verb : kVerbs) {
    const std::size_t space = verb.name.find(' ');
    firsts.push_back(verb.name.substr(0, space));
    if (space != std::string_view::npos && firsts.back() == first) seconds.push_back(verb.name.substr(space + 1));
  }
  if (seconds.empty()) {
    return fail(Errc::kUsage, fmt::format("unknown verb `{}`{}; `imagewarden --help` lists the verbs", first,
                                          did_you_mean(first, firsts, "")));
  }
  if (second.empty() && std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(words[0]));
    return std::string{};  // `audit --help`: the help that lists its verbs
  }
  std::string name = fmt::format("{} {}", first, second);
  if (find_verb(name) == nullptr) {
    return fail(Errc::kUsage, fmt::format("`{}` wants one of {}{}", first, fmt::join(seconds, ", "),
                                          second.empty() ? "" : did_you_mean(second, seconds, first + " ")));
  }
  arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(words[1]));
  arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(words[0]));
  return name;
}

po::options_description describe_options(const Verb* verb) {
  po::options_description description;
  for (const OptionInfo& option : kOptions) {
    if (!takes_option(verb, option)) continue;
    const std::string name(option.name);
    const std::string help(option.help);
    if (option.value.empty()) {
      description.add_options()(name.c_str(), po::bool_switch(), help.c_str());
    } else {
      auto* value = po::value<std::vector<std::string>>();
      description.add_options()(name.c_str(), value, help.c_str());
    }
  }
  return description;
}

// One line of Boost's complaint, with a suggestion where an option is unknown. Its own words only of options that are
// known: it puts a name into its text for as long as it finds a place-holder there, and a name may hold one.
Error usage_error(const po::error& error, const Verb* verb) {
  if (const auto* named = dynamic_cast<const po::error_with_option_name*>(&error)) {
    std::string name = named->get_option_name();
    name.erase(0, name.find_first_not_of('-') == std::string::npos ? 0 : name.find_first_not_of('-'));
    const bool is_known = find_option(name) != nullptr;
    const bool has_no_place = dynamic_cast<const po::unknown_option*>(&error) != nullptr;
    if (is_known && !has_no_place) return {Errc::kUsage, error.what()};
    if (is_known && verb != nullptr)
      return {Errc::kUsage, fmt::format("`{}` takes no option `--{}`", verb->name, name)};
    std::vector<std::string_view> names;
    for (const OptionInfo& option : kOptions) {
      if (takes_option(verb, option)) names.push_back(option.name);
    }
    return {Errc::kUsage, fmt::format("unknown option `--{}`{}", name, did_you_mean(name, names, "--"))};
  }
  return {Errc::kUsage, error.what()};
}

// Reads the parsed values into Options, remembering the first complaint.
class Reader {
 public:
  // `places`: where the value of an option comes from that the command line does not give.
  explicit Reader(const po::variables_map& map, std::map<std::string, std::string> places)
      : map_(map), places_(std::move(places)) {}

  bool has(const char* name) const { return map_.count(name) != 0 && map_[name].as<bool>(); }
  // An empty value is mostly a variable of the shell that nobody set: it must not read as if the option were not there.
  // Arguments may be empty: such an id is answered.
  std::vector<std::string> all(const char* name) {
    if (map_.count(name) == 0) return {};
    std::vector<std::string> values = map_[name].as<std::vector<std::string>>();
    if (std::string_view(name) != "argument" && std::find(values.begin(), values.end(), "") != values.end())
      complain(fmt::format("{}: empty, expected a value", where(name)));
    return values;
  }
  // The only value of an option that may be given once.
  std::optional<std::string> one(const char* name) {
    const std::vector<std::string> values = all(name);
    if (values.size() > 1) complain(fmt::format("{} was given {} times, expected once", where(name), values.size()));
    return values.empty() ? std::nullopt : std::optional(values.front());
  }
  std::optional<Time> time(const char* name) {
    const auto text = one(name);
    if (!text) return std::nullopt;
    const auto time = parse_rfc3339(*text);
    if (!time)
      complain(fmt::format("{}: `{}` is not a time, expected RFC 3339 as 2026-11-24T08:00:00Z", where(name), *text));
    return time;
  }
  std::optional<std::uint64_t> number(const char* name) {
    const auto text = one(name);
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size()) {
      complain(fmt::format("{}: `{}`, expected a whole number", where(name), *text));
    }
    return number;
  }
  std::optional<std::uint64_t> percent(const char* name) {
    constexpr std::uint64_t kAll = 100;
    const auto value = number(name);
    if (value && *value > kAll)
      complain(fmt::format("{}: {}, expected a percentage of at most 100", where(name), *value));
    return value;
  }
  template <class Value>
  void choice(const char* name, std::span<const std::pair<std::string_view, Value>> choices, Value& value) {
    const auto text = one(name);
    if (!text) return;
    std::vector<std::string_view> names;
    for (const auto& [word, meaning] : choices) {
      names.push_back(word);
      if (word == *text) {
        value = meaning;
        return;
      }
    }
    complain(fmt::format("{}: `{}`, expected one of {}", where(name), *text, fmt::join(names, ", ")));
  }
  void complain(std::string message) {
    if (complaint_.empty()) complaint_ = std::move(message);
  }
  const std::string& complaint() const { return complaint_; }
  // How a message names the option: as it was given.
  std::string where(std::string_view name) const {
    const auto place = places_.find(std::string(name));
    return place == places_.end() ? fmt::format("option `--{}`", name) : fmt::format("{}: `{}`", place->second, name);
  }

 private:
  const po::variables_map& map_;
  std::map<std::string, std::string> places_;
  std::string complaint_;
};

constexpr std::pair<std::string_view, Format> kFormatNames[] = {
    {"table", Format::kTable}, {"json", Format::kJson},   {"ndjson", Format::kNdjson},
    {"csv", Format::kCsv},     {"sarif", Format::kSarif}, {"junit", Format::kJunit},
    {"tap", Format::kTap},     {"ocsf", Format::kOcsf},   {"cloudevents", Format::kCloudEvents},
    {"oscal", Format::kOscal}, {"html", Format::kHtml}};
constexpr std::pair<std::string_view, When> kWhenNames[] = {
    {"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};
constexpr std::pair<std::string_view, std::string_view> kOutcomeNames[] = {
    {"allow", "allow"}, {"deny", "deny"}, {"indeterminate", "indeterminate"}};
constexpr std::pair<std::string_view, std::string_view> kFailLevelNames[] = {{"error", "error"},
                                                                             {"security", "security"},
                                                                             {"warning", "warning"},
                                                                             {"suggestion", "suggestion"},
                                                                             {"never", "never"}};
constexpr std::pair<std::string_view, std::string_view> kViaNames[] = {
    {"direct", "direct"}, {"group", "group"}, {"role", "role"}};
constexpr std::pair<std::string_view, std::string_view> kFailOnNames[] = {{"new-access", "new-access"}, {"any", "any"}};
constexpr std::pair<std::string_view, bool> kDetailNames[] = {{"digest", false}, {"full", true}};
constexpr std::string_view kSkipLevelNames[] = {"control", "session"};

template <class Value>
std::vector<std::string_view> words_of(std::span<const std::pair<std::string_view, Value>> choices) {
  std::vector<std::string_view> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  return words;
}

// `1000`: records; `30s`: seconds.
void read_checkpoint_interval(Reader& reader, CheckpointInterval& every) {
  const auto text = reader.one("checkpoint-every");
  if (!text) return;
  const bool is_time = text->ends_with('s');
  const std::string_view digits = std::string_view(*text).substr(0, text->size() - (is_time ? 1 : 0));
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  constexpr std::int64_t kMost = 1'000'000'000;
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 1 || number > kMost) {
    reader.complain(fmt::format("{}: `{}`, expected a number of records, or of seconds as 30s",
                                reader.where("checkpoint-every"), *text));
  } else if (is_time) {
    every.seconds = number;
  } else {
    every.records = static_cast<std::uint64_t>(number);
  }
}

// `90m`, `2h`, `7d`; also `0s`: nothing is new enough.
void read_max_age(Reader& reader, std::optional<std::int64_t>& seconds) {
  const auto text = reader.one("max-age");
  if (!text) return;
  constexpr std::pair<char, std::int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}};
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t number = 0;
  const char* const last = text->data() + text->size();
  const std::from_chars_result read = std::from_chars(text->data(), last, number);
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const auto& one) { return last - read.ptr == 1 && one.first == *read.ptr; });
  if (read.ec != std::errc{} || unit == std::end(kUnits) || number < 0 || number > kMost) {
    reader.complain(fmt::format("{}: `{}`, expected an age as 90m, 2h or 7d", reader.where("max-age"), *text));
  } else {
    seconds = number * unit->second;
  }
}

void read_audit_options(Reader& reader, Options& options) {
  options.origin = reader.one("origin").value_or("");
  options.image = reader.one("image").value_or("");
  options.principal = reader.one("principal").value_or("");
  options.code = reader.one("code").value_or("");
  reader.choice<std::string_view>("outcome", kOutcomeNames, options.outcome);
  options.since = reader.time("since");
  options.until = reader.time("until");
  options.limit = reader.number("limit");
  options.against = reader.one("against").value_or("");
  options.key = reader.one("key").value_or("");
  read_checkpoint_interval(reader, options.checkpoint_every);
  options.checkpoint_file = reader.one("checkpoint-file").value_or("");
  options.checkpoint = reader.one("checkpoint").value_or("");
  options.vkeys = reader.all("vkey");
  options.vkey_file = reader.one("vkey-file").value_or("");
  options.resume = reader.has("resume");
  options.proof = reader.one("proof").value_or("");
  options.previous = reader.one("previous").value_or("");
  options.cosigned = reader.one("cosigned").value_or("");
  options.html = reader.has("html");
  options.force = reader.has("force");
  options.next = reader.one("next").value_or("");
}

void read_policy_options(Reader& reader, Options& options) {
  options.action = reader.one("action").value_or("");
  options.resource = reader.one("resource").value_or(options.resource);
  options.resource_group = reader.one("resource-group").value_or("");
  options.missing_context = reader.has("missing-context");
  options.session_policies = reader.all("session-policy");
  options.policies = reader.all("policy");
  options.without = reader.all("without");
  options.skip_levels = reader.all("skip-level");
  for (const std::string& level : options.skip_levels) {
    if (std::find(std::begin(kSkipLevelNames), std::end(kSkipLevelNames), level) == std::end(kSkipLevelNames)) {
      reader.complain(
          fmt::format("option `--skip-level`: `{}`, expected one of {}", level, fmt::join(kSkipLevelNames, ", ")));
    }
  }
  options.filter = reader.one("filter").value_or("");
  options.controls = reader.all("controls");
  options.compare = reader.one("compare").value_or("");
  options.fail_fast = reader.has("fail-fast");
  options.lcov = reader.one("lcov").value_or("");
  options.cobertura = reader.one("cobertura").value_or("");
  options.min_coverage = reader.percent("min-coverage");
  options.coverage =
      reader.has("coverage") || !options.lcov.empty() || !options.cobertura.empty() || options.min_coverage;
  options.max_mutants = reader.number("max-mutants").value_or(options.max_mutants);
  options.min_score = reader.percent("min-score");
  options.mutate = reader.has("mutate") || options.min_score;
  reader.choice<std::string_view>("fail-level", kFailLevelNames, options.fail_level);
  options.explain_rule = reader.one("explain").value_or("");
  options.actions_file = reader.one("actions").value_or("");
  options.waivers_file = reader.one("waivers").value_or("");
  reader.choice<std::string_view>("only-via", kViaNames, options.only_via);
  reader.choice<std::string_view>("fail-on", kFailOnNames, options.fail_on);
}

std::vector<std::string_view> format_names(const Verb& verb) {
  std::vector<std::string_view> names;
  for (const auto& [name, format] : kFormatNames) {
    if (std::find(verb.formats.begin(), verb.formats.end(), format) != verb.formats.end()) names.push_back(name);
  }
  return names;
}

// Help, and what describes the program, does not depend on a file that may be wrong.
bool wants_defaults(const Verb* verb, const po::variables_map& map) {
  return verb != nullptr && !map["help"].as<bool>() && !map["version"].as<bool>() && verb->run != run_completion &&
         verb->run != run_man;
}

Result<Defaults> find_defaults(const Environment& environment, const po::variables_map& map) {
  if (map["no-config"].as<bool>()) return load_environment(environment);
  if (map.count("config") == 0) return load_defaults(environment, std::nullopt);
  const auto files = map["config"].as<std::vector<std::string>>();
  if (files.size() > 1) {
    return fail(Errc::kUsage, fmt::format("option `--config` was given {} times, expected once", files.size()));
  }
  if (files.front().empty()) return fail(Errc::kUsage, "option `--config` is empty; `--no-config` reads no file");
  return load_defaults(environment, files.front());
}

// Adds what the command line leaves open. Returns the places of the values that were taken.
std::map<std::string, std::string> store_defaults(const Verb& verb, const po::options_description& description,
                                                  Options& options, po::variables_map& map) {
  std::map<std::string, std::string> places;
  po::parsed_options parsed(&description);
  for (const Setting* setting : options.defaults.in_force(verb.name)) {
    if (map.count(setting->option) != 0 && !map[setting->option].defaulted()) continue;
    // Boost takes the words of one occurrence together, and so appends those of a second one.
    for (const std::string& value : setting->values) {
      po::option option(setting->option, {value});
      parsed.options.push_back(std::move(option));
    }
    places[setting->option] = setting->place;
    if (setting->source == Source::kFolder) options.from_folder.push_back(setting->option);
  }
  po::store(parsed, map);  // each value has been checked, nothing of it is unknown to Boost
  return places;
}

void check_format(const Verb& verb, const Options& options, Reader& reader) {
  if (std::find(verb.formats.begin(), verb.formats.end(), options.format) != verb.formats.end()) return;
  reader.complain(
      fmt::format("`{}` writes {}; this format it does not", verb.name, fmt::join(format_names(verb), ", ")));
}

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(std::string_view name) {
  const auto* found = std::find_if(std::begin(kVerbs), std::end(kVerbs), [&](const Verb& v) { return v.name == name; });
  return found == std::end(kVerbs) ? nullptr : found;
}

std::span<const OptionInfo> option_infos() { return kOptions; }

bool takes_option(const Verb* verb, const OptionInfo& option) {
  if (option.global) return true;
  return verb != nullptr && std::find(verb->options.begin(), verb->options.end(), option.name) != verb->options.end();
}

std::vector<std::string_view> option_choices(std::string_view name, const Verb* verb) {
  if (name == "format") return verb != nullptr ? format_names(*verb) : words_of<Format>(kFormatNames);
  if (name == "progress" || name == "color") return words_of<When>(kWhenNames);
  if (name == "audit-detail") return words_of<bool>(kDetailNames);
  if (name == "outcome") return words_of<std::string_view>(kOutcomeNames);
  if (name == "fail-level") return words_of<std::string_view>(kFailLevelNames);
  if (name == "only-via") return words_of<std::string_view>(kViaNames);
  if (name == "fail-on") return words_of<std::string_view>(kFailOnNames);
  if (name == "skip-level") return {std::begin(kSkipLevelNames), std::end(kSkipLevelNames)};
  return {};
}

std::string option_help(const OptionInfo& option, const Verb* verb) {
  if (verb != nullptr && option.name == "format") return fmt::format("{}", fmt::join(format_names(*verb), ", "));
  return std::string(option.help);
}

std::string_view example_of(const Verb* verb) {
  return verb != nullptr ? verb->example : "imagewarden check --all --as user/alice --inventory exports/";
}

Result<Options> parse_options(std::span<const std::string> given) { return parse_options(given, Environment{}); }

Result<Options> parse_options(std::span<const std::string> given, const Environment& environment) {
  std::vector<std::string> arguments(given.begin(), given.end());
  auto verb_name = take_verb(arguments);
  if (!verb_name) return tl::make_unexpected(verb_name.error());
  Options options;
  options.verb = std::move(*verb_name);
  const Verb* verb = find_verb(options.verb);

  po::options_description description = describe_options(verb);
  po::options_description hidden;
  hidden.add_options()("argument", po::value<std::vector<std::string>>());
  description.add(hidden);
  po::positional_options_description positional;
  positional.add("argument", -1);
  po::variables_map map;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(description).positional(positional).style(style).run(), map);
  } catch (const po::error& error) {
    return tl::make_unexpected(usage_error(error, verb));
  }

  std::map<std::string, std::string> places;
  if (wants_defaults(verb, map)) {
    auto defaults = find_defaults(environment, map);
    if (!defaults) return tl::make_unexpected(defaults.error());
    options.defaults = std::move(*defaults);
    places = store_defaults(*verb, description, options, map);
  }
  Reader reader(map, std::move(places));
  options.arguments = reader.all("argument");
  options.inventory = reader.all("inventory");
  options.rules = reader.all("rules");
  options.audit_log = reader.one("audit-log").value_or(options.audit_log);
  options.no_audit = reader.has("no-audit");
  reader.choice<bool>("audit-detail", kDetailNames, options.audit_detail_full);
  reader.choice<Format>("format", kFormatNames, options.format);
  options.output = reader.one("output").value_or("");
  options.now = reader.time("now");
  options.skip_bad_files = reader.has("skip-bad-files");
  read_max_age(reader, options.max_age_s);
  reader.choice<When>("progress", kWhenNames, options.progress);
  reader.choice<When>("color", kWhenNames, options.color);
  options.quiet = reader.has("quiet");
  options.help = reader.has("help");
  options.version = reader.has("version");
  options.as = reader.one("as").value_or("");
  options.all = reader.has("all");
  options.ids_from = reader.one("ids-from").value_or("");
  options.context = reader.all("context");
  options.no_context = reader.all("no-context");
  options.strict = reader.has("strict");
  options.where = reader.one("where").value_or("");
  read_audit_options(reader, options);
  read_policy_options(reader, options);
  if (verb != nullptr && !options.help && !options.version) {
    if (verb->arguments.empty() && !options.arguments.empty()) {
      reader.complain(fmt::format("`{}` takes no argument, found `{}`", verb->name, options.arguments.front()));
    }
    // A verb without a table writes its first format where none is asked for.
    if (map.count("format") == 0 && options.format == Format::kTable && verb->formats.front() != Format::kTable)
      options.format = verb->formats.front();
    check_format(*verb, options, reader);
  }
  if (!reader.complaint().empty()) return fail(Errc::kUsage, reader.complaint());
  return options;
}

std::string help_text(const Verb* verb) {
  std::string text;
  if (verb == nullptr) {
    text =
        "imagewarden answers before the call whether App Streaming's DeleteImage would succeed, and keeps the "
        "answers.\n\n"
        "usage: imagewarden [OPTION...] VERB ...\n\nverbs:\n";
    for (const Verb& each : kVerbs) text += fmt::format("  {:<20}{}\n", each.name, each.summary);
  } else {
    text = fmt::format("imagewarden {}: {}\n\nusage: imagewarden {}{}{} [OPTION...]\n", verb->name, verb->summary,
                       verb->name, verb->arguments.empty() ? "" : " ", verb->arguments);
  }
  const auto list = [&](std::string_view title, bool global) {
    bool titled = false;
    for (const OptionInfo& option : kOptions) {
      if (option.global != global || !takes_option(verb, option)) continue;
      if (!titled) text += fmt::format("\n{}:\n", title);
      titled = true;
      text += fmt::format("  {:<28}{}\n", fmt::format("--{} {}", option.name, option.value), option_help(option, verb));
    }
  };
  if (verb != nullptr) list("options", false);
  list("global options", true);
  text += fmt::format("\nexample:\n  {}\n", example_of(verb));
  if (verb != nullptr && verb->run == run_audit_verify)
    text += fmt::format("\n{}{}", verify_not_promised(false), verify_not_promised(true));
  text += "\nexit status: 0 all allowed or passed; 1 denied, failed or found; 2 not carried out; 3 indeterminate\n";
  return text;
}

}  // namespace imagewarden::cli
