#pragma once
// UUIDs that are made from a name (RFC 9562 §5.5, version 5): the same name always has the same one.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace imagewarden {

using Uuid = std::array<std::uint8_t, 16>;

// For names that are URLs (RFC 9562 §6.6).
constexpr Uuid kUuidNamespaceUrl{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

// SHA-1 as the RFC has it: an identifier, no evidence.
[[nodiscard]] Uuid uuid5(const Uuid& name_space, std::string_view name);
// Lower case, `xxxxxxxx-xxxx-5xxx-xxxx-xxxxxxxxxxxx`.
[[nodiscard]] std::string to_text(const Uuid& uuid);

}  // namespace imagewarden
