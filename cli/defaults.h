#pragma once
// Defaults of options: from the environment and from configuration files, with the place that each value comes from.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// In the order in which they win. A file that the command line names stands alone.
enum class Source : std::uint8_t { kEnvironment, kNamed, kFolder, kUser };
[[nodiscard]] std::string_view to_string(Source source);  // `environment`, `named`, `folder`, `user`

struct Setting {
  std::string option;               // `audit-log`
  std::string verb;                 // `policy lint`; empty: every verb that takes the option
  std::vector<std::string> values;  // one, or several of an option that may be repeated; a switch: `true` or `false`
  std::string place;                // `imagewarden.toml:3`, `IMAGEWARDEN_AUDIT_LOG`
  Source source{Source::kEnvironment};
};

struct ConfigFile {
  std::string path;
  Source source{Source::kFolder};
  bool found{};
};

struct Defaults {
  std::vector<ConfigFile> files;
  std::vector<Setting> settings;

  // What holds for the verb where the command line says nothing: one setting an option, several of `--rules`. Without a
  // verb: what holds for all of them. The pointers live as long as this.
  [[nodiscard]] std::vector<const Setting*> in_force(std::string_view verb) const;
};

// The options that a default can be given for. What decides without a record, for another time, or with claims about
// the request (`--no-audit`, `--now`, `--context`, …) is said anew each time, where it is seen; so is `--quiet`, which
// would hide the note that a file was read.
[[nodiscard]] std::span<const std::string_view> default_options();

// `named`: the only file to read; it has to be there. Else `imagewarden.toml` in environment.folder and the user's own
// below XDG_CONFIG_HOME or HOME, where they are. kUsage, kMalformedInput: the place, and what was expected.
[[nodiscard]] Result<Defaults> load_defaults(const Environment& environment, const std::optional<std::string>& named);
// The environment alone.
[[nodiscard]] Result<Defaults> load_environment(const Environment& environment);

// A setting from its text: knows whether the option takes a default, at this verb, and which words it takes.
[[nodiscard]] Status check_setting(const Setting& setting);
// A configuration file: TOML, `option = value`, in a table of a verb's name for that verb alone. `shown` names the file
// in messages; relative paths in it are taken from `folder`, unless that is empty.
[[nodiscard]] Result<std::vector<Setting>> parse_config(std::string_view text, const std::string& shown, Source source,
                                                        const std::string& folder);
[[nodiscard]] bool is_repeatable(std::string_view option);

}  // namespace imagewarden::cli
