#pragma once
// The image ids of `--ids-from`, from a file or as they come through standard input.

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/environment.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// One id a line; white space around it does not count, empty lines neither. Not thread-safe.
class IdReader {
 public:
  // `-` is standard input, which is read as it comes; a file is read at once.
  static Result<IdReader> open(const std::string& path, Environment& environment);
  // Whether next() has an id, or the end, without waiting for input.
  bool is_ready();
  // Nothing at the end of the list. What it gives is valid until another call. kMalformedInput with the line: too long,
  // a byte order mark, or no image id; nothing may be called then.
  Result<std::optional<std::string_view>> next();

 private:
  explicit IdReader(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view what) const;
  // Waits for the first byte, then takes what is there.
  Status fill();

  std::string path_;
  std::istream* in_{};  // null: the text is all of it
  std::string text_;
  std::size_t at_{};
  std::size_t line_{1};  // the one at at_
};

}  // namespace imagewarden::cli
