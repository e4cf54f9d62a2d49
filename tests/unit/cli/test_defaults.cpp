// Defaults from the environment and from configuration files: what wins, what is refused, what a file that lies in the
// current folder cannot do.

#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "cli/defaults.h"
#include "cli/options.h"
#include "engine/base/limits.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using namespace imagewarden::cli::test;

namespace {

// A current folder, a home, and what they say.
struct Place {
  Folder folder;
  Folder home;
  Environment environment;

  Place() {
    environment.folder = folder.at(".");
    environment.variables["HOME"] = home.at(".");
  }
  void in_folder(std::string_view text) { write_file(folder.at("imagewarden.toml"), text); }
  void in_home(std::string_view text) {
    std::filesystem::create_directories(home.at(".config/imagewarden"));
    write_file(home.at(".config/imagewarden/imagewarden.toml"), text);
  }
  Result<Options> parse(const std::vector<std::string>& arguments) { return parse_options(arguments, environment); }
};

}  // namespace

TEST_CASE("flags win over the environment, the environment over files, the folder over the user", "[cli][defaults]") {
  Place place;
  CHECK(place.parse({"check"})->as.empty());
  place.in_home("as = 'user/home'\ncolor = 'never'");
  CHECK(place.parse({"check"})->as == "user/home");
  place.in_folder("as = 'user/folder'");
  CHECK(place.parse({"check"})->as == "user/folder");
  CHECK(place.parse({"check"})->color == When::kNever);  // what the folder leaves open
  place.environment.variables["IMAGEWARDEN_AS"] = "user/variable";
  CHECK(place.parse({"check"})->as == "user/variable");
  CHECK(place.parse({"check", "--as", "user/flag"})->as == "user/flag");
  CHECK(place.parse({"check", "--no-config"})->color == When::kAuto);
  CHECK(place.parse({"check", "--no-config"})->as == "user/variable");
}

TEST_CASE("a list on the command line takes the place of a default list", "[cli][defaults]") {
  Place place;
  place.in_folder("inventory = ['a', 'b']");
  CHECK(place.parse({"check"})->inventory == std::vector<std::string>{"a", "b"});
  CHECK(place.parse({"check", "--inventory", "c", "--inventory", "d"})->inventory ==
        std::vector<std::string>{"c", "d"});
  place.environment.variables["IMAGEWARDEN_INVENTORY"] = "e:f";
  CHECK(place.parse({"check"})->inventory == std::vector<std::string>{"e", "f"});
}

TEST_CASE("a table of a verb holds for that verb alone, before what holds for all", "[cli][defaults]") {
  Place place;
  place.in_folder("format = 'csv'\n[check]\nformat = 'ndjson'\n['policy lint']\nfail-level = 'security'\n");
  CHECK(place.parse({"check"})->format == Format::kNdjson);
  CHECK(place.parse({"rules", "list"})->format == Format::kCsv);
  CHECK(place.parse({"explain", "x"})->format == Format::kTable);  // writes no CSV: no default for it
  CHECK(place.parse({"policy", "lint"})->fail_level == "security");
}

TEST_CASE("a file in the current folder does not weaken what the user has set", "[cli][defaults][security]") {
  Place place;
  place.in_home("strict = true\nrules = '/etc/guards.json'\naudit-log = '/var/log/images.db'\ncolor = 'never'");
  place.in_folder("strict = false\nrules = 'own.json'\naudit-log = 'elsewhere.db'\ncolor = 'always'");
  const auto options = place.parse({"check"});
  REQUIRE(options);
  CHECK(options->strict);
  CHECK(options->rules == std::vector<std::string>{"/etc/guards.json", "own.json"});  // rules add up
  CHECK(options->folder_rules == std::vector<std::string>{"own.json"});
  CHECK(options->audit_log == "/var/log/images.db");
  CHECK(options->color == When::kAlways);
  CHECK(options->from_folder == std::vector<std::string>{"color", "rules"});
  place.in_home("");
  CHECK(place.parse({"check"})->audit_log == "elsewhere.db");
  CHECK(place.parse({"check", "--rules", "own.json"})->folder_rules.empty());
  CHECK(place.parse({"check", "--config", place.folder.at("imagewarden.toml")})->folder_rules.empty());
}

TEST_CASE("what is said anew each time has no default anywhere", "[cli][defaults][security]") {
  const std::string option = GENERATE(as<std::string>{}, "no-audit", "now", "context", "no-context", "skip-bad-files",
                                      "force", "quiet", "output", "all", "config", "no-config", "resume", "vkey");
  CAPTURE(option);
  Place place;
  place.in_folder(option + " = true");
  const auto refused = place.parse({"check"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "imagewarden.toml:1: `" + option + "` has no default; it is an option of the command line alone");
}

TEST_CASE("a file that somebody else may have written is refused, unless it is named", "[cli][defaults][security]") {
  Place place;
  place.in_folder("as = 'user/x'");
  const std::string path = place.folder.at("imagewarden.toml");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  const auto refused = place.parse({"check"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "configuration file `imagewarden.toml` can be written by anyone; add `--config imagewarden.toml` to use it all "
        "the "
        "same, or `--no-config` to go without");
  CHECK(place.parse({"check", "--config", path})->as == "user/x");
  CHECK(place.parse({"check", "--no-config"})->as.empty());
  CHECK(place.parse({"check", "--help"}));  // help never depends on it
}

TEST_CASE("a wrong value names the file, the line, and what was expected", "[cli][defaults][table]") {
  struct Row {
    const char* text;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"\n\ncolor = 'blue'", "imagewarden.toml:3: `color`: `blue`, expected one of auto, always, never"},
      {"limit = -5", "imagewarden.toml:1: `limit`: `-5`, expected a whole number"},
      {"min-coverage = 101", "imagewarden.toml:1: `min-coverage`: 101, expected a percentage of at most 100"},
      {"checkpoint-every = '0'",
       "imagewarden.toml:1: `checkpoint-every`: `0`, expected a number of records, or of seconds as 30s"},
      {"['audit list']\nlimit = 'many'", "imagewarden.toml:2: `limit`: `many`, expected a whole number"},
      {"strict = 'yes'", "imagewarden.toml:1: `strict`: expected true or false"},
      {"color = true", "imagewarden.toml:1: `color`: expected WHEN as a string"},
      {"inventory = 1", "imagewarden.toml:1: `inventory`: expected PATH as a string, or a list of strings"},
      {"inventory = []", "imagewarden.toml:1: `inventory`: expected PATH as a string, or a list of strings"},
      {"inventory = ['a', 2]", "imagewarden.toml:1: `inventory`: expected PATH as a string, or a list of strings"},
      {"as = ['a', 'b']", "imagewarden.toml:1: `as`: expected PRINCIPAL as a string"},
      {"as = ''", "imagewarden.toml:1: `as` is empty, expected PRINCIPAL"},
      {"colour = 'auto'", "imagewarden.toml:1: unknown setting `colour`, did you mean `color`?"},
      {"[chek]\nstrict = true", "imagewarden.toml:1: unknown verb `chek`, did you mean `check`?"},
      {"[check]\nfail-level = 'error'", "imagewarden.toml:2: `check` takes no option `fail-level`"},
      {"[check]\n[check.more]\nstrict = true", "imagewarden.toml:2: unknown setting `more`"},
      {"['rules list']\nformat = 'ndjson'", "imagewarden.toml:2: `format`: `ndjson`, expected one of table, json, csv"},
      {"['policy test']\nmin-score = 'x'", "imagewarden.toml:2: `min-score`: `x`, expected a whole number"},
      {"['policy test']\nmin-score = 101",
       "imagewarden.toml:2: `min-score`: 101, expected a percentage of at most 100"},
  }));
  CAPTURE(row.text);
  Place place;
  place.in_folder(row.text);
  const bool is_number = std::string_view(row.text).find("min-score") != std::string_view::npos;
  const auto refused = is_number ? place.parse({"policy", "test", "x"}) : place.parse({"check"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == row.want);
}

TEST_CASE("what is no TOML names the place", "[cli][defaults]") {
  Place place;
  place.in_folder("as = 'user/x'\nas = 'user/y'\n");
  auto refused = place.parse({"check"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("imagewarden.toml:2:"));
  CHECK(refused.error().message.find("not TOML") != std::string::npos);
  place.in_folder(std::string(limits::kMaxConfigBytes - 1, '#') + "\n");
  CHECK(place.parse({"check"}).has_value());
  place.in_folder(std::string(limits::kMaxConfigBytes, '#') + "\n");
  refused = place.parse({"check"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kLimit);
}

TEST_CASE("paths in the user's file are taken from its folder", "[cli][defaults]") {
  Place place;
  place.in_home("rules = ['guards.json', '/etc/guards.json']\nas = 'user/x'");
  const auto options = place.parse({"check"});
  REQUIRE(options);
  CHECK(options->rules ==
        std::vector<std::string>{place.home.at("./.config/imagewarden/guards.json"), "/etc/guards.json"});
  CHECK(options->as == "user/x");
}

TEST_CASE("a variable that is almost an option is a slip, another is not ours", "[cli][defaults]") {
  Place place;
  place.environment.variables["IMAGEWARDEN_SCREENSHOTS"] = "pictures";
  CHECK(place.parse({"check"}));
  place.environment.variables["IMAGEWARDEN_RULE"] = "x.json";
  CHECK(place.parse({"check"}).error().message ==
        "environment variable `IMAGEWARDEN_RULE`, did you mean `IMAGEWARDEN_RULES`?");
  place.environment.variables = {{"IMAGEWARDEN_STRICT", "maybe"}};
  CHECK(place.parse({"check"}).error().message == "IMAGEWARDEN_STRICT: `strict`: `maybe`, expected one of true, false");
  place.environment.variables = {{"IMAGEWARDEN_NO_AUDIT", "true"}};
  CHECK(place.parse({"check"}).error().message ==
        "IMAGEWARDEN_NO_AUDIT: `no-audit` has no default; it is an option of the command line alone");
  place.environment.variables = {{"IMAGEWARDEN_STRICT", "true"}};
  CHECK(place.parse({"check"})->strict);
}

TEST_CASE("a file that is named stands alone and has to be there", "[cli][defaults]") {
  Place place;
  place.in_folder("as = 'user/folder'\ncolor = 'never'");
  write_file(place.folder.at("other.toml"), "as = 'user/other'");
  place.environment.variables["IMAGEWARDEN_CONFIG"] = place.folder.at("other.toml");
  CHECK(place.parse({"check"})->as == "user/other");
  CHECK(place.parse({"check"})->color == When::kAuto);
  CHECK(place.parse({"check", "--config", place.folder.at("missing.toml")}).error().code == Errc::kNotFound);
}

TEST_CASE("every option with a default is an option of some verb", "[cli][defaults]") {
  for (const std::string_view name : default_options()) {
    CAPTURE(name);
    bool taken = false;
    for (const OptionInfo& option : option_infos()) {
      for (const Verb& verb : verbs()) taken = taken || (option.name == name && takes_option(&verb, option));
    }
    CHECK(taken);
  }
}

TEST_CASE("every option with a default is taken from a file and from the environment", "[cli][defaults][table]") {
  const std::map<std::string_view, std::string_view> values{{"actions", "actions.json"},
                                                            {"as", "root"},
                                                            {"audit-detail", "full"},
                                                            {"audit-log", "a.db"},
                                                            {"checkpoint-every", "5"},
                                                            {"checkpoint-file", "a.checkpoint"},
                                                            {"color", "never"},
                                                            {"fail-level", "error"},
                                                            {"fail-on", "any"},
                                                            {"format", "json"},
                                                            {"inventory", "exports"},
                                                            {"key", "a.key"},
                                                            {"limit", "5"},
                                                            {"max-age", "2h"},
                                                            {"max-mutants", "5"},
                                                            {"min-coverage", "90"},
                                                            {"min-score", "90"},
                                                            {"progress", "never"},
                                                            {"rules", "guards.json"},
                                                            {"strict", "true"},
                                                            {"waivers", "a.waivers.json"}};
  CHECK(values.size() == default_options().size());
  for (const std::string_view name : default_options()) {
    CAPTURE(name);
    REQUIRE(values.count(name) == 1);
    const std::string value(values.at(name));
    Place place;
    place.in_folder(std::string(name) + " = " + (name == "strict" ? value : '"' + value + '"') + "\n");
    std::string variable = "IMAGEWARDEN_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - ('a' - 'A'));
    place.environment.variables[variable] = value;
    const auto defaults = load_defaults(place.environment, std::nullopt);
    REQUIRE(defaults.has_value());
    REQUIRE(defaults->settings.size() == 2);
    for (const Setting& setting : defaults->settings) {
      CHECK(setting.option == name);
      CHECK(setting.values == std::vector<std::string>{value});
    }
  }
}

TEST_CASE("the age of exports has a default", "[cli][defaults]") {
  Place place;
  CHECK(!place.parse({"check"})->max_age_s);
  place.in_home("max-age = '2h'");
  CHECK(place.parse({"check"})->max_age_s == 7200);
  CHECK(place.parse({"check", "--max-age", "1d"})->max_age_s == 86'400);
  place.in_folder("max-age = '900d'");  // would let older facts in than the user wants
  CHECK(place.parse({"check"})->max_age_s == 7200);
}

TEST_CASE("a run that a file in the folder takes part in says so, unless it is quiet", "[cli][defaults]") {
  Folder folder;
  write_file(folder.at("imagewarden.toml"), "color = 'never'\n");
  MemoryEnvironment memory;
  memory.environment.folder = folder.at(".");
  CHECK(memory.run({"rules", "list"}) == kExitAllowed);
  CHECK(memory.err == "note: imagewarden.toml in this folder sets color; `imagewarden config` shows how\n");
  memory.err.clear();
  CHECK(memory.run({"rules", "list", "--quiet"}) == kExitAllowed);
  CHECK(memory.run({"rules", "list", "--color", "auto"}) == kExitAllowed);
  CHECK(memory.err.empty());
}
