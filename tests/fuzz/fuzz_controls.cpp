// A file of controls on top of the built-in ones: what it adds is written and read again.

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/rules/controls.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

Result<rules::ControlSet> load(std::string_view text) {
  const rules::RuleSource source{"c.json", std::string(text)};
  return rules::load_controls({&source, 1});
}

// What `set` holds beyond `base`.
std::string write(const rules::ControlSet& set, const rules::ControlSet& base) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("schema", "imagewarden-controls/1");
  json.member("name", set.files.back().name).member("version", set.files.back().version);
  json.key("frameworks").begin_array();
  for (std::size_t i = base.frameworks.size(); i < set.frameworks.size(); ++i) {
    const rules::Framework& one = set.frameworks[i];
    json.begin_object().member("id", one.id).member("name", one.name).member("source", one.source).end_object();
  }
  json.end_array().key("controls").begin_array();
  for (std::size_t i = base.controls.size(); i < set.controls.size(); ++i) {
    const rules::Control& one = set.controls[i];
    json.begin_object().member("id", one.id).member("framework", one.framework).member("number", one.number);
    json.member("title", one.title).member("explanation", one.explanation).key("checks").begin_array();
    for (const rules::Check check : one.checks) json.string(rules::check_info(check).name);
    json.end_array().end_object();
  }
  json.end_array().key("waivers").begin_array();
  for (std::size_t i = base.waivers.size(); i < set.waivers.size(); ++i) {
    const rules::ControlWaiver& one = set.waivers[i];
    json.begin_object().member("check", rules::check_info(one.check).name).member("subject", one.subject);
    json.member("owner", one.owner).member("reason", one.reason).member("expires", one.expires).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const rules::ControlSet base = *rules::load_controls({});
  const std::string_view text = fuzz::text_of(data, size);
  const auto set = load(text);
  if (!set) {
    fuzz::require(set.error().message.starts_with("c.json:"), "an error names its place");
    fuzz::require(set.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  fuzz::require(JsonDocument::parse(text).has_value(), "what is no JSON is refused");
  for (const rules::Control& control : set->controls)
    fuzz::require(!control.checks.empty(), "a control has something that is looked at");
  const std::string written = write(*set, base);
  const auto again = load(written);
  fuzz::require(again && write(*again, base) == written, "reading and writing controls give the same");
  return 0;
}
