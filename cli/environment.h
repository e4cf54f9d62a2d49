#pragma once
// What the process gives to a verb: streams, clock, terminal. A test gives its own.

#include <cstdint>
#include <functional>
#include <istream>
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
  bool no_color{};  // the variable NO_COLOR is set
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
