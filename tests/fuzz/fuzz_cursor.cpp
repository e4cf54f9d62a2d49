// The cursor that reads exports: it takes a document exactly where the strict reader finds no fault and another reader
// agrees, and what it hands out is what stands there.

#include <string>

#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/inventory/json_cursor.h"
#include "tests/fuzz/json_judge.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;
using inventory::JsonCursor;

// Walks over every value by the calls that readers of exports use.
bool walk(JsonCursor& cursor, std::size_t& strings) {
  switch (cursor.peek()) {
    case '{':
      return cursor.members([&](std::string_view /*key*/) { return walk(cursor, strings); });
    case '[':
      return cursor.array([&](std::uint32_t /*index*/) { return walk(cursor, strings); });
    case '"': {
      std::string_view text;
      ++strings;
      return cursor.string(text);
    }
    default:
      return cursor.skip();
  }
}

std::size_t strings_in(const JsonValue& value) {
  std::size_t strings = value.is(JsonType::kString) ? 1 : 0;
  for (const JsonValue& item : value.items) strings += strings_in(item);
  for (const JsonMember& member : value.members) strings += strings_in(member.value);
  return strings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));  // a NUL follows
  const auto fault = find_json_error(text);
  const fuzz::JsonVerdict other = fuzz::judge(text);
  fuzz::require(!fault == (other.is_json && other.depth <= limits::kMaxJsonDepth), "both readers agree on JSON");

  JsonCursor cursor;
  const bool is_skipped = cursor.open(text) && cursor.skip() && cursor.close();
  fuzz::require(is_skipped == !fault, "what is skipped is JSON");
  if (!is_skipped) {
    const inventory::JsonFault found = cursor.take_fault();
    fuzz::require(found.offset == fault->offset && found.what == fault->what && found.pointer == fault->pointer,
                  "one fault");
  }

  std::string_view raw;
  if (cursor.open(text) && cursor.raw(raw) && cursor.close()) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
    fuzz::require(raw == std::string_view(text).substr(begin, end - begin), "a value is its bytes");
  }

  std::size_t strings = 0;
  const bool is_walked = cursor.open(text) && walk(cursor, strings) && cursor.close();
  fuzz::require(is_walked == (!fault && !other.repeats_key), "what is walked over has each key once");
  if (is_walked) {
    const auto tree = JsonDocument::parse(text);
    fuzz::require(tree && strings == strings_in(tree->root()), "every string is seen");
  }
  return 0;
}
