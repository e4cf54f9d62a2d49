// Waivers of policy lint: what is read is written and read again.

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/rules/lint_waivers.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

std::string write(const std::vector<rules::Waiver>& waivers) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("schema", "imagewarden-lint-waivers/1").key("waivers").begin_array();
  for (const rules::Waiver& waiver : waivers) {
    json.begin_object().member("rule", waiver.rule);
    if (!waiver.policy.empty()) json.member("policy", waiver.policy);
    if (waiver.statement) json.key("statement").integer(*waiver.statement);
    json.member("owner", waiver.owner).member("reason", waiver.reason).member("expires", waiver.expires).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto strict = rules::parse_waivers(text, "w.json", true);
  const auto loose = rules::parse_waivers(text, "w.json", false);
  fuzz::require(loose || !strict, "what stands beside no policy says more");
  if (!loose) {
    fuzz::require(loose.error().message.starts_with("w.json:"), "an error names its place");
    fuzz::require(loose.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  fuzz::require(JsonDocument::parse(text).has_value(), "what is no JSON is refused");
  bool all_named = true;
  for (const rules::Waiver& waiver : *loose) {
    fuzz::require(waiver.expires.size() == 10 && format_rfc3339(waiver.expires_after).starts_with(waiver.expires),
                  "a waiver ends on its day");
    all_named = all_named && !waiver.policy.empty();
  }
  fuzz::require(strict.has_value() == all_named, "all name their policy, or one is missing");
  const auto again = rules::parse_waivers(write(*loose), "w.json", false);
  fuzz::require(again && write(*again) == write(*loose), "reading and writing waivers give the same");
  return 0;
}
