// The small documents of test files: a tree of YAML, written as JSON, is the same tree, with the place of every part.

#include <string>
#include <vector>

#include "engine/base/json_tree.h"
#include "engine/policy/yaml.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

std::string write(const policy::TextNode& node) {
  std::string out;
  std::vector<policy::SourcePoint> points;
  policy::write_json_text(node, out, points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    fuzz::require(points[i].offset < out.size() && (i == 0 || points[i - 1].offset <= points[i].offset),
                  "places are in the order of the text");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto json = policy::read_text_tree(text, "t.json");
  const auto tree = JsonDocument::parse(text);
  fuzz::require(json.has_value() == tree.has_value(), "JSON is what the strict reader takes");
  for (const char* const name : {"t.yaml", "t.json"}) {
    const auto node = policy::read_text_tree(text, name);
    if (!node) {
      fuzz::require(node.error().message.starts_with(std::string(name) + ':'), "an error names its place");
      fuzz::require(node.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
      continue;
    }
    const std::string written = write(*node);
    const auto again = policy::read_text_tree(written, "t.json");
    fuzz::require(again.has_value(), "a tree can be written as JSON");
    fuzz::require(write(*again) == written, "the tree that was written is the same tree");
  }
  return 0;
}
