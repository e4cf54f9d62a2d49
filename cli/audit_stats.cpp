// `audit stats`: what the log holds, in numbers.

#include <fmt/format.h>

#include "audit/stats.h"
#include "cli/decision_printer.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

void write_counts(JsonWriter& json, std::string_view name, const audit::Counts& counts) {
  json.key(name).begin_object();
  for (const auto& [text, count] : counts) json.key(text).integer(static_cast<std::int64_t>(count));
  json.end_object();
}

std::string stats_json(const Options& options, const audit::LogStats& stats) {
  std::string text;
  JsonWriter json(text);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    json.key(name).integer(static_cast<std::int64_t>(value));
  };
  json.begin_object().member("log", options.audit_log).member("origin", stats.origin);
  number("records", stats.records);
  number("leaf_bytes", stats.leaf_bytes);
  number("file_bytes", stats.file_bytes);
  if (stats.first_time) json.member("first_time", format_rfc3339_us(*stats.first_time));
  if (stats.last_time) json.member("last_time", format_rfc3339_us(*stats.last_time));
  write_counts(json, "kinds", stats.kinds);
  write_counts(json, "outcomes", stats.outcomes);
  write_counts(json, "codes", stats.codes);
  write_counts(json, "verbs", stats.verbs);
  write_counts(json, "decisions_by_day", stats.decisions_by_day);
  json.key("principals").begin_array();
  for (const audit::NamedCount& principal : stats.principals) {
    json.begin_object().member("principal", principal.name);
    number("records", principal.count);
    json.end_object();
  }
  json.end_array().key("different").begin_object();
  number("principals", stats.principals_count);
  number("images", stats.images_count);
  number("writers", stats.writers_count);
  number("hosts", stats.hosts_count);
  number("users", stats.users_count);
  json.end_object();
  number("details", stats.details);
  number("detail_bytes", stats.detail_bytes);
  number("checkpoints", stats.checkpoints);
  json.end_object();
  return text + '\n';
}

std::string stats_text(const Options& options, const audit::LogStats& stats, const Look& look) {
  std::string text = fmt::format("{}, origin {}: {}, {} bytes of them, {} on disk\n", printable(options.audit_log),
                                 printable(stats.origin), counted(stats.records, "record", "records"), stats.leaf_bytes,
                                 stats.file_bytes);
  if (stats.first_time && stats.last_time)
    text += fmt::format("from {} to {}\n", format_rfc3339(*stats.first_time), format_rfc3339(*stats.last_time));
  text += fmt::format("{}, {}, {}, {}, {}\n", counted(stats.images_count, "image", "images"),
                      counted(stats.principals_count, "principal", "principals"),
                      counted(stats.writers_count, "writer", "writers"), counted(stats.hosts_count, "host", "hosts"),
                      counted(stats.users_count, "user", "users"));
  text += fmt::format("{}, {} of {} bytes\n", counted(stats.checkpoints, "checkpoint", "checkpoints"),
                      counted(stats.details, "detail", "details"), stats.detail_bytes);
  Table table({"WHAT", "VALUE", "RECORDS"});
  const auto rows = [&](const std::string& what, const audit::Counts& counts) {
    for (const auto& [value, count] : counts) table.add({what, printable(value), fmt::format("{}", count)});
  };
  rows("kind", stats.kinds);
  rows("outcome", stats.outcomes);
  rows("code", stats.codes);
  rows("verb", stats.verbs);
  for (const audit::NamedCount& principal : stats.principals)
    table.add({"principal", printable(principal.name), fmt::format("{}", principal.count)});
  rows("day", stats.decisions_by_day);
  return text + '\n' + table.render(look);
}

}  // namespace

int run_audit_stats(const Options& options, Environment& environment) {
  auto log = audit::Log::open_read_only(options.audit_log);
  if (!log) return complain(environment, log.error());
  const auto stats = [&] {
    Progress progress(options, environment, "reading the log");
    audit::StatsOptions how;
    how.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
    return audit::collect_stats(*log, options.audit_log, how);
  }();
  if (!stats) return complain(environment, stats.error());
  const std::string text = options.format == Format::kJson ? stats_json(options, *stats)
                                                           : stats_text(options, *stats, look_of(options, environment));
  return print_result(options, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
