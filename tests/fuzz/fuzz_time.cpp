// Times: what is read is written and read again.

#include <string>

#include "engine/base/time.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

// The years that can be written: an offset can carry the first and the last day out of them.
bool is_in_years(Time time) {
  const auto first = parse_rfc3339("0001-01-01T00:00:00Z");
  const auto last = parse_rfc3339("9999-12-31T23:59:59.999999Z");
  return first && last && *first <= time && time <= *last;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto strict = parse_rfc3339(text);
  const auto loose = parse_cloud_time(text);
  if (strict) fuzz::require(loose == strict, "the cloud's forms hold RFC 3339");
  fuzz::require(!loose || is_writable(*loose) == is_in_years(*loose), "what can be written is in the years 1 to 9999");
  if (loose && is_in_years(*loose)) {
    fuzz::require(parse_rfc3339(format_rfc3339_us(*loose)) == loose, "a time that was written is read again");
    const auto second = parse_rfc3339(format_rfc3339(*loose));
    fuzz::require(second && *second <= *loose && loose->unix_us - second->unix_us < 1'000'000, "fractions are cut");
  }
  return 0;
}
