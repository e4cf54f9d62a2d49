#include "engine/inventory/secrets.h"

#include <algorithm>
#include <array>

namespace imagewarden::inventory {
namespace {

// In lower case. An access key's id begins with `LTAI`, a temporary one's with `STS.`.
constexpr std::array<std::string_view, 6> kNames{"accesskey", "securitytoken", "secret",
                                                 "password",  "signature",     "credential"};
constexpr std::array<std::string_view, 3> kQuoted{"string to sign", "ltai", "sts."};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool holds(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

}  // namespace

bool names_secret(std::string_view parameter) {
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view word) { return holds(parameter, word); });
}

std::string_view message_without_secrets(std::string_view message) {
  const bool is_quoting =
      names_secret(message) ||
      std::any_of(kQuoted.begin(), kQuoted.end(), [&](std::string_view word) { return holds(message, word); });
  return is_quoting ? "(not kept: it speaks of credentials)" : message;
}

}  // namespace imagewarden::inventory
