#pragma once
// The error type of every fallible function of the project. An Error says that something could not be done
// (bad input, unreadable file); a denied request is not an error but a Decision.
// See docs/decisions/0001-error-type.md.

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace imagewarden {

enum class Errc : std::uint8_t {
  kMalformedInput,  // bytes that do not follow their format; the message names file, place and what was expected
  kLimit,           // input beyond a documented limit
  kNotFound,        // a path, principal, rule or record that does not exist
  kConflict,        // two facts or definitions that exclude each other
  kUsage,           // a request that makes no sense as it was asked
  kIo,              // the operating system refused
  kInternal,        // a broken invariant of our own
};

// One line (of read_inventory() one for each bad file), lower case, no full stop; user input in backticks; says what
// and where.
struct Error {
  Errc code{Errc::kInternal};
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

}  // namespace imagewarden
