#include "cli/command.h"

#include <fmt/format.h>

#include "engine/inventory/operations.h"

namespace imagewarden::cli {
namespace {

// One word of a shell. Names come from the export, so nothing of them may act.
std::string shell_word(std::string_view text) {
  constexpr std::string_view kHarmless = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,:/@%+=";
  if (!text.empty() && text.find_first_not_of(kHarmless) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

// Where the next ` Name=` begins: a value may hold blanks, the name of a parameter does not.
std::size_t next_parameter(std::string_view text) {
  for (std::size_t at = text.find(' '); at != std::string_view::npos; at = text.find(' ', at + 1)) {
    const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", at + 1);
    if (end != std::string_view::npos && end > at + 1 && text[end] == '=') return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string as_command(std::string_view need) {
  if (need == "account.json") return "write account.json with AccountId and Regions, see docs/exports.md";
  std::size_t end = next_parameter(need);
  const std::string_view name = need.substr(0, end);
  const auto operation = find_operation(name);
  if (!operation) return std::string(need);
  const std::string_view product = operation_info(*operation).product;
  std::string command = fmt::format("aliyun {} {}", product, name);
  // The command line knows these two as raw products only; App Streaming answers at one endpoint for all regions.
  if (product == "appstream-center") command += " --force --version 2021-09-01 --region cn-shanghai";
  if (product == "ecd") command += " --force --version 2020-09-30";
  while (end != std::string_view::npos) {
    need.remove_prefix(end + 1);
    end = next_parameter(need);
    const std::string_view pair = need.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string value = shell_word(pair.substr(equals + 1));
    if (product == "ecd" && pair.substr(0, equals) == "RegionId") command += fmt::format(" --region {}", value);
    command += fmt::format(" --{} {}", pair.substr(0, equals), value);
  }
  return command;
}

}  // namespace imagewarden::cli
