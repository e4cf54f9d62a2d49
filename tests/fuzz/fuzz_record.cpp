// A record of the audit log: what can be decoded is exactly what encoding makes.

#include "audit/log.h"
#include "engine/base/json_tree.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  const std::string_view leaf = fuzz::text_of(data, size);
  const auto record = audit::decode_record(leaf);
  if (!record) {
    fuzz::require(record.error().code == Errc::kMalformedInput, "a bad record is malformed input");
    return 0;
  }
  fuzz::require(audit::encode_record(*record) == leaf, "decoding and encoding give the same bytes");
  fuzz::require(JsonDocument::parse(leaf).has_value(), "a record is JSON without a key twice");
  return 0;
}
