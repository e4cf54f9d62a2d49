// `imagewarden.toml`: what is read is written and read again.

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "cli/defaults.h"
#include "cli/options.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char escaped[8];
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_switch(std::string_view option) {
  const auto infos = cli::option_infos();
  return std::any_of(infos.begin(), infos.end(),
                     [&](const cli::OptionInfo& info) { return info.name == option && info.value.empty(); });
}

using Line = std::tuple<std::string, std::string, std::vector<std::string>>;

std::vector<Line> lines_of(const std::vector<cli::Setting>& settings) {
  std::vector<Line> lines;
  for (const cli::Setting& setting : settings) lines.emplace_back(setting.verb, setting.option, setting.values);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string write(const std::vector<Line>& lines) {
  std::string out;
  std::string table;
  for (const auto& [verb, option, values] : lines) {
    if (verb != table) out += '[' + quoted(verb) + "]\n";
    table = verb;
    out += option + " = ";
    if (is_switch(option)) {
      out += values.front();
    } else if (values.size() == 1) {
      out += quoted(values.front());
    } else {
      out += '[';
      for (const std::string& value : values) out += quoted(value) + ", ";
      out += ']';
    }
    out += '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto settings = cli::parse_config(text, "x.toml", cli::Source::kFolder, "");
  if (!settings) {
    fuzz::require(settings.error().message.starts_with("x.toml:"), "an error names its place");
    return 0;
  }
  for (const cli::Setting& setting : *settings) {
    fuzz::require(!setting.values.empty() && cli::check_setting(setting).has_value(), "a setting is one");
    fuzz::require(setting.place.starts_with("x.toml:"), "a setting has a place");
  }
  const auto lines = lines_of(*settings);
  const auto again = cli::parse_config(write(lines), "x.toml", cli::Source::kFolder, "");
  fuzz::require(again && lines_of(*again) == lines, "reading and writing settings give the same");
  return 0;
}
