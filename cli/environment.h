#pragma once
// What the process gives to a verb: streams, clock, terminal. A test gives its own.

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/time.h"

namespace imagewarden::cli {

struct Environment {
  // Each returns false if the bytes could not be written (a closed pipe, a full disk).
  std::function<bool(std::string_view)> out;
  std::function<bool(std::string_view)> err;
  std::istream* in{};
  std::function<Time()> clock;
  std::function<std::int64_t()> steady_ms;  // milliseconds from an arbitrary start, never backwards; empty: no progress
  bool out_is_terminal{};
  bool err_is_terminal{};
  bool no_color{};                               // the variable NO_COLOR is set
  std::size_t columns{};                         // width of the terminal that standard output is; 0: none, or not known
  std::string folder;                            // where imagewarden.toml is looked for; empty: nowhere
  std::map<std::string, std::string> variables;  // HOME, XDG_CONFIG_HOME and those that begin with IMAGEWARDEN_
  std::string host;
  std::string user;
};

// The exit statuses, fixed. docs and README list them.
enum ExitStatus : int {
  kExitAllowed = 0,        // all allowed, passed
  kExitDenied = 1,         // at least one denied, failed, found
  kExitFailed = 2,         // the command could not be carried out; nothing was decided
  kExitIndeterminate = 3,  // nothing denied, at least one indeterminate
};

}  // namespace imagewarden::cli
