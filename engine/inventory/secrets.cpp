#include "engine/inventory/secrets.h"

#include <algorithm>
#include <array>
#include <string>

namespace imagewarden::inventory {
namespace {

// In lower case, without `-` and `_`.
constexpr std::array<std::string_view, 8> kNames{"accesskey", "securitytoken", "ststoken",   "secret",
                                                 "password",  "signature",     "credential", "authorization"};
// How the id of an access key begins, and that of a temporary one.
constexpr std::array<std::string_view, 2> kIds{"LTAI", "STS."};
constexpr std::string_view kWithheld = "(not kept: it speaks of credentials)";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool holds(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool names_any(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '-' && c != '_') plain += c;
  }
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view word) { return holds(plain, word); });
}

bool quotes(std::string_view text) {
  return holds(text, "string to sign") || std::any_of(kIds.begin(), kIds.end(), [&](std::string_view id) {
           return text.find(id) != std::string_view::npos;
         });
}

}  // namespace

bool names_secret(std::string_view parameter) {
  // Tokens that lead to the next page, or make a call count once, open nothing; any other one may.
  const bool is_token = holds(parameter, "token") && !holds(parameter, "nexttoken") &&
                        !holds(parameter, "next_token") && !holds(parameter, "clienttoken");
  return is_token || names_any(parameter);
}

std::string_view code_without_secrets(std::string_view code) { return quotes(code) ? kWithheld : code; }

std::string_view message_without_secrets(std::string_view message) {
  return quotes(message) || names_any(message) ? kWithheld : message;
}

}  // namespace imagewarden::inventory
