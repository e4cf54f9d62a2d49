#include "cli/verb_table.h"

#include <algorithm>
#include <iterator>

#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

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
    {"format", "FORMAT", "one of those that the help of the verb names; the first by default", true},
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
    {"limit", "N", "at most N records, the last ones (default all), or examples (default 20)", false},
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

const OptionInfo* find_option(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const auto& o) { return o.name == name; });
  return found == std::end(kOptions) ? nullptr : found;
}

std::string_view example_of(const Verb* verb) {
  return verb != nullptr ? verb->example : "imagewarden check --all --as user/alice --inventory exports/";
}

}  // namespace imagewarden::cli
