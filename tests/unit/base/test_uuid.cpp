#include <catch2/catch.hpp>

#include "engine/base/uuid.h"

namespace imagewarden {
namespace {

TEST_CASE("UUIDs of names, as others make them", "[base][uuid]") {
  constexpr Uuid kDns{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
  // RFC 9562, appendix A.4.
  CHECK(to_text(uuid5(kDns, "www.example.com")) == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  // Python's uuid.uuid5(uuid.NAMESPACE_URL, …).
  CHECK(to_text(kUuidNamespaceUrl) == "6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  CHECK(to_text(uuid5(kUuidNamespaceUrl, "https://example.com/")) == "dd2c1780-811a-5296-81c5-178a0ef488bc");
  CHECK(to_text(uuid5(kUuidNamespaceUrl, "")) == "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
}

}  // namespace
}  // namespace imagewarden
