// The configuration file as settings. The only file that knows toml++, whose
// exceptions end here.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cli/defaults.h"
#include "cli/options.h"
#include "engine/base/suggest.h"

namespace imagewarden::cli {
namespace {

class ConfigReader {
 public:
  ConfigReader(const std::string& shown, Source source, const std::string& folder)
      : shown_(shown), source_(source), folder_(folder) {}

  // Settings of the file, or of the table of one verb.
  Status read(const toml::table& table, const std::string& verb) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const toml::table* inner = node.as_table();
      if (inner != nullptr && verb.empty()) {
        if (find_verb(name) == nullptr) return unknown_verb(name, node);
        if (auto done = read(*inner, name); !done) return done;
      } else if (auto done = add(name, node, verb); !done) {
        return done;
      }
    }
    return {};
  }

  // In the order of the file.
  std::vector<Setting> take() {
    std::stable_sort(settings_.begin(), settings_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Setting> settings;
    for (auto& [line, setting] : settings_) settings.push_back(std::move(setting));
    return settings;
  }

 private:
  [[nodiscard]] std::string place_of(const toml::node& node) const {
    return fmt::format("{}:{}", shown_, node.source().begin.line);
  }
  [[nodiscard]] Status wrong(const toml::node& node, std::string_view text) const {
    return fail(Errc::kMalformedInput, fmt::format("{}: {}", place_of(node), text));
  }

  [[nodiscard]] Status unknown_verb(std::string_view words, const toml::node& node) const {
    std::vector<std::string_view> names;
    for (const Verb& verb : verbs()) names.push_back(verb.name);
    const auto nearest = nearest_name(words, names);
    return wrong(node, fmt::format("unknown verb `{}`{}", words,
                                   nearest ? fmt::format(", did you mean `{}`?", *nearest)
                                           : ", expected one in full, as in `[\"policy lint\"]`"));
  }

  Status add(const std::string& name, const toml::node& node, const std::string& verb) {
    Setting setting;
    setting.option = name;
    setting.verb = verb;
    setting.place = place_of(node);
    setting.source = source_;
    const OptionInfo* info = find_option(name);
    // Whether there is such a setting at all comes before what it holds.
    if (auto known = check_setting(setting); !known) return known;
    const bool is_switch = info->value.empty();
    const bool takes_number = info->value == "N" || info->value == "N|Ns" || info->value == "PERCENT";
    const auto expected = [&] {
      if (is_switch) return wrong(node, fmt::format("`{}`: expected true or false", name));
      return wrong(node,
                   fmt::format("`{}`: expected {} as a {}{}", name, info->value, takes_number ? "number" : "string",
                               is_repeatable(name) ? ", or a list of strings" : ""));
    };
    if (const auto boolean = node.value_exact<bool>(); boolean && is_switch) {
      setting.values.emplace_back(*boolean ? "true" : "false");
    } else if (const auto text = node.value_exact<std::string>(); text && !is_switch) {
      setting.values.push_back(*text);
    } else if (const auto number = node.value_exact<std::int64_t>(); number && takes_number) {
      setting.values.push_back(fmt::format("{}", *number));
    } else if (const toml::array* list = node.as_array(); list != nullptr && is_repeatable(name) && !list->empty()) {
      for (const toml::node& item : *list) {
        const auto one = item.value_exact<std::string>();
        if (!one) return expected();
        setting.values.push_back(*one);
      }
    } else {
      return expected();
    }
    const bool is_path = info->value == "PATH" || info->value == "FILE";
    for (std::string& value : setting.values) {
      if (is_path && !value.empty() && value.front() != '/') value = folder_ + value;
    }
    if (auto checked = check_setting(setting); !checked) return checked;
    settings_.emplace_back(node.source().begin.line, std::move(setting));
    return {};
  }

  const std::string& shown_;
  Source source_;
  const std::string& folder_;
  std::vector<std::pair<std::uint32_t, Setting>> settings_;  // with their lines
};

}  // namespace

Result<std::vector<Setting>> parse_config(std::string_view text, const std::string& shown, Source source,
                                          const std::string& folder) {
  toml::table table;
  try {
    table = toml::parse(text, shown);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return fail(Errc::kMalformedInput,
                fmt::format("{}:{}:{}: not TOML: {}", shown, at.line, at.column, error.description()));
  }
  ConfigReader reader(shown, source, folder);
  if (const auto done = reader.read(table, ""); !done) return tl::make_unexpected(done.error());
  return reader.take();
}

}  // namespace imagewarden::cli
