// The quick reader of flat objects: whatever it takes, the strict reader takes and reads the same, but for a key twice.

#include "engine/base/json_flat.h"
#include "engine/base/json_tree.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

bool is_same(const FlatMember& flat, const JsonMember& member) {
  if (flat.key != member.key || flat.type != member.value.type) return false;
  if (flat.type == JsonType::kString) return flat.text == member.value.text;
  return flat.type != JsonType::kBool || flat.boolean == member.value.boolean;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  static FlatReader reader;
  const bool is_read = reader.read(text);
  const auto tree = JsonDocument::parse(text);
  if (!is_read) return 0;
  fuzz::require(tree || tree.error().what.starts_with("duplicate key"), "what is read quickly is JSON");
  if (!tree) return 0;
  const auto& flat = reader.members();
  std::size_t at = 0;
  for (const JsonMember& member : tree->root().members) {
    fuzz::require(at < flat.size() && is_same(flat[at], member), "both read the same member");
    const std::size_t end = member.value.is(JsonType::kObject) ? flat[at].end : at + 1;
    ++at;
    for (const JsonMember& inner : member.value.members) {
      fuzz::require(at < end && is_same(flat[at], inner), "both read the same inner member");
      ++at;
    }
    fuzz::require(at == end, "an object ends after its last member");
  }
  fuzz::require(at == flat.size(), "both read as many members");
  return 0;
}
