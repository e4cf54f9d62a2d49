// The command line, an argument a line: read or refused in one line, and what is read does not depend on the order of
// options and names.

#include <algorithm>
#include <string>
#include <vector>

#include "cli/options.h"
#include "engine/base/printable.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  std::string_view text = fuzz::text_of(data, size);
  std::vector<std::string> arguments;
  while (!text.empty()) arguments.emplace_back(fuzz::take_line(text));
  const auto options = cli::parse_options(arguments);
  if (!options) {
    // A file of options is read at once.
    const auto names_file = [](const std::string& argument) { return argument.starts_with("--config"); };
    fuzz::require(options.error().code == Errc::kUsage || std::any_of(arguments.begin(), arguments.end(), names_file),
                  "a wrong use");
    fuzz::require(!options.error().message.empty(), "an error says what");
    fuzz::require(printable(options.error().message).find_first_of("\r\n") == std::string::npos,
                  "an error is shown in one line");
    return 0;
  }
  if (options->help || options->version) return 0;
  if (options->verb.empty()) return 0;  // the program says what it wants
  fuzz::require(cli::find_verb(options->verb) != nullptr, "the verb is one");
  arguments.insert(arguments.begin(), "--quiet");
  const auto quiet = cli::parse_options(arguments);
  if (options->quiet) {
    fuzz::require(!quiet || quiet->quiet, "said twice");
    return 0;
  }
  fuzz::require(quiet && quiet->quiet, "a global option may stand in front");
  fuzz::require(quiet->verb == options->verb && quiet->arguments == options->arguments &&
                    quiet->inventory == options->inventory && quiet->rules == options->rules &&
                    quiet->audit_log == options->audit_log && quiet->output == options->output &&
                    quiet->as == options->as && quiet->now == options->now && quiet->format == options->format,
                "everything else is as it was");
  return 0;
}
