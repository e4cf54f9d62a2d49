#pragma once
// The whole program as a function.

#include <span>
#include <string>

#include "cli/environment.h"

namespace imagewarden::cli {

// Carries out one command line (without the program's name). Returns the exit status.
int run(std::span<const std::string> arguments, Environment& environment);

}  // namespace imagewarden::cli
