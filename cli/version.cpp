#include "cli/version.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>
#include <boost/version.hpp>

#include "audit/library.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/base/library.h"
#include "engine/base/sha256.h"
#include "engine/inventory/library.h"
#include "engine/policy/library.h"
#include "engine/rules/embedded.h"

namespace imagewarden::cli {
namespace {

struct RuleData {
  std::string name;     // the file's, without `.json`
  std::string version;  // of its rules; its date where it has no version
  std::string digest;
};

std::vector<RuleData> rule_data() {
  std::vector<RuleData> data;
  for (const EmbeddedFile& file : rules::embedded_files()) {
    RuleData one{std::string(file.name.substr(0, file.name.rfind('.'))), "", sha256_text(file.text)};
    const auto document = JsonDocument::parse(file.text);
    if (document) {
      for (const char* const member : {"version", "date"}) {
        const JsonValue* const value = document->root().find(member);
        if (value != nullptr && value->is(JsonType::kString) && one.version.empty()) one.version = value->text;
      }
    }
    data.push_back(std::move(one));
  }
  return data;
}

std::vector<Library> libraries() {
  std::vector<Library> all{
      {"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000, BOOST_VERSION % 100), ""},
      {"toml++", fmt::format("{}.{}.{}", TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH), ""}};
  for (auto more : {base_libraries(), inventory_libraries(), policy::policy_libraries(), audit::audit_libraries()})
    all.insert(all.end(), more.begin(), more.end());
  const auto lower = [](std::string_view name) {
    std::string text(name);
    for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return text;
  };
  std::ranges::sort(all, {}, [&](const Library& library) { return lower(library.name); });
  return all;
}

std::string version_json() {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("name", "imagewarden").member("version", version()).member("commit", commit());
  json.key("rules").begin_array();
  for (const RuleData& data : rule_data()) {
    json.begin_object().member("name", data.name).member("version", data.version).member("digest", data.digest);
    json.end_object();
  }
  json.end_array().key("libraries").begin_array();
  for (const Library& library : libraries()) {
    json.begin_object().member("name", library.name).member("built_with", library.built_with).key("runs_with");
    if (library.runs_with.empty()) {
      json.null();
    } else {
      json.string(library.runs_with);
    }
    json.end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

std::string version_text(const Look& look) {
  Table rules({"RULES", "VERSION", "DIGEST"});
  for (const RuleData& data : rule_data()) rules.add({data.name, data.version, data.digest});
  Table used({"LIBRARY", "BUILT WITH", "RUNS WITH"});
  for (const Library& library : libraries())
    used.add({std::string(library.name), library.built_with, library.runs_with});
  return fmt::format("{}\ncommit {}\n\n{}\n{}", engine_version(), commit(), rules.render(look), used.render(look));
}

}  // namespace

int run_version(const Options& options, Environment& environment) {
  if (options.format != Format::kTable && options.format != Format::kJson) {
    return complain(environment, {Errc::kUsage, "option `--version` writes table, json; this format it does not"});
  }
  return print_result(options, environment,
                      options.format == Format::kJson ? version_json() : version_text(look_of(options, environment)),
                      kExitAllowed);
}

}  // namespace imagewarden::cli
