#include "engine/base/library.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <simdjson.h>
#include <tl/expected.hpp>

namespace imagewarden {

std::vector<Library> base_libraries() {
  return {
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100), ""},
      {"OpenSSL", OPENSSL_VERSION_STR, ::OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"simdjson",
       fmt::format("{}.{}.{}", int{simdjson::SIMDJSON_VERSION_MAJOR}, int{simdjson::SIMDJSON_VERSION_MINOR},
                   int{simdjson::SIMDJSON_VERSION_REVISION}),
       ""},
      {"tl::expected",
       fmt::format("{}.{}.{}", TL_EXPECTED_VERSION_MAJOR, TL_EXPECTED_VERSION_MINOR, TL_EXPECTED_VERSION_PATCH), ""},
  };
}

}  // namespace imagewarden
