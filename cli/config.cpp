// `config`: which defaults hold, and where each comes from.

#include <algorithm>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/base/json_writer.h"

namespace imagewarden::cli {
namespace {

// Whether the setting holds for the verb asked for, or, without one, for the
// verb that it was made for.
bool is_in_force(const Defaults& defaults, const Setting& setting, const Verb* verb) {
  const auto winners = defaults.in_force(verb != nullptr ? verb->name : std::string_view(setting.verb));
  return std::find(winners.begin(), winners.end(), &setting) != winners.end();
}

std::string config_json(const Defaults& defaults, const Verb* verb) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("verb");
  if (verb != nullptr) {
    json.string(verb->name);
  } else {
    json.null();
  }
  json.key("files").begin_array();
  for (const ConfigFile& file : defaults.files) {
    json.begin_object().member("path", printable(file.path)).member("source", to_string(file.source));
    json.key("found").boolean(file.found).end_object();
  }
  json.end_array();
  json.key("settings").begin_array();
  for (const Setting& setting : defaults.settings) {
    json.begin_object().member("option", setting.option);
    json.key("verb");
    if (setting.verb.empty()) {
      json.null();
    } else {
      json.string(setting.verb);
    }
    json.key("values").begin_array();
    for (const std::string& value : setting.values) json.string(printable(value));
    json.end_array();
    json.member("source", to_string(setting.source)).member("place", printable(setting.place));
    json.key("in_force").boolean(is_in_force(defaults, setting, verb)).end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

}  // namespace

int run_config(const Options& options, Environment& environment) {
  const Verb* verb = nullptr;
  if (!options.arguments.empty()) {
    const std::string name = fmt::format("{}", fmt::join(options.arguments, " "));
    verb = find_verb(name);
    if (verb == nullptr) {
      return complain(environment, {Errc::kUsage,
                                    fmt::format("`config`: no verb `{}`; `imagewarden --help` lists the verbs", name)});
    }
  }
  const Defaults& defaults = options.defaults;
  if (options.format == Format::kJson) {
    return print_result(options, environment, config_json(defaults, verb), kExitAllowed);
  }
  std::string text;
  if (!defaults.settings.empty()) {
    Table table({"SETTING", "VERB", "VALUE", "FROM", "IN FORCE"}, {"VALUE"});
    for (const Setting& setting : defaults.settings) {
      const bool holds = is_in_force(defaults, setting, verb);
      table.add({setting.option, setting.verb, fmt::format("{}", fmt::join(setting.values, ", ")), setting.place,
                 holds ? "yes" : "no"},
                holds ? Tone::kPlain : Tone::kFaint);
    }
    text += table.render(look_of(options, environment)) + '\n';
  }
  text += defaults.settings.empty() ? "no defaults are set" : "the command line wins over all of them";
  text += '\n';
  for (const ConfigFile& file : defaults.files) {
    text += fmt::format("{} {}\n", file.found ? "read:     " : "not there:", printable(file.path));
  }
  return print_result(options, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
