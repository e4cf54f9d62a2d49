#include "engine/inventory/small_file.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <sys/stat.h>

#include <fmt/format.h>

#include "engine/base/limits.h"

namespace imagewarden {

Result<std::string> read_small_file(const std::string& path, std::string_view what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("{} `{}`: {}", what, path, std::generic_category().message(errno)));
  }
  // A pipe is what `<(command)` of a shell is.
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    return fail(Errc::kIo, fmt::format("{} `{}`: neither a file nor a pipe", what, path));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::kIo, fmt::format("{} `{}`: {}", what, path, std::generic_category().message(errno)));
  std::string bytes;
  std::string part(std::size_t{1} << 16U, '\0');
  while (in.read(part.data(), static_cast<std::streamsize>(part.size())) || in.gcount() > 0) {
    bytes.append(part, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > limits::kMaxTreeBytes) {
      return fail(Errc::kLimit,
                  fmt::format("{} `{}`: expected at most {} MiB", what, path, limits::kMaxTreeBytes >> 20U));
    }
  }
  if (in.bad()) return fail(Errc::kIo, fmt::format("{} `{}`: cannot be read", what, path));
  return bytes;
}

}  // namespace imagewarden
