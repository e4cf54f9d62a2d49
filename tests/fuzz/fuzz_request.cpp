// One request as JSON: the quick reader reads what the strict one reads, errors included.

#include <string>
#include <tuple>

#include "engine/base/json_tree.h"
#include "engine/ram/request_reader.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

bool is_same(const Context& a, const Context& b) {
  if (a.entries().size() != b.entries().size()) return false;
  for (std::size_t i = 0; i < a.entries().size(); ++i) {
    const Context::Entry& one = a.entries()[i];
    const Context::Entry& other = b.entries()[i];
    if (std::tie(one.key.name, one.key.lower, one.state) != std::tie(other.key.name, other.key.lower, other.state))
      return false;
    if (one.values.size() != other.values.size()) return false;
    for (std::size_t j = 0; j < one.values.size(); ++j) {
      if (one.values[j].text != other.values[j].text || one.values[j].boolean != other.values[j].boolean) return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  static ram::RequestReader reader;
  const auto quick = reader.read(text);
  const auto strict = ram::parse_request_json(text);
  fuzz::require(quick.has_value() == strict.has_value(), "both readers take the same");
  if (!strict) {
    fuzz::require(quick.error() == strict.error(), "both readers find the same fault");
    fuzz::require(strict.error().message.starts_with("request:"), "an error names its place");
    fuzz::require(strict.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  fuzz::require(JsonDocument::parse(text).has_value(), "a request is JSON without a key twice");
  const ram::Request& a = quick->request;
  const ram::Request& b = strict->request;
  fuzz::require(quick->principal == strict->principal &&
                    std::tie(a.action, a.action_lower, a.resource, a.resource_group) ==
                        std::tie(b.action, b.action_lower, b.resource, b.resource_group) &&
                    is_same(a.context, b.context),
                "both readers read the same");
  return 0;
}
