#pragma once
// What a shell and `man` want to know about the command line, made from the tables of `--help`.

#include <optional>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace imagewarden::cli {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

[[nodiscard]] std::optional<Shell> parse_shell(std::string_view name);
// A script that the shell sources. It completes verbs, options, the values that an option knows, and file names; it
// does not run the program.
[[nodiscard]] std::string completion_script(Shell shell);

// The manual page of one verb, or of the whole program: man(7) macros, ASCII.
[[nodiscard]] std::string man_page(const Verb* verb);
// `imagewarden-audit-list`: what the page is called, without its section.
[[nodiscard]] std::string man_page_name(const Verb* verb);

}  // namespace imagewarden::cli
