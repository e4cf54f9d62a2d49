#pragma once
// The vectors of tests/data/merkle-vectors.json and the keys that they were made with.

#include <nlohmann/json.hpp>

#include "audit/layout.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {

inline const nlohmann::json& merkle_vectors() {
  static const auto vectors =
      nlohmann::json::parse(read_file(IMAGEWARDEN_SOURCE_DIR "/tests/data/merkle-vectors.json"));
  return vectors;
}

inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoul(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

// Precondition: as many bytes as `Bytes` has.
template <class Bytes>
Bytes bytes_from_hex(std::string_view digits) {
  const std::string bytes = from_hex(digits);
  Bytes out{};
  REQUIRE(bytes.size() == out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// `log` or `witness`.
inline SigningKey vector_key(const char* who) {
  const auto seed = merkle_vectors().at("keys").at(who).at(0).get<std::string>();
  return must(SigningKey::from_seed(bytes_from_hex<PublicKey>(seed)));
}

inline VerifierKey vector_vkey(const char* who) {
  return must(parse_vkey(merkle_vectors().at("keys").at(who).at(1).get<std::string>()));
}

inline Sha256Digest vector_hash(const nlohmann::json& place) {
  const auto text = merkle_vectors().at("hashes").at(place.get<std::size_t>()).get<std::string>();
  const auto bytes = from_base64(text);
  REQUIRE(bytes.has_value());
  REQUIRE(bytes->size() == sizeof(Sha256Digest));
  return digest_from(*bytes);
}

}  // namespace imagewarden::audit::test
