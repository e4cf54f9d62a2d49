// One response body. The first line of an input is the file's name, the rest its bytes.

#include <algorithm>

#include "engine/base/json_tree.h"
#include "engine/inventory/operations.h"
#include "tests/fuzz/inventory_support.h"

namespace {

using namespace imagewarden;

// Names of plain JSON bodies only: packed ones and other forms are not what is tried here, nor what a name may hold.
bool is_body_name(std::string_view name) {
  const bool is_plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '/' && c != '%'; });
  if (!is_plain || !name.ends_with(".json")) return false;
  const auto operation = find_operation(name.substr(0, name.find('.')));
  return operation && *operation != Operation::kGetCallerIdentity;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body = fuzz::text_of(data, size);
  const std::string_view name = fuzz::take_line(body);
  if (!is_body_name(name)) return 0;

  const bool accepted =
      fuzz::read_twice({fuzz::account_file(), {std::string(name), std::string(body)}}, std::string(name));
  const bool is_json = !find_json_error(body);
  fuzz::require(is_json || !accepted, "what is no JSON is refused");

  // As a member that nobody reads the shape does not matter: both parsers must agree.
  const std::string wrapped = "{\"Images\": [], \"Unread\": " + std::string(body) + "}";
  if (is_json) {
    const bool wrapped_accepted =
        fuzz::read_twice({fuzz::account_file(), {"DescribeImages.json", wrapped}}, "DescribeImages.json");
    fuzz::require(wrapped_accepted == !find_json_error(wrapped), "both parsers agree where the shape is ignored");
  }
  return 0;
}
