#include "cli/command.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "engine/base/printable.h"
#include "engine/inventory/operations.h"

namespace imagewarden::cli {
namespace {

using Parameter = std::pair<std::string, std::string_view>;

// Operations that change something, which no export holds.
struct ChangingOperation {
  std::string_view name;
  std::string_view product;
};
constexpr ChangingOperation kChanging[] = {{"ModifyImagePermission", "ecd"},
                                           {"DeleteDesktopGroup", "ecd"},
                                           {"DeleteAppInstanceGroup", "appstream-center"},
                                           {"DeleteWuyingServer", "appstream-center"}};

// Empty: no operation.
std::string_view product_of(std::string_view operation) {
  if (const auto found = find_operation(operation)) return operation_info(*found).product;
  const auto* changing = std::find_if(std::begin(kChanging), std::end(kChanging),
                                      [&](const ChangingOperation& one) { return one.name == operation; });
  return changing == std::end(kChanging) ? std::string_view{} : changing->product;
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
  if (product_of(name).empty()) return std::string(need);
  std::vector<Parameter> parameters;
  while (end != std::string_view::npos) {
    need.remove_prefix(end + 1);
    end = next_parameter(need);
    const std::string_view pair = need.substr(0, end);
    const std::size_t equals = pair.find('=');
    parameters.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return as_command(name, parameters);
}

std::string as_command(std::string_view need, const Snapshot& snapshot) {
  constexpr std::string_view kOfImage = "DescribeImagePermission ImageId=";
  if (!need.starts_with(kOfImage)) return as_command(need);
  const std::string_view id = need.substr(kOfImage.size());
  const ImageTable& images = snapshot.images();
  for (std::uint32_t i = 0; i < snapshot.accounts().size(); ++i) {
    const auto row = snapshot.find_image(AccountId{i}, id);
    if (!row || images.region_sets[images.region_set[row->value]].empty()) continue;
    const StringId region = images.region_sets[images.region_set[row->value]].front();
    const Parameter parameters[] = {{"RegionId", snapshot.text(region)}, {"ImageId", id}};
    return as_command("DescribeImagePermission", parameters);
  }
  return as_command(need);
}

std::string as_command(std::string_view operation, std::span<const Parameter> parameters) {
  const std::string_view product = product_of(operation);
  std::string command = fmt::format("aliyun {} {}", product, operation);
  // The command line knows these two as raw products only; App Streaming answers at one endpoint for all regions.
  if (product == "appstream-center") command += " --force --version 2021-09-01 --region cn-shanghai";
  if (product == "ecd") command += " --force --version 2020-09-30";
  for (const auto& [name, text] : parameters) {
    const std::string value = shell_word(text);
    // A value that looks like an option is tied to its name.
    const char between = text.starts_with('-') ? '=' : ' ';
    if (product == "ecd" && name == "RegionId") command += fmt::format(" --region{}{}", between, value);
    command += fmt::format(" --{}{}{}", name, between, value);
  }
  return command;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kHarmless = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,:/@%+=";
  if (!text.empty() && text.find_first_not_of(kHarmless) == std::string_view::npos) return std::string(text);
  const bool is_shown = printable(text) == text;
  std::string word = is_shown ? "'" : "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned char kFirst = 0x20;
    constexpr unsigned char kLast = 0x7e;
    if (is_shown && c == '\'') {
      word += "'\\''";
    } else if (is_shown) {
      word += c;
    } else if (byte < kFirst || byte > kLast || c == '\'' || c == '\\') {
      word += fmt::format("\\x{:02x}", byte);
    } else {
      word += c;
    }
  }
  return word + '\'';
}

}  // namespace imagewarden::cli
