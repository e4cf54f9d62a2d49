#pragma once
// Where a result goes: standard output, or --output FILE, which appears whole or not at all.

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/environment.h"
#include "engine/base/error.h"

namespace imagewarden::cli {

// Where a file at `path` comes to stand: links are followed, so that a link stays one, also where nothing is there yet.
[[nodiscard]] std::string target_of(const std::string& path);

// Buffers; after the first failed write everything else is dropped and finish() reports it. Not thread-safe.
class Sink {
 public:
  // `path` empty: the environment's standard output. Else a temporary file beside it, renamed by finish(); a link is
  // followed, a file that exists keeps its permissions. A device or pipe (`/dev/null`) is written in place, a
  // descriptor (`/dev/stdout`, `>(command)`) where it is.
  static Result<Sink> open(const std::string& path, Environment& environment);
  Sink(Sink&&) noexcept;
  Sink& operator=(Sink&&) noexcept;
  // Without finish() a file is removed again.
  ~Sink();

  void write(std::string_view bytes);
  // `append` puts bytes at the end of the buffer that it is given.
  template <std::invocable<std::string&> Append>
  void write(Append append) {
    append(buffer());
    flush_if_full();
  }
  // Writes what is buffered. False once a write failed: the caller stops.
  bool flush();
  [[nodiscard]] Status finish();
  // Several results, of which none appears before all of them are on the disk.
  [[nodiscard]] static Status finish_all(std::span<Sink> sinks);

 private:
  struct Impl;
  explicit Sink(std::unique_ptr<Impl> impl);
  std::string& buffer();
  void flush_if_full();

  std::unique_ptr<Impl> impl_;
};

}  // namespace imagewarden::cli
