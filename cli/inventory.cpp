// `inventory summary` and `inventory validate`: what was read, and what DeleteImage needs beside it.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/decision_printer.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/base/csv.h"
#include "engine/decide/needs.h"

namespace imagewarden::cli {
namespace {

std::string_view state_word(ListState state) {
  switch (state) {
    case ListState::kComplete:
      return "complete";
    case ListState::kCutOff:
      return "cut off";
    case ListState::kAbsent:
      break;
  }
  return "absent";
}

Tone tone_of_state(ListState state) { return state == ListState::kComplete ? Tone::kGood : Tone::kUnsure; }

std::string total_text(const ListStatus& list) {
  return list.total < 0 ? fmt::format("{}", list.items) : fmt::format("{} of {}", list.items, list.total);
}

std::string age_text(const ListStatus& list, Time now) {
  return list.has_time ? age_in_words(list.oldest, now) : "not known";
}

std::string_view account_text(const Snapshot& snapshot, AccountId account) {
  return snapshot.text(snapshot.accounts()[account.value].id);
}

std::string summary_table(const Snapshot& snapshot, Time now, const Look& look) {
  Table table({"STATE", "LIST", "ACCOUNT", "REGION", "ITEMS", "PAGES", "AGE", "REASON"}, {"REASON"});
  for (const ListStatus& list : snapshot.lists()) {
    const OperationInfo& info = operation_info(list.operation);
    std::string region(snapshot.text(list.region));
    if (info.scope == ListScope::kParent) region = fmt::format("each {}", info.parent);
    std::string reason = list.reason;
    if (list.unfiltered_assumed) reason += reason.empty() ? "counts as unfiltered" : "; counts as unfiltered";
    table.add(
        {std::string(state_word(list.state)), std::string(info.name), std::string(account_text(snapshot, list.account)),
         region.empty() ? "-" : region, total_text(list), fmt::format("{}", list.pages), age_text(list, now), reason},
        tone_of_state(list.state));
  }
  std::string text = table.render(look);
  text += fmt::format("\n{}, {}, {}, {}, {}\ndigest {}\n", counted(snapshot.file_count(), "file", "files"),
                      counted(snapshot.byte_count(), "byte", "bytes"),
                      counted(snapshot.accounts().size(), "account", "accounts"),
                      counted(snapshot.images().rows(), "image", "images"),
                      counted(snapshot.failures().size(), "recorded failure", "recorded failures"), snapshot.digest());
  for (const RecordedFailure& failure : snapshot.failures()) {
    const std::string_view subject = snapshot.text(failure.subject);
    text += fmt::format("recorded failure: {}{}{} {} ({})\n", operation_info(failure.operation).name,
                        subject.empty() ? "" : " ", printable(subject), printable(snapshot.text(failure.code)),
                        printable(snapshot.source_of(failure.source, "")));
  }
  for (const std::string& line : snapshot.notes()) text += fmt::format("note: {}\n", printable(line));
  for (const SkippedFile& file : snapshot.skipped()) {
    text += fmt::format("skipped: {}: {}\n", printable(file.path), printable(file.why));
  }
  return text;
}

std::string summary_csv(const Snapshot& snapshot) {
  std::string text =
      csv_line({"state", "list", "account", "region", "items", "total", "pages", "oldest", "newest", "reason"});
  for (const ListStatus& list : snapshot.lists()) {
    text += csv_line({std::string(state_word(list.state)), std::string(operation_info(list.operation).name),
                      std::string(account_text(snapshot, list.account)), std::string(snapshot.text(list.region)),
                      fmt::format("{}", list.items), list.total < 0 ? "" : fmt::format("{}", list.total),
                      fmt::format("{}", list.pages), list.has_time ? format_rfc3339(list.oldest) : "",
                      list.has_time ? format_rfc3339(list.newest) : "", list.reason});
  }
  return text;
}

std::string summary_json(const Snapshot& snapshot, const rules::Ruleset& rules, Time now) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_header(json, snapshot, rules, now);
  json.key("bytes").integer(static_cast<std::int64_t>(snapshot.byte_count()));
  json.key("accounts").begin_array();
  for (const Account& account : snapshot.accounts()) {
    json.begin_object().member("account", snapshot.text(account.id));
    json.key("regions").begin_array();
    for (const StringId region : account.regions) json.string(snapshot.text(region));
    json.end_array().key("images").integer(account.row_count).end_object();
  }
  json.end_array().key("lists").begin_array();
  for (const ListStatus& list : snapshot.lists()) {
    json.begin_object();
    json.member("list", operation_info(list.operation).name);
    json.member("product", operation_info(list.operation).product);
    json.member("account", account_text(snapshot, list.account));
    json.member("region", snapshot.text(list.region));
    json.member("state", state_word(list.state));
    json.key("items").integer(static_cast<std::int64_t>(list.items));
    json.key("total");
    if (list.total < 0) {
      json.null();
    } else {
      json.integer(list.total);
    }
    json.key("pages").integer(list.pages);
    json.key("unfiltered_assumed").boolean(list.unfiltered_assumed);
    json.member("oldest", list.has_time ? format_rfc3339(list.oldest) : "");
    json.member("newest", list.has_time ? format_rfc3339(list.newest) : "");
    json.member("reason", list.reason).end_object();
  }
  json.end_array().key("failures").begin_array();
  for (const RecordedFailure& failure : snapshot.failures()) {
    json.begin_object().member("operation", operation_info(failure.operation).name);
    json.member("account", account_text(snapshot, failure.account)).member("subject", snapshot.text(failure.subject));
    json.member("code", snapshot.text(failure.code)).member("message", snapshot.text(failure.message));
    json.member("source", snapshot.source_of(failure.source, "")).end_object();
  }
  json.end_array().key("notes").begin_array();
  for (const std::string& line : snapshot.notes()) json.string(line);
  json.end_array().end_object();
  text += '\n';
  return text;
}

}  // namespace

int run_inventory_summary(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  const Time now = now_of(options, environment);
  switch (options.format) {
    case Format::kJson:
    case Format::kNdjson:
      return print_result(options, environment, summary_json(*snapshot, *rules, now), kExitAllowed);
    case Format::kCsv:
      return print_result(options, environment, summary_csv(*snapshot), kExitAllowed);
    case Format::kSarif:
    case Format::kJunit:
    case Format::kTap:
    case Format::kOcsf:
    case Format::kCloudEvents:
    case Format::kOscal:
    case Format::kHtml:
    case Format::kTable:
      break;
  }
  return print_result(options, environment, summary_table(*snapshot, now, look_of(options, environment)), kExitAllowed);
}

int run_inventory_validate(const Options& options, Environment& environment) {
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  if (const auto named = need_account(*snapshot); !named) return complain(environment, named.error());
  const std::vector<MissingExport> missing = missing_exports(*snapshot, rules->readings());
  const int status = missing.empty() ? kExitAllowed : kExitDenied;
  std::string text;
  if (options.format == Format::kJson) {
    JsonWriter json(text);
    json.begin_object();
    write_header(json, *snapshot, *rules, now_of(options, environment));
    json.key("complete").boolean(missing.empty()).key("missing").begin_array();
    for (const MissingExport& one : missing) {
      json.begin_object().member("account", one.account).member("export", one.call).member("because", one.because);
      json.member("command", as_command(one.call, *snapshot)).end_object();
    }
    json.end_array().end_object();
    text += '\n';
    return print_result(options, environment, text, status);
  }
  if (missing.empty())
    return print_result(options, environment, "complete: DeleteImage can be decided for every image\n", status);
  Table table({"ACCOUNT", "MISSING", "BECAUSE", "COMMAND"}, {"BECAUSE"});
  for (const MissingExport& one : missing)
    table.add({one.account, one.call, one.because, as_command(one.call, *snapshot)});
  text = table.render(look_of(options, environment));
  text += fmt::format("\n{} missing: what rests on them is not known\n",
                      counted(missing.size(), "export is", "exports are"));
  return print_result(options, environment, text, status);
}

}  // namespace imagewarden::cli
