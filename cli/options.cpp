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

std::string did_you_mean(std::string_view wanted, Names names, std::string_view prefix) {
  const auto nearest = nearest_name(wanted, names);
  return nearest ? fmt::format(", did you mean `{}{}`?", prefix, *nearest) : std::string{};
}

bool takes_next(std::string_view argument) {
  const OptionInfo* option = argument.starts_with("--") ? find_option(argument.substr(2)) : nullptr;
  return option != nullptr && !option->value.empty();
}

// No option has one dash: who writes one mistakes a long name, or means an argument. What follows an option that nobody
// knows is left to those who complain of it.
Status refuse_one_dash(const std::vector<std::string>& arguments, const Verb* verb) {
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() > 1 && argument[0] == '-' && argument[1] != '-') {
      std::vector<std::string_view> names;
      for (const OptionInfo& option : option_infos()) {
        if (takes_option(verb, option)) names.push_back(option.name);
      }
      std::string hint = argument == "-h" ? ", did you mean `--help`?" : did_you_mean(argument.substr(1), names, "--");
      if (hint.empty()) hint = "; an argument that starts with a dash stands behind `--`";
      return fail(Errc::kUsage, fmt::format("unknown option `{}`{}", argument, hint));
    }
    const std::string_view name = std::string_view(argument).substr(0, argument.find('='));
    if (name.starts_with("--") && find_option(name.substr(2)) == nullptr) break;
    if (takes_next(argument)) ++i;
  }
  return {};
}

// Takes the verb (one or two words) out of the arguments; what is left are options and the verb's own arguments.
// A first word that is a verb of two words alone names the family.
Result<std::string> take_verb(std::vector<std::string>& arguments) {
  std::vector<std::size_t> words;  // positions of arguments that are neither options nor options' values
  for (std::size_t i = 0; i < arguments.size() && words.size() < 2; ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() > 2 && argument.starts_with("--")) {
      if (takes_next(argument)) ++i;
    } else if (argument == "--") {
      break;
    } else if (argument.size() == 1 || argument[0] != '-') {
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
  for (const Verb& verb : verbs()) {
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
  for (const OptionInfo& option : option_infos()) {
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
    for (const OptionInfo& option : option_infos()) {
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
  Reader(const po::variables_map& map, const Verb* verb, std::map<std::string, std::string> places)
      : map_(map), verb_(verb), places_(std::move(places)) {}

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
    if (!time || !is_writable(*time))
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
    for (const auto& [word, meaning] : choices) {
      if (word == *text) {
        value = meaning;
        return;
      }
    }
    complain(
        fmt::format("{}: `{}`, expected one of {}", where(name), *text, fmt::join(option_choices(name, verb_), ", ")));
  }
  void complain(std::string message) {
    if (complaint_.empty()) complaint_ = std::move(message);
  }
  const std::string& complaint() const { return complaint_; }
  // Whether its value comes from the environment or a file.
  bool is_default(std::string_view name) const { return places_.contains(std::string(name)); }
  // How a message names the option: as it was given.
  std::string where(std::string_view name) const {
    const auto place = places_.find(std::string(name));
    return place == places_.end() ? fmt::format("option `--{}`", name) : fmt::format("{}: `{}`", place->second, name);
  }

 private:
  const po::variables_map& map_;
  const Verb* verb_;
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
      reader.complain(fmt::format("{}: `{}`, expected one of {}", reader.where("skip-level"), level,
                                  fmt::join(kSkipLevelNames, ", ")));
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

// The first is what the verb writes where none is asked for.
std::vector<std::string_view> format_names(const Verb& verb) {
  std::vector<std::string_view> names;
  for (const Format format : verb.formats) {
    names.push_back(std::find_if(std::begin(kFormatNames), std::end(kFormatNames), [&](const auto& named) {
                      return named.second == format;
                    })->first);
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
    if (setting->source != Source::kFolder) continue;
    options.from_folder.push_back(setting->option);
    if (setting->option == "rules") options.folder_rules = setting->values;
  }
  po::store(parsed, map);  // each value has been checked, nothing of it is unknown to Boost
  return places;
}

// A default that there is no use for is passed over; what is asked for is not.
void check_signing(const Options& options, const po::variables_map& map, Reader& reader) {
  if (!options.no_audit) return;
  for (const char* const name : {"key", "checkpoint-file", "checkpoint-every"}) {
    if (map.count(name) != 0 && !reader.is_default(name))
      reader.complain(fmt::format("{}: what is signed is the audit log; leave out `--no-audit`", reader.where(name)));
  }
}

void check_format(const Verb& verb, const Options& options, Reader& reader) {
  if (std::find(verb.formats.begin(), verb.formats.end(), options.format) != verb.formats.end()) return;
  reader.complain(
      fmt::format("`{}` writes {}; this format it does not", verb.name, fmt::join(format_names(verb), ", ")));
}

}  // namespace

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

Result<Options> parse_options(std::span<const std::string> given) { return parse_options(given, Environment{}); }

Result<Options> parse_options(std::span<const std::string> given, const Environment& environment) {
  std::vector<std::string> arguments(given.begin(), given.end());
  auto verb_name = take_verb(arguments);
  if (!verb_name) return tl::make_unexpected(verb_name.error());
  Options options;
  options.verb = std::move(*verb_name);
  const Verb* verb = find_verb(options.verb);
  if (auto long_names = refuse_one_dash(arguments, verb); !long_names) return tl::make_unexpected(long_names.error());

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
  Reader reader(map, verb, std::move(places));
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
    if (map.count("format") == 0) options.format = verb->formats.front();
    check_format(*verb, options, reader);
    check_signing(options, map, reader);
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
    for (const Verb& each : verbs()) text += fmt::format("  {:<20}{}\n", each.name, each.summary);
  } else {
    text = fmt::format("imagewarden {}: {}\n\nusage: imagewarden {}{}{} [OPTION...]\n", verb->name, verb->summary,
                       verb->name, verb->arguments.empty() ? "" : " ", verb->arguments);
  }
  const auto list = [&](std::string_view title, bool global) {
    bool titled = false;
    for (const OptionInfo& option : option_infos()) {
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
  text +=
      "\nexit status: 0 all allowed or passed; 1 denied, failed or found; 2 not carried out; 3 indeterminate, or not "
      "all that it takes is there\n";
  return text;
}

}  // namespace imagewarden::cli
