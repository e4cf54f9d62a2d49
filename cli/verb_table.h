#pragma once
// The verbs and the options, each said once.

#include <cstdint>
#include <span>
#include <string_view>

#include "cli/environment.h"

namespace imagewarden::cli {

struct Options;

enum class Format : std::uint8_t {
  kTable,
  kJson,
  kNdjson,
  kCsv,
  kSarif,
  kJunit,
  kTap,
  kOcsf,
  kCloudEvents,
  kOscal,
  kHtml
};

struct Verb {
  std::string_view name;       // `audit list`
  std::string_view arguments;  // `[IMAGE…]`; empty: it takes none
  std::string_view summary;
  std::span<const std::string_view> options;  // long names beside the global ones
  std::span<const Format> formats;
  std::string_view example;
  int (*run)(const Options&, Environment&);
};

[[nodiscard]] std::span<const Verb> verbs();
[[nodiscard]] const Verb* find_verb(std::string_view name);

struct OptionInfo {
  std::string_view name;
  std::string_view value;  // placeholder; empty: a switch
  std::string_view help;
  bool global;
};

// The one table of options: parsing, help, completion, manual pages and "did you mean" come from it.
[[nodiscard]] std::span<const OptionInfo> option_infos();
// By its long name; nullptr: there is none.
[[nodiscard]] const OptionInfo* find_option(std::string_view name);
// Whether the verb takes the option; without a verb: whether it is a global one.
[[nodiscard]] bool takes_option(const Verb* verb, const OptionInfo& option);
// The example of the verb, or of the whole program.
[[nodiscard]] std::string_view example_of(const Verb* verb);

}  // namespace imagewarden::cli
