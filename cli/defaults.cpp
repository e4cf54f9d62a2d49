#include "cli/defaults.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/options.h"
#include "engine/base/limits.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

constexpr std::string_view kDefaultOptions[] = {
    "actions", "as",         "audit-detail", "audit-log",    "checkpoint-every", "checkpoint-file",
    "color",   "fail-level", "fail-on",      "format",       "inventory",        "key",
    "limit",   "max-age",    "max-mutants",  "min-coverage", "min-score",        "progress",
    "rules",   "strict",     "waivers"};
// What protects: once the user's own file or the environment sets it, a file that lies in the current folder does not
// change it. Rules add up instead: those that the folder names may add guards, which can only forbid more.
constexpr std::string_view kProtective[] = {
    "audit-detail", "audit-log", "checkpoint-every", "checkpoint-file", "key", "max-age", "rules", "strict"};
constexpr std::string_view kPrefix = "IMAGEWARDEN_";
constexpr std::string_view kFileName = "imagewarden.toml";

template <std::size_t n>
bool is_in(const std::string_view (&names)[n], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Whether the verb can use it: a format that it does not write is no default for it.
bool fits(const Setting& setting, const Verb& verb) {
  const OptionInfo* info = find_option(setting.option);
  if (info == nullptr || !takes_option(&verb, *info)) return false;
  if (setting.option != "format") return true;
  const auto words = option_choices("format", &verb);
  return std::find(words.begin(), words.end(), setting.values.front()) != words.end();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// What the command line would say of the value; empty: nothing.
std::string fault_of(const OptionInfo& info, const Verb* verb, const std::string& value) {
  const auto all = verbs();
  if (verb == nullptr)
    verb = &*std::find_if(all.begin(), all.end(), [&](const Verb& v) { return takes_option(&v, info); });
  std::vector<std::string> arguments = split(verb->name, ' ');
  arguments.insert(arguments.end(), {"--no-config", fmt::format("--{}={}", info.name, value)});
  const auto read = parse_options(arguments);
  if (read) return {};
  const std::string as_option = fmt::format("option `--{}`", info.name);
  const std::string& message = read.error().message;
  return message.starts_with(as_option) ? fmt::format("`{}`{}", info.name, message.substr(as_option.size())) : message;
}

// Smaller wins.
int rank(const Setting& setting) {
  const bool gives_way = setting.source == Source::kFolder && is_in(kProtective, setting.option);
  const int source = gives_way ? static_cast<int>(Source::kUser) + 1 : static_cast<int>(setting.source);
  return 2 * source + (setting.verb.empty() ? 1 : 0);
}

std::string variable_of(std::string_view option) {
  std::string name(kPrefix);
  for (const char c : option) name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

std::string option_of(std::string_view variable) {
  std::string name;
  for (const char c : variable.substr(kPrefix.size())) {
    name += c == '_' ? '-' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return name;
}

// A descriptor that is closed again.
struct OpenFile {
  explicit OpenFile(const std::string& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int descriptor;
};

// The text of the file; nothing where there is none. What is looked at is what
// is read: the file cannot be exchanged in between.
Result<std::optional<std::string>> read_config(const std::string& path, const std::string& shown, Source source) {
  const OpenFile file(path);
  if (file.descriptor < 0) {
    if ((errno == ENOENT || errno == ENOTDIR) && source != Source::kNamed) return std::nullopt;
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("configuration file `{}`: {}", shown, std::generic_category().message(errno)));
  }
  struct stat status {};
  if (::fstat(file.descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::kIo, fmt::format("configuration file `{}`: not a file", shown));
  }
  if (source == Source::kFolder) {
    const bool is_foreign = status.st_uid != ::geteuid() && status.st_uid != 0;
    if (is_foreign || (status.st_mode & S_IWOTH) != 0) {
      return fail(Errc::kUsage,
                  fmt::format("configuration file `{}` {}; add `--config {}` "
                              "to use it all the same, or "
                              "`--no-config` to go without",
                              shown, is_foreign ? "belongs to another user" : "can be written by anyone", shown));
    }
  }
  std::string text(limits::kMaxConfigBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.descriptor, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Errc::kIo, fmt::format("configuration file `{}`: {}", shown, std::generic_category().message(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limits::kMaxConfigBytes) {
    return fail(Errc::kLimit, fmt::format("configuration file `{}`: expected at most 1 MiB", shown));
  }
  text.resize(size);
  return text;
}

Status add_file(Defaults& defaults, const std::string& path, const std::string& shown, Source source,
                const std::string& folder) {
  auto text = read_config(path, shown, source);
  if (!text) return tl::make_unexpected(text.error());
  defaults.files.push_back({shown, source, text->has_value()});
  if (!text->has_value()) return {};
  auto settings = parse_config(**text, shown, source, folder);
  if (!settings) return tl::make_unexpected(settings.error());
  defaults.settings.insert(defaults.settings.end(), settings->begin(), settings->end());
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

}  // namespace

std::string_view to_string(Source source) {
  switch (source) {
    case Source::kEnvironment:
      return "environment";
    case Source::kNamed:
      return "named";
    case Source::kFolder:
      return "folder";
    case Source::kUser:
      return "user";
  }
  return "";
}

std::span<const std::string_view> default_options() { return kDefaultOptions; }

bool is_repeatable(std::string_view option) { return option == "inventory" || option == "rules"; }

std::vector<const Setting*> Defaults::in_force(std::string_view verb) const {
  const Verb* entry = find_verb(verb);
  std::vector<const Setting*> candidates;
  for (const Setting& setting : settings) {
    if (!setting.verb.empty() && setting.verb != verb) continue;
    if (entry == nullptr || fits(setting, *entry)) candidates.push_back(&setting);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Setting* a, const Setting* b) { return rank(*a) < rank(*b); });
  std::vector<const Setting*> winners;
  for (const Setting* candidate : candidates) {
    const auto has = [&](auto... sources) {
      return std::any_of(winners.begin(), winners.end(), [&](const Setting* winner) {
        return winner->option == candidate->option && (sizeof...(sources) == 0 || ((winner->source == sources) || ...));
      });
    };
    const bool adds = candidate->option == "rules" && candidate->source == Source::kFolder && has(Source::kUser) &&
                      !has(Source::kFolder);
    if (!has() || adds) winners.push_back(candidate);
  }
  return winners;
}

Status check_setting(const Setting& setting) {
  const auto wrong = [&](std::string_view text) {
    return fail(setting.source == Source::kEnvironment ? Errc::kUsage : Errc::kMalformedInput,
                fmt::format("{}: {}", setting.place, text));
  };
  const OptionInfo* info = find_option(setting.option);
  if (!is_in(kDefaultOptions, setting.option)) {
    if (info != nullptr) {
      return wrong(fmt::format("`{}` has no default; it is an option of the command line alone", setting.option));
    }
    const auto nearest = nearest_name(setting.option, kDefaultOptions);
    return wrong(fmt::format("unknown setting `{}`{}", setting.option,
                             nearest ? fmt::format(", did you mean `{}`?", *nearest) : ""));
  }
  const Verb* verb = find_verb(setting.verb);
  if (verb != nullptr && !takes_option(verb, *info)) {
    return wrong(fmt::format("`{}` takes no option `{}`", verb->name, setting.option));
  }
  std::vector<std::string_view> words = option_choices(setting.option, verb);
  if (info->value.empty()) words = {"true", "false"};
  for (const std::string& value : setting.values) {
    if (value.empty()) return wrong(fmt::format("`{}` is empty, expected {}", setting.option, info->value));
    if (!words.empty() && std::find(words.begin(), words.end(), value) == words.end()) {
      return wrong(fmt::format("`{}`: `{}`, expected one of {}", setting.option, value, fmt::join(words, ", ")));
    }
    if (!words.empty()) continue;
    if (const std::string fault = fault_of(*info, verb, value); !fault.empty()) return wrong(fault);
  }
  return {};
}

Result<Defaults> load_environment(const Environment& environment) {
  Defaults defaults;
  for (const auto& [name, value] : environment.variables) {
    if (!name.starts_with(kPrefix) || value.empty() || name == "IMAGEWARDEN_CONFIG") continue;
    Setting setting;
    setting.option = option_of(name);
    // Names of the project's other tools begin alike; one that is almost an option is a slip.
    if (!is_in(kDefaultOptions, setting.option) && find_option(setting.option) == nullptr) {
      const auto nearest = nearest_name(setting.option, kDefaultOptions);
      if (!nearest) continue;
      return fail(Errc::kUsage,
                  fmt::format("environment variable `{}`, did you mean `{}`?", name, variable_of(*nearest)));
    }
    setting.place = name;
    setting.values = is_repeatable(setting.option) ? split(value, ':') : std::vector<std::string>{value};
    if (setting.values.empty()) continue;
    if (const auto checked = check_setting(setting); !checked) return tl::make_unexpected(checked.error());
    defaults.settings.push_back(std::move(setting));
  }
  return defaults;
}

Result<Defaults> load_defaults(const Environment& environment, const std::optional<std::string>& named) {
  auto defaults = load_environment(environment);
  if (!defaults) return defaults;
  const auto variable = [&](const char* name) {
    const auto found = environment.variables.find(name);
    return found == environment.variables.end() ? std::string{} : found->second;
  };
  const std::string only = named.value_or(variable("IMAGEWARDEN_CONFIG"));
  if (!only.empty()) {
    if (const auto added = add_file(*defaults, only, only, Source::kNamed, folder_of(only)); !added) {
      return tl::make_unexpected(added.error());
    }
    return defaults;
  }
  if (!environment.folder.empty()) {
    const std::string shown(kFileName);
    const auto added = add_file(*defaults, fmt::format("{}/{}", environment.folder, shown), shown, Source::kFolder, "");
    if (!added) return tl::make_unexpected(added.error());
  }
  const std::string home = variable("HOME");
  std::string folder = variable("XDG_CONFIG_HOME");
  if (!folder.starts_with('/')) folder = home.starts_with('/') ? home + "/.config" : std::string{};
  if (!folder.empty()) {
    folder += "/imagewarden/";
    const std::string path = folder + std::string(kFileName);
    const bool is_below_home = !home.empty() && path.starts_with(home + '/');
    const std::string shown = is_below_home ? '~' + path.substr(home.size()) : path;
    if (const auto added = add_file(*defaults, path, shown, Source::kUser, folder); !added) {
      return tl::make_unexpected(added.error());
    }
  }
  return defaults;
}

}  // namespace imagewarden::cli
